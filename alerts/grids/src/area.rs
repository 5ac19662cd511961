//! Areas: from rings of numbers to a simple polygon in WGS-84, and to GeoJSON and back.

mod simple;

use std::fmt;

use geo::{Coord, LineString, MultiPolygon, Polygon};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    coordinates::CoordinateSystem,
    fault::{Fault, Shape, excerpt},
};

/// How many positions a ring has at least: a triangle, and its first corner again.
pub(crate) const RING_POSITIONS_MIN: usize = 4;
/// How many positions an area may have: more than any district needs, and soon checked.
pub(crate) const POSITIONS_MAX: usize = 50_000;
/// How many rings, parts and holes together.
pub(crate) const RINGS_MAX: usize = 200;

/// Stored degrees have nine decimals: a tenth of a millimetre, and few enough digits that text keeps them exactly.
const DEGREE_STEPS: f64 = 1e9;

/// Rings as a file has them: polygons, each an outer ring and its holes, each a list of longitude and latitude.
pub(crate) type Rings = Vec<Vec<Vec<(f64, f64)>>>;

/// A GeoJSON geometry that may be a grid's area.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type")]
pub(crate) enum GeoJsonArea {
    Polygon { coordinates: Vec<Vec<Position>> },
    MultiPolygon { coordinates: Vec<Vec<Vec<Position>>> },
}

/// Longitude and latitude; a height that follows is not kept.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "Vec<f64>")]
pub(crate) struct Position(f64, f64);

/// The area that the rings mean.
///
/// # Errors
/// Everything that is wrong with the rings; what crosses is looked for only in rings that are otherwise right.
pub(crate) fn build(polygons: Rings, system: CoordinateSystem) -> Result<MultiPolygon<f64>, Vec<Fault>> {
    let faults = ring_faults(&polygons);
    if !faults.is_empty() {
        return Err(faults);
    }
    let ring = |positions: Vec<(f64, f64)>| {
        let mut corners: Vec<Coord<f64>> = positions.into_iter().map(|at| stored(at, system)).collect();
        corners.dedup();
        LineString(corners)
    };
    let polygon = |rings: Vec<Vec<(f64, f64)>>| {
        let mut rings = rings.into_iter().map(ring);
        Polygon::new(rings.next().unwrap_or(LineString(Vec::new())), rings.collect())
    };
    let area = MultiPolygon(polygons.into_iter().map(polygon).collect());
    simple::check(&area).map_err(|fault| vec![fault])?;
    Ok(area)
}

/// Whether no border crosses or touches itself.
pub(crate) fn is_simple(area: &MultiPolygon<f64>) -> bool {
    simple::check(area).is_ok()
}

/// A degree as it is stored.
pub(crate) fn rounded(degrees: f64) -> f64 {
    (degrees * DEGREE_STEPS).round() / DEGREE_STEPS
}

fn stored((lon, lat): (f64, f64), system: CoordinateSystem) -> Coord<f64> {
    let (lon, lat) = system.to_wgs84(lon, lat);
    Coord { x: rounded(lon), y: rounded(lat) }
}

fn ring_faults(polygons: &Rings) -> Vec<Fault> {
    let rings: usize = polygons.iter().map(Vec::len).sum();
    let positions: usize = polygons.iter().flatten().map(Vec::len).sum();
    if rings > RINGS_MAX || positions > POSITIONS_MAX {
        return vec![Fault::TooIntricate { positions, rings }];
    }
    if polygons.is_empty() || polygons.iter().any(Vec::is_empty) {
        return vec![Fault::RingTooShort { positions: 0 }];
    }
    let mut faults = Vec::new();
    for ring in polygons.iter().flatten() {
        match (ring.first(), ring.last()) {
            (Some(&start), Some(&end)) if ring.len() >= RING_POSITIONS_MIN => {
                if start != end {
                    faults.push(Fault::RingNotClosed { start, end });
                }
            }
            _ => faults.push(Fault::RingTooShort { positions: ring.len() }),
        }
        let on_globe =
            |&(lon, lat): &(f64, f64)| (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
        if let Some(&(lon, lat)) = ring.iter().find(|at| !on_globe(at)) {
            faults.push(Fault::OutOfRange { lon, lat });
        }
    }
    faults
}

// === impl GeoJsonArea ===

impl GeoJsonArea {
    /// Reads a feature's geometry.
    pub(crate) fn from_value(value: &Value) -> Result<Self, Fault> {
        let broken =
            |_| Fault::NotAnArea { found: value["type"].as_str().map(excerpt), shape: Shape::GeoJson };
        Self::deserialize(value).map_err(broken)
    }

    /// Reads the text of a stored geometry.
    pub(crate) fn from_text(text: &str) -> Result<Self, Fault> {
        let broken = |_| Fault::NotAnArea { found: Some(excerpt(text)), shape: Shape::GeoJson };
        serde_json::from_str(text).map_err(broken)
    }

    pub(crate) fn into_rings(self) -> Rings {
        let ring =
            |positions: Vec<Position>| positions.into_iter().map(|Position(lon, lat)| (lon, lat)).collect();
        let polygon = |rings: Vec<Vec<Position>>| rings.into_iter().map(ring).collect();
        match self {
            Self::Polygon { coordinates } => vec![polygon(coordinates)],
            Self::MultiPolygon { coordinates } => coordinates.into_iter().map(polygon).collect(),
        }
    }
}

/// An area of one part becomes a Polygon.
impl From<&MultiPolygon<f64>> for GeoJsonArea {
    fn from(area: &MultiPolygon<f64>) -> Self {
        let ring = |ring: &LineString<f64>| ring.coords().map(|at| Position(at.x, at.y)).collect();
        let polygon = |polygon: &Polygon<f64>| {
            std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect()
        };
        match area.0.as_slice() {
            [only] => Self::Polygon { coordinates: polygon(only) },
            parts => Self::MultiPolygon { coordinates: parts.iter().map(polygon).collect() },
        }
    }
}

impl fmt::Display for GeoJsonArea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

// === impl Position ===

impl TryFrom<Vec<f64>> for Position {
    type Error = &'static str;

    fn try_from(numbers: Vec<f64>) -> Result<Self, Self::Error> {
        match numbers.as_slice() {
            [lon, lat, ..] => Ok(Self(*lon, *lat)),
            _ => Err("a position has two numbers"),
        }
    }
}

impl Serialize for Position {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.0, self.1].serialize(serializer)
    }
}
