//! The canary: a synthetic event that goes through the whole chain every minute, so that silence means that nothing happens and
//! not that something is broken.
//!
//! It goes the way of an alert: through the recorder's queue, the desk and the database, over the hub to every screen and phone,
//! which answer, and through the outbox over every channel that other systems read. Each link remembers when it was last proven;
//! real messages prove a channel as well. A link that misses three in a row is a problem, and the shift's lead is told.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::time::MissedTickBehavior;
use utoipa::ToSchema;

use crate::{
    desk::Desk,
    problems::{CANARY_MISSING, Problems},
    recorder::Recorder,
};

/// How often.
const EVERY: Duration = Duration::from_secs(60);

/// So many in a row that a link misses are a problem.
pub(crate) const MISSED_MAX: u32 = 3;

/// A screen or phone that was not heard of for so long is not expected any more.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Screens and phones that are remembered at most: more is no street.
const LINKS_MAX: usize = 4096;

/// What the chain ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// From the rules' queue to the database.
    Chain,
    /// A channel of the configuration.
    Channel,
    /// A screen.
    Screen,
    /// The phone of a person.
    Phone,
}

/// One end of the chain.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Link {
    /// What it is.
    pub kind: LinkKind,
    /// Its name: of a channel the configured one, of a screen the one it gave, of a phone its person's id.
    pub name: String,
    /// When something last came through to there.
    #[schema(required)]
    pub last_proven: Option<Timestamp>,
    /// How many canaries in a row it missed; null where it is given none, as a group of people is.
    #[schema(required, minimum = 0)]
    pub missed: Option<u32>,
}

/// When each link was last proven. Bounded; what was not heard of for a day is forgotten.
#[derive(Debug)]
pub(crate) struct Proofs {
    since: Timestamp,
    at: BTreeMap<(LinkKind, String), Timestamp>,
    /// Not in the database yet.
    unwritten: bool,
}

/// Sends a canary every minute until it is dropped, and says on the board which links missed three in a row.
pub async fn run_canary(desk: Desk, recorder: Recorder, problems: Problems) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        send_canary(&desk, &recorder, &problems);
    }
}

/// One round: says what the last canaries did not reach, and sends the next one.
pub fn send_canary(desk: &Desk, recorder: &Recorder, problems: &Problems) {
    let missing = names(&desk.links());
    if missing.is_empty() {
        problems.clear(CANARY_MISSING);
    } else {
        problems.raise(CANARY_MISSING, missing);
    }
    // A queue that is full is one that is busy or stuck: which of both shows when the next one is due.
    if let Err(error) = recorder.canary() {
        tracing::warn!(%error, "no canary was sent");
    }
}

/// The links that missed too many, for people.
pub(crate) fn names(links: &[Link]) -> String {
    let missing = links.iter().filter(|link| link.is_missing());
    missing.map(|link| link.name.as_str()).collect::<Vec<_>>().join(", ")
}

// === impl Link ===

impl Link {
    /// Whether it missed so many that something is wrong.
    pub fn is_missing(&self) -> bool {
        self.missed.is_some_and(|missed| missed >= MISSED_MAX)
    }
}

// === impl LinkKind ===

impl LinkKind {
    /// The name in the database and on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Channel => "channel",
            Self::Screen => "screen",
            Self::Phone => "phone",
        }
    }

    /// The kind with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Chain, Self::Channel, Self::Screen, Self::Phone].into_iter().find(|kind| kind.as_str() == name)
    }
}

// === impl Proofs ===

impl Proofs {
    /// What was known before; nothing counts as missed that was before `now`.
    pub fn new(known: Vec<(LinkKind, String, Timestamp)>, now: Timestamp) -> Self {
        let at = known.into_iter().map(|(kind, name, at)| ((kind, name), at)).collect();
        Self { since: now, at, unwritten: false }
    }

    /// Something came through.
    pub fn prove(&mut self, kind: LinkKind, name: &str, now: Timestamp) {
        let key = (kind, name.to_owned());
        if self.at.len() < LINKS_MAX || self.at.contains_key(&key) {
            self.at.insert(key, now);
            self.unwritten = true;
        }
    }

    /// It left of its own will and is not expected any more.
    pub fn forget(&mut self, kind: LinkKind, name: &str) {
        self.unwritten |= self.at.remove(&(kind, name.to_owned())).is_some();
    }

    /// Everything, where the database does not have it yet.
    pub fn take_unwritten(&mut self, now: Timestamp) -> Option<Vec<(LinkKind, String, Timestamp)>> {
        let before = self.at.len();
        let is_kept = |(kind, _): &(LinkKind, String), at: &Timestamp| {
            matches!(kind, LinkKind::Chain | LinkKind::Channel) || now.duration_since(*at) < FORGOTTEN_AFTER
        };
        self.at.retain(|key, at| is_kept(key, at));
        let changed = std::mem::take(&mut self.unwritten) || self.at.len() != before;
        changed.then(|| self.at.iter().map(|((kind, name), at)| (*kind, name.clone(), *at)).collect())
    }

    /// What was taken did not get there.
    pub fn keep_unwritten(&mut self) {
        self.unwritten = true;
    }

    /// All links: the chain, the channels of the configuration with whether they are given canaries, and what else answered.
    pub fn links(&self, channels: &[(String, bool)], now: Timestamp) -> Vec<Link> {
        let link = |kind: LinkKind, name: &str, is_checked: bool| {
            let last_proven = self.at.get(&(kind, name.to_owned())).copied();
            let quiet = now.duration_since(last_proven.unwrap_or(self.since).max(self.since));
            let missed = u32::try_from(quiet.as_secs() / EVERY.as_secs() as i64).unwrap_or(0);
            Link { kind, name: name.to_owned(), last_proven, missed: is_checked.then_some(missed) }
        };
        let chain = link(LinkKind::Chain, LinkKind::Chain.as_str(), true);
        let of_channels =
            channels.iter().map(|(name, is_checked)| link(LinkKind::Channel, name, *is_checked));
        let others = self.at.keys().filter(|(kind, _)| matches!(kind, LinkKind::Screen | LinkKind::Phone));
        let others = others.map(|(kind, name)| link(*kind, name, true));
        std::iter::once(chain).chain(of_channels).chain(others).collect()
    }
}
