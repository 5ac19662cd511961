//! Whether an area is simple: no border crosses or touches itself, holes lie inside, and parts lie beside each other.

use geo::{
    BoundingRect, Coord, Intersects, Line, LineString, MultiPolygon, Polygon, PreparedGeometry, Relate,
    coordinate_position::CoordPos,
    dimensions::Dimensions,
    line_intersection::{LineIntersection, line_intersection},
};
use rstar::{AABB, RTree, RTreeObject};

use super::RING_POSITIONS_MIN;
use crate::fault::Fault;

/// How many pairs of sides may be compared before an area counts as too intricate. Of a grid's border each side meets
/// a handful of others' bounds; this is enough for borders of the longest kind, and takes about a tenth of a second.
const PAIRS_MAX: usize = 3_000_000;

/// One side of a ring.
struct Side {
    ring: usize,
    /// Its place in the ring, and how many there are.
    place: usize,
    of: usize,
    line: Line<f64>,
}

/// # Errors
/// The first thing that makes the area not simple.
pub(super) fn check(area: &MultiPolygon<f64>) -> Result<(), Fault> {
    let rings: Vec<&LineString<f64>> =
        area.iter().flat_map(|part| std::iter::once(part.exterior()).chain(part.interiors())).collect();
    if let Some(short) = rings.iter().find(|ring| ring.0.len() < RING_POSITIONS_MIN) {
        return Err(Fault::RingTooShort { positions: short.0.len() });
    }
    check_sides(&rings)?;
    check_parts(area)
}

fn check_sides(rings: &[&LineString<f64>]) -> Result<(), Fault> {
    let sides = rings.iter().enumerate().flat_map(|(ring, corners)| {
        let of = corners.0.len() - 1;
        corners.lines().enumerate().map(move |(place, line)| Side { ring, place, of, line })
    });
    let sides: Vec<Side> = sides.collect();
    let positions = sides.len();
    let index = RTree::bulk_load(sides);
    let mut pairs = 0;
    for side in index.iter() {
        for other in index.locate_in_envelope_intersecting(&side.envelope()) {
            pairs += 1;
            if pairs > PAIRS_MAX {
                return Err(Fault::TooIntricate { positions, rings: rings.len() });
            }
            // Each pair once.
            if (side.ring, side.place) < (other.ring, other.place)
                && let Some(at) = side.clash(other)
            {
                return Err(Fault::Crossing { lon: at.x, lat: at.y });
            }
        }
    }
    Ok(())
}

/// Sides may still meet in points where rings swap sides, and a hole may lie outside.
fn check_parts(area: &MultiPolygon<f64>) -> Result<(), Fault> {
    let first = |ring: &LineString<f64>| ring.0.first().copied().unwrap_or_default();
    let crossing = |at: Coord<f64>| Fault::Crossing { lon: at.x, lat: at.y };
    for part in area {
        let outer = Polygon::new(part.exterior().clone(), Vec::new());
        let outer = PreparedGeometry::from(&outer);
        let holes: Vec<Polygon<f64>> =
            part.interiors().iter().map(|ring| Polygon::new(ring.clone(), Vec::new())).collect();
        for (index, hole) in holes.iter().enumerate() {
            if !outer.relate(hole).is_contains() {
                let at = first(hole.exterior());
                return Err(Fault::HoleOutside { lon: at.x, lat: at.y });
            }
            if holes[..index].iter().any(|before| share_ground(before, hole)) {
                return Err(crossing(first(hole.exterior())));
            }
        }
    }
    for (index, part) in area.iter().enumerate() {
        if area.0[..index].iter().any(|before| share_ground(before, part)) {
            return Err(crossing(first(part.exterior())));
        }
    }
    Ok(())
}

fn share_ground(one: &Polygon<f64>, other: &Polygon<f64>) -> bool {
    let apart = match (one.bounding_rect(), other.bounding_rect()) {
        (Some(a), Some(b)) => !a.intersects(&b),
        _ => true,
    };
    !apart && one.relate(other).get(CoordPos::Inside, CoordPos::Inside) == Dimensions::TwoDimensional
}

// === impl Side ===

impl Side {
    /// Where the two sides meet although they may not: neighbours in a ring share their corner, other sides of the ring
    /// nothing, and sides of different rings at most a point that is an end of one of them.
    fn clash(&self, other: &Self) -> Option<Coord<f64>> {
        match line_intersection(self.line, other.line)? {
            LineIntersection::Collinear { intersection } => Some(intersection.start),
            LineIntersection::SinglePoint { intersection, is_proper } => {
                let allowed = if self.ring == other.ring { self.follows(other) } else { !is_proper };
                (!allowed).then_some(intersection)
            }
        }
    }

    fn follows(&self, other: &Self) -> bool {
        let apart = self.place.abs_diff(other.place);
        self.ring == other.ring && (apart == 1 || apart == self.of - 1)
    }
}

impl RTreeObject for Side {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.line.start.into(), self.line.end.into())
    }
}
