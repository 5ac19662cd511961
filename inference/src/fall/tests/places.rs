//! Where lying is expected, and how large people are where nothing is calibrated.

use jiff::tz::TimeZone;

use super::*;
use crate::{
    ground::Zone,
    scene::{Hours, LyingPlace, LyingZone},
};

/// A camera with a bench where [`LYING`] is.
fn bench(hours: &[&str], long_after_s: Option<i64>) -> Scene {
    let corners = [[0.22, 0.5], [0.45, 0.5], [0.45, 0.65], [0.22, 0.65]];
    let zone = LyingZone {
        kind: LyingPlace::Bench,
        zone: Zone::new(&corners).unwrap(),
        hours: hours.iter().map(|hours| Hours::parse(hours).unwrap()).collect(),
        long_after: long_after_s.map(SignedDuration::from_secs),
    };
    Scene { lying_zones: vec![zone], time_zone: TimeZone::UTC, ..Scene::default() }
}

#[test]
fn nobody_falls_on_a_bench_and_beside_it_they_do() {
    let mut camera = Camera::at_place(bench(&[], None));
    camera.until(4.0, |_| stands()).until(90.0, |_| lies());
    assert_eq!(camera.steps, []);
    assert_ne!(camera.rule.attention(), Attention::Suspicion, "and nobody is suspected");
    let before_it = LYING.moved(0.0, 40.0);
    camera.until(120.0, |_| lies().lying(before_it, 0.6));
    assert_eq!(camera.alerts(), 1);
    assert_eq!(camera.steps[0].1.place, before_it);
}

#[test]
fn a_zone_holds_in_its_hours_alone() {
    // Time begins at midnight.
    let alerts = |hours: &[&str]| Camera::at_place(bench(hours, None)).until(60.0, |_| lies()).alerts();
    assert_eq!((alerts(&["22:00-06:00"]), alerts(&["12:00-14:00"])), (0, 1));
    let mut camera = Camera::at_place(bench(&["22:00-00:01"], Some(3600)));
    camera.until(120.0, |_| lies());
    let alert = camera.times(Phase::Alert)[0];
    assert!((70.0..82.0).contains(&alert), "{alert}: ten seconds after the zone's hours ended");
    assert_eq!(camera.states()[0], (FallState::Resting, Because::Expected));
    assert_eq!(camera.states()[1], (FallState::Down, Because::NotExpected));
}

#[test]
fn a_very_long_lie_on_a_bench_is_told_where_that_is_wanted() {
    let mut camera = Camera::at_place(bench(&[], Some(600)));
    camera.until(599.0, |_| lies());
    assert_eq!(camera.steps, []);
    assert!(camera.asked.iter().all(|(_, part)| *part == WHOLE), "looked at no more often than anybody");
    camera.until(640.0, |_| lies());
    let alert = camera.times(Phase::Alert)[0];
    assert!((600.0..612.0).contains(&alert), "{alert}");
    assert!(camera.steps.iter().all(|(_, step)| step.since == at(0.0)));
}

#[test]
fn who_gets_up_from_a_bench_is_forgotten_and_who_rolls_off_it_is_not() {
    let mut camera = Camera::at_place(bench(&[], Some(600)));
    camera.until(300.0, |_| lies()).until(400.0, |_| nobody()).until(990.0, |_| lies());
    assert_eq!(camera.steps, [], "each lie counts for itself");
    let mut camera = Camera::at_place(bench(&[], Some(600)));
    camera.until(64.0, |_| lies()).until(120.0, |_| nobody().lying(LYING.moved(20.0, 40.0), 0.6));
    let (told, alert) = camera.steps.iter().find(|(_, step)| step.phase == Phase::Alert).unwrap();
    assert!(*told <= 64.0 + 8.0 + 12.0 && alert.since >= at(64.0), "{told}");
}

#[test]
fn a_fall_that_is_open_goes_on_in_a_zone() {
    let mut camera = Camera::at_place(bench(&[], None));
    let before_it = LYING.moved(0.0, 30.0);
    camera.until(20.0, |_| nobody().lying(before_it, 0.6)).until(80.0, |_| lies());
    assert_eq!((camera.alerts(), camera.times(Phase::LongLie).len()), (1, 1));
}

#[test]
fn who_lay_there_before_the_first_look_must_be_of_a_plausible_size_once_people_were_seen() {
    let alerts = |lying: Rect| {
        let mut camera = Camera::new();
        // People pass one after the other, each for one look.
        camera.until(60.0, |t| match (t as i64) % 20 {
            0 => nobody().upright(moved(STANDING, 3.0 * t as f32), 0.8),
            _ => nobody(),
        });
        camera.until(120.0, |_| nobody().lying(lying, 0.9)).alerts()
    };
    assert_eq!(alerts(Rect::new(400.0, 190.0, 510.0, 225.0)), 1);
    assert_eq!(alerts(Rect::new(380.0, 120.0, 630.0, 225.0)), 0, "a bed");
    assert_eq!(alerts(Rect::new(400.0, 205.0, 435.0, 225.0)), 0, "a bag");
}
