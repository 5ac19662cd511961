//! Falls and what only looks like one, played to the rule as a camera would show them.

use super::*;

const STANDING: Rect = Rect::new(200.0, 100.0, 240.0, 220.0);
const LYING: Rect = Rect::new(160.0, 190.0, 270.0, 225.0);

fn at(s: f64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_millis((s * 1000.0).round() as i64)
}

fn seen(rect: Rect, score: f32, view: View) -> Detection {
    Detection { rect, score, view }
}

fn moved(rect: Rect, dx: f32) -> Rect {
    Rect::new(rect.x1 + dx, rect.y1, rect.x2 + dx, rect.y2)
}

/// What the detectors would see at one moment: people upright, people lying.
#[derive(Default)]
struct Picture {
    upright: Vec<Detection>,
    lying: Vec<Detection>,
}

impl Picture {
    fn upright(mut self, rect: Rect, score: f32) -> Self {
        self.upright.push(seen(rect, score, View::Upright));
        self
    }

    fn lying(mut self, rect: Rect, score: f32) -> Self {
        self.lying.push(seen(rect, score, View::Quarter));
        self
    }
}

fn nobody() -> Picture {
    Picture::default()
}

fn stands() -> Picture {
    nobody().upright(STANDING, 0.8)
}

fn lies() -> Picture {
    nobody().lying(LYING, 0.6)
}

/// One camera: a look every 2 s, and every 0.5 s while the rule wants a burst.
struct Camera {
    rule: FallRule,
    now: f64,
    steps: Vec<(f64, FallStep)>,
}

impl Camera {
    fn new() -> Self {
        Self::with(FallRule::new(FallSettings::default(), 1))
    }

    fn with(rule: FallRule) -> Self {
        Self { rule, now: 0.0, steps: Vec::new() }
    }

    /// Looks until `end`, that moment left out.
    fn until(&mut self, end: f64, scene: impl Fn(f64) -> Picture) -> &mut Self {
        while self.now < end {
            let Picture { upright, lying } = scene(self.now);
            let turned = self.rule.wants_turned(&upright, at(self.now)).then_some(lying);
            let look = Look { at: at(self.now), upright: &upright, turned: turned.as_deref() };
            self.steps.extend(self.rule.judge(look).into_iter().map(|step| (self.now, step)));
            self.now += if self.rule.wants_burst() { 0.5 } else { 2.0 };
        }
        self
    }

    /// When each step of this kind came.
    fn times(&self, phase: Phase) -> Vec<f64> {
        self.steps.iter().filter(|(_, step)| step.phase == phase).map(|(t, _)| *t).collect()
    }

    fn alerts(&self) -> usize {
        self.times(Phase::Alert).len()
    }
}

#[test]
fn a_fall_goes_through_its_phases_once_each_and_ends_when_the_person_stands() {
    let mut camera = Camera::new();
    camera.until(6.0, |t| nobody().upright(moved(STANDING, 20.0 * t as f32 - 120.0), 0.8));
    camera.until(80.0, |_| lies()).until(100.0, |_| stands());
    assert_eq!(camera.times(Phase::Suspected), [9.0]);
    assert_eq!(camera.times(Phase::Alert), [16.0]);
    assert_eq!(camera.times(Phase::LongLie), [66.0]);
    assert_eq!(camera.times(Phase::Ended(EndReason::Upright)), [86.0]);
    let ongoing = camera.times(Phase::Ongoing);
    assert!(ongoing.len() > 20 && ongoing.windows(2).all(|two| two[1] - two[0] >= 2.0), "{ongoing:?}");
    assert!(camera.steps.iter().all(|(_, step)| step.incident == 1 && step.since == at(6.0)));
    let (_, alert) = camera.steps.iter().find(|(_, step)| step.phase == Phase::Alert).unwrap();
    assert!(alert.share >= 0.7 && alert.place == LYING);
    assert!(matches!(camera.steps.last(), Some((_, step)) if step.phase == Phase::Ended(EndReason::Upright)));
}

#[test]
fn ongoing_is_told_every_two_seconds_however_often_is_looked() {
    let mut rule = FallRule::new(FallSettings::default(), 1);
    let mut told = Vec::new();
    for n in 0..300 {
        let now = at(f64::from(n) / 10.0);
        let Picture { upright, lying } = lies();
        rule.wants_turned(&upright, now);
        let steps = rule.judge(Look { at: now, upright: &upright, turned: Some(&lying) });
        told.extend(steps.iter().filter(|step| step.phase == Phase::Ongoing).map(|_| now));
    }
    assert_eq!(told.len(), 9, "at 12, 14, … 28 s");
    assert!(told.windows(2).all(|two| two[1].duration_since(two[0]) >= ONGOING_INTERVAL));
}

