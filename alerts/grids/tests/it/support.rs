//! What the tests share: squares as features, and trees of them.

use gridwatch_grids::{Fault, Grid, GridError, GridLevel, GridRow, GridTree, Place};
use serde_json::{Value, json};

/// The bounds of a grid: west, south, east, north.
pub type Bounds = [f64; 4];

pub const WORLD: Bounds = [0.0, 0.0, 8.0, 8.0];

pub fn ring([west, south, east, north]: Bounds) -> Value {
    json!([[west, south], [east, south], [east, north], [west, north], [west, south]])
}

pub fn feature(code: &str, level: &str, parent: Option<&str>, bounds: Bounds) -> Value {
    json!({
        "type": "Feature",
        "properties": { "code": code, "name": code, "level": level, "parent": parent },
        "geometry": { "type": "Polygon", "coordinates": [ring(bounds)] },
    })
}

pub fn collection(features: &[Value]) -> Vec<u8> {
    json!({ "type": "FeatureCollection", "features": features }).to_string().into_bytes()
}

pub fn parse(features: &[Value]) -> Result<GridTree, GridError> {
    GridTree::parse(&collection(features))
}

pub fn faults(result: Result<GridTree, GridError>) -> Vec<(Place, Fault)> {
    match result {
        Err(GridError::Problems { problems, more: 0 }) => {
            problems.into_iter().map(|problem| (problem.place, problem.fault)).collect()
        }
        other => panic!("expected problems, got {other:?}"),
    }
}

pub fn codes(grids: &[&Grid]) -> Vec<String> {
    grids.iter().map(|grid| grid.code().to_owned()).collect()
}

/// A grid in metres, more or less: a hundred-thousandth of a degree at the equator is 1.1 m.
pub fn square(code: &str, level: GridLevel, parent: Option<&str>, bounds: [i32; 4]) -> Grid {
    let bounds = bounds.map(|metres| f64::from(metres) * 1e-5);
    let area = json!({ "type": "Polygon", "coordinates": [ring(bounds)] }).to_string();
    let (code, name, parent) = (code.to_owned(), format!("网格 {code}"), parent.map(str::to_owned));
    GridRow { code, name, level, parent, households: None, people: None, area }.try_into().unwrap()
}

/// A street of 20 × 20 squares of 100 "metres", each a base grid.
pub fn field(side: i32) -> Vec<Grid> {
    let mut grids = vec![square("s", GridLevel::Street, None, [0, 0, side * 100, side * 100])];
    for (x, y) in (0..side).flat_map(|x| (0..side).map(move |y| (x, y))) {
        let bounds = [x * 100, y * 100, (x + 1) * 100, (y + 1) * 100];
        grids.push(square(&format!("b{x:03}{y:03}"), GridLevel::Base, Some("s"), bounds));
    }
    grids
}
