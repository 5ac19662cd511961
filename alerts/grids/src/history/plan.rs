//! What taking a tree over would change, and changing it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{GridVersion, History, HistoryError};
use crate::{
    grid::{Grid, GridRow},
    tree::GridTree,
};

/// What taking a tree over at a time does; showing it is a dry run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Changes {
    /// From when the grids are so.
    pub at: Timestamp,
    /// Grids that begin.
    #[schema(value_type = Vec<GridRow>)]
    pub added: Vec<Grid>,
    /// Grids that go on in another way.
    pub changed: Vec<Change>,
    /// Grids that end.
    #[schema(value_type = Vec<GridRow>)]
    pub ended: Vec<Grid>,
    /// How many grids go on as they are.
    pub unchanged: usize,
    /// Which state of the history this was planned for.
    #[serde(skip)]
    revision: usize,
}

/// A grid that goes on in another way.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// The grid so far.
    #[schema(value_type = GridRow)]
    pub before: Grid,
    /// The grid from now on.
    #[schema(value_type = GridRow)]
    pub after: Grid,
    /// What differs.
    pub fields: Vec<Field>,
}

/// What can differ between two versions of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The name.
    Name,
    /// The rank.
    Level,
    /// The parent.
    Parent,
    /// The number of households.
    Households,
    /// The number of people.
    People,
    /// The area.
    Area,
}

// === impl History ===

impl History {
    /// What taking over the whole tree at that time would do: a grid that is not in it ends.
    ///
    /// # Errors
    /// Grids have changed later than at that time, or one that would change again has only just begun.
    pub fn plan(&self, imported: &GridTree, at: Timestamp) -> Result<Changes, HistoryError> {
        if let Some(latest) = self.latest_change()
            && latest > at
        {
            return Err(HistoryError::TimeNotIncreasing { at, latest });
        }
        let open = self.open();
        let mut changes = Changes {
            at,
            added: Vec::new(),
            changed: Vec::new(),
            ended: Vec::new(),
            unchanged: 0,
            revision: self.revision(),
        };
        for after in imported.iter() {
            match open.get(after.code()).map(|version| &version.grid) {
                None => changes.added.push(after.clone()),
                Some(before) if before == after => changes.unchanged += 1,
                Some(before) => changes.changed.push(Change::new(before, after)),
            }
        }
        let missing = self.iter().filter(|version| version.valid_to.is_none()).map(|version| &version.grid);
        changes.ended = missing.filter(|grid| imported.by_code(grid.code()).is_none()).cloned().collect();
        // A version that ends when it begins was never valid.
        let gone = changes.gone().filter_map(|grid| open.get(grid.code()));
        match gone.map(|version| version.valid_from).max() {
            Some(latest) if latest >= at => Err(HistoryError::TimeNotIncreasing { at, latest }),
            _ => Ok(changes),
        }
    }

    /// Makes the changes: all of them, or none where one is not possible. Gives the versions that ended and those that
    /// began, for a database to write.
    ///
    /// # Errors
    /// The history is no longer as it was when the changes were planned.
    pub fn apply(&mut self, changes: &Changes) -> Result<Vec<GridVersion>, HistoryError> {
        if self.revision() != changes.revision {
            return Err(HistoryError::Stale);
        }
        let mut written = Vec::new();
        for grid in changes.gone() {
            if let Some(version) = self.versions.get_mut(grid.code()).and_then(|versions| versions.last_mut())
            {
                version.valid_to = Some(changes.at);
                written.push(version.clone());
            }
        }
        for grid in changes.begun() {
            let version = GridVersion { grid: grid.clone(), valid_from: changes.at, valid_to: None };
            self.versions.entry(grid.code().to_owned()).or_default().push(version.clone());
            written.push(version);
        }
        Ok(written)
    }

    /// Counts what was ever written, so that it differs after every change.
    fn revision(&self) -> usize {
        self.iter().map(|version| 1 + usize::from(version.valid_to.is_some())).sum()
    }
}

// === impl Changes ===

impl Changes {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.ended.is_empty()
    }

    /// The versions that end.
    fn gone(&self) -> impl Iterator<Item = &Grid> {
        self.changed.iter().map(|change| &change.before).chain(&self.ended)
    }

    /// The versions that begin.
    fn begun(&self) -> impl Iterator<Item = &Grid> {
        self.changed.iter().map(|change| &change.after).chain(&self.added)
    }
}

// === impl Change ===

impl Change {
    fn new(before: &Grid, after: &Grid) -> Self {
        let differs = [
            (Field::Name, before.name() != after.name()),
            (Field::Level, before.level() != after.level()),
            (Field::Parent, before.parent() != after.parent()),
            (Field::Households, before.households() != after.households()),
            (Field::People, before.people() != after.people()),
            (Field::Area, before.area() != after.area()),
        ];
        let fields = differs.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect();
        Self { before: before.clone(), after: after.clone(), fields }
    }
}
