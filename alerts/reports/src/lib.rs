//! Figures of a period: what was opened, handled and how fast.
//!
//! This crate owns the figures, their definitions, the rating of grids and how a [`Report`] is written as CSV and XLSX. It
//! knows nothing of a database, of HTTP or of how an alert lives, and it reads no clock: everything here is a function of
//! its arguments.
//!
//! The way of one report: [`Facts`] are cut to the [`Period`], drills and merged alerts are set aside, every [`Figure`] is
//! worked out of what is left and names the alerts it counts, and [`to_csv`] or [`to_xlsx`] print it beside its definition.
//!
//! Invariants:
//! - A figure without a denominator has no value: it is never 0 %, never 100 %, never not-a-number.
//! - What a figure counts is part of what it counts among, and both are listed by alert id.
//! - Drills and merged alerts change no figure; the report says which they were.
//! - The order of the facts changes nothing.

mod cameras;
mod csv;
mod daily;
mod error;
mod fact;
mod figure;
mod handling;
mod language;
mod nuisance;
mod period;
mod quantile;
mod report;
mod sheet;
mod stars;
mod xlsx;

pub use csv::to_csv;
pub use daily::daily;
pub use error::ReportError;
pub use fact::{CameraTime, Case, CaseKind, Facts, GridActivity, Judgement, Pause, Targets};
pub use figure::{Figure, FigureName, Unit};
pub use language::{Language, Words};
pub use nuisance::poisson_upper_95;
pub use period::Period;
pub use report::{Cell, LeftOut, Report, Table, TableName};
pub use stars::{monthly, quarterly};
pub use xlsx::to_xlsx;
