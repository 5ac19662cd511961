//! Every grid as it ever was. An old alert keeps the grid it had: what is past is never edited.

mod plan;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{grid::Grid, lang::Lang, level::GridLevel, tree::GridTree};

pub use plan::{Change, Changes, Field};

/// A grid as it was for some time. Its columns are those of [`crate::GridRow`] and the two times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GridVersion {
    /// The grid.
    #[serde(flatten)]
    pub grid: Grid,
    /// From when it was so.
    pub valid_from: Timestamp,
    /// Until when; at that time it is no more so. None while it still is.
    pub valid_to: Option<Timestamp>,
}

/// All versions of all grids of a place. At every time they make a tree: a grid has one version at most, and its parent one
/// of a higher rank.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Of each code the versions, oldest first.
    versions: BTreeMap<String, Vec<GridVersion>>,
}

/// A tree that was, is or will be valid for some time, and how it differs from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeVersion {
    /// From when it is valid, until the next one is.
    pub valid_from: Timestamp,
    /// How many grids it has.
    pub grids: usize,
    /// How many of them were not in the one before.
    pub added: usize,
    /// How many go on in another way.
    pub changed: usize,
    /// How many grids of the one before are no more.
    pub ended: usize,
}

/// Why versions make no history, or a tree cannot be taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// A version ends before or when it begins.
    #[error("grid {code:?}: a version from {valid_from} ends at {valid_to}, which is not later")]
    EndsBeforeItBegins {
        /// The grid.
        code: String,
        /// When the version begins.
        valid_from: Timestamp,
        /// When it ends.
        valid_to: Timestamp,
    },
    /// Two versions of one grid are valid at the same time.
    #[error("grid {code:?} has two versions at {at}")]
    TwoVersions {
        /// The grid.
        code: String,
        /// When the second one begins.
        at: Timestamp,
    },
    /// A grid has no parent for some time, or none of a higher rank.
    #[error("grid {code:?} is not below a grid {parent:?} of a higher rank at {at}")]
    NoParent {
        /// The grid.
        code: String,
        /// The parent's code.
        parent: String,
        /// When that begins.
        at: Timestamp,
    },
    /// Grids have changed at or after the time at which others were to be taken over.
    #[error("grids have changed at {latest}; nothing can be taken over as of {at}, so name a later time")]
    TimeNotIncreasing {
        /// The time that was named.
        at: Timestamp,
        /// The latest change there is.
        latest: Timestamp,
    },
    /// The history is no longer the one that the changes were planned for.
    #[error("grids have changed since the changes were planned; plan again")]
    Stale,
}

// === impl HistoryError ===

impl HistoryError {
    /// What is wrong and what to do about it.
    pub fn describe(&self, lang: Lang) -> String {
        if lang == Lang::En {
            return self.to_string();
        }
        match self {
            Self::EndsBeforeItBegins { code, valid_from, valid_to } => {
                format!("网格 {code} 的一个版本从 {valid_from} 开始，却在 {valid_to} 结束，请核对数据")
            }
            Self::TwoVersions { code, at } => format!("网格 {code} 在 {at} 有两个版本，请核对数据"),
            Self::NoParent { code, parent, at } => {
                format!("网格 {code} 在 {at} 没有级别更高的上级 {parent}，请核对数据")
            }
            Self::TimeNotIncreasing { at, latest } => {
                format!("网格在 {latest} 已有变更，不能从 {at} 起生效，请选择更晚的生效时间")
            }
            Self::Stale => "预览之后网格已有变更，请重新预览".to_owned(),
        }
    }
}

// === impl GridVersion ===

impl GridVersion {
    /// Whether the grid was so at that time.
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.valid_from <= at && self.valid_to.is_none_or(|end| at < end)
    }
}

// === impl History ===

impl History {
    /// Puts versions together, in any order.
    ///
    /// # Errors
    /// The first thing that keeps them from making a tree at every time.
    pub fn new(versions: Vec<GridVersion>) -> Result<Self, HistoryError> {
        let mut by_code: BTreeMap<String, Vec<GridVersion>> = BTreeMap::new();
        for version in versions {
            by_code.entry(version.grid.code().to_owned()).or_default().push(version);
        }
        for versions in by_code.values_mut() {
            versions.sort_by_key(|version| version.valid_from);
        }
        let history = Self { versions: by_code };
        for (code, versions) in &history.versions {
            check_times(code, versions)?;
            for version in versions {
                history.check_parent(version)?;
            }
        }
        Ok(history)
    }

