//! The life of an alert: its state, the moves that people and the system make, and what is remembered of them.
//!
//! pending → false | confirmed → dispatched → accepted → on_scene → reported → verified → closed, and the moves beside the
//! line. A suspicion comes before an alert: it lives in the rule and is no alert yet.
//!
//! [`Life`] changes through [`Life::make`] alone, so a move that the table in [`moves`] does not allow cannot happen.

mod clocks;
mod moves;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::alert::AlertId;

pub use clocks::{Clock, ClockKind};
pub use moves::{CallOutcome, Move, MoveKind};

/// How far the handling of an alert has come.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// 待研判: nobody has judged it yet.
    #[default]
    Pending,
    /// 误报: judged as nothing. Final, unless reopened.
    False,
    /// 已确认: judged as real.
    Confirmed,
    /// 已派单: people are called, one after the other.
    Dispatched,
    /// 已签收: somebody is on the way.
    Accepted,
    /// 已到场: somebody is there.
    OnScene,
    /// 已反馈: it is said what was found and done.
    Reported,
    /// 已核查: somebody else has checked that.
    Verified,
    /// 已结案. Final, unless reopened.
    Closed,
}

/// Who makes a move.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Actor {
    /// The person's id; null for the system.
    #[schema(required)]
    pub person: Option<String>,
    /// The name, as it was then.
    pub name: String,
    /// As what the person acts.
    pub role: ActorRole,
    /// From where: an address, a screen or a phone.
    pub from: String,
}

/// As what somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorRole {
    /// The program itself, by its rules.
    System,
    /// 值班员.
    DutyOfficer,
    /// 值班长.
    ShiftLead,
    /// 网格员, or whoever else is called to the spot.
    GridWorker,
    /// 网格长.
    GridLeader,
    /// 部门联络员.
    Liaison,
}

/// What is remembered of a move in the alert itself; the timeline has all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Made {
    /// Which move.
    pub r#move: MoveKind,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// What somebody judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Judged {
    /// Whether it is real.
    pub real: bool,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why, where that was asked for.
    #[schema(required)]
    pub reason: Option<String>,
}

/// Who is called.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Called {
    /// How many steps of the ladder were gone.
    #[schema(minimum = 0)]
    pub steps: u32,
    /// The rung that was reached: `primary`, `backup`, `leader`, `neighbour`, `patrol`, `police`, or `named` for somebody
    /// who was chosen.
    #[schema(required)]
    pub rung: Option<String>,
    /// Everybody who was called, first to last.
    pub people: Vec<String>,
    /// Nobody was on duty on any rung: 该网格无人在岗.
    pub nobody: bool,
    /// Who accepted.
    #[schema(required)]
    pub accepted: Option<Actor>,
    /// Who said no, and so is not called again.
    pub returned: Vec<String>,
}

/// A department that was called in (吹哨).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Department {
    /// Its name.
    pub name: String,
    /// When it was called.
    pub called_at: Timestamp,
    /// When its liaison answered.
    #[schema(required)]
    pub answered_at: Option<Timestamp>,
}

/// A clock that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimeLeft {
    /// Which clock.
    #[serde(flatten)]
    pub kind: ClockKind,
    /// What was left of it, in milliseconds; below 0 it was overdue.
    pub left_ms: i64,
}

/// Why nothing is done for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Hold {
    /// Why.
    pub reason: String,
    /// Until when; then it goes on by itself.
    pub until: Timestamp,
    /// The clocks that ran.
    pub left: Vec<TimeLeft>,
    /// The silence that holds it, where it is one.
    #[serde(default)]
    #[schema(required)]
    pub silence: Option<String>,
}

/// Into which alert this one went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Merged {
    /// The other alert.
    pub into: AlertId,
    /// When.
    pub at: Timestamp,
    /// The clocks that ran.
    pub left: Vec<TimeLeft>,
}

/// When it first came to each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Times {
    /// First judged.
    #[schema(required)]
    pub judged: Option<Timestamp>,
    /// First dispatched.
    #[schema(required)]
    pub dispatched: Option<Timestamp>,
    /// First accepted.
    #[schema(required)]
    pub accepted: Option<Timestamp>,
    /// First somebody on the scene.
    #[schema(required)]
    pub on_scene: Option<Timestamp>,
    /// First reported.
    #[schema(required)]
    pub reported: Option<Timestamp>,
    /// First verified.
    #[schema(required)]
    pub verified: Option<Timestamp>,
    /// Last closed or judged false.
    #[schema(required)]
    pub closed: Option<Timestamp>,
}

/// What people do about an alert.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Life {
    state: AlertState,
    /// How many moves were made.
    #[schema(minimum = 0)]
    step: u32,
    #[schema(required)]
    last_move: Option<Made>,
    #[schema(required)]
    judged: Option<Judged>,
    called: Called,
    departments: Vec<Department>,
    /// How far it was taken up the three levels of 督办; 0 for not at all.
    #[schema(minimum = 0, maximum = 3)]
    supervision: u8,
    #[schema(required)]
    on_hold: Option<Hold>,
    #[schema(required)]
    merged: Option<Merged>,
    /// 积压: it was overdue when the server came back, and asks before anybody is called.
    backlog: bool,
    /// How often it was reopened.
    #[schema(minimum = 0)]
    reopened: u32,
    times: Times,
    clocks: Vec<Clock>,
}

