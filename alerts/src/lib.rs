//! From observations to alerts that people can rely on.
//!
//! This crate owns the grid tree and which grid answers for a camera, the life of an alert, the store, and
//! the evidence. It knows nothing of streams, models or HTTP, and opens no socket but those to its database and to the storage
//! of its evidence.
//!
//! The way of one observation: the rules' task [sends](Recorder::send) it, the [`Recorder`] keeps the order
//! and never drops one, the [`Desk`] decides what it means and writes alert and event in one transaction, and
//! only then the [`Hub`] tells whoever listens. Kill the process anywhere, and what was told is in the store.
//!
//! Invariants:
//! - What the hub published is committed; an event's sequence number is never used twice.
//! - An incident has at most one open alert.
//! - An alert's state changes by an allowed move alone, and every move is in its timeline, which nobody can change.
//! - Alert, clocks, timeline and deliveries change in one transaction.
//! - Evidence can fail; the alert it belongs to never fails with it.
//! - A file of evidence is named in its alert's manifest, and the timeline knows the manifest's hash.

mod alert;
mod blocking;
mod camera;
mod camera_days;
mod canary;
mod clockwork;
mod crowd;
mod desk;
mod directory;
mod drill;
mod error;
mod escalation;
mod evidence;
mod fall;
mod hub;
mod life;
mod outbox;
mod policy;
mod problems;
mod queue;
mod recorder;
mod registry;
mod setup;
mod silence;
mod statistics;
mod store;
mod timeline;

use gridwatch_grids as grid;

pub use alert::{Alert, AlertId, AlertKind, Change, EndReason, Level, Place};
pub use blocking::blocking;
pub use camera::{
    CameraEntry, CameraError, CameraRef, Cameras, Position, Registration, SHORT_NAME_CHARS_MAX,
};
pub use camera_days::{CameraDay, CameraDays};
pub use canary::{Link, LinkKind, run_canary, send_canary};
pub use clockwork::run_clocks;
pub use crowd::{CourseStep, Crowd, CrowdLevel, CrowdUnit, Doubt, Forecast, HeldBack, Spoke};
pub use desk::{Desk, Drills, OpenIncident, Outcome};
pub use directory::Directory;
pub use drill::{
    DRILLS_MAX, Drill, DrillEnd, DrillOrder, DrillRefused, DrillReport, DrilledAlert, DrilledClock,
};
pub use error::{BackupError, Error, OpenError};
pub use escalation::{Contact, Staff};
pub use evidence::{
    Bucket, Captured, Difference, Evidence, EvidenceFailure, EvidenceKind, EvidencePlace, EvidenceSettings,
    EvidenceState, EvidenceStore, FreeSpace, JudgedFrame, KEEP_DAYS_MIN, KEEP_FREE_BYTES, LINK_VALID,
    LegalHold, Manifest, ManifestFile, ModelUsed, Origin, OriginalLink, OriginalRefused, OriginalRequest,
    PICTURE_LINK_VALID, PictureLinks, Piece, RETENTION_BATCH, RuleUsed, Verdict, Verifier, run_retention,
};
pub use fall::{Because, FallState, Transition};
pub use gridwatch_grids as grids;
pub use gridwatch_grids::{Fault, Grid, GridError, GridLevel, GridProblem, GridRef, GridTree};
pub use gridwatch_reports as reports;
pub use gridwatch_roster as roster;
pub use hub::{Event, Hub};
pub use life::{
    Actor, ActorRole, AlertState, CallOutcome, Called, Clock as AlertClock, ClockKind, Department, Hold,
    Judged, Life, Made, Merged, Move, MoveKind, Refused, TimeLeft, Times, Why,
};
pub use outbox::{Delivery, DeliveryState, Lease, Notice, SendOutcome, Told, Transport, run_sender};
pub use policy::{ClockTimes, Hours, Policy, PolicyRule};
pub use problems::{
    CANARY_MISSING, CLOCKS_FAILING, EVIDENCE_DISK_FULL, EVIDENCE_NOT_DELETED, EVIDENCE_WRITE_FAILED, Problem,
    Problems, STORE_FAILING,
};
pub use queue::{Queue, QueueEntry};
pub use recorder::{EvidenceOrder, Recorder, Recording};
pub use registry::{Browser, Intent, Registry, RegistryError, run_grids};
pub use setup::{APP_CHANNEL, PUSH_CHANNEL, Reach, Route, Setup};
pub use silence::{SILENCE_MAX, Scope, Silence};
pub use statistics::{ReportOf, StatisticsError, report};
pub use store::{
    AlertFilter, BackupSummary, BadDatabase, Database, Document, DocumentKind, GridTakeover, Restored, Store,
    backup, restore,
};
pub use timeline::{CallReason, Entry, Happening};
