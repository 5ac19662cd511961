//! Sight on drawn pictures: every blindness is found, in its time, and nothing else is.

use std::sync::Arc;

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;
use crate::camera::{CameraId, Generation};

mod drawing;
mod footage;
mod harmless;

use drawing::{Picture, Street};

/// A camera whose pictures are looked at every 1.5 s.
struct Camera {
    sight: Sight,
    now_s: f64,
    every_s: f64,
}

impl Camera {
    fn new() -> Self {
        Self { sight: Sight::default(), now_s: 1_000.0, every_s: 1.5 }
    }

    /// A camera that has shown this street for two minutes.
    fn that_knows(street: &mut Street) -> Self {
        let mut camera = Self::new();
        assert_eq!(camera.show(120.0, |_| street.picture(1.0)), []);
        camera
    }

    fn look(&mut self, picture: &Picture) -> Option<Blindness> {
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_millis((self.now_s * 1000.0) as i64);
        let size = (picture.width, picture.height);
        let frame = Frame::from_bgr(CameraId::new("cam").unwrap(), Generation(1), at, size, &picture.bgr);
        self.sight.look(&frame.unwrap())
    }

    /// Shows pictures, made for the second at which each is shown; gives the changes of the verdict with their second.
    fn show(
        &mut self,
        seconds: f64,
        mut picture: impl FnMut(f64) -> Picture,
    ) -> Vec<(f64, Option<Blindness>)> {
        let began = self.now_s;
        let mut changes = Vec::new();
        while self.now_s < began + seconds {
            let before = self.sight.verdict;
            let at = self.now_s - began;
            let after = self.look(&picture(at));
            if after != before {
                changes.push((at, after));
            }
            self.now_s += self.every_s;
        }
        changes
    }

    /// Shows pictures that must make it blind, once, after `from` to `to` seconds.
    fn goes_blind(&mut self, how: Blindness, from: f64, to: f64, picture: impl FnMut(f64) -> Picture) {
        let changes = self.show(to + 30.0, picture);
        assert!(
            matches!(changes[..], [(at, Some(found))] if found == how && (from..=to).contains(&at)),
            "{how:?}: {changes:?}"
        );
    }

    /// Shows pictures on which it must see again within a few looks, and go on seeing.
    fn sees_again(&mut self, picture: impl FnMut(f64) -> Picture) {
        let changes = self.show(60.0, picture);
        assert!(matches!(changes[..], [(at, None)] if at <= 3.0 * self.every_s), "{changes:?}");
    }
}

#[test]
fn a_black_picture_is_black_whatever_came_before() {
    let mut street = Street::new(1);
    let mut known = Camera::that_knows(&mut street);
    for camera in [&mut known, &mut Camera::new()] {
        camera.goes_blind(Blindness::Black, 10.0, 14.0, |_| street.flat(2.0, |_| 0.0));
        camera.sees_again(|_| street.picture(1.0));
        // A sensor in the dark at high gain.
        camera.goes_blind(Blindness::Black, 10.0, 14.0, |_| street.flat(6.0, |_| 12.0));
    }
}

#[test]
fn what_is_near_uniform_and_not_dark_is_covered() {
    let mut street = Street::new(1);
    let mut camera = Camera::that_knows(&mut street);
    camera.goes_blind(Blindness::Covered, 10.0, 14.0, |_| street.flat(4.0, |_| 128.0));
    camera.sees_again(|_| street.picture(1.0));
    // A hand, lit from one side; the camera still writes its name, and then night falls.
    let hand = |x: f32, at: f64| (60.0 + 100.0 * x) * (1.0 - at as f32 / 200.0).max(0.05);
    camera.goes_blind(Blindness::Covered, 10.0, 14.0, |_| street.flat(3.0, |x| hand(x, 0.0)).with_clock(0.0));
    assert_eq!(camera.show(240.0, |at| street.flat(3.0, |x| hand(x, at)).with_clock(at)), []);
}

#[test]
fn what_was_covered_from_the_beginning_is_said_later_and_is_not_learned() {
    let mut street = Street::new(1);
    let mut camera = Camera::new();
    camera.goes_blind(Blindness::Covered, 60.0, 64.0, |_| street.flat(4.0, |_| 128.0));
    camera.sees_again(|_| street.picture(1.0));
    camera.goes_blind(Blindness::Covered, 10.0, 14.0, |_| street.flat(4.0, |_| 128.0));
}

#[test]
fn a_picture_that_repeats_to_the_last_bit_is_frozen_after_a_minute() {
    let mut street = Street::new(1);
    let mut camera = Camera::that_knows(&mut street);
    let still = street.picture(1.0);
    camera.goes_blind(Blindness::Frozen, 60.0, 64.0, |_| still.clone());
    camera.sees_again(|_| street.picture(1.0));
}