#[test]
fn it_ends_as_gone_when_nobody_is_seen_there_for_thirty_seconds() {
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands()).until(40.0, |_| lies());
    let last_seen = camera.steps.last().unwrap().0;
    camera.until(90.0, |_| nobody());
    let ended = camera.times(Phase::Ended(EndReason::Gone));
    assert_eq!(ended, [last_seen + 30.0]);
    assert_eq!(camera.steps.last().unwrap().0, ended[0], "nothing after the end");
}

#[test]
fn who_gets_up_after_eight_seconds_is_no_alert() {
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands()).until(12.0, |_| lies()).until(60.0, |_| stands());
    assert_eq!(camera.times(Phase::Suspected).len(), 1);
    assert_eq!(camera.alerts(), 0);
    assert!(!camera.rule.wants_burst());
}

#[test]
fn an_alert_waits_until_seven_samples_in_ten_show_the_person_down() {
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands());
    camera.until(24.0, |t| if (t * 2.0).round() as i64 % 2 == 0 { lies() } else { nobody() });
    assert_eq!((camera.times(Phase::Suspected).len(), camera.alerts()), (1, 0));
    camera.until(40.0, |_| lies());
    let alert = camera.times(Phase::Alert);
    assert!(alert.len() == 1 && (26.0..30.0).contains(&alert[0]), "{alert:?}");
    assert!(camera.steps.iter().all(|(_, step)| step.phase != Phase::Alert || step.share >= 0.7));
}

#[test]
fn sitting_and_squatting_are_no_falls() {
    for shape in [Rect::new(200.0, 150.0, 250.0, 220.0), Rect::new(200.0, 165.0, 249.0, 220.0)] {
        let mut camera = Camera::new();
        camera.until(4.0, |_| stands());
        camera.until(90.0, |_| nobody().upright(shape, 0.7).lying(shape, 0.9));
        assert_eq!(camera.steps, []);
        assert!(camera.rule.downs.is_empty());
    }
}

#[test]
fn somebody_upright_before_a_bed_or_a_table_is_no_fall() {
    let bed = Rect::new(140.0, 110.0, 360.0, 225.0);
    let mut camera = Camera::new();
    camera.until(90.0, |_| stands().lying(bed, 0.75));
    assert_eq!(camera.steps, []);
}

#[test]
fn an_unsure_box_counts_only_where_somebody_stood_a_moment_ago() {
    let alerts_after = |before: Rect, pause: f64| {
        let mut camera = Camera::new();
        camera.until(3.0, |_| nobody().upright(before, 0.8)).until(2.0 + pause, |_| nobody());
        camera.until(60.0, |_| nobody().lying(LYING, 0.3)).alerts()
    };
    assert_eq!(alerts_after(STANDING, 2.0), 1, "near, of a matching length, just now");
    assert_eq!(alerts_after(STANDING, 8.0), 1, "eight seconds ago");
    assert_eq!(alerts_after(STANDING, 10.0), 0, "too long ago");
    assert_eq!(alerts_after(moved(STANDING, 300.0), 2.0), 0, "too far away");
    assert_eq!(alerts_after(Rect::new(205.0, 170.0, 225.0, 220.0), 2.0), 0, "too small to be so long");
}

#[test]
fn a_box_too_unsure_for_anything_never_counts() {
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands()).until(60.0, |_| nobody().lying(LYING, 0.19));
    assert_eq!(camera.steps, []);
}

#[test]
fn who_lay_there_before_the_first_look_is_found_when_sure() {
    let mut camera = Camera::new();
    camera.until(30.0, |_| nobody().lying(LYING, 0.5));
    assert_eq!(camera.times(Phase::Alert), [10.0]);
    let mut camera = Camera::new();
    camera.until(60.0, |_| nobody().lying(LYING, 0.45));
    assert_eq!(camera.steps, []);
}

#[test]
fn two_people_down_are_two_incidents() {
    let both = |_| lies().lying(moved(LYING, 260.0), 0.7);
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands().upright(moved(STANDING, 260.0), 0.8)).until(40.0, both);
    // The second stands up again, the first stays.
    camera.until(60.0, |_| lies().upright(moved(STANDING, 260.0), 0.8));
    let incidents = |phase| -> Vec<u64> {
        camera.steps.iter().filter(|(_, s)| s.phase == phase).map(|(_, s)| s.incident).collect()
    };
    assert_eq!(incidents(Phase::Alert), [1, 2]);
    let stayed = camera.steps.iter().find(|(_, s)| s.place == LYING).unwrap().1.incident;
    assert_eq!(incidents(Phase::Ended(EndReason::Upright)), [3 - stayed]);
}

#[test]
fn both_turned_views_of_one_person_are_one_incident() {
    let mut camera = Camera::new();
    camera.until(40.0, |_| {
        let mut picture = lies();
        picture.lying.push(seen(moved(LYING, 15.0), 0.55, View::ThreeQuarter));
        picture
    });
    assert_eq!(camera.alerts(), 1);
}

