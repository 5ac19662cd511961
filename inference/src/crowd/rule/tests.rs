use super::*;
use crate::crowd::{Doubt, Spoke};

fn reading(amount: Amount) -> Reading {
    let place = Some(Rect::new(0.1, 0.1, 0.2, 0.2));
    Reading { heads: 7, amount, place, spoke: Spoke::Boxes, doubts: Vec::<Doubt>::new() }
}

/// A rule, and the time of its zone.
struct Scene {
    rule: CrowdRule,
    now: Timestamp,
    flow: Flow,
}

impl Scene {
    fn new() -> Self {
        let rule = CrowdRule::new(CrowdSettings::default(), 1);
        Self { rule, now: Timestamp::UNIX_EPOCH, flow: Flow::Standing }
    }

    fn look(&mut self, amount: Amount, held_back: Option<HeldBack>) -> Vec<CrowdStep> {
        self.rule.judge(CrowdLook { at: self.now, reading: &reading(amount), flow: self.flow, held_back })
    }

    /// A look every second for so long; the steps with their seconds since the beginning of this.
    fn play(&mut self, seconds: i64, amount: impl Fn(f64) -> Amount) -> Vec<(i64, CrowdStep)> {
        let mut steps = Vec::new();
        for second in 0..seconds {
            steps.extend(self.look(amount(second as f64), None).into_iter().map(|step| (second, step)));
            self.now += SignedDuration::from_secs(1);
        }
        steps
    }

    /// The same with people per m², as phases and levels only, without those that only say that it goes on.
    fn dense(&mut self, seconds: i64, density: f64) -> Vec<(i64, CrowdPhase, CrowdLevel)> {
        changes(&self.play(seconds, |_| Amount::PerSquareMetre(density)))
    }
}

fn changes(steps: &[(i64, CrowdStep)]) -> Vec<(i64, CrowdPhase, CrowdLevel)> {
    let told = steps.iter().filter_map(|(second, step)| match step {
        CrowdStep::Crowd(crowd) => Some((*second, crowd.phase, crowd.level)),
        CrowdStep::HeldBack(_) | CrowdStep::SeesAgain => None,
    });
    told.filter(|(_, phase, _)| *phase != CrowdPhase::Ongoing).collect()
}

use CrowdLevel::{Attention, Critical, Danger, Gathering, Warning};
use CrowdPhase::{Alert, Ended, LevelDown, LevelUp};

#[test]
fn each_level_takes_its_density_and_its_time() {
    for (density, at, level) in
        [(3.0, 30, Attention), (3.5, 15, Warning), (5.0, 10, Danger), (6.0, 5, Critical)]
    {
        let mut scene = Scene::new();
        assert_eq!(scene.dense(at, density), [], "{density} for less than {at} s");
        assert_eq!(scene.dense(60, density), [(0, Alert, level)], "{density} for {at} s");
    }
    assert_eq!(Scene::new().dense(300, 2.99), []);
}

#[test]
fn two_per_square_metre_are_many_only_while_they_move() {
    let mut scene = Scene::new();
    assert_eq!(scene.dense(100, 2.0), []);
    scene.flow = Flow::Moving;
    assert_eq!(scene.dense(100, 2.0), [(30, Alert, Attention)]);
}

#[test]
fn a_crowd_that_grows_is_told_level_by_level() {
    let mut scene = Scene::new();
    assert_eq!(scene.dense(31, 3.0), [(30, Alert, Attention)]);
    assert_eq!(scene.dense(31, 3.6), [(15, LevelUp, Warning)]);
    assert_eq!(scene.dense(31, 5.1), [(10, LevelUp, Danger)]);
    assert_eq!(scene.dense(31, 6.2), [(5, LevelUp, Critical)]);
    assert_eq!(scene.rule.level(), Some(Critical));
}

#[test]
fn a_level_is_left_after_a_minute_below_four_fifths_of_it() {
    let mut scene = Scene::new();
    scene.dense(20, 6.0);
    assert_eq!(scene.dense(300, 4.9), [], "above 4.8 it lasts");
    assert_eq!(scene.dense(60, 4.7), [], "not yet a minute");
    assert_eq!(scene.dense(120, 4.7), [(0, LevelDown, Danger)]);
    assert_eq!(scene.dense(50, 3.0), [], "below 4, not yet a minute");
    assert_eq!(scene.dense(1, 4.1), [], "back above 4: the minute begins anew");
    assert_eq!(scene.dense(61, 3.0), [(60, LevelDown, Warning)]);
    assert_eq!(scene.dense(61, 0.0), [(60, Ended, Warning)], "below all that is left at once");
    assert_eq!(scene.rule.level(), None);
}

#[test]
fn a_dip_within_four_fifths_stops_the_clock_and_a_deeper_one_sets_it_back() {
    let mut scene = Scene::new();
    assert_eq!(scene.dense(8, 5.0), [], "7 s");
    assert_eq!(scene.dense(3, 4.2), [], "above 4");
    assert_eq!(scene.dense(3, 5.0), [], "9 s");
    assert_eq!(scene.dense(1, 5.0), [(0, Alert, Danger)]);

    let mut scene = Scene::new();
    scene.dense(8, 5.0);
    assert_eq!(scene.dense(1, 1.0), []);
    assert_eq!(scene.dense(10, 5.0), []);
    assert_eq!(scene.dense(1, 5.0), [(0, Alert, Danger)]);
}

