//! 演练: a recorded clip that goes through the real chain as if its camera saw it now. Its alerts say that they are a drill and are
//! outside every statistic; the report tells every clock.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    alert::{Alert, AlertId, AlertKind, Level},
    life::{Actor, AlertState, ClockKind},
    outbox::Delivery,
    timeline::{Entry, Happening},
};

/// So many drills run at one time, each at a camera of its own.
pub const DRILLS_MAX: usize = 4;

/// A drill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Drill {
    /// Which one.
    pub id: String,
    /// The id of the camera that seems to see it.
    pub camera: String,
    /// The name of the clip's file.
    pub clip: String,
    /// What is practised.
    pub reason: String,
    /// Who ordered it.
    pub by: Actor,
    /// When the clip began.
    pub began_at: Timestamp,
    /// When nothing more of it was seen.
    #[schema(required)]
    pub ended_at: Option<Timestamp>,
    /// How that came.
    #[schema(required)]
    pub end: Option<DrillEnd>,
}

/// How a drill ended. What people do about its alerts may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DrillEnd {
    /// The clip was played to its end.
    Played,
    /// The clip cannot be played, or nobody could look at it; the log says why.
    Failed,
    /// The server was stopped.
    Stopped,
}

/// Why no drill begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DrillRefused {
    /// One runs at this camera.
    AtThisCamera,
    /// As many run as may.
    TooMany,
    /// There are no models: nobody would see it.
    NobodyLooks,
}

/// A drill that is to be played.
#[derive(Debug)]
pub struct DrillOrder {
    /// Which one.
    pub drill: Drill,
    /// Its clip.
    pub file: std::path::PathBuf,
}

/// What became of a drill.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DrillReport {
    /// The drill.
    pub drill: Drill,
    /// Its alerts, oldest first.
    pub alerts: Vec<DrilledAlert>,
}

/// What became of one alert of a drill.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DrilledAlert {
    /// Which alert.
    pub alert: AlertId,
    /// What it is about.
    pub kind: AlertKind,
    /// How urgent it is.
    pub level: Level,
    /// How far it has come.
    pub state: AlertState,
    /// When what it is about began, by the clip.
    pub since: Timestamp,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Every clock that was started, in the order in which they were due.
    pub clocks: Vec<DrilledClock>,
    /// Who was told what over which channel, and how far that came, oldest first.
    pub deliveries: Vec<Delivery>,
}

/// What became of one clock.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DrilledClock {
    /// What had to happen.
    #[serde(flatten)]
    pub kind: ClockKind,
    /// When it was due. What was on hold meanwhile is counted in.
    pub due_at: Timestamp,
    /// When it ran out, if it did.
    #[schema(required)]
    pub fired_at: Option<Timestamp>,
    /// When what it waited for happened, if it did.
    #[schema(required)]
    pub met_at: Option<Timestamp>,
    /// How many seconds were left then; below 0 it was late. Null where it did not happen.
    #[schema(required)]
    pub left_s: Option<f64>,
    /// Whether it still runs.
    pub runs: bool,
}

// === impl DrilledAlert ===

impl DrilledAlert {
    /// What the timeline of an alert, and the alert as it stands, tell.
    pub(crate) fn of(alert: &Alert, timeline: &[Entry], deliveries: Vec<Delivery>) -> Self {
        let mut clocks: Vec<DrilledClock> = Vec::new();
        for Entry { at, what, .. } in timeline {
            match what {
                Happening::ClockFired { clock, due_at } => {
                    clocks.push(DrilledClock { fired_at: Some(*at), ..DrilledClock::new(clock, *due_at) });
                }
                Happening::ClockStopped { clock, due_at, met: true } => {
                    let is_it = |known: &DrilledClock| known.kind == *clock && known.due_at == *due_at;
                    let ran_out = clocks.iter().rposition(is_it);
                    let place = ran_out.unwrap_or(clocks.len());
                    if ran_out.is_none() {
                        clocks.push(DrilledClock::new(clock, *due_at));
                    }
                    clocks[place].meet(*at);
                }
                _ => {}
            }
        }
        let running = alert.life.clocks().iter().filter(|clock| clock.fired_at.is_none());
        clocks.extend(
            running.map(|clock| DrilledClock { runs: true, ..DrilledClock::new(&clock.kind, clock.due_at) }),
        );
        clocks.sort_by(|a, b| (a.due_at, &a.kind).cmp(&(b.due_at, &b.kind)));
        Self {
            alert: alert.id,
            kind: alert.kind,
            level: alert.level,
            state: alert.life.state(),
            since: alert.since,
            opened_at: alert.opened_at,
            clocks,
            deliveries,
        }
    }
}

// === impl DrilledClock ===

impl DrilledClock {
    fn new(kind: &ClockKind, due_at: Timestamp) -> Self {
        Self { kind: kind.clone(), due_at, fired_at: None, met_at: None, left_s: None, runs: false }
    }

    fn meet(&mut self, at: Timestamp) {
        self.met_at = Some(at);
        self.left_s = Some(self.due_at.duration_since(at).as_secs_f64());
    }
}
