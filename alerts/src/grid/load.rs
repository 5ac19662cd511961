//! Reads the grid tree from GeoJSON and says everything that is wrong with it at once.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    path::{Path, PathBuf},
};

use geo::{MultiPolygon, Validation};
use geojson::{Geometry, GeometryValue};
use serde_json::Value;

use super::{Grid, GridLevel, GridTree};

/// How many positions a ring has at least: a triangle, and its first corner again.
const RING_POSITIONS_MIN: usize = 4;

/// Why a grid file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GridError {
    /// The file cannot be read.
    #[error("grid file {path} cannot be read: {source}")]
    NotReadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not JSON.
    #[error("not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// The JSON is something else.
    #[error(
        "not a GeoJSON FeatureCollection: an object with \"type\": \"FeatureCollection\" and a list \"features\" is needed"
    )]
    NotAFeatureCollection,
    /// Features are wrong; all problems of the file, in its order.
    #[error("{} in the grid file:{}", count(.0.len()), list(.0))]
    Features(Vec<GridProblem>),
}

/// Something wrong with one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct GridProblem {
    /// The feature's place in the list, the first being 0.
    pub feature: usize,
    /// Its code, where it has one.
    pub code: Option<String>,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong with a feature.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// A property is absent or of the wrong type.
    #[error("property {property:?} is {found}; {allowed} is needed")]
    Property {
        /// Which property.
        property: &'static str,
        /// What was found.
        found: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// The rank is not one of the four.
    #[error("level {0:?} is not known; street, community, base and micro are")]
    UnknownLevel(String),
    /// Two features have one code.
    #[error("the code is already used by feature {0}; every grid needs its own")]
    DuplicateCode(usize),
    /// The parent is not in the file.
    #[error("parent {0:?} is not in the file; name another feature's code, or null for the top")]
    UnknownParent(String),
    /// The parents lead back to this grid.
    #[error("the parents go round in a circle: {}", .0.join(" -> "))]
    Cycle(Vec<String>),
    /// The parent is not of a higher rank.
    #[error(
        "level {level} cannot stand below {parent_level} (parent {parent:?}); the order is street, community, base, micro"
    )]
    LevelOutOfOrder {
        /// The grid's rank.
        level: GridLevel,
        /// The parent's code.
        parent: String,
        /// The parent's rank.
        parent_level: GridLevel,
    },
    /// The geometry is absent, broken or of another type.
    #[error("the geometry is {0}; a Polygon or a MultiPolygon is needed")]
    NotAPolygon(String),
    /// A ring has too few positions.
    #[error(
        "a ring has {0} positions; at least {RING_POSITIONS_MIN} are needed, the last equal to the first"
    )]
    RingTooShort(usize),
    /// A ring does not end where it began.
    #[error("a ring ends at {end:?} and not where it began, {start:?}")]
    RingNotClosed {
        /// The first position.
        start: (f64, f64),
        /// The last position.
        end: (f64, f64),
    },
    /// A coordinate is not on the globe.
    #[error(
        "the position {0}, {1} is out of range; longitude (first) is -180 to 180, latitude -90 to 90 (WGS-84)"
    )]
    OutOfRange(f64, f64),
    /// The area crosses itself, a hole lies outside, or parts overlap.
    #[error("the area is not simple: {0}; borders may not cross or overlap")]
    NotSimple(String),
}

impl fmt::Display for GridProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "feature {} (code {code:?}): {}", self.feature, self.fault),
            None => write!(f, "feature {}: {}", self.feature, self.fault),
        }
    }
}

fn count(problems: usize) -> String {
    if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") }
}

