//! A report: figures and tables of a period.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{fact::Case, figure::Figure, language::Words, period::Period};

/// Figures and tables of a period. It holds what was known when it was made: an alert that is closed later counts as closed in a
/// later copy of the same report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// What it is called.
    pub title: Words,
    /// The first day of the period, in the place's time zone.
    pub first_day: Date,
    /// The last day of it.
    pub last_day: Date,
    /// The first moment of the period. Alerts that were opened from then on are in it.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
    /// The alerts of the period that no figure counts.
    pub left_out: LeftOut,
    /// The figures.
    pub figures: Vec<Figure>,
    /// The tables.
    pub tables: Vec<Table>,
}

/// The alerts of a period that no figure counts, by id. A drill that was merged is among the drills.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeftOut {
    /// 演练
    pub drills: Vec<i64>,
    /// 并案
    pub merged: Vec<i64>,
}

/// A table of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Table {
    /// Which table.
    pub name: TableName,
    /// What it is called.
    pub title: Words,
    /// How it is worked out, formula included.
    pub note: Words,
    /// The heads of the columns.
    pub columns: Vec<Words>,
    /// The rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
}

/// Names a table for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TableName {
    /// Alerts by kind and level.
    Kinds,
    /// Why false alarms were seen.
    FalseReasons,
    /// On-duty grids without any activity.
    IdleGrids,
    /// The time of each camera.
    Cameras,
    /// The stars of the grids.
    GridStars,
    /// The stars of the communities.
    CommunityStars,
    /// The best grids.
    Best,
    /// The worst grids.
    Worst,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Cell {
    /// There is nothing to say.
    Empty,
    /// A text that is the same in every language, as it was given.
    Text(String),
    /// A text of this program.
    Words(Words),
    /// A number.
    Number(f64),
    /// A share, 0 to 1.
    Share(f64),
}

/// The alerts of a period, in the order of their ids.
pub(crate) struct Cut<'a> {
    /// Those that count.
    pub(crate) cases: Vec<&'a Case>,
    pub(crate) left_out: LeftOut,
}

// === impl Cut ===

impl<'a> Cut<'a> {
    pub(crate) fn new(cases: &'a [Case], period: &Period) -> Self {
        let mut inside: Vec<&Case> = cases.iter().filter(|case| period.contains(case.opened_at)).collect();
        inside.sort_by_key(|case| case.id);
        let mut left_out = LeftOut::default();
        inside.retain(|case| {
            if case.drill {
                left_out.drills.push(case.id);
            } else if case.merged {
                left_out.merged.push(case.id);
            }
            !case.drill && !case.merged
        });
        Self { cases: inside, left_out }
    }

    pub(crate) fn into_report(
        self,
        title: Words,
        period: &Period,
        figures: Vec<Figure>,
        tables: Vec<Table>,
    ) -> Report {
        Report {
            title,
            first_day: period.first_day(),
            last_day: period.last_day(),
            from: period.from(),
            to: period.to(),
            left_out: self.left_out,
            figures,
            tables,
        }
    }
}
