//! Messages: each that the timeline asks for is there once, was received, and came again only under its own key.

use std::collections::{BTreeMap, BTreeSet};

use gridwatch_alerts::{APP_CHANNEL, Delivery, DeliveryState, Happening, Told};

use super::{Findings, History, Received};

/// The channels of the measurement: to people, and to other systems.
pub const CHANNELS: [&str; 2] = ["sms", "centre"];

/// A message: over which channel, to whom, why, when (milliseconds since 1970).
type Asked = (String, String, String, i64);

pub(super) fn check(history: &History, received: &Received, findings: &mut Findings) {
    let id = history.alert.id;
    findings.deliveries += history.deliveries.len() as u64;
    let mut balance: BTreeMap<Asked, i64> = BTreeMap::new();
    for asked in asked_for(history) {
        *balance.entry(asked).or_default() += 1;
    }
    for delivery in &history.deliveries {
        let Delivery { channel, recipient, notice, created_at, .. } = delivery;
        let asked = (channel.clone(), recipient.clone(), word(notice.why), created_at.as_millisecond());
        *balance.entry(asked).or_default() -= 1;
        if !CHANNELS.contains(&channel.as_str()) {
            // The app fetches its own.
            continue;
        }
        let came = received.messages.contains_key(&delivery.key);
        match delivery.state {
            DeliveryState::Sent | DeliveryState::Delivered | DeliveryState::Seen if !came => {
                findings.lose(id, format!("message {} is {:?} and never came", delivery.key, delivery.state));
            }
            DeliveryState::Queued | DeliveryState::Failed => {
                findings.lose(id, format!("message {} is {:?}", delivery.key, delivery.state));
            }
            _ => {}
        }
    }
    for (asked, left) in balance.into_iter().filter(|(_, left)| *left != 0) {
        let what = if left > 0 { "is missing" } else { "was not asked for" };
        findings.lose(id, format!("message {asked:?} {what}"));
    }
}

/// What was received and should not have been.
pub(super) fn check_received(histories: &[History], received: &Received, findings: &mut Findings) {
    let deliveries = histories.iter().flat_map(|history| &history.deliveries);
    let known: BTreeSet<&str> = deliveries.map(|delivery| delivery.key.as_str()).collect();
    // A canary is of no alert, and the next one takes its place.
    let is_of_alert = |key: &&String| !key.starts_with("canary-");
    let unknown = |key: &&String| !known.contains(key.as_str());
    for key in received.messages.keys().filter(is_of_alert).filter(unknown) {
        findings.lost.push(format!("message {key} came and is not in the database"));
    }
    for key in &received.conflicts {
        findings.lost.push(format!("two messages came under the key {key}"));
    }
    if received.without_key > 0 {
        findings.lost.push(format!("{} messages came without a key", received.without_key));
    }
}

/// What the timeline asks for.
fn asked_for(history: &History) -> Vec<Asked> {
    let [people, systems] = CHANNELS;
    let mut asked = Vec::new();
    for entry in &history.timeline {
        let at = entry.at.as_millisecond();
        let mut ask = |channel: &str, to: &str, why: Told| {
            asked.push((channel.to_owned(), to.to_owned(), word(why), at));
        };
        match &entry.what {
            Happening::Called { why, people: called, .. } => {
                for person in called {
                    ask(APP_CHANNEL, person, Told::Call(*why));
                    ask(people, person, Told::Call(*why));
                }
            }
            Happening::Opened { .. } => ask(systems, systems, Told::Opened),
            Happening::Level { from, to } if to.is_above(*from) => ask(systems, systems, Told::Raised),
            Happening::Ended { .. } => ask(systems, systems, Told::Ended),
            Happening::Moved { from, to, .. } if to.is_final() && !from.is_final() => {
                ask(systems, systems, Told::Closed);
            }
            _ => {}
        }
    }
    asked
}

fn word(why: Told) -> String {
    format!("{why:?}")
}
