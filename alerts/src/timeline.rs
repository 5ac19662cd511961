//! What happened to an alert, one entry after the other; entries are added and never changed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    alert::{AlertId, EndReason, Level},
    life::{Actor, AlertState, ClockKind, Move},
};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
}

/// What can happen to an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Happening {
    /// It was opened.
    Opened {
        /// At this level.
        level: Level,
    },
    /// Its level changed.
    Level {
        /// What it was.
        from: Level,
        /// What it is.
        to: Level,
    },
    /// What it is about is over.
    Ended {
        /// How.
        reason: EndReason,
    },
    /// What it is about began again.
    Resumed,
    /// Somebody, or the system, made a move.
    Moved {
        /// What was done.
        done: Move,
        /// The state before.
        from: AlertState,
        /// The state after.
        to: AlertState,
    },
    /// A clock ran out.
    ClockFired {
        /// Which one.
        #[serde(flatten)]
        clock: ClockKind,
        /// When it was due.
        due_at: Timestamp,
    },
    /// A clock that ran is not waited for any more, or what one waits for that had run out has happened.
    ClockStopped {
        /// Which one.
        #[serde(flatten)]
        clock: ClockKind,
        /// When it was due.
        due_at: Timestamp,
        /// Whether what it waited for happened.
        met: bool,
    },
    /// The machine's time went back to before a clock was started: it began anew.
    ClockBegunAnew {
        /// Which one.
        #[serde(flatten)]
        clock: ClockKind,
        /// Until when it runs now.
        due_at: Timestamp,
    },
    /// People were called.
    Called {
        /// Why.
        why: CallReason,
        /// The rung, where it was one of the ladder.
        rung: Option<String>,
        /// Who.
        people: Vec<String>,
    },
    /// A rung had nobody on duty and was skipped: 该网格无人在岗.
    NobodyOnDuty {
        /// The rung.
        rung: String,
    },
    /// It was long overdue when the server came back: nobody is called before somebody says so.
    Backlog,
    /// Another alert was merged into this one.
    TookIn {
        /// The other alert.
        other: AlertId,
    },
    /// Another alert that was merged into this one is its own again.
    GaveBack {
        /// The other alert.
        other: AlertId,
    },
    /// All evidence is settled: the manifest that names every file has this hash.
    EvidenceSealed {
        /// SHA-256 of the manifest.
        manifest: String,
        /// How many files it names.
        files: usize,
    },
    /// The time of the evidence was over, and it was deleted.
    EvidenceDeleted {
        /// How many files.
        files: usize,
    },
    /// The evidence is held and is not deleted.
    EvidenceHeld {
        /// Why.
        reason: String,
    },
    /// The evidence is not held any more.
    EvidenceReleased {
        /// Why.
        reason: String,
    },
    /// Somebody asked to see the clip as the camera sent it.
    OriginalRequested {
        /// The number of the request.
        request: u32,
        /// Why.
        reason: String,
    },
    /// Somebody else approved it.
    OriginalApproved {
        /// The number of the request.
        request: u32,
    },
    /// It was opened, by the link that the approval gave.
    OriginalOpened {
        /// The number of the request.
        request: u32,
    },
    /// Another alert may be about the same: a merge is suggested.
    MergeSuggested {
        /// The other alert.
        other: AlertId,
    },
}

/// Why people are called or told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallReason {
    /// They are to go there.
    Dispatch,
    /// Nobody accepted, nobody is left to call: all are called again.
    Again,
    /// It is worse than it was.
    LevelUp,
    /// It was reopened.
    Reopened,
    /// Somebody accepted and has not arrived.
    NotArrived,
    /// Five minutes are over: the leader is told.
    LeaderTold,
    /// Five minutes are over: they are to help.
    Reinforce,
    /// Nobody judged it in time.
    NotJudged,
    /// Nobody is on duty who could go there.
    NobodyOnDuty,
    /// 督办.
    Supervise,
    /// 吹哨.
    CalledIn,
    /// The department did not answer.
    NotAnswered,
    /// It is over, or somebody else goes: they need not go.
    AllClear,
    /// Something of the chain does not come through.
    Unproven,
}

impl Happening {
    /// Why somebody did something with the evidence.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::EvidenceHeld { reason }
            | Self::EvidenceReleased { reason }
            | Self::OriginalRequested { reason, .. } => Some(reason),
            _ => None,
        }
    }
}

impl CallReason {
    /// The name in the database.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Again => "again",
            Self::LevelUp => "level_up",
            Self::Reopened => "reopened",
            Self::NotArrived => "not_arrived",
            Self::LeaderTold => "leader_told",
            Self::Reinforce => "reinforce",
            Self::NotJudged => "not_judged",
            Self::NobodyOnDuty => "nobody_on_duty",
            Self::Supervise => "supervise",
            Self::CalledIn => "called_in",
            Self::NotAnswered => "not_answered",
            Self::AllClear => "all_clear",
            Self::Unproven => "unproven",
        }
    }
}