#[test]
fn a_gap_in_the_pictures_proves_little() {
    let mut scene = Scene::new();
    scene.dense(1, 3.0);
    for expected in [None, None, Some(Attention)] {
        scene.now += SignedDuration::from_secs(600);
        scene.look(Amount::PerSquareMetre(3.0), None);
        assert_eq!(scene.rule.level(), expected, "each gap counts for 10 s");
    }
    scene.now += SignedDuration::from_secs(3600);
    scene.look(Amount::PerSquareMetre(0.0), None);
    assert_eq!(scene.rule.level(), Some(Attention), "one empty look after an hour ends nothing");
}

#[test]
fn what_is_told_says_since_when_how_much_and_where() {
    let mut scene = Scene::new();
    scene.dense(10, 1.0);
    let steps = scene.play(40, |second| Amount::PerSquareMetre(if second == 20.0 { 4.0 } else { 3.0 }));
    let (_, CrowdStep::Crowd(alert)) = &steps[0] else { panic!("{steps:?}") };
    assert_eq!((alert.incident, alert.phase), (1, Alert));
    assert_eq!(alert.since, Timestamp::UNIX_EPOCH + SignedDuration::from_secs(10));
    assert_eq!((alert.amount, alert.peak), (Amount::PerSquareMetre(3.0), 3.0));
    assert_eq!(alert.place, Some(Rect::new(0.1, 0.1, 0.2, 0.2)));
    let seconds: Vec<i64> = steps.iter().map(|(second, _)| *second).collect();
    assert_eq!(seconds, [30, 35], "it goes on, every 5 s");
    scene.dense(70, 0.0);
    let (_, CrowdStep::Crowd(next)) = &scene.play(31, |_| Amount::PerSquareMetre(3.0))[0] else { panic!() };
    assert_eq!(next.incident, 2);
}

#[test]
fn a_zone_without_calibration_counts_heads_and_never_speaks_of_density() {
    let mut scene = Scene::new();
    assert_eq!(changes(&scene.play(100, |_| Amount::Heads(19))), []);
    let steps = scene.play(100, |second| Amount::Heads(20 + 10 * second as usize));
    assert_eq!(changes(&steps), [(30, Alert, Gathering)], "a thousand heads are no level more");
    let steps = format!("{steps:?}").to_lowercase();
    assert!(!steps.contains("density") && !steps.contains("squaremetre"), "{steps}");
    assert_eq!(changes(&scene.play(61, |_| Amount::Heads(15))), [(60, Ended, Gathering)]);
    // And heads say nothing where people per m² are known.
    assert_eq!(Scene::new().dense(100, 0.5), []);
}

#[test]
fn a_camera_that_cannot_see_is_not_judged_and_it_is_said_so() {
    let mut scene = Scene::new();
    let held = |scene: &mut Scene, reason| {
        scene.now += SignedDuration::from_secs(1);
        scene.look(Amount::PerSquareMetre(7.0), Some(reason))
    };
    assert_eq!(held(&mut scene, HeldBack::Covered), [CrowdStep::HeldBack(HeldBack::Covered)]);
    for _ in 0..100 {
        assert_eq!(held(&mut scene, HeldBack::Covered), [], "said once");
    }
    assert_eq!(held(&mut scene, HeldBack::Black), [CrowdStep::HeldBack(HeldBack::Black)]);
    assert_eq!(scene.rule.held_back(), Some(HeldBack::Black));
    assert_eq!(scene.look(Amount::PerSquareMetre(3.0), None), [CrowdStep::SeesAgain]);
    assert_eq!(scene.dense(31, 3.0), [(30, Alert, Attention)]);
    // What is open stays open, and a minute of seeing it gone ends it.
    for _ in 0..100 {
        held(&mut scene, HeldBack::Moved);
    }
    assert_eq!(scene.rule.level(), Some(Attention));
    assert_eq!(scene.dense(60, 0.0), []);
    assert_eq!(scene.dense(1, 0.0), [(0, Ended, Attention)]);
}

#[test]
fn a_steady_rise_is_foreseen() {
    let mut scene = Scene::new();
    // 1.2 people per m² a minute, at 2.2 after a minute.
    scene.play(61, |second| Amount::PerSquareMetre(1.0 + 0.02 * second));
    let forecast = scene.rule.forecast().unwrap();
    assert!((forecast.per_minute - 1.2).abs() < 1e-9, "{forecast:?}");
    assert!((forecast.next_level_s - 40.0).abs() < 1e-6, "0.8 to go to 3: {forecast:?}");
    assert!(forecast.fast, "140 s to 5");

    scene.dense(61, 2.5);
    assert_eq!(scene.rule.forecast(), None, "it grows no more");
    scene.play(61, |second| Amount::PerSquareMetre(2.5 - 0.02 * second));
    assert_eq!(scene.rule.forecast(), None, "it falls");

    let mut slow = Scene::new();
    slow.play(61, |second| Amount::PerSquareMetre(1.0 + 0.01 * second));
    assert!(slow.rule.forecast().is_some_and(|forecast| !forecast.fast));
    let mut too_short = Scene::new();
    too_short.play(30, |second| Amount::PerSquareMetre(1.0 + 0.1 * second));
    assert_eq!(too_short.rule.forecast(), None);
}

#[test]
fn heads_are_foreseen_up_to_the_gathering_and_no_further() {
    let mut scene = Scene::new();
    scene.play(61, |second| Amount::Heads((second / 6.0) as usize));
    let forecast = scene.rule.forecast().unwrap();
    assert!((55.0..75.0).contains(&forecast.next_level_s) && !forecast.fast, "{forecast:?}");
    scene.play(61, |second| Amount::Heads(30 + second as usize));
    assert_eq!(scene.rule.level(), Some(Gathering));
    assert_eq!(scene.rule.forecast(), None);
}
