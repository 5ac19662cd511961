//! What holds whatever the detectors say, and whenever they say it.

use std::collections::HashMap;

use proptest::{prelude::*, strategy::ValueTree};

use super::*;

/// One look: milliseconds since the last, and what is to be seen.
type Seen = (i64, Vec<Detection>, Vec<Detection>);

/// People stand or lie at a few places, with a little trembling, so that incidents do last.
fn person(lying: bool) -> impl Strategy<Value = Detection> {
    let score = prop_oneof![Just(0.1f32), Just(0.3), Just(0.6), Just(0.9)];
    let view = prop_oneof![Just(View::Quarter), Just(View::ThreeQuarter)];
    (0u8..4, -9f32..9.0, score, view).prop_map(move |(place, tremble, score, view)| {
        let (x, y) = (150.0 * f32::from(place) + tremble, 100.0);
        if lying {
            Detection { rect: Rect::new(x, y + 85.0, x + 110.0, y + 122.0), score, view }
        } else {
            Detection { rect: Rect::new(x + 30.0, y, x + 70.0, y + 120.0), score, view: View::Upright }
        }
    })
}

/// Anything a model may utter, however mad.
fn anything() -> impl Strategy<Value = Detection> {
    let view = prop_oneof![Just(View::Upright), Just(View::Quarter), Just(View::ThreeQuarter)];
    (0f32..640.0, 0f32..360.0, 0f32..300.0, 0f32..300.0, 0f32..1.0, view)
        .prop_map(|(x, y, w, h, score, view)| Detection { rect: Rect::new(x, y, x + w, y + h), score, view })
}

fn looks() -> impl Strategy<Value = Vec<Seen>> {
    let pause = prop_oneof![6 => 200i64..2500, 1 => 0i64..200, 1 => 2500i64..40_000];
    let upright = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(person(false), 0..4)];
    let lying = prop_oneof![1 => Just(Vec::new()), 3 => prop::collection::vec(person(true), 1..5)];
    let look = (pause, upright, lying);
    // The same picture for several looks, as when nobody moves.
    prop::collection::vec((look, 1usize..30), 1..12)
        .prop_map(|parts| parts.into_iter().flat_map(|(look, n)| std::iter::repeat_n(look, n)).collect())
}

/// Plays `looks` and gives each step with its time.
fn play(rule: &mut FallRule, looks: &[Seen]) -> Vec<(Timestamp, FallStep)> {
    let (mut now, mut steps) = (Timestamp::UNIX_EPOCH, Vec::new());
    for (pause, upright, lying) in looks {
        now += SignedDuration::from_millis(*pause);
        let turned = rule.wants_turned(upright, now).then_some(lying.as_slice());
        steps.extend(rule.judge(Look { at: now, upright, turned }).into_iter().map(|step| (now, step)));
    }
    steps
}

/// How far an incident has come, for the order of its phases.
fn rank(phase: Phase) -> u8 {
    match phase {
        Phase::Suspected => 1,
        Phase::Alert => 2,
        Phase::Ongoing | Phase::LongLie => 3,
        Phase::Ended(_) => 4,
    }
}

