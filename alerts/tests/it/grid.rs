//! The grid tree: which grid answers for a point, and what is said of a broken file.

use gridwatch_alerts::{
    CameraEntry, CameraError, Cameras, Fault, GridError, GridLevel, GridTree, Registration,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{camera, entry, street};

fn feature(code: &str, level: &str, parent: Option<&str>, [west, south, east, north]: [f64; 4]) -> Value {
    let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
    json!({
        "type": "Feature",
        "properties": { "code": code, "name": code, "level": level, "parent": parent },
        "geometry": { "type": "Polygon", "coordinates": [ring] },
    })
}

fn parse(features: &[Value]) -> Result<GridTree, GridError> {
    GridTree::parse(json!({ "type": "FeatureCollection", "features": features }).to_string().as_bytes())
}

fn faults(features: &[Value]) -> Vec<(usize, Fault)> {
    match parse(features) {
        Err(GridError::Features(problems)) => problems.into_iter().map(|p| (p.feature, p.fault)).collect(),
        other => panic!("expected problems, got {other:?}"),
    }
}

const WORLD: [f64; 4] = [0.0, 0.0, 8.0, 8.0];

#[test]
fn the_deepest_grid_that_holds_the_point_answers() {
    let tree = street();
    let code_at = |lon, lat| tree.deepest_at(lon, lat).map(|grid| grid.code().to_owned());
    assert_eq!(code_at(0.5, 0.5).as_deref(), Some("11"));
    assert_eq!(code_at(1.5, 0.5).as_deref(), Some("1"));
    assert_eq!(code_at(2.5, 0.5), None);
    let path: Vec<_> = tree.path("11").iter().map(|grid| grid.level()).collect();
    assert_eq!(path, [GridLevel::Street, GridLevel::Community]);
    assert!(tree.path("nowhere").is_empty());
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
    let square = |at: f64, size: f64| {
        json!([[at, at], [at + size, at], [at + size, at + size], [at, at + size], [at, at]])
    };
    let mut parts = feature("p", "street", None, WORLD);
    parts["geometry"] = json!({
        "type": "MultiPolygon",
        "coordinates": [[square(0.0, 3.0), square(1.0, 1.0)], [square(5.0, 1.0)]],
    });
    let tree = parse(&[parts.clone()]).unwrap();
    assert!(tree.deepest_at(0.5, 0.5).is_some());
    assert!(tree.deepest_at(1.5, 1.5).is_none(), "the hole");
    assert!(tree.deepest_at(5.5, 5.5).is_some(), "the second part");
    assert_eq!(tree.to_geojson()["features"][0]["geometry"], parts["geometry"]);
    assert_eq!(tree.to_geojson()["features"][0]["properties"], parts["properties"]);
}

#[test]
fn every_problem_is_named_at_once() {
    let mut bow_tie = feature("x", "base", Some("s"), WORLD);
    bow_tie["geometry"]["coordinates"] = json!([[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]);
    let mut point = feature("p", "base", Some("s"), WORLD);
    point["geometry"] = json!({ "type": "Point", "coordinates": [1, 1] });
    let mut short = feature("t", "base", Some("s"), WORLD);
    short["geometry"]["coordinates"] = json!([[[0, 0], [1, 1], [0, 0]]]);
    let mut far = feature("f", "base", Some("s"), WORLD);
    far["geometry"]["coordinates"] = json!([[[0, 0], [200, 0], [1, 1], [0, 0]]]);
    let mut nameless = feature("n", "base", Some("s"), WORLD);
    nameless["properties"]["name"] = Value::Null;
    let mut no_geometry = feature("g", "base", Some("s"), WORLD);
    no_geometry["geometry"] = Value::Null;
    let mut broken = feature("k", "base", Some("s"), WORLD);
    broken["geometry"]["coordinates"] = json!([[[0], [1, 1], [0, 1], [0]]]);
    let found = faults(&[
        feature("s", "street", None, WORLD),
        feature("s", "street", None, WORLD),
        feature("u", "base", Some("nobody"), WORLD),
        feature("v", "village", Some("s"), WORLD),
        feature("o", "street", Some("s"), WORLD),
        feature("c1", "community", Some("c2"), WORLD),
        feature("c2", "base", Some("c1"), WORLD),
        bow_tie,
        point,
        short,
        far,
        nameless,
        no_geometry,
        broken,
    ]);
    assert!(
        matches!(
            found.as_slice(),
            [
                (1, Fault::DuplicateCode(0)),
                (2, Fault::UnknownParent(_)),
                (3, Fault::UnknownLevel(_)),
                (4, Fault::LevelOutOfOrder { .. }),
                (5, Fault::Cycle(_)),
                (6, Fault::Cycle(_)),
                (7, Fault::NotSimple(_)),
                (8, Fault::NotAPolygon(_)),
                (9, Fault::RingTooShort(3)),
                (10, Fault::OutOfRange(200.0, 0.0)),
                (11, Fault::Property { property: "name", .. }),
                (12, Fault::NotAPolygon(_)),
                (13, Fault::NotAPolygon(_)),
            ]
        ),
        "{found:#?}"
    );
}

#[test]
fn a_problem_names_the_feature_what_was_found_and_what_is_allowed() {
    let error = parse(&[feature("37", "village", None, WORLD)]).unwrap_err().to_string();
    let expected = "1 problem in the grid file:\n  feature 0 (code \"37\"): level \"village\" is not known; street, community, base and micro are";
    assert_eq!(error, expected);
}

#[test]
fn what_is_no_grid_file_is_refused() {
    assert!(matches!(GridTree::parse(b"{"), Err(GridError::NotJson(_))));
    assert!(matches!(GridTree::parse(b"[1]"), Err(GridError::NotAFeatureCollection)));
    assert!(matches!(GridTree::parse(br#"{"type":"Feature"}"#), Err(GridError::NotAFeatureCollection)));
    let missing = GridTree::load("no/such/file.geojson".as_ref());
    assert!(matches!(missing, Err(GridError::NotReadable { .. })));
}

#[test]
fn a_camera_belongs_to_the_grid_it_names_else_to_the_deepest_that_holds_it_else_to_none() {
    let tree = street();
    let grid_of = |entry| Registration::new(entry, &tree).unwrap().grid().map(|grid| grid.code.clone());
    assert_eq!(grid_of(entry("a", 0.5, 0.5)).as_deref(), Some("11"));
    assert_eq!(grid_of(CameraEntry { grid: Some("1".into()), ..entry("a", 0.5, 0.5) }).as_deref(), Some("1"));
    assert_eq!(grid_of(entry("a", 9.0, 9.0)), None);
    assert_eq!(grid_of(CameraEntry { position: None, ..entry("a", 0.5, 0.5) }), None);
}

#[test]
fn every_fault_of_every_camera_is_named_at_once() {
    let wrong = CameraEntry {
        short_name: Some("十个汉字放不下这个名字".into()),
        code: Some("3704".into()),
        grid: Some("99".into()),
        ..entry("a", 500.0, 0.5)
    };
    let errors =
        Cameras::register([wrong, entry("b", 0.5, 0.5), entry("b", 0.5, 0.5)], &street()).unwrap_err();
    assert!(
        matches!(
            errors.as_slice(),
            [
                CameraError::ShortName { chars: 11, .. },
                CameraError::Code { .. },
                CameraError::Position { .. },
                CameraError::UnknownGrid { .. },
                CameraError::DuplicateId { .. },
            ]
        ),
        "{errors:#?}"
    );
    assert!(errors[3].to_string().contains("camera a: grid \"99\""));
}

#[test]
fn a_short_name_is_the_first_ten_characters_of_the_name() {
    let long = CameraEntry { name: "西花苑社区北门人行道东侧".into(), ..entry("a", 0.5, 0.5) };
    assert_eq!(Registration::new(long, &street()).unwrap().camera.short_name, "西花苑社区北门人行道");
    assert_eq!(Registration::unregistered(&camera("cam-0123456789")).camera.short_name, "cam-012345");
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
