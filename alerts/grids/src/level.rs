//! The ranks of grids.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::lang::Lang;

/// The rank of a grid, from a whole district down to one building. A tree uses some of them, in this order; a higher
/// rank is the smaller value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GridLevel {
    /// 区县: a district or county.
    District,
    /// 街道: a street or town.
    Street,
    /// 社区网格: a community grid.
    Community,
    /// 基础网格: a base grid, the round of one grid worker.
    Base,
    /// 微网格: a micro grid.
    Micro,
    /// 楼栋: a building.
    Building,
}

// === impl GridLevel ===

impl GridLevel {
    /// All ranks, highest first.
    pub const ALL: [Self; 6] =
        [Self::District, Self::Street, Self::Community, Self::Base, Self::Micro, Self::Building];

    /// The name in files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::District => "district",
            Self::Street => "street",
            Self::Community => "community",
            Self::Base => "base",
            Self::Micro => "micro",
            Self::Building => "building",
        }
    }

    /// The name for people.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (lang, self) {
            (Lang::En, level) => level.as_str(),
            (Lang::ZhCn, Self::District) => "区县",
            (Lang::ZhCn, Self::Street) => "街道",
            (Lang::ZhCn, Self::Community) => "社区网格",
            (Lang::ZhCn, Self::Base) => "基础网格",
            (Lang::ZhCn, Self::Micro) => "微网格",
            (Lang::ZhCn, Self::Building) => "楼栋",
        }
    }

    /// All names in the order of the ranks, as a sentence lists them.
    pub(crate) fn list(lang: Lang) -> String {
        let separator = match lang {
            Lang::ZhCn => "、",
            Lang::En => ", ",
        };
        Self::ALL.map(|level| level.name(lang)).join(separator)
    }

    /// The rank that a file's word means: its name in either language, or a usual short form.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        match word {
            "区" | "县" => Some(Self::District),
            "镇" | "乡" | "乡镇" => Some(Self::Street),
            "社区" | "村" => Some(Self::Community),
            "网格" => Some(Self::Base),
            _ => Self::ALL
                .into_iter()
                .find(|level| word.eq_ignore_ascii_case(level.as_str()) || word == level.name(Lang::ZhCn)),
        }
    }
}

impl fmt::Display for GridLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
