use super::*;
use crate::{detection::View, ground::GroundPoint};

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-3
}

/// Somebody whose feet are at a share of a picture of 100 by 100, so many pixels high.
fn person(x: f32, y: f32, height: f32) -> Detection {
    let (x, y) = (100.0 * x, 100.0 * y);
    Detection { rect: Rect::new(x - 2.0, y - height, x + 2.0, y), score: 0.5, view: View::Upright }
}

/// The whole picture is `metres` square, seen from straight above.
fn calibrated(metres: f64) -> CrowdZone {
    let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
    let points = corners.map(|c| GroundPoint { picture: c, ground: c.map(|share| share * metres) });
    CrowdZone::calibrated(Zone::whole_picture(), Calibration::fit(&points).unwrap()).unwrap()
}

#[test]
fn whose_feet_are_in_the_zone_is_in_it() {
    let lower_half = Zone::new(&[[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]]).unwrap();
    let zone = CrowdZone::uncalibrated(lower_half);
    let reading = zone.read(&[person(0.2, 0.6, 30.0), person(0.4, 0.45, 30.0)], (100, 100));
    assert_eq!((reading.heads, reading.amount), (1, Amount::Heads(1)));
    assert!(reading.place.is_some_and(|place| place.iou(&Rect::new(0.18, 0.3, 0.22, 0.6)) > 0.999));
    assert_eq!((zone.area(), reading.doubts), (None, Vec::new()));
}

#[test]
fn what_is_to_be_doubted_is_marked() {
    let crowd: Vec<Detection> =
        (0..36).map(|i| person(0.3 + 0.01 * (i % 6) as f32, 0.3 + 0.01 * (i / 6) as f32, 20.0)).collect();
    let reading = calibrated(30.0).read(&crowd, (100, 100));
    assert_eq!((reading.heads, reading.doubts), (36, vec![Doubt::BoxesHideBoxes]));
    assert!(matches!(reading.amount, Amount::PerSquareMetre(density) if near(density, 4.0)));

    let reading = calibrated(4.0).read(&[person(0.5, 0.5, 9.0)], (100, 100));
    assert_eq!(reading.doubts, [Doubt::SmallZone, Doubt::SmallPeople]);
    let nobody = calibrated(30.0).read(&[], (100, 100));
    assert_eq!((nobody.heads, nobody.amount, nobody.place), (0, Amount::PerSquareMetre(0.0), None));
    assert_eq!(nobody.doubts, []);
}
