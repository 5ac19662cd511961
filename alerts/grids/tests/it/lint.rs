//! What looks odd in a tree.

use geo::GeodesicArea;
use gridwatch_grids::{
    CodeScheme, Finding, Grid, GridLevel, GridRow, GridTree, Lead, Lints, Segment, demo_world, lint,
};

use crate::support::{field, square};

fn look(grids: Vec<Grid>) -> Lints {
    lint(&GridTree::new(grids).unwrap(), &CodeScheme::Any)
}

fn found(grids: Vec<Grid>) -> Vec<(String, Finding)> {
    look(grids).found.into_iter().map(|lint| (lint.grid, lint.finding)).collect()
}

fn street() -> Grid {
    square("s", GridLevel::Street, None, [0, 0, 200, 100])
}

fn base(code: &str, bounds: [i32; 4]) -> Grid {
    square(code, GridLevel::Base, Some("s"), bounds)
}

fn base_with(households: u32, people: u32) -> Grid {
    let row = GridRow::from(&base("b", [0, 0, 200, 100]));
    GridRow { households: Some(households), people: Some(people), ..row }.try_into().unwrap()
}

/// A grid whose corners are given in metres.
fn drawn(code: &str, parent: &str, ring: &[(f64, f64)]) -> Grid {
    let positions: Vec<[f64; 2]> = ring.iter().map(|(x, y)| [x * 1e-5, y * 1e-5]).collect();
    let area = serde_json::json!({ "type": "Polygon", "coordinates": [positions] }).to_string();
    let (code, parent) = (code.to_owned(), Some(parent.to_owned()));
    GridRow { name: code.clone(), code, level: GridLevel::Base, parent, households: None, people: None, area }
        .try_into()
        .unwrap()
}

#[test]
fn a_clean_map_has_nothing_odd() {
    assert_eq!(look(field(10)), Lints::default());
    assert_eq!(lint(&GridTree::default(), &CodeScheme::Any), Lints::default());
}

#[test]
fn a_gap_is_found_with_its_size() {
    let found = found(vec![street(), base("a", [0, 0, 100, 100]), base("b", [150, 0, 200, 100])]);
    let [(grid, Finding::Gap { area_m2 })] = found.as_slice() else { panic!("{found:?}") };
    // 50 by 100 hundred-thousandths of a degree at the equator.
    let expected = 50.0 * 1.113_19 * 100.0 * 1.105_74;
    assert!(grid == "s" && (area_m2 / expected - 1.0).abs() < 1e-3, "{area_m2} is not {expected}");
}

#[test]
fn an_overlap_is_found_once_and_with_its_size() {
    let found = found(vec![street(), base("a", [0, 0, 120, 100]), base("b", [100, 0, 200, 100])]);
    let [(grid, Finding::Overlap { other, area_m2 })] = found.as_slice() else { panic!("{found:?}") };
    let pair = [grid.as_str(), other.as_str()];
    assert!(pair == ["a", "b"] || pair == ["b", "a"]);
    assert!((area_m2 / (20.0 * 1.113_19 * 100.0 * 1.105_74) - 1.0).abs() < 1e-3, "{area_m2}");
}

#[test]
fn what_sticks_out_of_its_parent_is_found() {
    let found = found(vec![street(), base("a", [0, 0, 100, 100]), base("b", [100, -50, 200, 100])]);
    assert!(
        matches!(found.as_slice(), [(grid, Finding::OutsideParent { parent, .. })] if grid == "b" && parent == "s"),
        "{found:?}"
    );
}

#[test]
fn slivers_of_an_unsteady_hand_are_no_finding() {
    let wavy = |off: f64| {
        let left = [(0.0, 0.0), (100.0, 0.0), (100.0 + off, 50.0), (100.0, 100.0), (0.0, 100.0), (0.0, 0.0)];
        let right = [(100.0, 0.0), (200.0, 0.0), (200.0, 100.0), (100.0, 100.0), (100.0, 0.0)];
        found(vec![street(), drawn("a", "s", &left), drawn("b", "s", &right)]).len()
    };
    assert_eq!((wavy(0.3), wavy(-0.3)), (0, 0));
    assert_eq!((wavy(5.0), wavy(-5.0)), (1, 1));
}

#[test]
fn buildings_leave_ground_between_them() {
    let micro = square("m", GridLevel::Micro, None, [0, 0, 100, 100]);
    let building = |code, bounds| square(code, GridLevel::Building, Some("m"), bounds);
    assert!(found(vec![micro, building("1", [10, 10, 20, 30]), building("2", [50, 10, 60, 30])]).is_empty());
}

#[test]
fn the_size_of_base_grids_is_looked_at() {
    let of = |households, people| -> Vec<Finding> {
        found(vec![street(), base_with(households, people)]).into_iter().map(|(_, finding)| finding).collect()
    };
    assert_eq!(of(400, 2_000), []);
    assert_eq!(of(800, 1), []);
    assert_eq!(of(399, 1), [Finding::Households { households: 399 }]);
    assert_eq!(of(801, 2_001), [Finding::Households { households: 801 }, Finding::People { people: 2_001 }]);
}

#[test]
fn a_street_without_grids_is_odd() {
    assert_eq!(found(vec![street()]), [("s".to_owned(), Finding::NoChildren)]);
}

