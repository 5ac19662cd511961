//! Clocks: each that had to start did, and each that ran out did so once, in time, or was met before.

use std::collections::{BTreeMap, BTreeSet};

use gridwatch_alerts::{AlertState, ClockKind, ClockTimes, Entry, Happening, Move};
use jiff::{SignedDuration, Timestamp};

use super::{Acknowledged, Findings, History};

/// How long a clock may have run out, while a server was there, before a move that meets it. More is a step that was lost.
const LATE_MAX: SignedDuration = SignedDuration::from_secs(2);

/// A clock of an alert: what it waits for, until when.
type Clock = (ClockKind, Timestamp);

pub(super) fn check(
    history: &History,
    acknowledged: &Acknowledged,
    times: &ClockTimes,
    findings: &mut Findings,
) {
    let id = history.alert.id;
    let mut fired: BTreeMap<Clock, Vec<Timestamp>> = BTreeMap::new();
    for entry in &history.timeline {
        if let Happening::ClockFired { clock, due_at } = &entry.what {
            fired.entry((clock.clone(), *due_at)).or_default().push(entry.at);
        }
    }
    findings.steps_fired += fired.values().map(|times| times.len() as u64).sum::<u64>();
    let started = started(history);
    for clock in expected(&history.timeline, times).difference(&started) {
        findings.lose(id, format!("{} until {} did not start", clock.0.name(), clock.1));
    }
    for (clock, at) in &fired {
        if !started.contains(clock) {
            findings.lose(id, format!("{} until {} ran out and was not running", clock.0.name(), clock.1));
        }
        if at.len() > 1 {
            findings.lose(id, format!("{} until {} ran out {} times", clock.0.name(), clock.1, at.len()));
        }
        if at.iter().any(|at| *at < clock.1) {
            findings.lose(id, format!("{} until {} ran out too soon", clock.0.name(), clock.1));
        }
    }
    findings.steps_due += fired.len() as u64;
    for clock in started.iter().filter(|clock| !fired.contains_key(clock)) {
        let Some(met_at) = met_at(history, clock) else {
            findings.steps_due += 1;
            findings.lose(id, format!("{} until {} never ran out", clock.0.name(), clock.1));
            continue;
        };
        let ready_at = acknowledged.ready_at.iter().rev().find(|at| **at <= met_at);
        let late = met_at.duration_since(ready_at.map_or(clock.1, |ready_at| clock.1.max(*ready_at)));
        if late > LATE_MAX {
            findings.steps_due += 1;
            findings.lose(id, format!("{} until {} was met {late:#} late", clock.0.name(), clock.1));
        } else if late.is_positive() {
            findings.met_late += 1;
        }
    }
}

/// Every clock that any change left running.
fn started(history: &History) -> BTreeSet<Clock> {
    let clocks = history.course.iter().flat_map(|alert| alert.life.clocks());
    clocks.map(|clock| (clock.kind.clone(), clock.due_at)).collect()
}

/// When the move was made that took a clock away; none for one that runs still.
fn met_at(history: &History, clock: &Clock) -> Option<Timestamp> {
    let runs = |alert: &gridwatch_alerts::Alert| {
        alert.life.clocks().iter().any(|of| of.kind == clock.0 && of.due_at == clock.1)
    };
    let began = history.course.iter().position(runs)?;
    let gone = history.course.iter().skip(began).find(|alert| !runs(alert))?;
    gone.life.last_move().map(|made| made.at)
}

/// The clocks that have to start, by what the timeline says and the policy allows.
fn expected(timeline: &[Entry], times: &ClockTimes) -> BTreeSet<Clock> {
    let mut expected = BTreeSet::new();
    for entry in timeline {
        let mut expect = |kind: ClockKind| {
            if let Some(after) = times.of(&kind) {
                expected.insert((kind, entry.at + after));
            }
        };
        match &entry.what {
            Happening::Opened { .. } => {
                (1..=3).for_each(|level| expect(ClockKind::Supervise { level }));
                // One that calls people at once waits for nobody's judgement.
                let judged_at_once = |other: &Entry| {
                    other.at == entry.at
                        && matches!(other.what, Happening::Moved { from: AlertState::Pending, .. })
                };
                if !timeline.iter().any(judged_at_once) {
                    expect(ClockKind::Judge);
                }
            }
            Happening::Moved { done: Move::Dispatch { .. } | Move::Reassign { .. }, .. } => {
                expect(ClockKind::Report);
                expect(ClockKind::Accept);
            }
            Happening::Moved { done: Move::Return { .. }, .. } => expect(ClockKind::Accept),
            Happening::Moved { done: Move::Accept, .. } => expect(ClockKind::Arrive),
            Happening::Moved { done: Move::CallIn { department, .. }, .. } => {
                expect(ClockKind::Answer { department: department.clone() });
            }
            Happening::Moved { done: Move::Hold { until, .. }, .. } => {
                expected.insert((ClockKind::Resume, *until));
            }
            _ => {}
        }
    }
    expected
}
