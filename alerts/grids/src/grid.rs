//! One grid, and how it is named, stored and drawn.

use geo::{BoundingRect, Intersects, MultiPolygon, Point, Rect};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    area::{self, GeoJsonArea},
    coordinates::CoordinateSystem,
    fault::{Fault, Property},
    import::text,
    level::GridLevel,
};

/// A grid's name and rank, as an alert and a camera carry them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct GridRef {
    /// The grid's code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its rank.
    pub level: GridLevel,
}

/// One node of the tree. Its area is simple, in WGS-84 degrees of nine decimals (a tenth of a millimetre), so that
/// text keeps it exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "GridRow", into = "GridRow")]
pub struct Grid {
    code: String,
    name: String,
    level: GridLevel,
    parent: Option<String>,
    households: Option<u32>,
    people: Option<u32>,
    area: MultiPolygon<f64>,
    /// Spares the polygon test for the many grids that are far away.
    bounds: Rect<f64>,
}

/// A grid as the columns of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GridRow {
    /// The code.
    pub code: String,
    /// The name people use.
    pub name: String,
    /// The rank.
    pub level: GridLevel,
    /// The code of the grid above; none at the top.
    #[schema(required)]
    pub parent: Option<String>,
    /// How many households live in it, if known.
    #[serde(default)]
    #[schema(required)]
    pub households: Option<u32>,
    /// How many people live in it, if known.
    #[serde(default)]
    #[schema(required)]
    pub people: Option<u32>,
    /// The area: a GeoJSON Polygon or MultiPolygon in WGS-84, as text.
    pub area: String,
}

// === impl Grid ===

impl Grid {
    /// The code, unique in the tree.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The name people use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rank.
    pub fn level(&self) -> GridLevel {
        self.level
    }

    /// The code of the grid above, if there is one.
    pub fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// How many households live in it, if known.
    pub fn households(&self) -> Option<u32> {
        self.households
    }

    /// How many people live in it, if known.
    pub fn people(&self) -> Option<u32> {
        self.people
    }

    /// The area in WGS-84 degrees, longitude first.
    pub fn area(&self) -> &MultiPolygon<f64> {
        &self.area
    }

    /// The smallest rectangle around the area.
    pub(crate) fn bounds(&self) -> Rect<f64> {
        self.bounds
    }

    /// Whether the point (WGS-84 degrees) lies in the grid or on its border.
    pub fn holds(&self, lon: f64, lat: f64) -> bool {
        let point = Point::new(lon, lat);
        self.bounds.intersects(&point) && self.area.intersects(&point)
    }

    /// The grid as a GeoJSON Feature.
    pub(crate) fn to_feature(&self) -> serde_json::Value {
        serde_json::json!({
            "type": "Feature",
            "properties": {
                "code": self.code, "name": self.name, "level": self.level, "parent": self.parent,
                "households": self.households, "people": self.people,
            },
            "geometry": GeoJsonArea::from(&self.area),
        })
    }

    /// From columns whose texts and area were checked. None where the area has no extent, hence no bounds.
    pub(crate) fn new(row: GridRow, area: MultiPolygon<f64>) -> Option<Self> {
        let GridRow { code, name, level, parent, households, people, area: _ } = row;
        let bounds = area.bounding_rect()?;
        Some(Self { code, name, level, parent, households, people, area, bounds })
    }
}

impl From<&Grid> for GridRef {
    fn from(grid: &Grid) -> Self {
        Self { code: grid.code.clone(), name: grid.name.clone(), level: grid.level }
    }
}

// === impl GridRow ===

impl From<&Grid> for GridRow {
    fn from(grid: &Grid) -> Self {
        Self {
            code: grid.code.clone(),
            name: grid.name.clone(),
            level: grid.level,
            parent: grid.parent.clone(),
            households: grid.households,
            people: grid.people,
            area: GeoJsonArea::from(&grid.area).to_string(),
        }
    }
}

impl From<Grid> for GridRow {
    fn from(grid: Grid) -> Self {
        Self::from(&grid)
    }
}

/// The first thing that is wrong with the row, if any.
impl TryFrom<GridRow> for Grid {
    type Error = Fault;

    fn try_from(mut row: GridRow) -> Result<Self, Fault> {
        row.code = text::checked(Property::Code, &row.code)?;
        row.name = text::checked(Property::Name, &row.name)?;
        row.parent = row.parent.map(|parent| text::checked(Property::Parent, &parent)).transpose()?;
        let first = |faults: Vec<Fault>| faults.into_iter().next().unwrap_or(Fault::no_area());
        let polygons = GeoJsonArea::from_text(&row.area)?.into_rings();
        let area = area::build(polygons, CoordinateSystem::Wgs84).map_err(first)?;
        Self::new(row, area).ok_or_else(Fault::no_area)
    }
}
