//! What a rule concludes: something is happening at a camera and a place, with the picture that was judged.

use std::sync::Arc;

use gridwatch_ingest::{CameraId, Frame, Generation};
use jiff::Timestamp;

use crate::{detection::Detection, geometry::Rect};

/// One step in the life of something a rule sees. Steps of one incident share `incident`.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The camera that saw it.
    pub camera: CameraId,
    /// The version of the camera's configuration under which it was seen.
    pub generation: Generation,
    /// What it is.
    pub kind: ObservationKind,
    /// Tells apart two incidents of one camera; unique while the process lives, never a person's identity.
    pub incident: u64,
    /// How far it has come.
    pub phase: Phase,
    /// When the state began, by the camera's pictures.
    pub since: Timestamp,
    /// The capture time of the picture that led to this step.
    pub at: Timestamp,
    /// Where in the picture, as shares of its width and height.
    pub place: Rect,
    /// The best detection score so far, 0 to 1.
    pub score: f32,
    /// The share of samples since `since` that showed the state, 0 to 1.
    pub share: f32,
    /// The very picture that was judged and what was seen in it; absent when the step was not led by a picture.
    pub judged: Option<Arc<Judged>>,
}

/// The kinds of situation that gridwatch finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObservationKind {
    /// A person lies on the ground and does not get up.
    Fall,
}

/// How far an incident has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Down for long enough to look closer; nobody is told yet.
    Suspected,
    /// Down for long enough to tell people. Sent once when reached.
    Alert,
    /// Still so; sent while an alert lasts, at most every few seconds.
    Ongoing,
    /// Down for so long that it is urgent (60 s). Sent once when reached.
    LongLie,
    /// Over.
    Ended(EndReason),
}

/// Why an incident is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// The person stands again.
    Upright,
    /// Nobody lies there any more.
    Gone,
}

/// A frame together with what the detectors saw in it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The picture.
    pub frame: Frame,
    /// Everyone seen upright, in frame pixels.
    pub upright: Vec<Detection>,
    /// Everyone seen lying, in frame pixels.
    pub fallen: Vec<Detection>,
}
