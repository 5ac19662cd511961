//! Reading files, and what is said of broken ones.

use encoding_rs::GBK;
use gridwatch_grids::{
    Allowed, CoordinateSystem, Fault, GridError, GridLevel, GridTree, Lang, Place, Property, Shape,
};
use serde_json::{Value, json};

use crate::support::{WORLD, collection, faults, feature, parse};

fn csv(text: &str) -> Result<GridTree, GridError> {
    GridTree::from_csv(text.as_bytes(), CoordinateSystem::Wgs84)
}

const TABLE: &str = "\
编码,名称,级别,上级,户数,人数,边界
370405900,试验街道,街道,,1200,,\"POLYGON((117.7 34.55, 117.72 34.55, 117.72 34.56, 117.7 34.56, 117.7 34.55))\"
370405900001,\"西社区,\"\"老城\"\"\",社区网格,370405900,600,1500,117.7 34.55;117.71 34.55;117.71 34.56;117.7 34.56
370405900002,东社区,社区,370405900,,,\"MULTIPOLYGON(((117.71 34.55,117.72 34.55,117.72 34.56,117.71 34.56,117.71 34.55)))\"
";

#[test]
fn the_street_of_the_fixtures_is_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/grids.geojson");
    let tree = GridTree::load(path.as_ref()).unwrap();
    assert_eq!(tree.iter().len(), 8);
    assert_eq!(tree.deepest_at(117.701, 34.551).unwrap().name(), "活动室微网格");
}