/// A move that is not allowed, and what is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{} is not allowed: the alert is {}", .attempted.as_str(), .state.as_str())]
pub struct Refused {
    /// What was tried.
    pub attempted: MoveKind,
    /// Why not.
    pub why: Why,
    /// Where the alert stands.
    pub state: AlertState,
    /// How many moves were made.
    pub step: u32,
    /// What may be done.
    pub allowed: Vec<MoveKind>,
    /// The last move: who was first.
    pub last_move: Option<Made>,
}

/// Why a move is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The state does not allow it.
    State,
    /// Somebody else made a move meanwhile.
    Overtaken,
    /// Whoever handled a case does not verify it.
    OwnCase,
    /// The role does not allow it.
    Role,
}

// === impl AlertState ===

impl AlertState {
    /// All states, in the order of the line.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::False,
        Self::Confirmed,
        Self::Dispatched,
        Self::Accepted,
        Self::OnScene,
        Self::Reported,
        Self::Verified,
        Self::Closed,
    ];

    /// The name in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::False => "false",
            Self::Confirmed => "confirmed",
            Self::Dispatched => "dispatched",
            Self::Accepted => "accepted",
            Self::OnScene => "on_scene",
            Self::Reported => "reported",
            Self::Verified => "verified",
            Self::Closed => "closed",
        }
    }

    /// Whether nothing is left to do.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::False | Self::Closed)
    }
}

// === impl Actor ===

impl Actor {
    /// The program itself.
    pub fn system() -> Self {
        Self { person: None, name: "gridwatch".to_owned(), role: ActorRole::System, from: String::new() }
    }

    /// Whether it is this person.
    pub fn is(&self, person: &str) -> bool {
        self.person.as_deref() == Some(person)
    }
}

// === impl Life ===

impl Life {
    /// Where it stands.
    pub fn state(&self) -> AlertState {
        self.state
    }

    /// How many moves were made; a move names the number it knows of.
    pub fn step(&self) -> u32 {
        self.step
    }

    /// Whether something is left to do about it. One that was merged into another is the other's matter.
    pub fn is_open(&self) -> bool {
        !self.state.is_final() && self.merged.is_none()
    }

    /// What was judged, if anything was.
    pub fn judged(&self) -> Option<&Judged> {
        self.judged.as_ref()
    }

    /// Who was called.
    pub fn called(&self) -> &Called {
        &self.called
    }

    /// Into which alert it went.
    pub fn merged(&self) -> Option<&Merged> {
        self.merged.as_ref()
    }

    /// Whether nothing is done for now.
    pub fn on_hold(&self) -> Option<&Hold> {
        self.on_hold.as_ref()
    }

    /// The silence that holds it.
    pub fn silence(&self) -> Option<&str> {
        self.on_hold.as_ref().and_then(|hold| hold.silence.as_deref())
    }

    /// Whether it asks before anybody is called.
    pub fn is_backlog(&self) -> bool {
        self.backlog
    }

    /// When it first came to each state.
    pub fn times(&self) -> &Times {
        &self.times
    }

    /// The last move.
    pub fn last_move(&self) -> Option<&Made> {
        self.last_move.as_ref()
    }

    /// Departments that were called in.
    pub fn departments(&self) -> &[Department] {
        &self.departments
    }

    /// How far it was taken up the levels of 督办.
    pub fn supervision(&self) -> u8 {
        self.supervision
    }

    /// How often it was reopened.
    pub fn reopened(&self) -> u32 {
        self.reopened
    }

    /// All clocks that run or are overdue.
    pub fn clocks(&self) -> &[Clock] {
        &self.clocks
    }

    /// The clocks that stand: they go on when it is neither on hold nor merged any more.
    pub fn standing(&self) -> &[TimeLeft] {
        let held = self.on_hold.as_ref().map(|hold| hold.left.as_slice());
        held.or(self.merged.as_ref().map(|merged| merged.left.as_slice())).unwrap_or_default()
    }

    /// Notes that a rung of the ladder was called.
    pub(crate) fn call(&mut self, rung: &str, people: &[String]) {
        self.called.steps += 1;
        self.called.rung = Some(rung.to_owned());
        self.called.nobody = false;
        for person in people {
            if !self.called.people.contains(person) {
                self.called.people.push(person.clone());
            }
        }
    }

    /// Notes that nobody is on duty who could be called.
    pub(crate) fn call_nobody(&mut self) {
        self.called.nobody = true;
    }

    /// Notes which silence holds it.
    pub(crate) fn silence_by(&mut self, id: &str) {
        if let Some(hold) = &mut self.on_hold {
            hold.silence = Some(id.to_owned());
        }
    }

    /// Notes that it waits for somebody to say that people shall be called, long after it should have been.
    pub(crate) fn set_backlog(&mut self) {
        self.backlog = true;
    }

    /// Takes it up to a level of 督办.
    pub(crate) fn supervise(&mut self, level: u8) {
        self.supervision = self.supervision.max(level.min(3));
    }

    fn pause(&mut self, now: Timestamp) -> Vec<TimeLeft> {
        let running = std::mem::take(&mut self.clocks).into_iter().filter(|clock| clock.fired_at.is_none());
        let left_ms = |clock: &Clock| clock.due_at.as_millisecond() - now.as_millisecond();
        running.map(|clock| TimeLeft { left_ms: left_ms(&clock), kind: clock.kind }).collect()
    }

    fn go_on(&mut self, left: Vec<TimeLeft>, now: Timestamp) {
        for TimeLeft { kind, left_ms } in left {
            self.start(kind, now, SignedDuration::from_millis(left_ms.max(0)));
        }
    }
}
