//! What a report is worked out of: the alerts, the cameras and the grids, as their owners know them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// All that a report is worked out of. May hold more alerts than those of the period.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// The alerts, in any order, each id once.
    pub cases: &'a [Case],
    /// How long each camera was watched in the period, in any order. Not read by the rating of grids.
    pub cameras: &'a [CameraTime],
    /// What is known of each grid at the end of the period, in any order. Not read by the rating of grids.
    pub activity: &'a [GridActivity],
}

/// What a report has to know of one alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Case {
    /// The alert's id.
    pub id: i64,
    /// What it is about.
    pub kind: CaseKind,
    /// How urgent: 1 (most urgent) to 4.
    #[schema(minimum = 1, maximum = 4)]
    pub level: u8,
    /// The code of the grid that answers for the spot; none where no grid does.
    #[schema(required)]
    pub grid: Option<String>,
    /// That grid's name; empty where there is none.
    pub grid_name: String,
    /// The code of the community that the grid belongs to.
    #[schema(required)]
    pub community: Option<String>,
    /// That community's name; empty where there is none.
    pub community_name: String,
    /// 演练: it is outside every figure.
    pub drill: bool,
    /// 并案: it went into another alert, and is outside every figure.
    pub merged: bool,
    /// When it was opened. This decides to which period it belongs.
    pub opened_at: Timestamp,
    /// What was judged; none while nobody has.
    #[schema(required)]
    pub judged: Option<Judgement>,
    /// First dispatched.
    #[schema(required)]
    pub dispatched_at: Option<Timestamp>,
    /// First accepted.
    #[schema(required)]
    pub accepted_at: Option<Timestamp>,
    /// First somebody on the scene.
    #[schema(required)]
    pub on_scene_at: Option<Timestamp>,
    /// First reported.
    #[schema(required)]
    pub reported_at: Option<Timestamp>,
    /// First verified.
    #[schema(required)]
    pub verified_at: Option<Timestamp>,
    /// When it was last closed or judged false; none while it is open, also where it was reopened and not closed again.
    #[schema(required)]
    pub closed_at: Option<Timestamp>,
    /// How often it was reopened.
    pub reopened: u32,
    /// 挂起: when nothing was to be done, so that no time counts; none of them at the same time as another.
    pub on_hold: Vec<Pause>,
    /// What was in time for it, by the rules that held then.
    pub targets: Targets,
}

/// A time in which an alert was on hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pause {
    /// From then on.
    pub from: Timestamp,
    /// Until before then; none while it still is.
    #[schema(required)]
    pub to: Option<Timestamp>,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// A person lies on the ground and does not get up.
    Fall,
    /// More people are in a zone than it can bear.
    Crowd,
}

/// What somebody judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Judgement {
    /// Whether it is real; else it is 误报.
    pub real: bool,
    /// When.
    pub at: Timestamp,
    /// Why it was seen, where it is not real.
    #[schema(required)]
    pub reason: Option<String>,
}

/// What is in time, in seconds. The default is the 1-3-5 of the default policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Targets {
    /// From dispatched to accepted.
    pub accept_s: u32,
    /// From accepted to on scene.
    pub arrive_s: u32,
    /// From dispatched to reported.
    pub report_s: u32,
}

/// How long one camera was watched in the period. No part is counted as longer than what it is a part of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CameraTime {
    /// The camera's id.
    pub id: String,
    /// The code of its grid.
    #[schema(required)]
    pub grid: Option<String>,
    /// For how long it should have been watched, in seconds.
    pub watched_s: u64,
    /// Of that, for how long it was reachable, in seconds.
    pub online_s: u64,
    /// Of that, for how long its picture was of use, in seconds.
    pub usable_s: u64,
}

/// What is known of one grid at the end of the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GridActivity {
    /// Its code.
    pub grid: String,
    /// Its name.
    pub name: String,
    /// Whether somebody was on duty there in the last seven days.
    pub on_duty: bool,
    /// When somebody was last active there before the end of the period; none where that is longer ago than is looked back.
    #[schema(required)]
    pub last_activity_at: Option<Timestamp>,
}

// === impl Case ===

impl Case {
    /// Whether nothing is left to do.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed_at.is_some()
    }

    /// Whether it was closed at least once.
    pub(crate) fn was_ever_closed(&self) -> bool {
        self.is_closed() || self.reopened > 0
    }

    pub(crate) fn is_false(&self) -> bool {
        self.judged.as_ref().is_some_and(|judged| !judged.real)
    }

    pub(crate) fn accept_time(&self) -> Option<SignedDuration> {
        self.between(self.dispatched_at, self.accepted_at)
    }

    pub(crate) fn arrive_time(&self) -> Option<SignedDuration> {
        self.between(self.accepted_at, self.on_scene_at)
    }

    pub(crate) fn report_time(&self) -> Option<SignedDuration> {
        self.between(self.dispatched_at, self.reported_at)
    }

    /// From opened to closed. A false alarm is over with its judgement and would make the handling look quick.
    pub(crate) fn close_time(&self) -> Option<SignedDuration> {
        if self.is_false() { None } else { self.between(Some(self.opened_at), self.closed_at) }
    }

    /// Closed, never reopened, and reported in time. A case that had to be reopened was not done when it was said to be.
    pub(crate) fn is_closed_in_time(&self) -> bool {
        self.is_closed() && self.reopened == 0 && is_within(self.report_time(), self.targets.report_s)
    }

    pub(crate) fn is_accepted_in_time(&self) -> bool {
        is_within(self.accept_time(), self.targets.accept_s)
    }

    pub(crate) fn is_arrived_in_time(&self) -> bool {
        is_within(self.arrive_time(), self.targets.arrive_s)
    }

    /// Without the time on hold, and never below 0: a server's clock that was set back must not make anything quicker than at
    /// once.
    fn between(&self, from: Option<Timestamp>, to: Option<Timestamp>) -> Option<SignedDuration> {
        let (from, to) = (from?, to?);
        let held = self.on_hold.iter().map(|pause| {
            let end = pause.to.unwrap_or(to).min(to);
            end.duration_since(pause.from.max(from)).max(SignedDuration::ZERO)
        });
        let held = held.fold(SignedDuration::ZERO, SignedDuration::saturating_add);
        Some(to.duration_since(from).saturating_sub(held).max(SignedDuration::ZERO))
    }
}

fn is_within(time: Option<SignedDuration>, target_s: u32) -> bool {
    time.is_some_and(|time| time <= SignedDuration::from_secs(target_s.into()))
}

// === impl CaseKind ===

impl CaseKind {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Fall, Self::Crowd];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fall => "fall",
            Self::Crowd => "crowd",
        }
    }
}

// === impl Targets ===

impl Default for Targets {
    fn default() -> Self {
        Self { accept_s: 60, arrive_s: 180, report_s: 300 }
    }
}

// === impl CameraTime ===

impl CameraTime {
    /// The seconds that it was online, at most those it was watched.
    pub(crate) fn online_s(&self) -> u64 {
        self.online_s.min(self.watched_s)
    }

    /// The seconds that it was usable, at most those it was online.
    pub(crate) fn usable_s(&self) -> u64 {
        self.usable_s.min(self.online_s())
    }
}
