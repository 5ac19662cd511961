use std::collections::HashMap;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::{
    limit::{Quota, RateLimit, Take},
    message::{AlertSummary, Language, Recipient},
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

/// Several messages about few alerts, so that the same alert is pinged, raised and over in one heap.
fn messages() -> impl Strategy<Value = Vec<Message>> {
    let one = (0i64..40, 1u8..=4, 0u8..7, prop::bool::weighted(0.2), 0i64..600);
    prop::collection::vec(one, 0..120).prop_map(|heap| {
        heap.into_iter()
            .enumerate()
            .map(|(n, (id, level, what, drill, second))| {
                let alert = AlertSummary {
                    id,
                    kind: if id % 3 == 0 { AlertKind::Crowd } else { AlertKind::Fall },
                    level: Level::try_from(level).unwrap(),
                    grid: None,
                    place: format!("样例路 {id} 号"),
                    camera_code: None,
                    position: None,
                    opened_at: at(id),
                };
                let content = match what {
                    0 | 1 => Content::Ping(alert),
                    2 => Content::LevelUp(alert),
                    3 => Content::Overdue(alert),
                    4 => Content::Supervise(alert),
                    5 => Content::AllClear(alert),
                    _ => Content::Canary,
                };
                Message {
                    key: format!("m{n}"),
                    recipient: Recipient::Group { name: "样例值班群".to_owned() },
                    language: Language::Chinese,
                    drill,
                    at: at(second),
                    content,
                    note: None,
                    link: None,
                    thumbnail_link: None,
                }
            })
            .collect()
    })
}

fn pick(waiting: &[Message], places: &[usize]) -> Vec<Message> {
    places.iter().map(|place| waiting[*place].clone()).collect()
}

fn as_digest(message: &Message) -> &Digest {
    match &message.content {
        Content::Digest(digest) => digest,
        other => panic!("{other:?} is no digest"),
    }
}

#[test]
fn nothing_is_no_digest() {
    assert_eq!(digest(&[]), None);
    assert_eq!(what_to_send(&[], 5), Plan::default());
}

proptest! {
    #[test]
    fn each_message_is_in_one_list_and_the_room_is_kept(waiting in messages(), room in 0usize..130) {
        let plan = what_to_send(&waiting, room);
        let mut all = [plan.alone.clone(), plan.digest.clone(), plan.later.clone()].concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..waiting.len()).collect::<Vec<_>>());
        prop_assert!(plan.alone.len() + usize::from(!plan.digest.is_empty()) <= room);
        prop_assert_ne!(plan.digest.len(), 1);
        // While something waits, all the room is used.
        if !plan.later.is_empty() {
            prop_assert_eq!(plan.alone.len() + usize::from(!plan.digest.is_empty()), room);
        }
    }

    #[test]
    fn the_most_urgent_go_alone(waiting in messages(), room in 1usize..40) {
        let plan = what_to_send(&waiting, room);
        // Restated without the code's own order: is the first to be told before the second?
        let before = |a: &Message, b: &Message| {
            let rank = |m: &Message| match &m.content {
                Content::Ping(a) | Content::LevelUp(a) | Content::Overdue(a) | Content::Supervise(a) =>
                    (0, m.drill, a.level.get()),
                _ => (1, m.drill, 0),
            };
            rank(a) < rank(b)
        };
        let alone = pick(&waiting, &plan.alone);
        let rest = pick(&waiting, &[plan.digest.clone(), plan.later.clone()].concat());
        for pair in alone.windows(2) {
            prop_assert!(!before(&pair[1], &pair[0]));
        }
        // The last one alone may be the one that is left where nothing can be merged.
        for sent in alone.iter().take(room - 1) {
            for other in &rest {
                prop_assert!(!before(other, sent));
            }
        }
    }

    #[test]
    fn a_digest_loses_no_alert_and_names_every_one_of_level_1(heap in messages()) {
        prop_assume!(!heap.is_empty());
        let merged = digest(&heap).unwrap();
        let digest = as_digest(&merged);
        let mut levels: HashMap<i64, u8> = HashMap::new();
        for alert in heap.iter().filter_map(Message::alert) {
            let level = levels.entry(alert.id).or_insert(4);
            *level = (*level).min(alert.level.get());
        }
        let without = heap.iter().filter(|message| message.alert().is_none()).count();
        prop_assert_eq!(digest.messages as usize, heap.len());
        prop_assert_eq!(digest.others as usize, without);
        for level in 1..=4 {
            let counted: u32 = digest.counts.iter().filter(|c| c.level.get() == level).map(|c| c.alerts).sum();
            prop_assert_eq!(counted as usize, levels.values().filter(|l| **l == level).count());
        }
        let named: HashSet<i64> = digest.named.iter().map(|named| named.alert.id).collect();
        for (id, _) in levels.iter().filter(|(_, level)| **level == 1) {
            prop_assert!(named.contains(id));
        }
        let cleared: HashSet<i64> = heap
            .iter()
            .filter(|message| matches!(message.content, Content::AllClear(_)))
            .filter_map(|message| Some(message.alert()?.id))
            .collect();
        for named in &digest.named {
            prop_assert_eq!(named.over, cleared.contains(&named.alert.id));
        }
        prop_assert_eq!(merged.drill, heap.iter().all(|message| message.drill));
    }

    #[test]
    fn the_same_messages_have_the_same_key_in_any_order(heap in messages()) {
        prop_assume!(heap.len() > 1);
        let mut turned = heap.clone();
        turned.reverse();
        let key = digest(&heap).unwrap().key;
        prop_assert_eq!(&digest(&turned).unwrap().key, &key);
        prop_assert_ne!(&digest(&heap[1..]).unwrap().key, &key);
    }

    #[test]
    fn what_a_plan_merges_can_be_named(waiting in messages(), room in 1usize..20) {
        let plan = what_to_send(&waiting, room);
        let merged = pick(&waiting, &plan.digest);
        if let Some(message) = digest(&merged) {
            let digest = as_digest(&message);
            let red = digest.named.iter().filter(|named| named.alert.level == Level::RED).count();
            prop_assert!(red <= NAMED_MAX);
            prop_assert_eq!(digest.others, 0);
        }
        // Nothing is over in a digest whose beginning waits.
        let waits: HashSet<i64> =
            pick(&waiting, &plan.later).iter().filter_map(Message::alert).map(|alert| alert.id).collect();
        for message in merged {
            prop_assert!(!waits.contains(&message.alert().unwrap().id));
        }
    }

    /// A flood through plan and limit together: all is told in the end, and never more in a minute than the vendor takes.
    #[test]
    fn a_flood_is_told_whole_within_the_limit(
        heaps in prop::collection::vec((messages(), 0i64..90), 1..6), minute in 1usize..25,
    ) {
        let quota = Quota { messages: minute, period: SignedDuration::from_secs(60) };
        let mut limit = RateLimit::new([quota]);
        let (mut waiting, mut told, mut sent_at) = (Vec::new(), 0, Vec::new());
        let total: usize = heaps.iter().map(|(heap, _)| heap.len()).sum();
        let mut now = at(0);
        let mut heaps = heaps.into_iter();
        for _ in 0..2_000 {
            match heaps.next() {
                Some((heap, pause)) => {
                    waiting.extend(heap);
                    now += SignedDuration::from_secs(pause);
                }
                None if waiting.is_empty() => break,
                None => now += SignedDuration::from_secs(7),
            }
            let plan = what_to_send(&waiting, limit.room(now));
            for _ in 0..plan.alone.len() + usize::from(!plan.digest.is_empty()) {
                prop_assert_eq!(limit.try_take(now), Take::Taken);
                sent_at.push(now);
            }
            told += plan.alone.len() + plan.digest.len();
            waiting = pick(&waiting, &plan.later);
        }
        prop_assert_eq!(told, total);
        for window in sent_at.windows(minute + 1) {
            prop_assert!(window[minute].duration_since(window[0]) >= quota.period);
        }
    }
}
