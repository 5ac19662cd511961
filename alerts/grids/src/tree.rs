//! The tree: which grid answers for a point, and which are beside it.

use std::collections::HashMap;

use geo::Centroid;
use rstar::{
    AABB, RTree,
    primitives::{GeomWithData, Rectangle},
};

use crate::{
    checks,
    error::{GridError, Place},
    grid::Grid,
    plane::{Plane, shared_border_m},
};

/// Two grids are neighbours where their borders run together for at least this long; a common corner is not a border.
const BORDER_M_MIN: f64 = 5.0;

/// How far from one another two borders count as one: as much as two hands differ that drew the same border.
const BORDER_GAP_M: f64 = 2.0;

/// All grids of one place. Every parent exists and is of a higher rank than its children; the empty tree is
/// allowed.
#[derive(Clone, Debug, Default)]
pub struct GridTree {
    grids: Vec<Grid>,
    by_code: HashMap<String, usize>,
    /// The grids' bounds with their places in `grids`.
    index: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
}

// === impl GridTree ===

impl GridTree {
    /// Puts grids together.
    ///
    /// # Errors
    /// A code comes twice, a parent is absent or not of a higher rank, with the grid's place in the list.
    pub fn new(grids: Vec<Grid>) -> Result<Self, GridError> {
        checks::check_tree(grids.iter().enumerate().map(|(index, grid)| checks::Node {
            place: Place::Feature(index),
            code: Some(grid.code()),
            level: Some(grid.level()),
            parent: grid.parent(),
        }))?;
        Ok(Self::from_checked(grids))
    }

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
        let near = self.index.locate_all_at_point(&[lon, lat]).map(|entry| &self.grids[entry.data]);
        let holding = near.filter(|grid| grid.holds(lon, lat));
        holding.min_by(|a, b| b.level().cmp(&a.level()).then_with(|| a.code().cmp(b.code())))
    }

    /// The way from the top of the tree down to the grid with this code, which comes last; empty where the
    /// code is unknown.
    pub fn path(&self, code: &str) -> Vec<&Grid> {
        let mut path: Vec<&Grid> =
            std::iter::successors(self.by_code(code), |grid| self.by_code(grid.parent()?)).collect();
        path.reverse();
        path
    }

    /// The grids right below the one with this code, in the order of the file.
    pub fn children(&self, code: &str) -> impl Iterator<Item = &Grid> {
        self.grids.iter().filter(move |grid| grid.parent() == Some(code))
    }

    /// The grids of the same rank that share a border with the one with this code, also under another parent; the
    /// nearest, by the centres of the areas, first. Empty where the code is unknown.
    pub fn neighbours(&self, code: &str) -> Vec<&Grid> {
        let Some(grid) = self.by_code(code) else { return Vec::new() };
        let plane = Plane::around(grid.bounds());
        let own = plane.project(grid.area());
        let mut found: Vec<(u64, &Grid)> = self
            .touching(grid, &plane)
            .filter(|other| other.level() == grid.level() && other.code() != code)
            .filter_map(|other| {
                let area = plane.project(other.area());
                let together = shared_border_m(&own, &area, BORDER_GAP_M) >= BORDER_M_MIN;
                let (from, to) = (own.centroid()?, area.centroid()?);
                // In whole metres: of two that are equally far, the lower code comes first.
                let far_m = (from.x() - to.x()).hypot(from.y() - to.y()).round() as u64;
                together.then_some((far_m, other))
            })
            .collect();
        found.sort_by(|(near, a), (far, b)| near.cmp(far).then_with(|| a.code().cmp(b.code())));
        found.into_iter().map(|(_, other)| other).collect()
    }

    /// The tree as a GeoJSON FeatureCollection with the properties `code`, `name`, `level`, `parent`, `households` and
    /// `people`.
    pub fn to_geojson(&self) -> serde_json::Value {
        let features: Vec<_> = self.grids.iter().map(Grid::to_feature).collect();
        serde_json::json!({ "type": "FeatureCollection", "features": features })
    }

    /// From grids that fit together.
    pub(crate) fn from_checked(grids: Vec<Grid>) -> Self {
        let by_code = grids.iter().enumerate().map(|(index, grid)| (grid.code().to_owned(), index)).collect();
        let entry = |(index, grid): (usize, &Grid)| {
            let (low, high) = (grid.bounds().min(), grid.bounds().max());
            GeomWithData::new(Rectangle::from_corners([low.x, low.y], [high.x, high.y]), index)
        };
        let index = RTree::bulk_load(grids.iter().enumerate().map(entry).collect());
        Self { grids, by_code, index }
    }

    /// The grids whose bounds come near the bounds of this one, which is among them.
    fn touching(&self, grid: &Grid, plane: &Plane) -> impl Iterator<Item = &Grid> {
        let (low, high) = (grid.bounds().min(), grid.bounds().max());
        let [lon, lat] = plane.degrees(BORDER_GAP_M);
        let reach = AABB::from_corners([low.x - lon, low.y - lat], [high.x + lon, high.y + lat]);
        self.index.locate_in_envelope_intersecting(&reach).map(|entry| &self.grids[entry.data])
    }
}
