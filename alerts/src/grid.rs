//! The grid tree: street, community grids, base grids, micro grids, each with its polygon on the map.
//!
//! Read once from GeoJSON and never changed; [`load`] says everything that is wrong with a file at once.

mod load;

use std::{collections::HashMap, fmt};

use geo::{BoundingRect, Intersects, MultiPolygon, Point, Rect};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use load::{Fault, GridError, GridProblem};

/// The rank of a grid, from the whole street down to a few buildings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GridLevel {
    /// 街道: the street.
    Street,
    /// 社区网格: a community grid.
    Community,
    /// 基础网格: a base grid.
    Base,
    /// 微网格: a micro grid.
    Micro,
}

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

/// One node of the tree.
#[derive(Clone, Debug)]
pub struct Grid {
    code: String,
    name: String,
    level: GridLevel,
    parent: Option<String>,
    area: MultiPolygon<f64>,
    /// Spares the polygon test for the many grids that are far away.
    bounds: Rect<f64>,
}

/// All grids of one place. Every parent exists and is of a higher rank than its children; the empty tree is
/// allowed.
#[derive(Clone, Debug, Default)]
pub struct GridTree {
    grids: Vec<Grid>,
    by_code: HashMap<String, usize>,
}

// === impl GridLevel ===

impl GridLevel {
    /// All ranks, highest first.
    pub const ALL: [Self; 4] = [Self::Street, Self::Community, Self::Base, Self::Micro];

    /// The name in files and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Street => "street",
            Self::Community => "community",
            Self::Base => "base",
            Self::Micro => "micro",
        }
    }
}

impl fmt::Display for GridLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl GridRef ===

impl From<&Grid> for GridRef {
    fn from(grid: &Grid) -> Self {
        Self { code: grid.code.clone(), name: grid.name.clone(), level: grid.level }
    }
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

    /// Whether the point (WGS-84 degrees) lies in the grid or on its border.
    pub fn holds(&self, lon: f64, lat: f64) -> bool {
        let point = Point::new(lon, lat);
        self.bounds.intersects(&point) && self.area.intersects(&point)
    }
}

// === impl GridTree ===

impl GridTree {
    /// The grids, in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Grid> {
        self.grids.iter()
    }

    /// The grid with this code.
    pub fn by_code(&self, code: &str) -> Option<&Grid> {
        self.by_code.get(code).map(|&index| &self.grids[index])
    }

    /// The deepest grid that holds the point (WGS-84 degrees). On a shared border the lowest code wins, so
    /// that the same point always has the same answer.
    pub fn deepest_at(&self, lon: f64, lat: f64) -> Option<&Grid> {
        let holding = self.grids.iter().filter(|grid| grid.holds(lon, lat));
        holding.min_by(|a, b| b.level.cmp(&a.level).then_with(|| a.code.cmp(&b.code)))
    }

    /// The way from the top of the tree down to the grid with this code, which comes last; empty where the
    /// code is unknown.
    pub fn path(&self, code: &str) -> Vec<&Grid> {
        let mut path: Vec<&Grid> =
            std::iter::successors(self.by_code(code), |grid| self.by_code(grid.parent()?)).collect();
        path.reverse();
        path
    }

    /// The tree as a GeoJSON FeatureCollection with the properties `code`, `name`, `level` and `parent`.
    pub fn to_geojson(&self) -> serde_json::Value {
        let features: Vec<_> = self.grids.iter().map(Grid::to_feature).collect();
        serde_json::json!({ "type": "FeatureCollection", "features": features })
    }

    fn from_grids(grids: Vec<Grid>) -> Self {
        let by_code = grids.iter().enumerate().map(|(index, grid)| (grid.code.clone(), index)).collect();
        Self { grids, by_code }
    }
}

impl Grid {
    /// None where the area has no extent, hence no bounds.
    fn new(
        code: String,
        name: String,
        level: GridLevel,
        parent: Option<String>,
        area: MultiPolygon,
    ) -> Option<Self> {
        let bounds = area.bounding_rect()?;
        Some(Self { code, name, level, parent, area, bounds })
    }

    fn to_feature(&self) -> serde_json::Value {
        let geometry = match self.area.0.as_slice() {
            [polygon] => geojson::GeometryValue::from(polygon),
            _ => geojson::GeometryValue::from(&self.area),
        };
        serde_json::json!({
            "type": "Feature",
            "properties": {
                "code": self.code, "name": self.name, "level": self.level, "parent": self.parent,
            },
            "geometry": geojson::Geometry::new(geometry),
        })
    }
}
