use proptest::prelude::*;

use super::*;
use crate::ground::polygon;

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

/// One person at each place.
fn feet(places: &[[f64; 2]]) -> Vec<Foot> {
    places.iter().map(|at| Foot { at: *at, people: 1.0 }).collect()
}

fn density(places: &[[f64; 2]], zone: &Polygon<f64>) -> f64 {
    worst_window(&feet(places), zone).0
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
    let (density, window) = worst_window(&feet(&more), &square);
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
    fn no_window_in_the_open_is_fuller(places in prop::collection::vec(prop::array::uniform2(5f64..20.0), 1..60)) {
        let fullest = places.iter().flat_map(|[x, _]| places.iter().map(move |[_, y]| (*x, *y))).map(|(x, y)| {
            places.iter().filter(|[a, b]| (x..=x + 3.0).contains(a) && (*b - y) >= 0.0 && (*b - y) <= 3.0).count()
        });
        let expected = fullest.max().unwrap() as f64 / 9.0;
        prop_assert!(near(density(&places, &rectangle(25.0, 25.0)), expected));
    }

    #[test]
    fn more_people_in_the_open_are_never_less_dense(
        mut places in prop::collection::vec(prop::array::uniform2(5f64..12.0), 1..60),
    ) {
        let square = rectangle(17.0, 17.0);
        let before = density(&places, &square);
        places.pop();
        prop_assert!(density(&places, &square) <= before + 1e-9);
    }

    #[test]
    fn a_density_is_within_what_its_people_allow(places in prop::collection::vec(prop::array::uniform2(0f64..6.0), 1..40)) {
        let bent = ground(&[[0.0, 0.0], [6.0, 0.0], [6.0, 1.5], [1.5, 1.5], [1.5, 6.0], [0.0, 6.0]]);
        let (density, window) = worst_window(&feet(&places), &bent);
        let people = window.len() as f64;
        prop_assert!(density >= people / 9.0 - 1e-9 && density <= people / 4.5 + 1e-9);
    }

    /// A map of many cells has the density of what it was drawn from, to what half a metre makes of it.
    #[test]
    fn a_density_map_is_as_dense_as_its_people(per_metre in 0.5f64..6.0, x in 5f64..6.0, y in 5f64..6.0) {
        // 6 m by 6 m of it, a cell every 15 cm, in the open.
        let cells: Vec<Foot> = block(x, y, 40, 40, 0.15)
            .into_iter()
            .map(|at| Foot { at, people: per_metre * 0.15 * 0.15 })
            .collect();
        prop_assert!(cells.len() > FEET_MAX);
        let (density, window) = worst_window(&cells, &rectangle(30.0, 30.0));
        prop_assert!((density / per_metre - 1.0).abs() < 0.12, "{density} of {per_metre}");
        prop_assert!(!window.is_empty() && window.iter().all(|i| *i < cells.len()));
    }
}