#[test]
fn a_frozen_picture_is_not_learned() {
    let mut street = Street::new(1);
    let mut camera = Camera::new();
    let card = Street::new(2).picture(0.0);
    camera.goes_blind(Blindness::Frozen, 60.0, 66.0, |_| card.clone());
    camera.sees_again(|_| street.picture(1.0));
}

#[test]
fn a_picture_far_less_sharp_than_it_was_is_blurred() {
    let mut street = Street::new(1);
    let mut camera = Camera::that_knows(&mut street);
    // As wide as a radius of 8 is at 640 pixels.
    camera.goes_blind(Blindness::Blurred, 30.0, 34.0, |_| {
        street.picture(0.0).blurred(4).with_noise(street.noise(2.0))
    });
    camera.sees_again(|_| street.picture(1.0));
    // The camera's clock stays sharp.
    camera.goes_blind(Blindness::Blurred, 30.0, 34.0, |at| street.picture(1.0).blurred(5).with_clock(at));
    camera.sees_again(|_| street.picture(1.0));
    for radius in [8, 16, 30] {
        let mut camera = Camera::that_knows(&mut street);
        camera.show(60.0, |_| street.picture(0.0).blurred(radius).with_noise(street.noise(1.0)));
        assert!(camera.sight.verdict.is_some(), "{radius}");
    }
}

#[test]
fn another_view_is_moved_until_the_old_one_returns_or_this_one_is_accepted() {
    let (mut street, mut other, mut third) = (Street::new(1), Street::new(2), Street::new(3));
    let mut camera = Camera::that_knows(&mut street);
    camera.goes_blind(Blindness::Moved, 30.0, 34.0, |_| other.picture(1.0));
    camera.sees_again(|_| street.picture(1.0));
    camera.goes_blind(Blindness::Moved, 30.0, 34.0, |_| other.picture(1.0));
    camera.sight.accept_view();
    assert_eq!(camera.look(&other.picture(1.0)), None);
    assert_eq!(camera.show(120.0, |_| other.picture(1.0)), []);
    camera.goes_blind(Blindness::Moved, 30.0, 34.0, |_| third.picture(1.0));
}

#[test]
fn the_same_street_seen_from_a_turned_camera_is_moved() {
    let mut street = Street::new(1);
    let mut camera = Camera::that_knows(&mut street);
    street.pan = 40;
    camera.goes_blind(Blindness::Moved, 30.0, 34.0, |_| street.picture(1.0));
    // By night nobody can tell; by day the camera is still turned.
    assert_eq!(camera.show(60.0, |_| street.at_night(0.04, 2.0)), []);
    assert_eq!(camera.show(60.0, |_| street.picture(1.0)), []);
    street.pan = 0;
    camera.sees_again(|_| street.picture(1.0));
}

#[test]
fn accepting_a_view_does_not_make_a_covered_camera_see() {
    let mut street = Street::new(1);
    let mut camera = Camera::that_knows(&mut street);
    camera.goes_blind(Blindness::Covered, 10.0, 14.0, |_| street.flat(4.0, |_| 128.0));
    camera.sight.accept_view();
    assert_eq!(camera.show(30.0, |_| street.flat(4.0, |_| 128.0)), []);
}

#[test]
fn one_blindness_can_follow_another() {
    let mut street = Street::new(1);
    let mut camera = Camera::that_knows(&mut street);
    camera.goes_blind(Blindness::Covered, 10.0, 14.0, |_| street.flat(4.0, |_| 128.0));
    camera.goes_blind(Blindness::Black, 10.0, 14.0, |_| street.flat(2.0, |_| 0.0));
    camera.sees_again(|_| street.picture(1.0));
}

#[test]
fn rare_and_frequent_looks_find_the_same() {
    for every_s in [0.5, 3.0, 8.0] {
        let mut street = Street::new(1);
        let mut other = Street::new(2);
        let mut camera = Camera { every_s, ..Camera::new() };
        assert_eq!(camera.show(160.0, |_| street.picture(1.0)), []);
        let late = 2.0 * every_s;
        camera.goes_blind(Blindness::Covered, 10.0, 10.0 + late, |_| street.flat(4.0, |_| 128.0));
        camera.sees_again(|_| street.picture(1.0));
        camera.goes_blind(Blindness::Moved, 30.0, 30.0 + late, |_| other.picture(1.0));
        camera.sees_again(|_| street.picture(1.0));
        let still = street.picture(1.0);
        camera.goes_blind(Blindness::Frozen, 60.0, 60.0 + late, |_| still.clone());
    }
}