#[test]
fn every_problem_is_named_at_once() {
    let with = |code: &str, geometry: Value| {
        let mut feature = feature(code, "base", Some("s"), WORLD);
        feature["geometry"] = geometry;
        feature
    };
    let polygon = |coordinates: Value| json!({ "type": "Polygon", "coordinates": coordinates });
    let hole = json!([[9, 9], [9.5, 9], [9.5, 9.5], [9, 9]]);
    let mut nameless = feature("n", "base", Some("s"), WORLD);
    nameless["properties"]["name"] = Value::Null;
    let mut bell = feature("l", "base", Some("s"), WORLD);
    bell["properties"]["name"] = json!("铃\u{7}声");
    let mut long = feature("m", "base", Some("s"), WORLD);
    long["properties"]["name"] = json!("长".repeat(101));
    let mut few = feature("h", "base", Some("s"), WORLD);
    few["properties"]["households"] = json!(-3);
    let mut odd = feature("r", "base", Some("s"), WORLD);
    odd["properties"]["parent"] = json!(7);
    let found = faults(parse(&[
        feature("s", "street", None, WORLD),
        feature("s", "street", None, WORLD),
        feature("u", "base", Some("nobody"), WORLD),
        feature("v", "village", Some("s"), WORLD),
        feature("o", "street", Some("s"), WORLD),
        feature("c1", "community", Some("c2"), WORLD),
        feature("c2", "base", Some("c1"), WORLD),
        with("x", polygon(json!([[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]))),
        with("p", json!({ "type": "Point", "coordinates": [1, 1] })),
        with("t", polygon(json!([[[0, 0], [1, 1], [0, 0]]]))),
        with("f", polygon(json!([[[0, 0], [200, 0], [1, 1], [0, 0]]]))),
        nameless,
        with("g", Value::Null),
        with("k", polygon(json!([[[0], [1, 1], [0, 1], [0]]]))),
        with("e", polygon(json!([[[0, 0], [1, 0], [1, 1], [0, 1]]]))),
        with("j", polygon(json!([[[0, 0], [1, 0], [1, 1], [0, 0]], hole]))),
        bell,
        long,
        few,
        odd,
        with("w", polygon(json!([[[0, 0], [1, 0], [1, 0], [0, 0]]]))),
    ]));
    let found: Vec<(usize, Fault)> = found
        .into_iter()
        .map(|(place, fault)| match place {
            Place::Feature(index) => (index, fault),
            Place::Row(_) => panic!("no table"),
        })
        .collect();
    assert!(
        matches!(
            found.as_slice(),
            [
                (1, Fault::DuplicateCode { first: Place::Feature(0) }),
                (2, Fault::UnknownParent { .. }),
                (3, Fault::UnknownLevel { .. }),
                (4, Fault::LevelOutOfOrder { level: GridLevel::Street, parent_level: GridLevel::Street, .. }),
                (5, Fault::Cycle { .. }),
                (6, Fault::Cycle { .. }),
                (7, Fault::Crossing { lon: 1.0, lat: 1.0 }),
                (8, Fault::NotAnArea { shape: Shape::GeoJson, .. }),
                (9, Fault::RingTooShort { positions: 3 }),
                (10, Fault::OutOfRange { lon: 200.0, lat: 0.0 }),
                (11, Fault::Property { property: Property::Name, found: None, allowed: Allowed::Text }),
                (12, Fault::NotAnArea { found: None, .. }),
                (13, Fault::NotAnArea { .. }),
                (14, Fault::RingNotClosed { .. }),
                (15, Fault::HoleOutside { .. }),
                (16, Fault::ControlCharacter { property: Property::Name, .. }),
                (17, Fault::TooLong { chars: 101, chars_max: 100, .. }),
                (18, Fault::Property { property: Property::Households, .. }),
                (19, Fault::Property { property: Property::Parent, .. }),
                (20, Fault::RingTooShort { .. }),
            ]
        ),
        "{found:#?}"
    );
}

#[test]
fn a_problem_says_where_what_was_found_and_what_to_do() {
    let error = parse(&[feature("37", "village", None, WORLD)]).unwrap_err();
    let english = "1 problem in the grid file:\n  feature 0 (code \"37\"): level \"village\" is not known; give one of district, street, community, base, micro, building";
    assert_eq!(error.to_string(), english);
    let chinese = "网格文件有 1 个问题：\n  要素 0（编码 37）：级别“village”无法识别，请填写以下之一：区县、街道、社区网格、基础网格、微网格、楼栋";
    assert_eq!(error.describe(Lang::ZhCn), chinese);
}

#[test]
fn what_is_no_grid_file_is_refused() {
    assert!(matches!(GridTree::parse(b"{"), Err(GridError::NotJson(_))));
    assert!(matches!(GridTree::parse(b"[1]"), Err(GridError::NotAFeatureCollection)));
    assert!(matches!(GridTree::parse(br#"{"type":"Feature"}"#), Err(GridError::NotAFeatureCollection)));
    let missing = GridTree::load("no/such/file.geojson".as_ref());
    assert!(matches!(missing, Err(GridError::NotReadable { .. })));
    assert!(matches!(csv("编码,名称\n"), Err(GridError::Columns { missing, .. }) if missing.len() == 3));
    assert!(matches!(csv(""), Err(GridError::Columns { missing, .. }) if missing.len() == 5));
    let twice = csv("编码,code,名称,级别,上级,边界\n");
    assert!(matches!(twice, Err(GridError::Columns { twice, .. }) if twice == [Property::Code]));
    let neither = GridTree::from_csv(b"\xFF\xFE\x00\xFF", CoordinateSystem::Wgs84);
    assert!(matches!(neither, Err(GridError::NotText)));
}

#[test]
fn numbers_of_households_and_people_are_kept() {
    let mut grid = feature("s", "street", None, WORLD);
    grid["properties"]["households"] = json!(600);
    grid["properties"]["people"] = json!("1500");
    let tree = parse(&[grid]).unwrap();
    let grid = tree.by_code("s").unwrap();
    assert_eq!((grid.households(), grid.people()), (Some(600), Some(1_500)));
    assert_eq!(tree.to_geojson()["features"][0]["properties"]["people"], 1_500);
}

#[test]
fn a_table_is_read_in_every_encoding_and_either_language() {
    let tree = csv(TABLE).unwrap();
    let west = tree.by_code("370405900001").unwrap();
    assert_eq!(
        (west.name(), west.level(), west.people()),
        ("西社区,\"老城\"", GridLevel::Community, Some(1_500))
    );
    assert_eq!(tree.by_code("370405900").unwrap().households(), Some(1_200));
    assert_eq!(tree.deepest_at(117.705, 34.555).unwrap().code(), west.code());
    assert_eq!(tree.deepest_at(117.715, 34.555).unwrap().code(), "370405900002");

    let expected = tree.to_geojson();
    let read = |bytes: &[u8]| GridTree::from_csv(bytes, CoordinateSystem::Wgs84).unwrap().to_geojson();
    assert_eq!(read(format!("\u{FEFF}{TABLE}").as_bytes()), expected);
    assert_eq!(read(&GBK.encode(TABLE).0), expected);
    assert_eq!(read(TABLE.replace('\n', "\r\n").as_bytes()), expected);
    let english = TABLE
        .replace("编码,名称,级别,上级,户数,人数,边界", "Code,name,LEVEL,parent,households,people,area")
        .replace("社区网格", "community");
    assert_eq!(read(english.as_bytes()), expected);
}

#[test]
fn columns_may_come_in_any_order_and_with_others_between() {
    let table = "边界,备注,上级,级别,名称,编码\n0 0;1 0;1 1,靠河,,street,街道,s\n\n,,,,,\n";
    let tree = csv(table).unwrap();
    assert_eq!((tree.iter().len(), tree.by_code("s").unwrap().households()), (1, None));
}

#[test]
fn every_problem_of_a_table_is_named_with_its_row() {
    let table = "code,name,level,parent,households,people,area
s,街道,street,,many,,0 0;8 0;8 8;0 8
,无编码,base,s,,,0 0;1 0;1 1
a,甲,base,s,,,0 0;NaN 1;1 1
b,乙,base,x,,,POINT(1 1)
c,丙,base,s,,,\"POLYGON((0 0,2 2,2 0,0 2,0 0))\"
d,丁
e,戊,base,s,,,\"POLYGON((0 0,1 0,1 1,0 1))\"
";
    let found: Vec<(usize, Fault)> = faults(csv(table))
        .into_iter()
        .map(|(place, fault)| match place {
            Place::Row(row) => (row, fault),
            Place::Feature(_) => panic!("a table has rows"),
        })
        .collect();
    assert!(
        matches!(
            found.as_slice(),
            [
                (2, Fault::Property { property: Property::Households, allowed: Allowed::CountOrNothing, .. }),
                (3, Fault::Property { property: Property::Code, found: None, .. }),
                (4, Fault::OutOfRange { .. }),
                (5, Fault::NotAnArea { shape: Shape::Text, .. }),
                (5, Fault::UnknownParent { .. }),
                (6, Fault::Crossing { .. }),
                (7, Fault::Property { property: Property::Level, .. }),
                (7, Fault::NotAnArea { found: None, .. }),
                (8, Fault::RingNotClosed { .. }),
            ]
        ),
        "{found:#?}"
    );
}

#[test]
fn well_known_text_may_have_holes_heights_and_parts() {
    let read = |area: &str| {
        let table = format!("code,name,level,parent,area\ns,s,street,,\"{area}\"\n");
        csv(&table).unwrap().by_code("s").unwrap().area().clone()
    };
    let holed = read("polygon Z ((0 0 5, 4 0 5, 4 4 5, 0 4 5, 0 0 5), (1 1 5, 1 2 5, 2 2 5, 1 1 5))");
    assert_eq!((holed.0.len(), holed.0[0].interiors().len()), (1, 1));
    let parts = read(" MULTIPOLYGON ( ((0 0,1 0,1 1,0 0)) , ((5 5,6 5,6 6,5 5)) ) ");
    assert_eq!(parts.0.len(), 2);
    assert_eq!(read("0,0；4,0；4,4；0,0").0[0].exterior().0.len(), 4);
}

#[test]
fn a_thousand_problems_are_named_and_the_rest_is_counted() {
    let orphans: Vec<Value> = (0..1_500).map(|n| feature(&n.to_string(), "base", Some("x"), WORLD)).collect();
    let error = GridTree::parse(&collection(&orphans)).unwrap_err();
    assert!(matches!(&error, GridError::Problems { problems, more: 500 } if problems.len() == 1_000));
    assert!(error.to_string().starts_with("1500 problems"), "{error}");
    assert!(error.to_string().ends_with("and 1450 more"), "{error}");
    assert!(error.describe(Lang::ZhCn).ends_with("另有 1450 个"));
}
