//! The clocks of an alert: absolute due times, stored with it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Actor, ActorRole, AlertState, Life, Move};

/// What has to happen in time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(tag = "clock", rename_all = "snake_case")]
pub enum ClockKind {
    /// Somebody judges it.
    Judge,
    /// Somebody of those who were called accepts; else the next rung is called.
    Accept,
    /// Who accepted is there; accepted is not arrived.
    Arrive,
    /// It is said what was done; else the leader is told and reinforcement called.
    Report,
    /// It is reported before this level of 督办 is told.
    Supervise {
        /// 1 to 3.
        level: u8,
    },
    /// The department's liaison answers.
    Answer {
        /// Which department.
        department: String,
    },
    /// It goes on after a hold.
    Resume,
}

/// A due time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Clock {
    /// What has to happen.
    #[serde(flatten)]
    pub kind: ClockKind,
    /// When it was started.
    pub started_at: Timestamp,
    /// Until when.
    pub due_at: Timestamp,
    /// When it ran out, if it did; it then stays until what it waits for happens.
    #[schema(required)]
    pub fired_at: Option<Timestamp>,
}

impl ClockKind {
    /// The name in the database.
    pub fn name(&self) -> String {
        match self {
            Self::Judge => "judge".to_owned(),
            Self::Accept => "accept".to_owned(),
            Self::Arrive => "arrive".to_owned(),
            Self::Report => "report".to_owned(),
            Self::Supervise { level } => format!("supervise {level}"),
            Self::Answer { department } => format!("answer {department}"),
            Self::Resume => "resume".to_owned(),
        }
    }

    /// Whether a move is what it waits for.
    pub(crate) fn is_met_by(&self, mv: &Move, by: &Actor) -> bool {
        match (self, mv) {
            (Self::Judge, Move::Confirm | Move::Dismiss { .. })
            | (Self::Accept, Move::Accept)
            | (Self::Arrive, Move::Arrive)
            | (Self::Report | Self::Supervise { .. }, Move::Report { .. })
            | (Self::Resume, Move::Resume) => true,
            // What the system dispatches nobody has judged.
            (Self::Judge, Move::Dispatch { .. }) => by.role != ActorRole::System,
            (Self::Answer { department }, Move::Answer { department: answers }) => department == answers,
            _ => false,
        }
    }

    /// Whether an alert in this state still waits for it.
    fn is_awaited(&self, life: &Life) -> bool {
        let state = life.state();
        match self {
            Self::Judge => state == AlertState::Pending,
            Self::Accept => state == AlertState::Dispatched,
            Self::Arrive => state == AlertState::Accepted,
            Self::Report => (AlertState::Dispatched..AlertState::Reported).contains(&state),
            Self::Supervise { .. } => !state.is_final() && state < AlertState::Reported,
            Self::Answer { department } => {
                !state.is_final()
                    && life.departments().iter().any(|d| d.name == *department && d.answered_at.is_none())
            }
            Self::Resume => life.on_hold().is_some(),
        }
    }
}

impl Life {
    /// Starts a clock, or starts it anew.
    pub(crate) fn start(&mut self, kind: ClockKind, now: Timestamp, after: SignedDuration) {
        // Far beyond the end of time stays there.
        let due_at = now.checked_add(after).unwrap_or(Timestamp::MAX);
        self.clocks.retain(|clock| clock.kind != kind);
        self.clocks.push(Clock { kind, started_at: now, due_at, fired_at: None });
    }

    /// Notes that a clock ran out. Answers whether it was running and due.
    pub(crate) fn fire(&mut self, kind: &ClockKind, now: Timestamp) -> bool {
        let due = |clock: &&mut Clock| clock.kind == *kind && clock.fired_at.is_none() && clock.due_at <= now;
        match self.clocks.iter_mut().find(due) {
            Some(clock) => {
                clock.fired_at = Some(now);
                true
            }
            None => false,
        }
    }

    /// Takes away the clocks that nobody waits for any more.
    pub(super) fn settle(&mut self) {
        let clocks = std::mem::take(&mut self.clocks);
        self.clocks = clocks.into_iter().filter(|clock| clock.kind.is_awaited(self)).collect();
    }

    /// Begins every clock anew that was started later than `now`, and gives them: the machine's time went back, and they would
    /// run for as much longer.
    pub(crate) fn begin_anew(&mut self, now: Timestamp) -> Vec<Clock> {
        let mut begun = Vec::new();
        for clock in self.clocks.iter_mut().filter(|clock| clock.fired_at.is_none() && clock.started_at > now)
        {
            let length = clock.due_at.duration_since(clock.started_at);
            clock.started_at = now;
            clock.due_at = now.checked_add(length).unwrap_or(Timestamp::MAX);
            begun.push(clock.clone());
        }
        let resumed = begun.iter().find(|clock| clock.kind == ClockKind::Resume);
        if let (Some(hold), Some(clock)) = (&mut self.on_hold, resumed) {
            hold.until = clock.due_at;
        }
        begun
    }

    /// When the newest clock that runs was started.
    pub(crate) fn last_started(&self) -> Option<Timestamp> {
        self.clocks.iter().filter(|clock| clock.fired_at.is_none()).map(|clock| clock.started_at).max()
    }

    /// The clock that runs out next.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.clocks.iter().filter(|clock| clock.fired_at.is_none()).map(|clock| clock.due_at).min()
    }

    /// The clocks that have run out by `now` and were not noted yet, the earliest first.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<Clock> {
        let is_due = |clock: &&Clock| clock.fired_at.is_none() && clock.due_at <= now;
        let mut due: Vec<Clock> = self.clocks.iter().filter(is_due).cloned().collect();
        due.sort_by(|a, b| (a.due_at, &a.kind).cmp(&(b.due_at, &b.kind)));
        due
    }
}
