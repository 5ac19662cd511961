use proptest::prelude::*;

use super::*;
use crate::{crowd::GroundPoint, detection::View};

/// A zone of the ground with these corners in metres.
fn ground(corners: &[[f64; 2]]) -> Polygon<f64> {
    polygon(corners)
}

fn rectangle(width: f64, depth: f64) -> Polygon<f64> {
    ground(&[[0.0, 0.0], [width, 0.0], [width, depth], [0.0, depth]])
}

/// `columns` by `rows` people, the first at `x`, `y`, so far apart.
fn block(x: f64, y: f64, columns: usize, rows: usize, apart: f64) -> Vec<[f64; 2]> {
    let place = |i: usize| [x + apart * (i % columns) as f64, y + apart * (i / columns) as f64];
    (0..columns * rows).map(place).collect()
}

fn density(feet: &[[f64; 2]], zone: &Polygon<f64>) -> f64 {
    worst_window(feet, zone).0
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-3
}

#[test]
fn a_cluster_counts_and_the_empty_rest_does_not_dilute_it() {
    let square = rectangle(30.0, 30.0);
    // 36 people, half a metre apart, in one spot of 900 m².
    let cluster = block(10.0, 10.0, 6, 6, 0.5);
    assert!(near(density(&cluster, &square), 4.0));
    let mut more = cluster.clone();
    more.extend([[1.0, 1.0], [29.0, 29.0]]);
    let (density, window) = worst_window(&more, &square);
    assert!(near(density, 4.0));
    assert!(window.len() == 36 && window.iter().all(|i| *i < 36), "those of the cluster: {window:?}");
}

#[test]
fn a_narrow_passage_counts_its_own_ground_only() {
    // 2 m wide: a window covers 6 m² of it at most.
    let passage = rectangle(2.0, 30.0);
    assert!(near(density(&block(0.25, 10.0, 4, 6, 0.5), &passage), 24.0 / 6.0));
}

#[test]
fn one_person_in_a_corner_is_no_crowd() {
    assert!(near(density(&[[0.1, 0.1]], &rectangle(30.0, 30.0)), 1.0 / 9.0));
    // The sharp end of a wedge: half a window is the least.
    let wedge = ground(&[[0.0, 0.0], [30.0, 0.0], [30.0, 1.0]]);
    assert!(near(density(&[[0.2, 0.001]], &wedge), 1.0 / 4.5));
    // A zone smaller than that is counted as it is.
    assert!(near(density(&block(0.1, 0.1, 3, 3, 0.7), &rectangle(2.0, 1.6)), 9.0 / 3.2));
    assert_eq!(worst_window(&[], &wedge), (0.0, Vec::new()));
}

proptest! {
    /// In the open the worst window is the fullest square at all: held against every pair of sides there can be.
    #[test]
    fn no_window_in_the_open_is_fuller(feet in prop::collection::vec(prop::array::uniform2(5f64..20.0), 1..60)) {
        let fullest = feet.iter().flat_map(|[x, _]| feet.iter().map(move |[_, y]| (*x, *y))).map(|(x, y)| {
            feet.iter().filter(|[a, b]| (x..=x + 3.0).contains(a) && (*b - y) >= 0.0 && (*b - y) <= 3.0).count()
        });
        let expected = fullest.max().unwrap() as f64 / 9.0;
        prop_assert!(near(density(&feet, &rectangle(25.0, 25.0)), expected));
    }

    #[test]
    fn more_people_in_the_open_are_never_less_dense(
        mut feet in prop::collection::vec(prop::array::uniform2(5f64..12.0), 1..60),
    ) {
        let square = rectangle(17.0, 17.0);
        let before = density(&feet, &square);
        feet.pop();
        prop_assert!(density(&feet, &square) <= before + 1e-9);
    }

    #[test]
    fn a_density_is_within_what_its_people_allow(feet in prop::collection::vec(prop::array::uniform2(0f64..6.0), 1..40)) {
        let bent = ground(&[[0.0, 0.0], [6.0, 0.0], [6.0, 1.5], [1.5, 1.5], [1.5, 6.0], [0.0, 6.0]]);
        let (density, window) = worst_window(&feet, &bent);
        let people = window.len() as f64;
        prop_assert!(density >= people / 9.0 - 1e-9 && density <= people / 4.5 + 1e-9);
    }
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
