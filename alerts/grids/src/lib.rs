//! The grid tree of a place: which grid answers for a point on the map, now and at any time before.
//!
//! A file comes in through [`GridTree::from_geojson`] or [`GridTree::from_csv`], in any of the [`CoordinateSystem`]s, and
//! is a [`GridTree`] or a list of everything that is wrong with it. [`lint()`] says what looks odd. [`History`] holds every
//! [`GridVersion`] there ever was; it says what taking a tree over would change and never edits the past.
//! [`suspect_system`] finds positions that were read in the wrong coordinate system, and [`demo_world`] makes a
//! street to try all this on.
//!
//! This crate knows nothing of cameras' streams, people or databases. It reads no clock and opens no file but the one
//! named to [`GridTree::load`].

mod area;
mod checks;
mod code;
mod coordinates;
mod demo;
mod error;
mod fault;
mod grid;
mod history;
mod import;
mod lang;
mod level;
mod lint;
mod plane;
mod suspect;
mod tree;

pub use code::{CodeScheme, Lead, Segment};
pub use coordinates::CoordinateSystem;
pub use demo::{DemoCamera, DemoWorld, PlaceKind, demo_world};
pub use error::{GridError, GridProblem, Place};
pub use fault::{Allowed, Fault, Property, Shape};
pub use grid::{Grid, GridRef, GridRow};
pub use history::{Change, Changes, Field, GridVersion, History, HistoryError, TreeVersion};
pub use lang::Lang;
pub use level::GridLevel;
pub use lint::{Finding, Lint, Lints, lint};
pub use suspect::{Alternative, OUTSIDE_SHARE_MAX, WrongSystem, suspect_file, suspect_system};
pub use tree::GridTree;
