//! Reads grids from files and says everything that is wrong with a file at once.

mod csv;
mod geojson;
pub(crate) mod text;
mod wkt;

use std::path::Path;

use crate::{
    area::{self, Rings},
    checks::{self, Node},
    coordinates::CoordinateSystem,
    error::{GridError, GridProblem, Place},
    fault::{Allowed, Fault, Property},
    grid::{Grid, GridRow},
    level::GridLevel,
    tree::GridTree,
};

/// The largest file that is read: ten times what 10,000 grids need.
const BYTES_MAX: usize = 32 << 20;
/// How many grids a file may have.
const GRIDS_MAX: usize = 100_000;

// === impl GridTree ===

impl GridTree {
    /// Reads a GeoJSON file in WGS-84.
    ///
    /// # Errors
    /// The file cannot be read, or what [`GridTree::from_geojson`] says.
    pub fn load(path: &Path) -> Result<Self, GridError> {
        let unreadable = |source| GridError::NotReadable { path: path.to_owned(), source };
        let bytes = std::fs::read(path).map_err(unreadable)?;
        Self::parse(&bytes)
    }

    /// Reads GeoJSON in WGS-84, as [`GridTree::from_geojson`] does.
    ///
    /// # Errors
    /// Those of [`GridTree::from_geojson`].
    pub fn parse(geojson: &[u8]) -> Result<Self, GridError> {
        Self::from_geojson(geojson, CoordinateSystem::Wgs84)
    }

    /// Reads GeoJSON: a FeatureCollection whose features have the properties `code`, `name`, `level` (a rank's name),
    /// `parent` (a code or null) and, if known, `households` and `people`, and a Polygon or MultiPolygon in the named
    /// system, longitude first.
    ///
    /// # Errors
    /// The file is too large or has too many grids, is not JSON, not a FeatureCollection, or every problem of every feature.
    pub fn from_geojson(bytes: &[u8], system: CoordinateSystem) -> Result<Self, GridError> {
        check_size(bytes)?;
        finish(geojson::read(bytes, system)?)
    }

    /// Reads a table as CSV, in UTF-8 with or without a byte order mark or in GBK. The first row names the columns, in any
    /// order: `code`, `name`, `level`, `parent`, `households`, `people`, `area`, or in Chinese 编码, 名称, 级别, 上级, 户数,
    /// 人数, 边界; households and people may be absent, and other columns are not looked at. The area is a WKT POLYGON or
    /// MULTIPOLYGON, or one ring as `lon lat;lon lat`, in the named system.
    ///
    /// # Errors
    /// The file is too large or has too many grids, is not text, columns are absent or come twice, or every problem of every row.
    pub fn from_csv(bytes: &[u8], system: CoordinateSystem) -> Result<Self, GridError> {
        check_size(bytes)?;
        finish(csv::read(bytes, system)?)
    }
}

fn check_size(bytes: &[u8]) -> Result<(), GridError> {
    let too_large = GridError::TooLarge { bytes: bytes.len(), bytes_max: BYTES_MAX };
    if bytes.len() > BYTES_MAX { Err(too_large) } else { Ok(()) }
}

fn finish(drafts: Vec<Draft>) -> Result<GridTree, GridError> {
    let nodes: Vec<Node<'_>> = drafts.iter().map(Draft::node).collect();
    let mut problems = checks::tree_problems(&nodes);
    let own = |draft: &Draft| {
        let (place, code) = (draft.place, &draft.code);
        let problem = move |fault: &Fault| GridProblem { place, grid: code.clone(), fault: fault.clone() };
        draft.faults.iter().map(problem).collect::<Vec<_>>()
    };
    problems.splice(0..0, drafts.iter().flat_map(own));
    GridError::from_problems(problems)?;
    Ok(GridTree::from_checked(drafts.into_iter().filter_map(Draft::into_grid).collect()))
}

/// A grid as far as it could be read; complete where no fault was found.
struct Draft {
    place: Place,
    code: Option<String>,
    name: Option<String>,
    level: Option<GridLevel>,
    parent: Option<String>,
    households: Option<u32>,
    people: Option<u32>,
    area: Option<geo::MultiPolygon<f64>>,
    faults: Vec<Fault>,
}

/// What a file says of one property.
enum Cell {
    Absent,
    Text(String),
    /// A number where one is natural; of other kinds an excerpt.
    Number(u64),
    Other(String),
}

// === impl Draft ===

impl Draft {
    /// Reads one grid out of its cells and rings.
    fn read(
        place: Place,
        cell: impl Fn(Property) -> Cell,
        rings: Result<Rings, Fault>,
        system: CoordinateSystem,
    ) -> Self {
        let mut faults = Vec::new();
        let code = needed(Property::Code, cell(Property::Code), &mut faults);
        let name = needed(Property::Name, cell(Property::Name), &mut faults);
        let level = level(cell(Property::Level), &mut faults);
        let parent = parent(cell(Property::Parent), &mut faults);
        let households = count(Property::Households, cell(Property::Households), &mut faults);
        let people = count(Property::People, cell(Property::People), &mut faults);
        let area = rings.map_err(|fault| vec![fault]).and_then(|rings| area::build(rings, system));
        let area = area.map_err(|found| faults.extend(found)).ok();
        Self { place, code, name, level, parent, households, people, area, faults }
    }

    fn node(&self) -> Node<'_> {
        Node {
            place: self.place,
            code: self.code.as_deref(),
            level: self.level,
            parent: self.parent.as_deref(),
        }
    }

    fn into_grid(self) -> Option<Grid> {
        let Self { code, name, level, parent, households, people, area, .. } = self;
        let row = GridRow {
            code: code?,
            name: name?,
            level: level?,
            parent,
            households,
            people,
            area: String::new(),
        };
        Grid::new(row, area?)
    }
}

fn needed(property: Property, cell: Cell, faults: &mut Vec<Fault>) -> Option<String> {
    let found = match cell {
        Cell::Text(text) => return text::checked(property, &text).map_err(|fault| faults.push(fault)).ok(),
        Cell::Absent => None,
        Cell::Number(number) => Some(number.to_string()),
        Cell::Other(found) => Some(found),
    };
    faults.push(Fault::Property { property, found, allowed: Allowed::Text });
    None
}

fn level(cell: Cell, faults: &mut Vec<Fault>) -> Option<GridLevel> {
    let found = needed(Property::Level, cell, faults)?;
    let level = GridLevel::from_word(&found);
    if level.is_none() {
        faults.push(Fault::UnknownLevel { found });
    }
    level
}

fn parent(cell: Cell, faults: &mut Vec<Fault>) -> Option<String> {
    let found = match cell {
        Cell::Absent => return None,
        Cell::Text(code) => {
            return text::checked(Property::Parent, &code).map_err(|fault| faults.push(fault)).ok();
        }
        Cell::Number(number) => number.to_string(),
        Cell::Other(found) => found,
    };
    let (property, allowed) = (Property::Parent, Allowed::CodeOrNothing);
    faults.push(Fault::Property { property, found: Some(found), allowed });
    None
}

fn count(property: Property, cell: Cell, faults: &mut Vec<Fault>) -> Option<u32> {
    let (found, count) = match cell {
        Cell::Absent => return None,
        Cell::Number(number) => (number.to_string(), u32::try_from(number).ok()),
        Cell::Text(text) => (crate::fault::excerpt(&text), text.trim().parse().ok()),
        Cell::Other(found) => (found, None),
    };
    if count.is_none() {
        faults.push(Fault::Property { property, found: Some(found), allowed: Allowed::CountOrNothing });
    }
    count
}
