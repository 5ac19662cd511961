//! What holds whatever the detectors say, and whenever they say it.

use std::collections::HashMap;

use jiff::SignedDuration;
use proptest::{prelude::*, strategy::ValueTree};

use super::{
    down::ONGOING_INTERVAL,
    tests::{PICTURE, WHOLE},
    *,
};
use crate::{
    detection::View,
    ground::Zone,
    observation::{EndReason, FallFinding},
    scene::{LyingPlace, LyingZone},
};

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
    play_from(rule, Timestamp::UNIX_EPOCH, looks)
}

fn play_from(rule: &mut FallRule, mut now: Timestamp, looks: &[Seen]) -> Vec<(Timestamp, FallStep)> {
    let mut steps = Vec::new();
    for (pause, upright, lying) in looks {
        now += SignedDuration::from_millis(*pause);
        let part = rule.wants_turned(upright, PICTURE, now);
        let turned = part.map(|part| Turned { part, detections: lying, asked_at: now });
        let look = Look { at: now, size: PICTURE, upright, turned };
        steps.extend(rule.judge(look).into_iter().map(|step| (now, step)));
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
        Phase::LevelUp | Phase::LevelDown => unreachable!("of crowds only"),
    }
}

fn in_order(steps: &[(Timestamp, FallStep)], resumed: Option<u64>) -> Result<(), TestCaseError> {
    let settings = FallSettings::default();
    let mut incidents: HashMap<u64, Vec<(Timestamp, FallStep)>> = HashMap::new();
    for (at, step) in steps {
        incidents.entry(step.incident).or_default().push((*at, step.clone()));
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
        for (at, step) in &steps {
            let transitions = &step.transitions;
            prop_assert!((1..=FallFinding::TRANSITIONS_MAX).contains(&transitions.len()));
            prop_assert!(transitions.windows(2).all(|two| two[0].at <= two[1].at));
            prop_assert!(transitions.last().is_some_and(|newest| newest.at <= *at));
            let ended = transitions.iter().filter(|t| t.to == FallState::Ended).count();
            prop_assert_eq!(ended, usize::from(matches!(step.phase, Phase::Ended(_))));
        }
        let ongoing: Vec<_> = steps.iter().filter(|(_, step)| step.phase == Phase::Ongoing).collect();
        prop_assert!(ongoing.windows(2).all(|two| two[1].0.duration_since(two[0].0) >= ONGOING_INTERVAL));
    }
    Ok(())
}

proptest! {
    #[test]
    fn an_incident_goes_one_way_only(looks in looks()) {
        let mut rule = FallRule::new(Arc::default(), 1);
        let steps = play(&mut rule, &looks);
        in_order(&steps, None)?;
    }

    #[test]
    fn a_resumed_incident_goes_one_way_only(looks in looks(), ago_s in 10i64..200) {
        let now = Timestamp::UNIX_EPOCH;
        let mut rule = FallRule::new(Arc::default(), 1);
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
        let mut rule = FallRule::new(Arc::default(), 1);
        let mut next = boxes.into_iter().cycle().skip(seed);
        let mut steps = Vec::new();
        let mut now = Timestamp::UNIX_EPOCH;
        for pause in pauses {
            now += SignedDuration::from_millis(pause);
            let (upright, lying): (Vec<_>, Vec<_>) =
                next.by_ref().take(197).partition(|d| d.view == View::Upright);
            let part = rule.wants_turned(&upright, PICTURE, now);
            prop_assert!(part.is_none_or(|part| part == part.clamped(PICTURE.0, PICTURE.1) && part.area() > 0.0));
            let turned = Some(Turned { part: WHOLE, detections: &lying, asked_at: now });
            let look = Look { at: now, size: PICTURE, upright: &upright, turned };
            steps.extend(rule.judge(look).into_iter().map(|step| (now, step)));
            prop_assert!(rule.downs.len() <= DOWNS_MAX);
            prop_assert!(rule.tracks.iter().count() <= 128);
        }
        in_order(&steps, None)?;
    }
}

proptest! {
    /// However often the camera is blind in between: an alert is neither told again nor ended by that.
    #[test]
    fn a_blind_camera_ends_nothing_and_tells_nothing_twice(
        looks in looks(), blind in prop::collection::vec((0usize..60, 1usize..40), 1..4)
    ) {
        let mut rule = FallRule::new(Arc::default(), 1);
        let (mut now, mut steps) = (Timestamp::UNIX_EPOCH, Vec::new());
        for (n, look) in looks.iter().enumerate() {
            let open = rule.downs.iter().filter(|down| down.reached >= Reached::Alert).count();
            if blind.iter().any(|(from, length)| (*from..from + length).contains(&n)) {
                now += SignedDuration::from_millis(look.0);
                rule.hold_back(HeldBack::Blurred, now);
                prop_assert_eq!(rule.downs.len(), open);
                continue;
            }
            let mut seen = play_from(&mut rule, now, std::slice::from_ref(look));
            now += SignedDuration::from_millis(look.0);
            steps.append(&mut seen);
        }
        in_order(&steps, None)?;
    }

    /// Nobody is suspected where lying is expected everywhere, and nobody is forgotten for it who was told of.
    #[test]
    fn where_lying_is_expected_everywhere_nobody_falls(looks in looks(), long_after_s in 61i64..400) {
        let zone = |long_after| LyingZone {
            kind: LyingPlace::Playground,
            zone: Zone::whole_picture(),
            hours: Vec::new(),
            long_after,
        };
        let scene = |long_after| Arc::new(Scene { lying_zones: vec![zone(long_after)], ..Scene::default() });
        prop_assert_eq!(play(&mut FallRule::new(scene(None), 1), &looks), vec![]);
        let long_after = SignedDuration::from_secs(long_after_s);
        let steps = play(&mut FallRule::new(scene(Some(long_after)), 1), &looks);
        prop_assert!(steps.iter().all(|(at, step)| at.duration_since(step.since) >= long_after));
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
        let steps = play(&mut FallRule::new(Arc::default(), 1), &looks);
        for (_, step) in steps {
            *times.entry(step.phase).or_default() += 1;
        }
    }
    let ends = [Phase::Ended(EndReason::Upright), Phase::Ended(EndReason::Gone)];
    for phase in [Phase::Suspected, Phase::Alert, Phase::Ongoing, Phase::LongLie].into_iter().chain(ends) {
        assert!(times.get(&phase).is_some_and(|n| *n >= 3), "{times:?}");
    }
}
