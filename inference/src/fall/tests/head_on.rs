//! People who fall along the line of sight, and what is as low or as broad and no fall.

use super::*;
use crate::ground::testing::{Mast, Thing};

/// A camera 4 m up that looks down by 20° at 11 m, whose ground is known.
const MAST: Mast = Mast { height: 4.0, tilt: 0.35, focal: 1.6 };
const THERE: [f64; 2] = [0.5, 11.0];

fn calibrated() -> Scene {
    Scene { calibration: Some(MAST.calibration(THERE)), ..Scene::default() }
}

/// How the camera sees something of this size that is turned by so many radians: 0 is across the picture.
fn sees(turn: f64, size: [f64; 3]) -> Rect {
    MAST.sees(&Thing { at: THERE, turn, size })
}

/// Somebody stands there, and then the detectors see this for a minute.
fn alerts_where_known(picture: impl Fn() -> Picture) -> usize {
    let stood = sees(0.0, [0.45, 0.3, 1.7]);
    let mut camera = Camera::at_place(calibrated());
    camera.until(5.0, |_| nobody().upright(stood, 0.8)).until(65.0, |_| picture()).alerts()
}

/// The upright pass sees this box where somebody stood, and no turned view sees anything, for a minute.
fn alerts_with(scene: Scene, low: Rect) -> usize {
    let mut camera = Camera::at_place(scene);
    camera.until(5.0, |_| stands()).until(65.0, |_| nobody().upright(low, 0.6)).alerts()
}

/// A box with the feet of who stood, of these shares of their height.
fn in_place(wide: f32, high: f32) -> Rect {
    let height = STANDING.height();
    Rect::new(220.0 - wide * height / 2.0, 220.0 - high * height, 220.0 + wide * height / 2.0, 220.0)
}

#[test]
fn a_fall_away_from_the_camera_is_seen_though_no_box_is_wide() {
    let mut camera = Camera::new();
    camera.until(5.0, |_| stands()).until(30.0, |_| nobody().upright(in_place(0.38, 0.36), 0.6));
    assert_eq!(camera.alerts(), 1);
    let because: Vec<Because> = camera.states().into_iter().map(|(_, because)| because).collect();
    assert_eq!(because[..3], [Because::Stood, Because::MuchLower, Because::LowInPlace]);
    camera.until(60.0, |_| stands());
    assert_eq!(camera.times(Phase::Ended(EndReason::Upright)).len(), 1);
}

#[test]
fn sitting_squatting_kneeling_and_tying_a_shoe_are_no_falls() {
    // Shares of the own height: sitting on the ground 0.52 and more, a deep squat 0.5, one knee down and bent over a
    // shoe 0.5 to 0.6, kneeling 0.73.
    for (what, wide, high) in [
        ("sits on the ground", 0.5, 0.52),
        ("sits with legs stretched out", 0.75, 0.55),
        ("squats", 0.47, 0.5),
        ("squats and bends the head", 0.45, 0.45),
        ("ties a shoe", 0.5, 0.55),
        ("kneels", 0.4, 0.73),
    ] {
        assert_eq!(alerts_with(Scene::default(), in_place(wide, high)), 0, "{what}");
    }
}

#[test]
fn who_is_cut_off_by_a_wall_or_walks_away_low_has_not_fallen() {
    let low = in_place(0.38, 0.36);
    assert_eq!(alerts_with(Scene::default(), low.moved(0.0, -76.0)), 0, "only the head over a wall");
    assert_eq!(alerts_with(Scene::default(), low.moved(100.0, 0.0)), 0, "a dog beside");
    assert_eq!(alerts_with(Scene::default(), in_place(0.1, 0.08)), 0, "a bag");
}

#[test]
fn a_fall_counts_only_if_it_lasts() {
    let mut camera = Camera::new();
    let low = |_: f64| nobody().upright(in_place(0.38, 0.36), 0.6);
    camera.until(5.0, |_| stands()).until(13.0, low).until(60.0, |_| stands());
    assert_eq!(camera.alerts(), 0);
}

#[test]
fn where_the_ground_is_known_metres_tell_and_not_shares_of_a_box() {
    // Seen from so far up, somebody of 1.5 m who lies along the line of sight is half as high in the picture as one who
    // stands. Both are judged by how far they rise.
    let along = |size| nobody().upright(sees(std::f64::consts::FRAC_PI_2, size), 0.6);
    assert_eq!(alerts_where_known(|| along([1.1, 0.55, 0.25])), 1, "lies, a little curled up");
    assert_eq!(alerts_where_known(|| along([0.6, 0.5, 0.85])), 0, "squats");
    assert_eq!(alerts_where_known(|| along([0.8, 0.6, 0.9])), 0, "sits on the ground");
}

#[test]
fn what_cannot_be_a_person_on_the_ground_is_none_where_the_ground_is_known() {
    let turned = |turn, size| nobody().lying(sees(turn, size), 0.9);
    for turn in [0.0, 0.4, 0.8, 2.4, 2.8] {
        assert_eq!(alerts_where_known(|| turned(turn, [1.7, 0.45, 0.25])), 1, "lies, turned by {turn}");
    }
    assert_eq!(alerts_where_known(|| turned(0.0, [1.0, 0.5, 0.3])), 1, "curled up");
    assert_eq!(alerts_where_known(|| turned(0.0, [4.2, 1.8, 1.5])), 0, "a car");
    assert_eq!(alerts_where_known(|| turned(0.0, [2.2, 1.6, 0.7])), 0, "a bed");
    assert_eq!(alerts_where_known(|| turned(0.0, [0.6, 0.3, 0.3])), 0, "a bag");
}
