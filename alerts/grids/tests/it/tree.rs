//! Which grid answers for a point, and which are beside it.

use gridwatch_grids::{Grid, GridError, GridLevel, GridRow, GridTree};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{WORLD, codes, feature, field, parse, square};

/// A street of two by two degrees, and in its south-western quarter a community.
fn street() -> GridTree {
    parse(&[
        feature("1", "street", None, [0.0, 0.0, 2.0, 2.0]),
        feature("11", "community", Some("1"), [0.0, 0.0, 1.0, 1.0]),
    ])
    .unwrap()
}

#[test]
fn the_deepest_grid_that_holds_the_point_answers() {
    let tree = street();
    let code_at = |lon, lat| tree.deepest_at(lon, lat).map(|grid| grid.code().to_owned());
    assert_eq!(code_at(0.5, 0.5).as_deref(), Some("11"));
    assert_eq!(code_at(1.5, 0.5).as_deref(), Some("1"));
    assert_eq!(code_at(2.5, 0.5), None);
    assert_eq!(code_at(f64::NAN, 0.5), None);
    let path: Vec<_> = tree.path("11").iter().map(|grid| grid.level()).collect();
    assert_eq!(path, [GridLevel::Street, GridLevel::Community]);
    assert!(tree.path("nowhere").is_empty());
    assert_eq!(codes(&tree.children("1").collect::<Vec<_>>()), ["11"]);
}

#[test]
fn on_a_shared_border_the_lowest_code_answers_whatever_the_order_in_the_file() {
    let west = feature("b", "community", Some("s"), [0.0, 0.0, 4.0, 8.0]);
    let east = feature("a", "community", Some("s"), [4.0, 0.0, 8.0, 8.0]);
    let top = feature("s", "street", None, WORLD);
    for features in [[top.clone(), west.clone(), east.clone()], [east, west, top]] {
        assert_eq!(parse(&features).unwrap().deepest_at(4.0, 4.0).unwrap().code(), "a");
    }
}

#[test]
fn holes_and_several_parts_count() {
    let square = |at: f64, size: f64| crate::support::ring([at, at, at + size, at + size]);
    let mut parts = feature("p", "street", None, WORLD);
    parts["geometry"] = json!({
        "type": "MultiPolygon",
        "coordinates": [[square(0.0, 3.0), square(1.0, 1.0)], [square(5.0, 1.0)]],
    });
    let tree = parse(&[parts.clone()]).unwrap();
    assert!(tree.deepest_at(0.5, 0.5).is_some());
    assert!(tree.deepest_at(1.5, 1.5).is_none(), "the hole");
    assert!(tree.deepest_at(5.5, 5.5).is_some(), "the second part");
    let written = &tree.to_geojson()["features"][0];
    assert_eq!(written["geometry"], parts["geometry"]);
    for property in ["code", "name", "level", "parent", "households"] {
        assert_eq!(written["properties"][property], parts["properties"][property]);
    }
}

#[test]
fn a_tree_may_use_all_six_ranks_or_skip_some() {
    let levels = ["district", "street", "community", "base", "micro", "building"];
    let all: Vec<_> = (0..6_usize)
        .map(|rank| {
            let parent = rank.checked_sub(1).map(|above| levels[above]);
            feature(levels[rank], levels[rank], parent, WORLD)
        })
        .collect();
    let tree = parse(&all).unwrap();
    assert_eq!(codes(&tree.path("building")), levels);
    assert_eq!(tree.deepest_at(1.0, 1.0).unwrap().level(), GridLevel::Building);
    assert!(GridLevel::ALL.is_sorted());
    let skipping = [feature("d", "district", None, WORLD), feature("m", "micro", Some("d"), WORLD)];
    assert!(parse(&skipping).is_ok());
}

#[test]
fn grids_that_do_not_fit_together_make_no_tree() {
    let orphan = square("b", GridLevel::Base, Some("s"), [0, 0, 10, 10]);
    assert!(matches!(GridTree::new(vec![orphan]), Err(GridError::Problems { .. })));
}