#[test]
fn codes_are_held_to_the_scheme() {
    let grid = |code: &str, level, parent| square(code, level, parent, [0, 0, 100, 100]);
    let look = |scheme: &CodeScheme, base: &str| -> Vec<Finding> {
        let street = grid("370405900", GridLevel::Street, None);
        let community = grid("370405900001", GridLevel::Community, Some("370405900"));
        let base = grid(base, GridLevel::Base, Some("370405900001"));
        let tree = GridTree::new(vec![street, community, base]).unwrap();
        lint(&tree, scheme).found.into_iter().map(|lint| lint.finding).collect()
    };
    let prefix = || Finding::CodePrefix { parent: "370405900001".to_owned() };
    assert_eq!(look(&CodeScheme::Division, "370405900001007"), []);
    assert_eq!(look(&CodeScheme::Division, "37040590000107"), [Finding::CodeLength { digits: 15 }]);
    assert_eq!(look(&CodeScheme::Division, "37040590000100X"), [Finding::CodeLength { digits: 15 }]);
    assert_eq!(look(&CodeScheme::Beijing, "370405900002007"), [prefix()]);
    assert_eq!(look(&CodeScheme::Cjt349, "01020037040590000107"), []);
    assert_eq!(look(&CodeScheme::Cjt349, "01020037040590000207"), [prefix()]);
    assert_eq!(look(&CodeScheme::Cjt349, "370405900001007"), [Finding::CodeLength { digits: 20 }, prefix()]);
    assert_eq!(look(&CodeScheme::Any, "网格七"), []);
    assert_eq!(CodeScheme::Division.digits(GridLevel::Micro), Some(17));
    assert_eq!(CodeScheme::Beijing.digits(GridLevel::Micro), None);

    let custom = CodeScheme::Custom {
        segments: vec![
            Segment { level: GridLevel::Street, digits: 9 },
            Segment { level: GridLevel::Base, digits: 4 },
        ],
        lead: None::<Lead>,
    };
    assert_eq!(look(&custom, "3704059000007"), []);
    let json = serde_json::to_value(&custom).unwrap();
    assert_eq!(json["custom"]["segments"][1]["digits"], 4);
    assert_eq!(serde_json::from_value::<CodeScheme>(json).unwrap(), custom);
    assert_eq!(serde_json::to_value(CodeScheme::default()).unwrap(), "division");
}

/// The sizes in findings are those of the ellipsoid (Karney 2013), from the equator to the far north of China.
#[test]
fn square_metres_are_those_of_the_globe() {
    for lat in [0.0, 18.0, 34.56, 45.0, 53.0] {
        let ring = |west: f64, east: f64| {
            serde_json::json!([[west, lat], [east, lat], [east, lat + 0.03], [west, lat + 0.03], [west, lat]])
        };
        let feature = |code: &str, level: &str, parent: Option<&str>, ring: serde_json::Value| {
            serde_json::json!({
                "type": "Feature",
                "properties": { "code": code, "name": code, "level": level, "parent": parent },
                "geometry": { "type": "Polygon", "coordinates": [ring] },
            })
        };
        let tree = crate::support::parse(&[
            feature("s", "street", None, ring(117.7, 117.74)),
            feature("b", "base", Some("s"), ring(117.7, 117.72)),
        ])
        .unwrap();
        let area = |code: &str| tree.by_code(code).unwrap().area().geodesic_area_unsigned();
        let expected = area("s") - area("b");
        let found = lint(&tree, &CodeScheme::Any).found;
        let Finding::Gap { area_m2 } = found[0].finding else { panic!("{found:?}") };
        assert!((area_m2 / expected - 1.0).abs() < 1e-3, "at {lat}: {area_m2} is not {expected}");
    }
}

#[test]
fn a_map_on_which_all_grids_lie_upon_each_other_is_one_finding() {
    let mut grids = vec![square("s", GridLevel::Street, None, [0, 0, 100, 100])];
    grids.extend((0..3_000).map(|n| base(&format!("b{n}"), [0, 0, 100, 100])));
    assert_eq!(found(grids), [("s".to_owned(), Finding::Entangled)]);
}

/// Two combs across each other: half a billion crossings.
#[test]
fn borders_made_to_be_slow_are_one_finding() {
    let comb = |teeth: i32| -> Vec<(f64, f64)> {
        let edge = |n: i32| [(f64::from(n), 0.0), (f64::from(n) + 0.4, 5_000.0)];
        let mut ring: Vec<(f64, f64)> = (0..teeth).flat_map(edge).collect();
        ring.extend([(f64::from(teeth), -1.0), (0.0, -1.0), (0.0, 0.0)]);
        ring
    };
    let upright = comb(5_000);
    let lying: Vec<(f64, f64)> = upright.iter().map(|&(x, y)| (y, x)).collect();
    let street = square("s", GridLevel::Street, None, [-10, -10, 6_000, 6_000]);
    let grids = vec![street, drawn("a", "s", &upright), drawn("b", "s", &lying)];
    assert_eq!(found(grids), [("s".to_owned(), Finding::Entangled)]);
}

#[test]
fn a_map_with_thousands_of_overlaps_is_cut_short() {
    let mut grids = field(60);
    let wide = |grid: &Grid| grid.level() == GridLevel::Base;
    for grid in grids.iter_mut().filter(|grid| wide(grid)) {
        let column: i32 = grid.code()[1..4].parse().unwrap();
        let row: i32 = grid.code()[4..7].parse().unwrap();
        *grid = base(grid.code(), [column * 100, row * 100, column * 100 + 110, row * 100 + 110]);
    }
    let lints = look(grids);
    assert!(lints.cut_short && lints.found.len() == 2_000, "{}", lints.found.len());
}

#[test]
fn the_demo_world_has_nothing_odd() {
    for seed in [1, 2, 3, 3_704] {
        assert_eq!(lint(&demo_world(seed).grids, &CodeScheme::Division), Lints::default(), "seed {seed}");
    }
}
