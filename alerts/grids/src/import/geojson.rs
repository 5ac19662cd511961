//! Grids as a GeoJSON FeatureCollection.

use serde_json::Value;

use super::{Cell, Draft, GRIDS_MAX};
use crate::{
    area::GeoJsonArea,
    coordinates::CoordinateSystem,
    error::{GridError, Place},
    fault::{Fault, Property, excerpt_of},
};

pub(super) fn read(bytes: &[u8], system: CoordinateSystem) -> Result<Vec<Draft>, GridError> {
    let root: Value = serde_json::from_slice(without_mark(bytes)).map_err(GridError::NotJson)?;
    let features = match (root["type"].as_str(), root["features"].as_array()) {
        (Some("FeatureCollection"), Some(features)) => features,
        _ => return Err(GridError::NotAFeatureCollection),
    };
    if features.len() > GRIDS_MAX {
        return Err(GridError::TooMany { grids_max: GRIDS_MAX });
    }
    let draft = |(index, feature): (usize, &Value)| {
        let cell = |property: Property| Cell::from(&feature["properties"][property.as_str()]);
        Draft::read(Place::Feature(index), cell, rings(&feature["geometry"]), system)
    };
    Ok(features.iter().enumerate().map(draft).collect())
}

fn rings(geometry: &Value) -> Result<crate::area::Rings, Fault> {
    if geometry.is_null() {
        return Err(Fault::no_area());
    }
    GeoJsonArea::from_value(geometry).map(GeoJsonArea::into_rings)
}

/// Some programs put a byte order mark in front, which JSON does not know.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

// === impl Cell ===

impl From<&Value> for Cell {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Absent,
            Value::String(text) => Self::Text(text.clone()),
            Value::Number(number) => {
                number.as_u64().map_or_else(|| Self::Other(number.to_string()), Self::Number)
            }
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => Self::Other(excerpt_of(value)),
        }
    }
}
