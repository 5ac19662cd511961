//! What is to be sent, to whom, over which channel, and how far it has come: queued → sent → delivered → seen → accepted.
//!
//! A delivery is written in the transaction of the change that causes it. Whoever sends takes a lease on it, so that a sender that
//! dies leaves it to another one; it is then sent again under the same key.

mod sender;

use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    alert::{Alert, AlertId, AlertKind, Level},
    camera::CameraRef,
    grid::GridRef,
    timeline::CallReason,
};

pub use sender::{Transport, run_sender};

/// How long a sender has before another one may send the same.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// How long after the first failure it is tried again, at most; doubled with each further one.
const RETRY_FIRST: SignedDuration = SignedDuration::from_secs(1);

/// The longest time between two tries.
const RETRY_MAX: SignedDuration = SignedDuration::from_secs(60);

/// How often a delivery is tried: with these delays for about a quarter of an hour.
const ATTEMPTS_MAX: u32 = 20;

/// A delivery that is not written yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NewDelivery {
    /// The idempotency key, the same for every try; the alert's number is put before it.
    pub key: String,
    pub channel: String,
    pub recipient: String,
    /// The person, where it is one.
    pub person: Option<String>,
    pub why: Told,
    /// The less, the sooner it is sent.
    pub urgency: u8,
    pub notice: Notice,
    /// Not before then.
    pub due_at: Timestamp,
}

/// What a message says, before it is put into words for its channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// Why it is sent.
    pub why: Told,
    /// What happens.
    pub kind: AlertKind,
    /// How urgent it is.
    pub level: Level,
    /// Whether it is a drill.
    pub drill: bool,
    /// The grid that answers for the spot.
    #[schema(required)]
    pub grid: Option<GridRef>,
    /// The camera: where it is.
    pub camera: CameraRef,
    /// Since when.
    pub since: Timestamp,
}

/// Why something is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "told", content = "reason")]
pub enum Told {
    /// People are called or told.
    Call(CallReason),
    /// A group or another system is told that an alert was opened.
    Opened,
    /// Or that it is worse.
    Raised,
    /// Or that what it is about is over.
    Ended,
    /// Or that nothing is left to do about it.
    Closed,
    /// Nothing happened: it proves that the chain works.
    Canary,
}

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It waits to be sent, for the first time or again.
    Queued,
    /// The channel took it.
    Sent,
    /// The recipient's device has it.
    Delivered,
    /// The recipient has looked at it.
    Seen,
    /// The recipient comes.
    Accepted,
    /// It is not tried any more.
    Failed,
    /// It was not needed any more before it was sent.
    Cancelled,
}

/// A delivery, as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Delivery {
    /// Which one.
    pub id: i64,
    /// The idempotency key.
    pub key: String,
    /// The alert, where it is about one.
    #[schema(required)]
    pub alert: Option<AlertId>,
    /// Over which channel.
    pub channel: String,
    /// To whom: a person's id, or the channel's name for a group or a system.
    pub recipient: String,
    /// How far it has come.
    pub state: DeliveryState,
    /// What it says.
    pub notice: Notice,
    /// How often it was tried.
    #[schema(minimum = 0)]
    pub attempts: u32,
    /// When it was written.
    pub created_at: Timestamp,
    /// When the channel took it.
    #[schema(required)]
    pub sent_at: Option<Timestamp>,
    /// When the device had it.
    #[schema(required)]
    pub delivered_at: Option<Timestamp>,
    /// When it was looked at.
    #[schema(required)]
    pub seen_at: Option<Timestamp>,
    /// When it was accepted.
    #[schema(required)]
    pub accepted_at: Option<Timestamp>,
    /// What the channel said last.
    #[schema(required)]
    pub answer: Option<String>,
}

/// A delivery that somebody may send now.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    /// Which one.
    pub id: i64,
    /// The idempotency key.
    pub key: String,
    /// The alert.
    pub alert: Option<AlertId>,
    /// To whom.
    pub recipient: String,
    /// The person, where it is one.
    pub person: Option<String>,
    /// What it says.
    pub notice: Notice,
    /// How often it was tried before.
    pub attempts: u32,
    /// When it was written.
    pub created_at: Timestamp,
}

/// What became of a try.
#[derive(Clone, Debug, PartialEq)]
pub enum SendOutcome {
    /// The channel took it; with `delivered`, it says that the recipient has it.
    Sent {
        /// Whether the recipient has it.
        delivered: bool,
        /// What the channel said.
        answer: String,
    },
    /// It may work later, not before `after` where that is known.
    Later {
        /// How long to wait.
        after: Option<SignedDuration>,
        /// What the channel said.
        answer: String,
    },
    /// It was not tried: the channel bears no more for now.
    Wait {
        /// For how long.
        after: SignedDuration,
    },
    /// It will never work.
    Never {
        /// What the channel said.
        answer: String,
    },
}

impl Notice {
    /// What there is to say about an alert.
    pub fn of(alert: &Alert, why: Told) -> Self {
        Self {
            why,
            kind: alert.kind,
            level: alert.level,
            drill: alert.drill,
            grid: alert.grid.clone(),
            camera: alert.camera.clone(),
            since: alert.since,
        }
    }
}

impl Told {
    /// The name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Raised => "raised",
            Self::Ended => "ended",
            Self::Closed => "closed",
            Self::Canary => "canary",
            Self::Call(why) => why.name(),
        }
    }
}

impl DeliveryState {
    /// The name in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Seen => "seen",
            Self::Accepted => "accepted",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// When to try again after so many tries; never after too many. Full jitter: anything between nothing and the longest wait, so
/// that what failed together does not come back together.
pub(crate) fn retry_after(attempts: u32, rng: &mut impl Rng) -> Option<SignedDuration> {
    if attempts >= ATTEMPTS_MAX {
        return None;
    }
    let doubled = RETRY_FIRST.as_millis() << attempts.saturating_sub(1).min(16);
    let longest = doubled.min(RETRY_MAX.as_millis());
    Some(SignedDuration::from_millis(rng.random_range(0..=longest as i64)))
}
