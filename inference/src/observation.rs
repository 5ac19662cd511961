//! What a rule concludes: something is happening at a camera and a place, with the picture that was judged.

use std::sync::Arc;

use gridwatch_ingest::{CameraId, Frame, Generation};
use jiff::Timestamp;

use crate::{
    crowd::{Amount, CrowdLevel, Doubt, Forecast, Spoke},
    detection::Detection,
    fall::Transition,
    geometry::Rect,
    held_back::HeldBack,
    replay::Recorded,
};

/// One step in the life of something a rule sees. Steps of one incident share `incident`.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The camera that saw it.
    pub camera: CameraId,
    /// The version of the camera's configuration under which it was seen.
    pub generation: Generation,
    /// What it is, and what is known of that kind alone.
    pub finding: Finding,
    /// Tells apart two incidents of one kind at one camera, and of one zone where it has zones; unique while the process
    /// lives, never a person's identity.
    pub incident: u64,
    /// How far it has come.
    pub phase: Phase,
    /// When the state began, by the camera's pictures.
    pub since: Timestamp,
    /// The capture time of the picture that led to this step.
    pub at: Timestamp,
    /// Where in the picture, as shares of its width and height.
    pub place: Rect,
    /// The very picture that was judged and what was seen in it; absent when the step was not led by a picture.
    pub judged: Option<Arc<Judged>>,
    /// The recording in which it was seen, where it is a drill; none where the camera saw it.
    pub recorded: Option<Arc<Recorded>>,
}

/// The kinds of situation that gridwatch finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObservationKind {
    /// A person lies on the ground and does not get up.
    Fall,
    /// More people are in a zone than it can bear.
    Crowd,
}

/// What is known of a situation, by its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// A person lies on the ground and does not get up.
    Fall(FallFinding),
    /// More people are in a zone than it can bear.
    Crowd(CrowdFinding),
}

/// What is known of a fall.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FallFinding {
    /// The best detection score so far, 0 to 1.
    pub score: f32,
    /// The share of samples since the state began that showed it, 0 to 1.
    pub share: f32,
    /// How it came to this, oldest first: the evidence. At most [`FallFinding::TRANSITIONS_MAX`].
    pub transitions: Vec<Transition>,
}

/// What is known of a crowd.
#[derive(Clone, Debug, PartialEq)]
pub struct CrowdFinding {
    /// The name of the zone; every zone of a camera has its own.
    pub zone: Arc<str>,
    /// How bad it is; once it is over, the last it was.
    pub level: CrowdLevel,
    /// How much of it there is now: heads in a zone without calibration, else people per m² over its worst 9 m².
    pub amount: Amount,
    /// Everyone in the zone.
    pub heads: usize,
    /// The most there has been, in the unit of `amount`.
    pub peak: f64,
    /// Which kind of model counted.
    pub spoke: Spoke,
    /// Why the amount is to be taken with care; empty where it is not.
    pub doubts: Vec<Doubt>,
    /// Where it is going, if it is growing.
    pub forecast: Option<Forecast>,
    /// Why it is not judged at present: all else here is then what was seen last.
    pub held_back: Option<HeldBack>,
}

/// How far an incident has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Down for long enough to look closer; nobody is told yet. Of falls only.
    Suspected,
    /// There for long enough to tell people. Sent once when reached.
    Alert,
    /// Still so; sent while an alert lasts, at most every few seconds.
    Ongoing,
    /// Down for so long that it is urgent (60 s). Sent once when reached. Of falls only.
    LongLie,
    /// A higher level was reached: people are to be told again. Of crowds only.
    LevelUp,
    /// A level was left. Of crowds only.
    LevelDown,
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
    /// The crowd is no more.
    Dispersed,
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
    /// Where heads are of whom there is no box, in frame pixels.
    pub heads: Vec<Rect>,
}

// === impl Observation ===

impl Observation {
    /// What kind of situation it is.
    pub fn kind(&self) -> ObservationKind {
        match self.finding {
            Finding::Fall(_) => ObservationKind::Fall,
            Finding::Crowd(_) => ObservationKind::Crowd,
        }
    }

    /// Whether it was seen in a recording and not by the camera.
    pub fn is_drill(&self) -> bool {
        self.recorded.is_some()
    }

    /// The zone it is in, where its kind has zones.
    pub fn zone(&self) -> Option<&Arc<str>> {
        match &self.finding {
            Finding::Fall(_) => None,
            Finding::Crowd(crowd) => Some(&crowd.zone),
        }
    }
}

// === impl FallFinding ===

impl FallFinding {
    /// The most transitions that go with an observation: the first half and the newest.
    pub const TRANSITIONS_MAX: usize = 16;
}
