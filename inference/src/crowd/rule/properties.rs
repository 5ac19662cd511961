//! What holds whatever is seen in a zone, and whenever.

use proptest::prelude::*;

use super::*;
use crate::crowd::Spoke;

type Seen = (i64, Amount, Flow, Option<HeldBack>);

fn looks(calibrated: bool) -> impl Strategy<Value = Vec<Seen>> {
    let pause = prop_oneof![8 => 300i64..3000, 1 => 3000i64..40_000];
    let amount = (0f64..9.0).prop_map(move |density| {
        if calibrated { Amount::PerSquareMetre(density) } else { Amount::Heads((6.0 * density) as usize) }
    });
    let flow = prop_oneof![Just(Flow::Moving), Just(Flow::Standing)];
    let held_back =
        prop_oneof![20 => Just(None), 1 => Just(Some(HeldBack::Moved)), 1 => Just(Some(HeldBack::Black))];
    let look = (pause, amount, flow, held_back);
    // The same for a while, so that levels are reached and left.
    prop::collection::vec((look, 1usize..60), 1..15)
        .prop_map(|parts| parts.into_iter().flat_map(|(look, n)| std::iter::repeat_n(look, n)).collect())
}

struct Told {
    at: Timestamp,
    seen: Seen,
    crowd: CrowdIncident,
}

fn play(looks: &[Seen]) -> Vec<Told> {
    let mut rule = CrowdRule::new(CrowdSettings::default(), 1);
    let (mut at, mut told) = (Timestamp::UNIX_EPOCH, Vec::new());
    for seen in looks {
        let (pause, amount, flow, held_back) = *seen;
        at += SignedDuration::from_millis(pause);
        let reading = Reading { heads: 0, amount, place: None, spoke: Spoke::Boxes, doubts: Vec::new() };
        for step in rule.judge(CrowdLook { at, reading: &reading, flow, held_back }) {
            if let CrowdStep::Crowd(crowd) = step {
                told.push(Told { at, seen: *seen, crowd });
            }
        }
    }
    told
}

proptest! {
    #[test]
    fn a_crowd_begins_once_ends_once_and_its_levels_follow(looks in looks(true)) {
        let settings = CrowdSettings::default();
        let mut open: Option<CrowdIncident> = None;
        let mut incidents = 0;
        for Told { at, seen: (_, amount, flow, held_back), crowd } in play(&looks) {
            prop_assert!(held_back.is_none(), "nothing is said of what cannot be seen");
            prop_assert!(crowd.since <= at && crowd.peak >= amount.value());
            let enter = settings.limits(crowd.level, flow).enter;
            match (open, crowd.phase) {
                (None, CrowdPhase::Alert) => {
                    incidents += 1;
                    prop_assert_eq!(crowd.incident, incidents);
                    prop_assert!(amount.value() >= enter);
                }
                (Some(before), CrowdPhase::LevelUp) => prop_assert!(crowd.level > before.level && amount.value() >= enter),
                (Some(before), CrowdPhase::LevelDown) => prop_assert!(crowd.level < before.level),
                (Some(before), CrowdPhase::Ongoing | CrowdPhase::Ended) => prop_assert_eq!(crowd.level, before.level),
                (before, phase) => prop_assert!(false, "{phase:?} after {before:?}"),
            }
            if let Some(before) = open {
                prop_assert_eq!((crowd.incident, crowd.since), (before.incident, before.since));
                prop_assert!(crowd.peak >= before.peak);
            }
            if let Some(forecast) = crowd.forecast {
                prop_assert!(forecast.per_minute > 0.0 && (0.0..=600.0).contains(&forecast.next_level_s));
            }
            open = (crowd.phase != CrowdPhase::Ended).then_some(crowd);
        }
    }

    #[test]
    fn heads_make_a_gathering_and_nothing_else(looks in looks(false)) {
        for told in play(&looks) {
            prop_assert_eq!(told.crowd.level, CrowdLevel::Gathering);
            prop_assert!(matches!(told.crowd.amount, Amount::Heads(_)));
        }
    }

    /// A level is never reached before the zone was seen to meet it for as long as it takes.
    #[test]
    fn no_level_comes_before_its_time(looks in looks(true)) {
        let settings = CrowdSettings::default();
        for told in play(&looks) {
            if told.crowd.phase == CrowdPhase::Alert {
                let least = settings.limits(told.crowd.level, Flow::Moving).enter_after;
                prop_assert!(told.at.duration_since(told.crowd.since) >= least);
            }
        }
    }
}

/// Properties of zones in which nothing happens would say nothing.
#[test]
fn the_zones_come_to_every_level_and_every_phase() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let told: Vec<Told> =
        (0..100).flat_map(|_| play(&looks(true).new_tree(&mut runner).unwrap().current())).collect();
    let count =
        |wanted: &dyn Fn(&CrowdIncident) -> bool| told.iter().filter(|told| wanted(&told.crowd)).count();
    use CrowdPhase::{Alert, Ended, LevelDown, LevelUp, Ongoing};
    for phase in [Alert, LevelUp, LevelDown, Ongoing, Ended] {
        assert!(count(&|crowd| crowd.phase == phase) >= 3, "{phase:?}");
    }
    for level in &CrowdLevel::ALL[1..] {
        assert!(count(&|crowd| crowd.level == *level) >= 3, "{level:?}");
    }
    assert!(count(&|crowd| crowd.forecast.is_some()) >= 3);
}