    /// All versions, by code and then by time.
    pub fn iter(&self) -> impl Iterator<Item = &GridVersion> {
        self.versions.values().flatten()
    }

    /// The versions of one grid, oldest first; empty where the code is unknown.
    pub fn versions(&self, code: &str) -> &[GridVersion] {
        self.versions.get(code).map_or(&[], Vec::as_slice)
    }

    /// The tree as it was at that time, by code.
    pub fn tree_at(&self, at: Timestamp) -> GridTree {
        let valid = self
            .versions
            .values()
            .filter_map(|versions| versions.iter().find(|version| version.is_valid_at(at)));
        GridTree::from_checked(valid.map(|version| version.grid.clone()).collect())
    }

    /// When a version last began or ended; none where there is none.
    pub fn latest_change(&self) -> Option<Timestamp> {
        self.iter()
            .map(|version| version.valid_to.unwrap_or(version.valid_from).max(version.valid_from))
            .max()
    }

    /// When the tree next changes after a time; none where nothing is planned.
    pub fn next_change(&self, after: Timestamp) -> Option<Timestamp> {
        let times = self.iter().flat_map(|version| [Some(version.valid_from), version.valid_to]);
        times.flatten().filter(|at| *at > after).min()
    }

    /// Every tree there ever was or is planned, the newest first.
    pub fn tree_versions(&self) -> Vec<TreeVersion> {
        let mut begun: BTreeMap<Timestamp, (usize, usize, usize)> = BTreeMap::new();
        for versions in self.versions.values() {
            for (index, version) in versions.iter().enumerate() {
                let goes_on = index > 0 && versions[index - 1].valid_to == Some(version.valid_from);
                let (added, changed, _) = begun.entry(version.valid_from).or_default();
                *if goes_on { changed } else { added } += 1;
                if let Some(end) = version.valid_to
                    && versions.get(index + 1).is_none_or(|next| next.valid_from != end)
                {
                    begun.entry(end).or_default().2 += 1;
                }
            }
        }
        let mut grids = 0;
        let mut trees: Vec<TreeVersion> = begun
            .into_iter()
            .map(|(valid_from, (added, changed, ended))| {
                grids = grids + added - ended;
                TreeVersion { valid_from, grids, added, changed, ended }
            })
            .collect();
        trees.reverse();
        trees
    }

    /// The grids that are still so.
    fn open(&self) -> HashMap<&str, &GridVersion> {
        let open =
            self.versions.iter().filter_map(|(code, versions)| Some((code.as_str(), versions.last()?)));
        open.filter(|(_, version)| version.valid_to.is_none()).collect()
    }

    /// The parent's versions must cover the grid's time without a gap, all of a higher rank.
    fn check_parent(&self, version: &GridVersion) -> Result<(), HistoryError> {
        let Some(parent) = version.grid.parent() else { return Ok(()) };
        let above = |level: GridLevel| level < version.grid.level();
        let mut covered = version.valid_from;
        for higher in self.versions(parent).iter().filter(|higher| above(higher.grid.level())) {
            if version.valid_to.is_some_and(|end| covered >= end) {
                return Ok(());
            }
            if higher.is_valid_at(covered) {
                match higher.valid_to {
                    None => return Ok(()),
                    Some(end) => covered = end,
                }
            }
        }
        if version.valid_to.is_some_and(|end| covered >= end) {
            return Ok(());
        }
        let (code, parent) = (version.grid.code().to_owned(), parent.to_owned());
        Err(HistoryError::NoParent { code, parent, at: covered })
    }
}

fn check_times(code: &str, versions: &[GridVersion]) -> Result<(), HistoryError> {
    for version in versions {
        let (code, valid_from) = (code.to_owned(), version.valid_from);
        if let Some(valid_to) = version.valid_to
            && valid_to <= valid_from
        {
            return Err(HistoryError::EndsBeforeItBegins { code, valid_from, valid_to });
        }
    }
    for pair in versions.windows(2) {
        if pair[0].valid_to.is_none_or(|end| end > pair[1].valid_from) {
            return Err(HistoryError::TwoVersions { code: code.to_owned(), at: pair[1].valid_from });
        }
    }
    Ok(())
}
