//! Files that nobody made with good will.

use gridwatch_grids::{CodeScheme, CoordinateSystem, Fault, GridError, GridLevel, GridTree, lint};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{collection, faults, feature, field, parse};

fn with_ring(positions: &[(f64, f64)]) -> Value {
    let mut feature = feature("s", "street", None, [0.0, 0.0, 1.0, 1.0]);
    feature["geometry"]["coordinates"] = json!([positions]);
    feature
}

/// A ring round the origin with so many corners.
fn circle(corners: u32) -> Vec<(f64, f64)> {
    let corner = |n: u32| {
        let angle = f64::from(n % corners) / f64::from(corners) * std::f64::consts::TAU;
        (angle.cos(), angle.sin())
    };
    (0..=corners).map(corner).collect()
}

#[test]
fn names_with_quotes_are_kept_and_with_control_characters_refused() {
    let named = |name: &str| {
        let mut feature = feature("s", "street", None, [0.0, 0.0, 1.0, 1.0]);
        feature["properties"]["name"] = json!(name);
        parse(&[feature])
    };
    let quoted = r#"O'Hara "小区"; DROP TABLE grid; -- <script>"#;
    assert_eq!(named(quoted).unwrap().by_code("s").unwrap().name(), quoted);
    for name in ["a\0b", "a\nb", "a\u{1b}[31mb", "a\u{202E}b", "a\u{200B}b", "a\u{2028}b"] {
        let found = faults(named(name));
        assert!(matches!(found.as_slice(), [(_, Fault::ControlCharacter { .. })]), "{name:?}: {found:?}");
    }
    assert_eq!(named(" 运河街道 ").unwrap().by_code("s").unwrap().name(), "运河街道");
    assert!(matches!(faults(named("   ")).as_slice(), [(_, Fault::Property { found: None, .. })]));
}

#[test]
fn a_table_cannot_smuggle_a_control_character_through_quotes() {
    let table = "code,name,level,parent,area\ns,\"two\nlines\",street,,0 0;1 0;1 1\n";
    let found = faults(GridTree::from_csv(table.as_bytes(), CoordinateSystem::Wgs84));
    assert!(matches!(found.as_slice(), [(_, Fault::ControlCharacter { .. })]));
    let open = "code,name,level,parent,area\ns,\"never closed,street,,0 0;1 0;1 1\n";
    assert!(GridTree::from_csv(open.as_bytes(), CoordinateSystem::Wgs84).is_err());
}

#[test]
fn deep_nesting_is_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(GridTree::parse(deep.as_bytes()), Err(GridError::NotJson(_))));
    let parentheses = "(".repeat(1_000_000);
    let table = format!("code,name,level,parent,area\ns,s,street,,POLYGON{parentheses}\n");
    let found = faults(GridTree::from_csv(table.as_bytes(), CoordinateSystem::Wgs84));
    assert!(matches!(found.as_slice(), [(_, Fault::NotAnArea { .. })]));
}

#[test]
fn a_fine_border_is_read_and_an_endless_one_refused() {
    assert!(parse(&[with_ring(&circle(40_000))]).is_ok());
    let found = faults(parse(&[with_ring(&circle(50_000))]));
    assert!(matches!(found.as_slice(), [(_, Fault::TooIntricate { positions: 50_001, rings: 1 })]));
}

/// Long sides all over each other's bounds, none of them crossing: to compare every pair would take minutes.
#[test]
fn a_border_made_to_be_slow_is_refused_soon() {
    let tooth = |n: i32| [(f64::from(n) * 1e-4, 0.0), (f64::from(n) * 1e-4 + 20.0, 20.0)];
    let comb = |teeth: i32| -> Vec<(f64, f64)> {
        let mut ring: Vec<(f64, f64)> = (0..teeth).flat_map(tooth).collect();
        ring.extend([(30.0, -1.0), (0.0, -1.0), (0.0, 0.0)]);
        ring
    };
    assert!(parse(&[with_ring(&comb(500))]).is_ok());
    let found = faults(parse(&[with_ring(&comb(10_000))]));
    assert!(matches!(found.as_slice(), [(_, Fault::TooIntricate { rings: 1, .. })]), "{found:?}");
}

#[test]
fn more_grids_than_a_district_has_are_refused() {
    let rows = "a\n".repeat(100_001);
    let table = format!("code,name,level,parent,area\n{rows}");
    let refused = GridTree::from_csv(table.as_bytes(), CoordinateSystem::Wgs84);
    assert!(matches!(refused, Err(GridError::TooMany { grids_max: 100_000 })));
    let features = vec![json!(0); 100_001];
    assert!(matches!(parse(&features), Err(GridError::TooMany { .. })));
}

