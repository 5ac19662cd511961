//! Holds what the database and the receiver have in the end against what was acknowledged and what had to follow from it.
//!
//! What had to follow is worked out from the timeline and the policy, not from the clocks and deliveries that are looked at.

mod clocks;
mod messages;

use std::collections::BTreeMap;

use gridwatch_alerts::{Alert, AlertId, AlertKind, ClockTimes, Delivery, Entry, Happening};
use jiff::Timestamp;

use super::{
    order::{Spot, Stage},
    receiver::Received,
};

pub use messages::CHANNELS;

/// An alert with all that belongs to it.
#[derive(Clone, Debug)]
pub struct History {
    /// The alert as its row says.
    pub alert: Alert,
    /// The alert after each of its changes, by its events.
    pub course: Vec<Alert>,
    /// Its timeline.
    pub timeline: Vec<Entry>,
    /// Its deliveries.
    pub deliveries: Vec<Delivery>,
}

/// What was acknowledged.
#[derive(Clone, Debug, Default)]
pub struct Acknowledged {
    /// What was seen where, in order.
    pub seen: BTreeMap<Spot, Vec<Stage>>,
    /// The alert of each move, by the order's number.
    pub moves: BTreeMap<u64, AlertId>,
    /// When a server was ready, oldest first.
    pub ready_at: Vec<Timestamp>,
}

/// What was found.
#[derive(Debug, Default, PartialEq)]
pub struct Findings {
    /// Clocks that had run out before what they waited for happened.
    pub steps_due: u64,
    /// Clocks that the timeline says ran out.
    pub steps_fired: u64,
    /// Clocks that had run out for so short a time that a move was first.
    pub met_late: u64,
    /// Deliveries that there are.
    pub deliveries: u64,
    /// Everything that is not as it must be, in a sentence each.
    pub lost: Vec<String>,
}

/// Looks through everything.
pub fn audit(
    histories: &[History],
    acknowledged: &Acknowledged,
    received: &Received,
    times: &ClockTimes,
) -> Findings {
    let mut findings = Findings::default();
    for history in histories {
        history.check_itself(&mut findings);
        clocks::check(history, acknowledged, times, &mut findings);
        messages::check(history, received, &mut findings);
    }
    messages::check_received(histories, received, &mut findings);
    check_sights(histories, acknowledged, &mut findings);
    check_moves(histories, acknowledged, &mut findings);
    findings
}

impl Findings {
    fn lose(&mut self, alert: AlertId, what: impl std::fmt::Display) {
        self.lost.push(format!("alert {alert}: {what}"));
    }
}

impl History {
    /// Row and events say the same, and events come in order.
    fn check_itself(&self, findings: &mut Findings) {
        if self.course.last() != Some(&self.alert) {
            findings.lose(self.alert.id, "its row and its newest event differ");
        }
        if !self.course.windows(2).all(|pair| pair[0].seq < pair[1].seq) {
            findings.lose(self.alert.id, "its events are out of order");
        }
        let opened = self.timeline.iter().filter(|entry| matches!(entry.what, Happening::Opened { .. }));
        if opened.count() != 1 {
            findings.lose(self.alert.id, "it was not opened exactly once");
        }
    }
}

/// Every incident has one alert, and what was acknowledged of it took place.
fn check_sights(histories: &[History], acknowledged: &Acknowledged, findings: &mut Findings) {
    let mut by_spot: BTreeMap<Option<Spot>, Vec<&History>> = BTreeMap::new();
    for history in histories {
        by_spot.entry(Spot::of(&history.alert)).or_default().push(history);
    }
    for (spot, stages) in &acknowledged.seen {
        let [history] = by_spot.get(&Some(*spot)).map(Vec::as_slice).unwrap_or_default() else {
            let count = by_spot.get(&Some(*spot)).map_or(0, Vec::len);
            findings.lost.push(format!("{spot:?} was seen and has {count} alerts"));
            continue;
        };
        let worst = match history.alert.kind {
            AlertKind::Fall => 1,
            AlertKind::Crowd => 2,
        };
        if stages.contains(&Stage::Worse) && !history.course.iter().any(|alert| alert.level.get() <= worst) {
            findings.lose(history.alert.id, "it is worse, and it does not say so");
        }
        if stages.contains(&Stage::Over) && history.alert.is_lasting() {
            findings.lose(history.alert.id, "it is over, and it does not say so");
        }
    }
    for (spot, of_spot) in &by_spot {
        if spot.is_none_or(|spot| of_spot.len() > 1 && !acknowledged.seen.contains_key(&spot)) {
            findings.lost.push(format!("{} alerts of {spot:?}", of_spot.len()));
        }
    }
}

/// Every move that was acknowledged took place once; none took place twice.
fn check_moves(histories: &[History], acknowledged: &Acknowledged, findings: &mut Findings) {
    let mut made: BTreeMap<(AlertId, u64), u32> = BTreeMap::new();
    for history in histories {
        for entry in &history.timeline {
            if let (Happening::Moved { .. }, Ok(order)) = (&entry.what, entry.by.from.parse()) {
                *made.entry((history.alert.id, order)).or_default() += 1;
            }
        }
    }
    for (order, alert) in &acknowledged.moves {
        if !made.contains_key(&(*alert, *order)) {
            findings.lose(*alert, format!("move {order} was acknowledged and is not in the timeline"));
        }
    }
    for ((alert, order), times) in made.iter().filter(|(_, times)| **times > 1) {
        findings.lose(*alert, format!("move {order} was made {times} times"));
    }
}

#[cfg(test)]
mod tests;
