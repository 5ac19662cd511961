//! Posts: the places where somebody has to be on duty.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    language::Language,
    text::{GridCode, Name},
};

/// Where somebody has to be on duty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Post {
    /// A grid.
    Grid {
        /// Which grid.
        grid: GridCode,
        /// As what.
        position: Position,
    },
    /// 巡逻队: the patrol pool of a grid and all below it.
    PatrolPool {
        /// Which grid.
        grid: GridCode,
    },
    /// 警务室: the police post of a grid and all below it.
    PolicePost {
        /// Which grid.
        grid: GridCode,
    },
    /// 部门联络员: a department's liaison.
    Liaison {
        /// Which department.
        department: Name,
    },
    /// 席位: a duty officer's seat.
    Seat {
        /// What the seat is called.
        name: Name,
    },
    /// 值班长: who leads the seats.
    ShiftLead,
}

/// As what somebody is on duty for a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[schema(as = GridPosition)] // a camera's position is another thing
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// 主岗: goes first.
    Primary,
    /// 备岗: stands in.
    Backup,
    /// 网格长: leads.
    Leader,
}

// === impl Post ===

impl Post {
    /// The post of a grid.
    pub fn grid(grid: &GridCode, position: Position) -> Self {
        Self::Grid { grid: grid.clone(), position }
    }

    /// What it is called.
    pub fn label(&self, language: Language) -> String {
        match self {
            Self::Grid { grid, position } => language.pick(
                format!("网格 {grid} {}", position.label(language)),
                format!("grid {grid}, {}", position.label(language)),
            ),
            Self::PatrolPool { grid } => {
                language.pick(format!("网格 {grid} 巡逻队"), format!("patrol pool of grid {grid}"))
            }
            Self::PolicePost { grid } => {
                language.pick(format!("网格 {grid} 警务室"), format!("police post of grid {grid}"))
            }
            Self::Liaison { department } => {
                language.pick(format!("{department}联络员"), format!("liaison of {department}"))
            }
            Self::Seat { name } => language.pick(format!("席位 {name}"), format!("seat {name}")),
            Self::ShiftLead => language.pick("值班长", "shift lead").to_owned(),
        }
    }
}

// === impl Position ===

impl Position {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Primary, Self::Backup, Self::Leader];

    /// What it is called.
    pub const fn label(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Primary, Language::Zh) => "主岗",
            (Self::Primary, Language::En) => "primary",
            (Self::Backup, Language::Zh) => "备岗",
            (Self::Backup, Language::En) => "backup",
            (Self::Leader, Language::Zh) => "网格长",
            (Self::Leader, Language::En) => "leader",
        }
    }
}
