//! What happens to messages that a channel does not bear one by one: the most urgent go alone, the rest goes as one.

use std::{cmp::Reverse, collections::HashSet};

use jiff::Timestamp;

use crate::{
    message::{AlertKind, Content, Count, Digest, Level, Message, Named},
    sign::fingerprint,
};

/// How many alerts of level 1 one digest names at most: more lines do not fit into the shortest message that a vendor takes
/// (企业微信, 2,048 bytes). What is beyond waits for the next one.
pub const NAMED_MAX: usize = 8;

/// What becomes of the waiting messages, as their places in the given order. Each message is in exactly one of the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// These are sent one by one, in this order.
    pub alone: Vec<usize>,
    /// These are sent as one [`digest`], after those; empty, or at least two.
    pub digest: Vec<usize>,
    /// These wait.
    pub later: Vec<usize>,
}

/// Decides what is sent now, where the channel bears so many messages. All of them are for the same recipient.
///
/// The most urgent comes first; what is over comes last, so that nothing is declared over before it was told. Only messages
/// about alerts are merged.
pub fn what_to_send(waiting: &[Message], room: usize) -> Plan {
    let mut order: Vec<usize> = (0..waiting.len()).collect();
    order.sort_by_key(|place| Urgency::of(&waiting[*place]));
    if waiting.len() <= room {
        return Plan { alone: order, ..Plan::default() };
    }
    let Some(alone) = room.checked_sub(1) else {
        return Plan { later: order, ..Plan::default() };
    };
    let rest = order.split_off(alone);
    let crowded_out = crowded_out(waiting, &rest);
    let fits = |place: &usize| waiting[*place].alert().is_some_and(|alert| !crowded_out.contains(&alert.id));
    let (digest, later): (Vec<usize>, Vec<usize>) = rest.into_iter().partition(fits);
    let mut plan = Plan { alone: order, digest, later };
    // One message is no digest: then there is room for one that goes alone.
    if plan.digest.len() < 2 {
        let spare = plan.digest.pop().or_else(|| (!plan.later.is_empty()).then(|| plan.later.remove(0)));
        plan.alone.extend(spare);
    }
    plan
}

/// The alerts of level 1 that one digest cannot name beside the others. They are chosen by alert and not by message, so that no
/// alert is over in the digest whose beginning still waits.
fn crowded_out(waiting: &[Message], places: &[usize]) -> HashSet<i64> {
    let alerts = || places.iter().filter_map(|place| waiting[*place].alert());
    let mut red: HashSet<i64> =
        alerts().filter(|alert| alert.level == Level::RED).map(|alert| alert.id).collect();
    let mut named = 0;
    for alert in alerts() {
        if named < NAMED_MAX && red.remove(&alert.id) {
            named += 1;
        }
    }
    red
}

/// Merges messages to the same recipient into one. An alert that several of them are about is counted once, at its highest
/// level. It has the recipient, the language and the link of the most urgent one, and always the same key for the same
/// messages. None where there is nothing to merge.
pub fn digest(messages: &[Message]) -> Option<Message> {
    let mut order: Vec<&Message> = messages.iter().collect();
    order.sort_by_key(|message| Urgency::of(message));
    let first = *order.first()?;
    let mut alerts: Vec<Named> = Vec::new();
    let mut others = 0;
    for message in &order {
        let Some(alert) = message.alert() else {
            others += 1;
            continue;
        };
        let over = matches!(message.content, Content::AllClear(_));
        match alerts.iter_mut().find(|named| named.alert.id == alert.id) {
            None => alerts.push(Named { alert: alert.clone(), drill: message.drill, over }),
            Some(named) => {
                named.alert.level = named.alert.level.min(alert.level);
                named.over |= over;
            }
        }
    }
    alerts.sort_by_key(|named| {
        (named.over, named.drill, named.alert.level, named.alert.opened_at, named.alert.id)
    });
    let counts = count(&alerts);
    let most_urgent = alerts.first().map(|named| named.alert.id);
    alerts.retain(|named| named.alert.level == Level::RED || Some(named.alert.id) == most_urgent);
    let content = Digest { messages: small(messages.len()), named: alerts, counts, others };
    let mut keys: Vec<&str> = messages.iter().map(|message| message.key.as_str()).collect();
    keys.sort_unstable();
    Some(Message {
        key: format!("digest-{}", fingerprint(keys.into_iter())),
        recipient: first.recipient.clone(),
        language: first.language,
        drill: messages.iter().all(|message| message.drill),
        at: messages.iter().map(|message| message.at).max().unwrap_or(first.at),
        content: Content::Digest(content),
        note: None,
        link: first.link.clone(),
        thumbnail_link: None,
    })
}

/// Alerts come in the order of their counts, but for the kind and when they were opened.
fn count(alerts: &[Named]) -> Vec<Count> {
    let mut counts: Vec<Count> = Vec::new();
    for named in alerts {
        let count = Count {
            over: named.over,
            drill: named.drill,
            level: named.alert.level,
            kind: named.alert.kind,
            alerts: 1,
        };
        match counts.iter_mut().find(|known| Count { alerts: 1, ..**known } == count) {
            None => counts.push(count),
            Some(known) => known.alerts += 1,
        }
    }
    counts.sort_by_key(|count| (count.over, count.drill, count.level, count.kind));
    counts
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// How messages are ordered: what calls people before what is over, what is real before a drill, the higher level first, and
/// then the newest alert last.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Urgency {
    calls: Reverse<bool>,
    drill: bool,
    level: Option<Level>,
    kind: Option<AlertKind>,
    opened_at: Option<Timestamp>,
    at: Timestamp,
}

// === impl Urgency ===

impl Urgency {
    fn of(message: &Message) -> Self {
        let alert = message.alert();
        Self {
            calls: Reverse(message.content.level().is_some()),
            drill: message.drill,
            level: message.content.level().or(alert.map(|alert| alert.level)),
            kind: alert.map(|alert| alert.kind),
            opened_at: alert.map(|alert| alert.opened_at),
            at: message.at,
        }
    }
}

#[cfg(test)]
mod tests;