fn list(problems: &[GridProblem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

impl GridTree {
    /// Reads a GeoJSON file.
    ///
    /// # Errors
    /// The file cannot be read, or what [`GridTree::parse`] says.
    pub fn load(path: &Path) -> Result<Self, GridError> {
        let unreadable = |source| GridError::NotReadable { path: path.to_owned(), source };
        let bytes = std::fs::read(path).map_err(unreadable)?;
        Self::parse(&bytes)
    }

    /// Reads GeoJSON: a FeatureCollection whose features have the properties `code`, `name`, `level` (street,
    /// community, base or micro) and `parent` (a code or null), and a Polygon or MultiPolygon in WGS-84.
    ///
    /// # Errors
    /// The text is not JSON, not a FeatureCollection, or every problem of every feature.
    pub fn parse(geojson: &[u8]) -> Result<Self, GridError> {
        let root: Value = serde_json::from_slice(geojson).map_err(GridError::NotJson)?;
        let features = match (root["type"].as_str(), root["features"].as_array()) {
            (Some("FeatureCollection"), Some(features)) => features,
            _ => return Err(GridError::NotAFeatureCollection),
        };
        let mut problems = Vec::new();
        let drafts: Vec<Draft> = features
            .iter()
            .enumerate()
            .map(|(index, feature)| Draft::read(index, feature, &mut problems))
            .collect();
        check_tree(&drafts, &mut problems);
        if problems.is_empty() {
            Ok(Self::from_grids(drafts.into_iter().filter_map(Draft::into_grid).collect()))
        } else {
            problems.sort_by_key(|problem| problem.feature);
            Err(GridError::Features(problems))
        }
    }
}

/// A feature as far as it could be read; complete where no problem was reported.
struct Draft {
    feature: usize,
    code: Option<String>,
    name: Option<String>,
    level: Option<GridLevel>,
    parent: Option<String>,
    area: Option<MultiPolygon<f64>>,
}

impl Draft {
    fn read(feature: usize, value: &Value, problems: &mut Vec<GridProblem>) -> Self {
        let mut faults = Vec::new();
        let properties = &value["properties"];
        let code = text(properties, "code", &mut faults);
        let name = text(properties, "name", &mut faults);
        let level = level(properties, &mut faults);
        let parent = parent(properties, &mut faults);
        let area = area(&value["geometry"]).map_err(|found| faults.extend(found)).ok();
        problems.extend(faults.into_iter().map(|fault| GridProblem { feature, code: code.clone(), fault }));
        Self { feature, code, name, level, parent, area }
    }

    fn into_grid(self) -> Option<Grid> {
        Grid::new(self.code?, self.name?, self.level?, self.parent, self.area?)
    }
}

fn text(properties: &Value, property: &'static str, faults: &mut Vec<Fault>) -> Option<String> {
    match &properties[property] {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        other => {
            faults.push(Fault::Property {
                property,
                found: describe(other),
                allowed: "a text that is not empty",
            });
            None
        }
    }
}

fn level(properties: &Value, faults: &mut Vec<Fault>) -> Option<GridLevel> {
    let found = text(properties, "level", faults)?;
    let level = GridLevel::ALL.into_iter().find(|level| level.as_str() == found);
    if level.is_none() {
        faults.push(Fault::UnknownLevel(found));
    }
    level
}

fn parent(properties: &Value, faults: &mut Vec<Fault>) -> Option<String> {
    match &properties["parent"] {
        Value::Null => None,
        Value::String(parent) => Some(parent.clone()),
        other => {
            faults.push(Fault::Property {
                property: "parent",
                found: describe(other),
                allowed: "another feature's code or null",
            });
            None
        }
    }
}

/// A JSON value in a few words: whole files have no place in a message.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "absent".to_owned(),
        Value::String(text) => format!("the text {text:?}"),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

fn area(value: &Value) -> Result<MultiPolygon<f64>, Vec<Fault>> {
    let not_a_polygon = |found: String| vec![Fault::NotAPolygon(found)];
    if value.is_null() {
        return Err(not_a_polygon("absent".to_owned()));
    }
    let geometry: Geometry =
        serde_json::from_value(value.clone()).map_err(|error| not_a_polygon(format!("broken ({error})")))?;
    let faults: Vec<Fault> = match &geometry.value {
        GeometryValue::Polygon { coordinates } => ring_faults(coordinates),
        GeometryValue::MultiPolygon { coordinates } if coordinates.is_empty() => vec![Fault::RingTooShort(0)],
        GeometryValue::MultiPolygon { coordinates } => {
            coordinates.iter().flat_map(|part| ring_faults(part)).collect()
        }
        other => not_a_polygon(format!("a {}", other.type_name())),
    };
    if !faults.is_empty() {
        return Err(faults);
    }
    let area = match geo::Geometry::try_from(geometry) {
        Ok(geo::Geometry::Polygon(polygon)) => MultiPolygon::new(vec![polygon]),
        Ok(geo::Geometry::MultiPolygon(area)) => area,
        Ok(_) | Err(_) => return Err(not_a_polygon("of another type".to_owned())),
    };
    match area.check_validation() {
        Ok(()) => Ok(area),
        Err(error) => Err(vec![Fault::NotSimple(error.to_string())]),
    }
}

fn ring_faults(rings: &[Vec<geojson::Position>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if rings.is_empty() {
        faults.push(Fault::RingTooShort(0));
    }
    for ring in rings {
        if ring.iter().any(|position| position.len() < 2) {
            faults.push(Fault::NotAPolygon("with a position of fewer than two numbers".to_owned()));
            continue;
        }
        let corners: Vec<(f64, f64)> = ring.iter().map(|at| (at[0], at[1])).collect();
        match (corners.first(), corners.last()) {
            (Some(&start), Some(&end)) if corners.len() >= RING_POSITIONS_MIN => {
                if start != end {
                    faults.push(Fault::RingNotClosed { start, end });
                }
            }
            _ => faults.push(Fault::RingTooShort(corners.len())),
        }
        let in_range = |lon: f64, lat: f64| (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
        if let Some(&(lon, lat)) = corners.iter().find(|&&(lon, lat)| !in_range(lon, lat)) {
            faults.push(Fault::OutOfRange(lon, lat));
        }
    }
    faults
}

fn check_tree(drafts: &[Draft], problems: &mut Vec<GridProblem>) {
    let mut by_code: HashMap<&str, &Draft> = HashMap::new();
    let mut report = |draft: &Draft, fault| {
        problems.push(GridProblem { feature: draft.feature, code: draft.code.clone(), fault });
    };
    for draft in drafts {
        let Some(code) = draft.code.as_deref() else { continue };
        match by_code.get(code) {
            Some(first) => report(draft, Fault::DuplicateCode(first.feature)),
            None => {
                by_code.insert(code, draft);
            }
        }
    }
    for draft in drafts {
        let Some(parent_code) = draft.parent.as_deref() else { continue };
        let Some(parent) = by_code.get(parent_code) else {
            report(draft, Fault::UnknownParent(parent_code.to_owned()));
            continue;
        };
        if let Some(circle) = circle_from(draft, &by_code) {
            report(draft, Fault::Cycle(circle));
        } else if let (Some(level), Some(parent_level)) = (draft.level, parent.level)
            && level <= parent_level
        {
            let parent = parent_code.to_owned();
            report(draft, Fault::LevelOutOfOrder { level, parent, parent_level });
        }
    }
}

/// The codes from `draft` up to where it meets itself again; none where the way up ends, or where `draft`
/// only hangs below a circle, which the circle's own members report.
fn circle_from(draft: &Draft, by_code: &HashMap<&str, &Draft>) -> Option<Vec<String>> {
    let own = draft.code.as_deref()?;
    let mut circle = vec![own.to_owned()];
    let mut seen = HashSet::from([own]);
    let mut next = draft.parent.as_deref();
    while let Some(code) = next {
        circle.push(code.to_owned());
        if code == own {
            return Some(circle);
        }
        if !seen.insert(code) {
            return None;
        }
        next = by_code.get(code).and_then(|above| above.parent.as_deref());
    }
    None
}
