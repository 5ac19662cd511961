//! What people set up: how long there is for what, who is on duty, and over which channels people are told.

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    alert::{Alert, Level},
    escalation::{Call, Staff},
    outbox::{NewDelivery, Notice, Told},
    policy::Policy,
    timeline::CallReason,
};

/// The channel to the web app of a person, which is always there.
pub const APP_CHANNEL: &str = "app";

/// The channel to browsers of a person that asked for pushes, where pushes are set up.
pub const PUSH_CHANNEL: &str = "push";

/// How alerts are handled. Cheap to clone.
#[derive(Clone)]
pub struct Setup {
    /// How long there is for what.
    pub policy: Arc<Policy>,
    /// Who is on duty.
    pub staff: Arc<dyn Staff>,
    /// The channels beside the app.
    pub routes: Arc<[Route]>,
    /// The place's time.
    pub zone: TimeZone,
}

/// What goes over a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The channel's name.
    pub channel: String,
    /// Whom it reaches.
    pub reaches: Reach,
    /// Only alerts of this level and above.
    #[serde(default = "Route::all_levels")]
    pub level: Level,
    /// Only alerts of this grid and those below it; of all where there is none.
    #[serde(default)]
    pub grid: Option<String>,
    /// Whether it is told of openings and rises only, not of what follows.
    #[serde(default)]
    pub alarms_only: bool,
}

/// Whom a channel reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Each person who is called.
    People,
    /// A group, which is told when people are called, and when it is worse.
    Group,
    /// Other systems, which are told of every opening, rise and end.
    Systems,
}

impl Setup {
    /// The deliveries of calls to people, and of what there is to tell to groups and systems.
    pub(crate) fn deliveries(
        &self,
        alert: &Alert,
        calls: &[Call],
        told: &[Told],
        now: Timestamp,
    ) -> Vec<NewDelivery> {
        let mut all = Vec::new();
        // With the number of the change before, of which there is one, keys are never the same.
        let before = alert.seq;
        let mut add = |channel: &str, recipient: &str, person: Option<&str>, why: Told| {
            let n = all.len();
            all.push(NewDelivery {
                key: format!("{before}-{n}"),
                channel: channel.to_owned(),
                recipient: recipient.to_owned(),
                person: person.map(str::to_owned),
                why,
                urgency: urgency(alert, why),
                notice: Notice::of(alert, why),
                due_at: now,
            });
        };
        let routes = || self.routes.iter().filter(|route| route.takes(alert));
        for call in calls {
            let why = Told::Call(call.why);
            for person in &call.people {
                add(APP_CHANNEL, person, Some(person), why);
                for route in routes().filter(|route| route.reaches == Reach::People) {
                    add(&route.channel, person, Some(person), why);
                }
            }
            let tells_groups = !matches!(call.why, CallReason::AllClear | CallReason::Again);
            for route in routes().filter(|route| tells_groups && route.reaches == Reach::Group) {
                add(&route.channel, &route.channel, None, why);
            }
        }
        for why in told {
            let is_alarm = matches!(why, Told::Opened | Told::Raised);
            let takes = |route: &&Route| route.reaches == Reach::Systems && (is_alarm || !route.alarms_only);
            for route in routes().filter(takes) {
                add(&route.channel, &route.channel, None, *why);
            }
        }
        all
    }
}

impl Route {
    const fn all_levels() -> Level {
        Level::BLUE
    }

    fn takes(&self, alert: &Alert) -> bool {
        let in_grid = |code: &String| alert.grid_path.iter().any(|grid| grid.code == *code);
        !self.level.is_above(alert.level) && self.grid.as_ref().is_none_or(in_grid)
    }
}

/// Calls first, by level; an all clear stops people from running; what groups and systems are told comes last.
fn urgency(alert: &Alert, why: Told) -> u8 {
    match why {
        Told::Call(CallReason::AllClear) => 2,
        Told::Call(_) => alert.level.get(),
        _ => 5,
    }
}
