//! Falls and what only looks like one, played to the rule as a camera would show them.

use jiff::SignedDuration;

use super::{down::ONGOING_INTERVAL, *};
use crate::{
    detection::View,
    observation::{EndReason, FallFinding},
};

mod asking;
mod camera;
mod ends;
mod head_on;
mod places;

use camera::{Camera, LYING, Picture, STANDING, at, lies, moved, nobody, rule, seen, stands};
pub(super) use camera::{PICTURE, WHOLE};

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
    let mut rule = rule(1);
    let mut told = Vec::new();
    for n in 0..300 {
        let now = at(f64::from(n) / 10.0);
        let Picture { upright, lying } = lies();
        rule.wants_turned(&upright, PICTURE, now);
        let turned = Some(Turned { part: WHOLE, detections: &lying, asked_at: now });
        let steps = rule.judge(Look { at: now, size: PICTURE, upright: &upright, turned });
        told.extend(steps.iter().filter(|step| step.phase == Phase::Ongoing).map(|_| now));
    }
    assert_eq!(told.len(), 9, "at 12, 14, … 28 s");
    assert!(told.windows(2).all(|two| two[1].duration_since(two[0]) >= ONGOING_INTERVAL));
}

#[test]
fn who_gets_up_after_eight_seconds_is_no_alert() {
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands()).until(12.0, |_| lies()).until(60.0, |_| stands());
    assert_eq!(camera.times(Phase::Suspected).len(), 1);
    assert_eq!(camera.alerts(), 0);
    assert_ne!(camera.rule.attention(), Attention::Suspicion);
}

#[test]
fn an_alert_waits_until_seven_samples_in_ten_show_the_person_down() {
    let mut camera = Camera::new();
    camera.until(4.0, |_| stands());
    camera.until(24.0, |t| if t as i64 % 2 == 0 { lies() } else { nobody() });
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