fn in_order(steps: &[(Timestamp, FallStep)], resumed: Option<u64>) -> Result<(), TestCaseError> {
    let settings = FallSettings::default();
    let mut incidents: HashMap<u64, Vec<(Timestamp, FallStep)>> = HashMap::new();
    for (at, step) in steps {
        incidents.entry(step.incident).or_default().push((*at, *step));
    }
    for (incident, steps) in incidents {
        let count = |phase| steps.iter().filter(|(_, step)| step.phase == phase).count();
        let told_before = usize::from(Some(incident) != resumed);
        let has_come_to_alert = steps.iter().any(|(_, step)| rank(step.phase) >= 2);
        prop_assert!(count(Phase::Suspected) <= told_before && count(Phase::LongLie) <= 1);
        prop_assert_eq!(count(Phase::Alert), told_before * usize::from(has_come_to_alert));
        prop_assert!(steps.windows(2).all(|two| two[0].0 <= two[1].0));
        prop_assert!(steps.windows(2).all(|two| rank(two[0].1.phase) <= rank(two[1].1.phase)));
        prop_assert!(steps.windows(2).all(|two| rank(two[0].1.phase) < 4), "nothing after the end");
        prop_assert!(steps.iter().all(|(at, step)| step.since == steps[0].1.since && step.since <= *at));
        prop_assert!(steps.windows(2).all(|two| two[0].1.score <= two[1].1.score));
        for (at, step) in &steps {
            let lasted = at.duration_since(step.since);
            let least = match step.phase {
                Phase::Suspected => settings.suspected_after,
                Phase::LongLie => settings.long_lie_after,
                _ => settings.alert_after,
            };
            prop_assert!(lasted >= least, "{:?} after {lasted}", step.phase);
            prop_assert!(step.phase != Phase::Alert || step.share >= settings.share_min);
            prop_assert!((0.0..=1.0).contains(&step.share));
        }
        let ongoing: Vec<_> = steps.iter().filter(|(_, step)| step.phase == Phase::Ongoing).collect();
        prop_assert!(ongoing.windows(2).all(|two| two[1].0.duration_since(two[0].0) >= ONGOING_INTERVAL));
    }
    Ok(())
}

proptest! {
    #[test]
    fn an_incident_goes_one_way_only(looks in looks()) {
        let mut rule = FallRule::new(FallSettings::default(), 1);
        let steps = play(&mut rule, &looks);
        in_order(&steps, None)?;
    }

    #[test]
    fn a_resumed_incident_goes_one_way_only(looks in looks(), ago_s in 10i64..200) {
        let now = Timestamp::UNIX_EPOCH;
        let mut rule = FallRule::new(FallSettings::default(), 1);
        rule.resume(Rect::new(0.0, 185.0, 110.0, 222.0), now - SignedDuration::from_secs(ago_s), now);
        let steps = play(&mut rule, &looks);
        in_order(&steps, Some(1))?;
    }

    #[test]
    fn a_detector_that_raves_costs_no_more_than_a_bounded_memory(
        pauses in prop::collection::vec(0i64..1000, 1..40),
        boxes in prop::collection::vec(anything(), 400),
        seed in 0usize..400,
    ) {
        let mut rule = FallRule::new(FallSettings::default(), 1);
        let mut next = boxes.into_iter().cycle().skip(seed);
        let mut steps = Vec::new();
        let mut now = Timestamp::UNIX_EPOCH;
        for pause in pauses {
            now += SignedDuration::from_millis(pause);
            let (upright, lying): (Vec<_>, Vec<_>) =
                next.by_ref().take(197).partition(|d| d.view == View::Upright);
            rule.wants_turned(&upright, now);
            let look = Look { at: now, upright: &upright, turned: Some(&lying) };
            steps.extend(rule.judge(look).into_iter().map(|step| (now, step)));
            prop_assert!(rule.downs.len() <= DOWNS_MAX);
            prop_assert!(rule.tracks.iter().count() <= 128);
        }
        in_order(&steps, None)?;
    }
}

/// Properties of scenes in which nothing happens would say nothing.
#[test]
fn the_scenes_come_to_every_phase() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut times: HashMap<Phase, u32> = HashMap::new();
    for _ in 0..256 {
        let looks = looks().new_tree(&mut runner).unwrap().current();
        let steps = play(&mut FallRule::new(FallSettings::default(), 1), &looks);
        for (_, step) in steps {
            *times.entry(step.phase).or_default() += 1;
        }
    }
    let ends = [Phase::Ended(EndReason::Upright), Phase::Ended(EndReason::Gone)];
    for phase in [Phase::Suspected, Phase::Alert, Phase::Ongoing, Phase::LongLie].into_iter().chain(ends) {
        assert!(times.get(&phase).is_some_and(|n| *n >= 3), "{times:?}");
    }
}
