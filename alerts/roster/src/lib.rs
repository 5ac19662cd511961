//! People, and who is on duty when.
//!
//! This crate owns people and their roles, the posts where somebody has to be, and the roster. It knows nothing of a
//! database, of HTTP, or of the grid tree beyond the codes it is given, and it reads no clock: everything here is a function
//! of its arguments.
//!
//! The way of one question: the [`Roster`] lays the entries about a [`Post`] upon one another, rotation below swaps below
//! overrides, takes away who is on leave or not active, and what is left is who is on duty. [`ladder`], coverage and
//! hand-over read nothing else.
//!
//! Invariants:
//! - A roster always answers: an entry that makes no sense is told of, and harms nothing else.
//! - Shifts that follow one another on the clock leave no moment out and have none twice, also where clocks are changed.

mod coverage;
mod demo;
mod entry;
mod handover;
mod import;
mod ladder;
mod language;
mod person;
mod post;
mod problem;
mod roster;
mod text;
mod zone;

pub use coverage::{Uncovered, UncoveredReason};
pub use demo::{Demo, DemoGrid, DemoLevel, demo_people};
pub use entry::{Leave, Override, Plan, RosterEntry, Rotation, Shift, Swap, Week, Weekday};
pub use handover::{Contact, Handover, HandoverSheet};
pub use import::{
    Column, FileProblem, Import, Imported, Outcome, RowFault, RowProblem, import_people, import_rotations,
};
pub use ladder::{Rung, RungName, answering, ladder};
pub use language::Language;
pub use person::{Person, Role, RoleBinding};
pub use post::{Position, Post};
pub use problem::{RosterFault, RosterProblem};
pub use roster::{Roster, Span};
pub use text::{EntryId, GridCode, InvalidText, Name, PersonId, Phone, Reason, TextFault};
pub use zone::{UnknownZone, Zone};