#[test]
fn a_helper_beside_the_fallen_neither_ends_nor_doubles_the_alert() {
    let helper = Rect::new(262.0, 105.0, 300.0, 222.0);
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands()).until(20.0, |_| lies());
    camera.until(56.0, |_| lies().upright(helper, 0.9));
    // One look in three misses the fallen and shows the helper alone.
    camera.until(110.0, |t| {
        if t as i64 % 3 == 0 { nobody().upright(helper, 0.9) } else { lies().upright(helper, 0.9) }
    });
    assert_eq!((camera.alerts(), camera.times(Phase::LongLie).len()), (1, 1));
    assert!(!camera.steps.iter().any(|(_, step)| matches!(step.phase, Phase::Ended(_))));
    assert_eq!(camera.rule.downs.len(), 1);
}

#[test]
fn an_open_alert_goes_on_after_a_restart_without_a_second_one() {
    let mut rule = FallRule::new(FallSettings::default(), 7);
    rule.resume(LYING, at(-30.0), at(0.0));
    let mut camera = Camera::with(rule);
    camera.until(50.0, |_| lies()).until(70.0, |_| stands());
    assert_eq!((camera.times(Phase::Suspected).len(), camera.alerts()), (0, 0));
    assert_eq!(camera.times(Phase::LongLie), [30.0]);
    assert_eq!(camera.times(Phase::Ended(EndReason::Upright)), [56.0]);
    assert!(camera.steps.iter().all(|(_, step)| step.incident == 7 && step.since == at(-30.0)));
}

#[test]
fn a_long_lie_is_not_told_again_after_a_restart_and_who_is_gone_by_then_is_ended() {
    let mut rule = FallRule::new(FallSettings::default(), 7);
    rule.resume(LYING, at(-90.0), at(0.0));
    let mut camera = Camera::with(rule);
    camera.until(50.0, |_| nobody());
    assert_eq!(camera.steps.len(), 1);
    assert_eq!(camera.times(Phase::Ended(EndReason::Gone)), [30.0]);
}

#[test]
fn the_next_fall_after_a_resumed_one_has_a_number_of_its_own() {
    let mut rule = FallRule::new(FallSettings::default(), 7);
    rule.resume(LYING, at(-30.0), at(0.0));
    let mut camera = Camera::with(rule);
    camera.until(30.0, |_| lies().lying(moved(LYING, 260.0), 0.8));
    let alert = camera.steps.iter().find(|(_, step)| step.phase == Phase::Alert).unwrap().1;
    assert_eq!(alert.incident, 8);
}

#[test]
fn the_turned_views_are_asked_when_the_floor_is_due() {
    let mut rule = FallRule::new(FallSettings::default(), 1);
    let mut asked = Vec::new();
    for n in 0..20 {
        let now = at(f64::from(n));
        let wanted = rule.wants_turned(&[], now);
        rule.judge(Look { at: now, upright: &[], turned: wanted.then_some(&[]) });
        asked.extend(wanted.then_some(n));
    }
    assert_eq!(asked, [0, 8, 16]);
}

#[test]
fn the_turned_views_are_asked_when_somebody_went_or_may_be_down() {
    let watched = || {
        let mut rule = FallRule::new(FallSettings::default(), 1);
        let upright = stands().upright;
        assert!(rule.wants_turned(&upright, at(0.0)));
        rule.judge(Look { at: at(0.0), upright: &upright, turned: Some(&[]) });
        rule
    };
    assert!(!watched().wants_turned(&stands().upright, at(1.0)), "still stands");
    assert!(watched().wants_turned(&[], at(1.0)), "vanished");
    assert!(watched().wants_turned(&nobody().upright(LYING, 0.4).upright, at(1.0)), "collapsed");
    let mut rule = watched();
    rule.judge(Look { at: at(1.0), upright: &[], turned: Some(&[seen(LYING, 0.9, View::Quarter)]) });
    assert!(rule.wants_turned(&stands().upright, at(2.0)), "somebody may be down");
}

#[test]
fn a_burst_is_wanted_from_the_first_sign_until_the_alert() {
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands());
    assert!(!camera.rule.wants_burst());
    camera.until(13.9, |_| lies());
    assert!(camera.rule.wants_burst() && camera.alerts() == 0);
    camera.until(14.1, |_| lies());
    assert!(!camera.rule.wants_burst() && camera.alerts() == 1);
}

#[test]
fn of_too_many_the_surest_are_watched_and_the_others_counted() {
    let mut camera = Camera::new();
    camera.until(12.0, |_| {
        (0..100u8).fold(nobody(), |picture, n| {
            let (column, row) = (f32::from(n % 10), f32::from(n / 10));
            let place = Rect::new(60.0 * column, 30.0 * row, 60.0 * column + 40.0, 30.0 * row + 15.0);
            picture.lying(place, 0.5 + f32::from(n) / 250.0)
        })
    });
    assert_eq!(camera.alerts(), DOWNS_MAX);
    assert!(camera.rule.left_out() >= 68);
    let least = camera.steps.iter().map(|(_, step)| step.score).fold(1.0, f32::min);
    assert!(least >= 0.5 + 68.0 / 250.0 - 1e-4, "{least}");
}