#[test]
fn neighbours_share_a_border_and_a_rank_and_come_nearest_first() {
    let mut grids = field(3);
    // A micro grid in the middle, a community far off, and a base grid that only touches a corner.
    grids.push(square("m", GridLevel::Micro, Some("b001001"), [100, 100, 150, 150]));
    grids.push(square("corner", GridLevel::Base, None, [300, 300, 400, 400]));
    let tree = GridTree::new(grids).unwrap();
    assert_eq!(codes(&tree.neighbours("b001001")), ["b000001", "b001000", "b001002", "b002001"]);
    assert_eq!(codes(&tree.neighbours("b000000")), ["b000001", "b001000"]);
    assert!(tree.neighbours("corner").is_empty(), "a corner is no border");
    assert!(tree.neighbours("m").is_empty());
    assert!(tree.neighbours("nowhere").is_empty());

    let near = square("near", GridLevel::Base, None, [100, 0, 160, 100]);
    let far = square("far", GridLevel::Base, None, [0, 100, 100, 400]);
    let own = square("own", GridLevel::Base, None, [0, 0, 100, 100]);
    assert_eq!(codes(&GridTree::new(vec![far, own, near]).unwrap().neighbours("own")), ["near", "far"]);
}

#[test]
fn borders_that_two_hands_drew_a_step_apart_are_still_shared() {
    let beside = |gap: i32| {
        let one = square("one", GridLevel::Base, None, [0, 0, 100, 100]);
        let other = square("other", GridLevel::Base, None, [100 + gap, 0, 200, 100]);
        GridTree::new(vec![one, other]).unwrap().neighbours("one").len()
    };
    assert_eq!((beside(1), beside(4)), (1, 0));
}

#[test]
fn a_grid_is_the_same_after_it_was_stored_as_columns_and_as_json() {
    for grid in gridwatch_grids::demo_world(7).grids.iter() {
        let row = GridRow::from(grid);
        assert_eq!(&Grid::try_from(row).unwrap(), grid);
        let json = serde_json::to_string(grid).unwrap();
        assert_eq!(&serde_json::from_str::<Grid>(&json).unwrap(), grid);
    }
}

/// A street cut into 2 x 2 communities, each cut into 2 x 2 base grids, with names in random order.
fn nested() -> GridTree {
    let mut features = vec![feature("s", "street", None, WORLD)];
    for (column, row) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let (west, south) = (f64::from(column) * 4.0, f64::from(row) * 4.0);
        let community = format!("c{}{}", 1 - column, row);
        features.push(feature(&community, "community", Some("s"), [west, south, west + 4.0, south + 4.0]));
        for (x, y) in [(0, 0), (1, 0), (0, 1)] {
            let (west, south) = (west + f64::from(x) * 2.0, south + f64::from(y) * 2.0);
            let code = format!("{community}-{y}{x}");
            features.push(feature(&code, "base", Some(&community), [west, south, west + 2.0, south + 2.0]));
        }
    }
    parse(&features).unwrap()
}

proptest! {
    /// The answer holds the point, nothing deeper does, and of equals it is the lowest code. Points fall on
    /// borders.
    #[test]
    fn the_answer_is_the_deepest_that_holds_the_point(lon in -4..=36_i32, lat in -4..=36_i32) {
        let tree = nested();
        let (lon, lat) = (f64::from(lon) / 4.0, f64::from(lat) / 4.0);
        let holding: Vec<_> = tree.iter().filter(|grid| grid.holds(lon, lat)).collect();
        match tree.deepest_at(lon, lat) {
            None => prop_assert!(holding.is_empty()),
            Some(answer) => {
                prop_assert!(answer.holds(lon, lat));
                for other in holding {
                    prop_assert!(other.level() <= answer.level());
                    prop_assert!(other.level() < answer.level() || other.code() >= answer.code());
                }
                prop_assert_eq!(tree.path(answer.code()).last().map(|grid| grid.code()), Some(answer.code()));
            }
        }
    }
}
