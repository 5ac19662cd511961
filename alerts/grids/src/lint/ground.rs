//! Who shares ground with whom: gaps and overlaps between siblings, and children that stick out of their parent.
//!
//! First all siblings are laid together at once. Where that shows neither overlap nor gap, as it does in a clean map,
//! no pair needs to be looked at.

use std::collections::HashMap;

use geo::{
    Area, BooleanOps, BoundingRect, CoordsIter, Line, LinesIter, MultiPoint, MultiPolygon, Rect, unary_union,
};
use rstar::{
    AABB, RTree, RTreeObject,
    primitives::{GeomWithData, Rectangle},
};

use super::{Finding, Lints};
use crate::{
    grid::Grid,
    level::GridLevel,
    plane::{Plane, mean_width_m},
    tree::GridTree,
};

/// A piece of less than this is no finding.
const PIECE_M2_MIN: f64 = 10.0;
/// Nor is a strip that is less wide than this on average.
const STRIP_M_MIN: f64 = 0.5;

/// Sides of one family that lie across each other's bounds: so many for each side, and some more. A clean map has ten for
/// each; where there are many more, laying the areas together would take for ever.
const MEETINGS_PER_SIDE_MAX: usize = 50;
const MEETINGS_MAX: usize = 100_000;

/// How many corners are laid upon each other when areas are compared two by two: a few seconds of work.
const CORNERS_MAX: usize = 20_000_000;

/// A grid with its area in metres.
type Laid<'a> = (&'a Grid, MultiPolygon<f64>);

/// Siblings with their parent.
struct Family<'a> {
    parent: Option<Laid<'a>>,
    children: Vec<Laid<'a>>,
}

/// How many corners may still be laid upon each other.
struct Effort(usize);

// === impl Lints ===

impl Lints {
    /// Compares the areas of every parent's children, and of the grids at the top.
    pub(super) fn ground(&mut self, tree: &GridTree, children: &HashMap<Option<&str>, Vec<&Grid>>) {
        let Some(plane) = whole(tree).map(Plane::around) else { return };
        let mut effort = Effort(CORNERS_MAX);
        let parents = std::iter::once(None).chain(tree.iter().map(Some));
        for parent in parents {
            let Some(below) = children.get(&parent.map(Grid::code)) else { continue };
            let laid = |grid| (grid, plane.project(Grid::area(grid)));
            let children = below.iter().copied().map(laid).collect();
            let family = Family { parent: parent.map(laid), children };
            if family.is_entangled() {
                // At the top there is no parent to name.
                self.add(parent.unwrap_or(below[0]), Finding::Entangled);
            } else {
                family.compare(self, &mut effort);
            }
        }
    }
}

/// The bounds of all grids.
fn whole(tree: &GridTree) -> Option<Rect<f64>> {
    let corners = tree.iter().flat_map(|grid| [grid.bounds().min(), grid.bounds().max()]);
    MultiPoint::from_iter(corners).bounding_rect()
}

// === impl Family ===

impl Family<'_> {
    fn is_entangled(&self) -> bool {
        let areas = self.children.iter().chain(&self.parent).map(|(_, area)| area);
        let sides: Vec<_> = areas.flat_map(LinesIter::lines_iter).map(Side).collect();
        let mut left = MEETINGS_MAX + MEETINGS_PER_SIDE_MAX * sides.len();
        let index = RTree::bulk_load(sides);
        for side in index.iter() {
            let met = index.locate_in_envelope_intersecting(&side.envelope()).take(left + 1).count();
            match left.checked_sub(met) {
                Some(rest) => left = rest,
                None => return true,
            }
        }
        false
    }

    fn compare(&self, lints: &mut Lints, effort: &mut Effort) {
        let union = unary_union(self.children.iter().map(|(_, area)| area));
        if let Some((parent, ground)) = &self.parent {
            let is_built = self.children.iter().any(|(child, _)| child.level() == GridLevel::Building);
            let gap_m2 = worth_m2(&ground.difference(&union));
            if gap_m2 > 0.0 && !is_built {
                lints.add(parent, Finding::Gap { area_m2: gap_m2 });
            }
            let beyond = union.difference(ground);
            if worth_m2(&beyond) > 0.0 {
                self.outside(parent, &beyond, lints, effort);
            }
        }
        let sum_m2: f64 = self.children.iter().map(|(_, area)| area.unsigned_area()).sum();
        if sum_m2 - union.unsigned_area() >= PIECE_M2_MIN {
            self.overlaps(lints, effort);
        }
    }

    /// Finds the children that have a part of what lies beyond their parent.
    fn outside(&self, parent: &Grid, beyond: &MultiPolygon<f64>, lints: &mut Lints, effort: &mut Effort) {
        let index = index_of(beyond.iter());
        for (child, area) in &self.children {
            let Some(bounds) = area.bounding_rect() else { continue };
            let mut area_m2 = 0.0;
            for piece in index.locate_in_envelope_intersecting(&envelope(bounds)) {
                let piece = &beyond.0[piece.data];
                if !effort.allows(area, piece) {
                    lints.cut_short = true;
                    return;
                }
                area_m2 += worth_m2(&area.intersection(piece));
            }
            if area_m2 > 0.0 {
                lints.add(child, Finding::OutsideParent { parent: parent.code().to_owned(), area_m2 });
            }
        }
    }

    fn overlaps(&self, lints: &mut Lints, effort: &mut Effort) {
        let index = index_of(self.children.iter().map(|(_, area)| area));
        for (place, (child, area)) in self.children.iter().enumerate() {
            let Some(bounds) = area.bounding_rect() else { continue };
            // Each pair once.
            let near =
                index.locate_in_envelope_intersecting(&envelope(bounds)).filter(|near| near.data > place);
            for near in near {
                let (other, other_area) = &self.children[near.data];
                if lints.cut_short || !effort.allows(area, other_area) {
                    lints.cut_short = true;
                    return;
                }
                let area_m2 = worth_m2(&area.intersection(other_area));
                if area_m2 > 0.0 {
                    lints.add(child, Finding::Overlap { other: other.code().to_owned(), area_m2 });
                }
            }
        }
    }
}

// === impl Effort ===

impl Effort {
    fn allows(&mut self, one: &impl CoordsIter, other: &impl CoordsIter) -> bool {
        match self.0.checked_sub(one.coords_count() + other.coords_count()) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }
}

/// A side of a border, by its bounds.
struct Side(Line<f64>);

impl RTreeObject for Side {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.0.start.into(), self.0.end.into())
    }
}

/// The bounds of areas with their places in the list.
fn index_of<'a, A>(areas: impl Iterator<Item = &'a A>) -> RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>
where
    A: BoundingRect<f64, Output = Option<Rect<f64>>> + 'a,
{
    let entry = |(place, area): (usize, &A)| {
        let bounds = area.bounding_rect()?;
        Some(GeomWithData::new(Rectangle::from_aabb(envelope(bounds)), place))
    };
    RTree::bulk_load(areas.enumerate().filter_map(entry).collect())
}

fn envelope(bounds: Rect<f64>) -> AABB<[f64; 2]> {
    AABB::from_corners(bounds.min().into(), bounds.max().into())
}

/// How many m² of the area are in pieces worth a word.
fn worth_m2(area: &MultiPolygon<f64>) -> f64 {
    let pieces = area.iter().map(|piece| (piece, piece.unsigned_area()));
    let worth = pieces.filter(|(piece, m2)| *m2 >= PIECE_M2_MIN && mean_width_m(piece) >= STRIP_M_MIN);
    worth.map(|(_, m2)| m2).sum()
}
