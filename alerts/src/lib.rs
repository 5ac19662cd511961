//! From observations to alerts that people can rely on.
//!
//! This crate owns the grid tree and which grid answers for a camera, the life of an alert, the store, and
//! the evidence. It knows nothing of streams, models or HTTP, and it never opens a socket.
//!
//! The way of one observation: the rules' task [sends](Recorder::send) it, the [`Recorder`] keeps the order
//! and never drops one, the [`Desk`] decides what it means and writes alert and event in one transaction, and
//! only then the [`Hub`] tells whoever listens. Kill the process anywhere, and what was told is in the store.
//!
//! Invariants:
//! - What the hub published is committed; an event's sequence number is never used twice.
//! - An incident has at most one open alert; a closed alert never opens again.
//! - Evidence can fail; the alert it belongs to never fails with it.

mod alert;
mod camera;
mod crowd;
mod desk;
mod error;
mod evidence;
mod fall;
mod grid;
mod hub;
mod problems;
mod recorder;
mod store;

pub use alert::{Alert, AlertId, AlertKind, AlertState, Change, CloseReason, Level, Place};
pub use camera::{
    CameraEntry, CameraError, CameraRef, Cameras, Position, Registration, SHORT_NAME_CHARS_MAX,
};
pub use crowd::{CourseStep, Crowd, CrowdLevel, CrowdUnit, Doubt, Forecast, HeldBack, Spoke};
pub use desk::{Desk, OpenIncident, Outcome};
pub use error::{Error, OpenError};
pub use evidence::{Evidence, EvidenceFailure, EvidenceKind, EvidenceState, EvidenceStore};
pub use fall::{Because, FallState, Transition};
pub use grid::{Fault, Grid, GridError, GridLevel, GridProblem, GridRef, GridTree};
pub use hub::{Event, Hub};
pub use problems::{EVIDENCE_DISK_FULL, EVIDENCE_WRITE_FAILED, Problem, Problems, STORE_FAILING};
pub use recorder::{EvidenceOrder, Recorder, Recording};
pub use store::{AlertFilter, Store};