#[test]
fn ten_megabytes_of_one_border_or_of_nothing_are_answered() {
    let ring = circle(400_000);
    let file = collection(&[with_ring(&ring)]);
    assert!(file.len() > 10_000_000);
    assert!(matches!(faults(GridTree::parse(&file)).as_slice(), [(_, Fault::TooIntricate { .. })]));
    let spaces = vec![b' '; 10 << 20];
    assert!(matches!(GridTree::parse(&spaces), Err(GridError::NotJson(_))));
    let commas = vec![b','; 10 << 20];
    assert!(GridTree::from_csv(&commas, CoordinateSystem::Wgs84).is_err());
    let huge = vec![b' '; (32 << 20) + 1];
    assert!(matches!(GridTree::parse(&huge), Err(GridError::TooLarge { .. })));
}

#[test]
fn a_chain_of_ten_thousand_parents_is_answered() {
    let level = |n: usize| GridLevel::ALL[n % 6].as_str();
    let parent = |n: usize| ((n + 1) % 10_000).to_string();
    let chain: Vec<Value> = (0..10_000)
        .map(|n| feature(&n.to_string(), level(n), Some(&parent(n)), [0.0, 0.0, 1.0, 1.0]))
        .collect();
    assert!(matches!(parse(&chain), Err(GridError::Problems { .. })));
}

#[test]
fn ten_thousand_grids_are_read_looked_through_and_asked() {
    let tree = GridTree::new(field(100)).unwrap();
    let file = tree.to_geojson().to_string();
    let tree = GridTree::parse(file.as_bytes()).unwrap();
    assert_eq!(tree.iter().len(), 10_001);
    assert!(lint(&tree, &CodeScheme::Any).found.is_empty());
    for n in 0..100 {
        let at = (f64::from(n) + 0.5) * 1e-3;
        assert_eq!(tree.deepest_at(at, at).unwrap().code(), format!("b{n:03}{n:03}"));
    }
    assert_eq!(tree.neighbours("b050050").len(), 4);
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-4..=4_i32).prop_map(f64::from),
        2 => -4.0..4.0_f64,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![180.0, -180.0, 90.0, 1e-300, 1e300, -0.0]),
    ]
}

/// Rings of few corners on few places, so that most of them cross, touch or fold back.
fn rings() -> impl Strategy<Value = Vec<Vec<Vec<(f64, f64)>>>> {
    let ring = prop::collection::vec((number(), number()), 0..8).prop_map(|mut ring| {
        ring.extend(ring.first().copied());
        ring
    });
    prop::collection::vec(prop::collection::vec(ring, 0..3), 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_bytes_stop_the_program(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for system in CoordinateSystem::ALL {
            let _ = GridTree::from_geojson(&bytes, system);
            let _ = GridTree::from_csv(&bytes, system);
        }
    }

    #[test]
    fn no_table_stops_the_program(rows in "([a-z0-9,;.() \"\n\u{7}级-]|POLYGON|MULTIPOLYGON|street){0,80}") {
        let table = format!("编码,名称,级别,上级,户数,人数,边界\n{rows}");
        let _ = GridTree::from_csv(table.as_bytes(), CoordinateSystem::Bd09);
    }

    /// Whatever rings there are: an area that is taken has ground, is taken again as it was written, and can be looked through.
    #[test]
    fn no_rings_stop_the_program(parts in rings(), other in rings()) {
        let mut one = feature("s", "street", None, [0.0, 0.0, 1.0, 1.0]);
        one["geometry"] = json!({ "type": "MultiPolygon", "coordinates": parts });
        let mut two = feature("b", "base", Some("s"), [0.0, 0.0, 1.0, 1.0]);
        two["geometry"] = json!({ "type": "MultiPolygon", "coordinates": other });
        let file = |features: &[Value]| parse(features);
        for features in [vec![one.clone()], vec![one, two]] {
            if let Ok(tree) = file(&features) {
                let written = tree.to_geojson();
                prop_assert_eq!(&GridTree::parse(written.to_string().as_bytes()).unwrap().to_geojson(), &written);
                let _ = lint(&tree, &CodeScheme::Division);
                let _ = tree.deepest_at(0.5, 0.5);
                let _ = tree.neighbours("s");
            }
        }
    }
}
