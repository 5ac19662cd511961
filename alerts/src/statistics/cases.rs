//! Alerts as a report sees them.

use std::collections::HashMap;

use gridwatch_grids::{GridLevel, GridRef};
use gridwatch_reports::{Case, CaseKind, Judgement, Pause, Period, Targets};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    alert::{Alert, AlertId, AlertKind},
    error::Error,
    life::Move,
    policy::{ClockTimes, Policy},
    registry::Registry,
    store::DocumentKind,
    timeline::{Entry, Happening},
};

/// How many alerts are read at one time: with some kilobytes each, some megabytes.
const PAGE: u32 = 1000;

/// The policies there were, each with the time from which on it held, the newest first.
struct Policies {
    versions: Vec<(Timestamp, Policy)>,
    zone: TimeZone,
}

/// All alerts that were opened in a period, by number.
pub(super) async fn of_period(registry: &Registry, period: &Period) -> Result<Vec<Case>, Error> {
    let store = registry.store();
    let (from, to) = (period.from(), period.to());
    let policies = Policies::of(registry).await?;
    let mut pauses = pauses(store.moves_of_held(from, to).await?);
    let mut cases: Vec<Case> = Vec::new();
    loop {
        let after = AlertId(cases.last().map_or(0, |case| case.id));
        let alerts = store.alerts_opened(from, to, after, PAGE).await?;
        if alerts.is_empty() {
            return Ok(cases);
        }
        cases.extend(alerts.iter().map(|alert| {
            let on_hold = pauses.remove(&alert.id).unwrap_or_default();
            case(alert, on_hold, policies.targets(alert))
        }));
    }
}

fn case(alert: &Alert, on_hold: Vec<Pause>, targets: Targets) -> Case {
    let (life, times) = (&alert.life, alert.life.times());
    let code = |grid: Option<&GridRef>| grid.map(|grid| grid.code.clone());
    let name = |grid: Option<&GridRef>| grid.map(|grid| grid.name.clone()).unwrap_or_default();
    let community = alert.grid_path.iter().find(|grid| grid.level == GridLevel::Community);
    let judged = life.judged();
    Case {
        id: alert.id.0,
        kind: match alert.kind {
            AlertKind::Fall => CaseKind::Fall,
            AlertKind::Crowd => CaseKind::Crowd,
        },
        level: alert.level.get(),
        grid: code(alert.grid.as_ref()),
        grid_name: name(alert.grid.as_ref()),
        community: code(community),
        community_name: name(community),
        drill: alert.drill,
        merged: life.merged().is_some(),
        opened_at: alert.opened_at,
        judged: judged.map(|judged| Judgement {
            real: judged.real,
            at: judged.at,
            reason: judged.reason.clone(),
        }),
        dispatched_at: times.dispatched,
        accepted_at: times.accepted,
        on_scene_at: times.on_scene,
        reported_at: times.reported,
        verified_at: times.verified,
        closed_at: times.closed.filter(|_| life.state().is_final()),
        reopened: life.reopened(),
        on_hold,
        targets,
    }
}

/// When each alert was on hold: from the move until somebody, or the clock, goes on, or what holds it is over.
fn pauses(moves: Vec<(AlertId, Entry)>) -> HashMap<AlertId, Vec<Pause>> {
    let mut pauses: HashMap<AlertId, Vec<Pause>> = HashMap::new();
    for (alert, Entry { at, what, .. }) in moves {
        let Happening::Moved { done, to, .. } = what else { continue };
        let of_alert = pauses.entry(alert).or_default();
        if let Move::Hold { .. } = done {
            of_alert.push(Pause { from: at, to: None });
        } else if (matches!(done, Move::Resume | Move::Report { .. }) || to.is_final())
            && let Some(last) = of_alert.last_mut()
        {
            last.to.get_or_insert(at);
        }
    }
    pauses
}

// === impl Policies ===

impl Policies {
    async fn of(registry: &Registry) -> Result<Self, Error> {
        let documents = registry.store().every_version::<Policy>(DocumentKind::Policy).await?;
        let versions = documents.into_iter().map(|document| (document.at, document.body)).collect();
        Ok(Self { versions, zone: registry.zone().time_zone().clone() })
    }

    /// What was in time for an alert: by the rules of the moment at which each clock began, for the level that it has now.
    fn targets(&self, alert: &Alert) -> Targets {
        let times = alert.life.times();
        let dispatched = times.dispatched.unwrap_or(alert.opened_at);
        let called = self.times(alert, dispatched);
        let accepted = self.times(alert, times.accepted.unwrap_or(dispatched));
        Targets { accept_s: called.accept_s, arrive_s: accepted.arrive_s, report_s: called.report_s }
    }

    fn times(&self, alert: &Alert, at: Timestamp) -> ClockTimes {
        let held = self.versions.iter().find(|(from, _)| *from <= at);
        let policy = held.map(|(_, policy)| policy);
        let terms = |policy: &Policy| policy.terms(alert.kind, alert.level, at, &self.zone).times;
        policy.map_or_else(ClockTimes::default, terms)
    }
}
