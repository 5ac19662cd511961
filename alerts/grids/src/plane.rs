//! Metres instead of degrees, for one neighbourhood.
//!
//! The projection is the equirectangular one (Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395,
//! 1987, chapter 12) with its two scales taken from the WGS-84 ellipsoid at the middle: the radii of curvature along the
//! meridian and across it (equations 4-18 and 4-20 there). 5 km from the middle an area is right to about 1 in 1,000, 50 km
//! from it to about 1 in 100.

use geo::{
    Area, Coord, Distance, Euclidean, Length, Line, LinesIter, MapCoords, MultiPolygon, Point, Polygon, Rect,
};

/// The earth's half axis at the equator, in metres (WGS-84).
const EQUATOR_M: f64 = 6_378_137.0;
/// The square of the earth's eccentricity (WGS-84).
const ECCENTRICITY_2: f64 = 6.694_379_990_141_3e-3;

/// How closely a border is felt for another one beside it.
const STEP_M: f64 = 5.0;
/// And how often at most, so that the border of a province costs no more than that of a street.
const STEPS_MAX: f64 = 2_000.0;

/// A plane in metres that touches the globe at one point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane {
    middle: Coord<f64>,
    /// Metres of one degree of longitude and of latitude.
    scale: Coord<f64>,
}

// === impl Plane ===

impl Plane {
    /// The plane for the middle of the bounds (WGS-84 degrees).
    pub(crate) fn around(bounds: Rect<f64>) -> Self {
        let middle = bounds.center();
        let (sin, cos) = middle.y.to_radians().sin_cos();
        let flat = 1.0 - ECCENTRICITY_2 * sin * sin;
        let along_m = EQUATOR_M * (1.0 - ECCENTRICITY_2) / flat.powf(1.5);
        let across_m = EQUATOR_M / flat.sqrt();
        Self { middle, scale: Coord { x: (across_m * cos).to_radians(), y: along_m.to_radians() } }
    }

    /// Degrees to metres.
    pub(crate) fn project(&self, area: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        area.map_coords(|at| Coord {
            x: (at.x - self.middle.x) * self.scale.x,
            y: (at.y - self.middle.y) * self.scale.y,
        })
    }

    /// Metres east and north of the middle to degrees.
    pub(crate) fn unproject(&self, east_m: f64, north_m: f64) -> Coord<f64> {
        self.middle + Coord { x: east_m / self.scale.x, y: north_m / self.scale.y }
    }

    /// So many metres in degrees of longitude and of latitude.
    pub(crate) fn degrees(&self, metres: f64) -> [f64; 2] {
        [metres / self.scale.x, metres / self.scale.y]
    }
}

/// For how many metres the border of `one` runs within `gap_m` of the border of `other`; both in metres.
pub(crate) fn shared_border_m(one: &MultiPolygon<f64>, other: &MultiPolygon<f64>, gap_m: f64) -> f64 {
    let lines: Vec<Line<f64>> = other.lines_iter().collect();
    let whole_m: f64 = one.lines_iter().map(|line| Euclidean.length(&line)).sum();
    let step_m = STEP_M.max(whole_m / STEPS_MAX);
    let mut shared_m = 0.0;
    for line in one.lines_iter() {
        let length_m = Euclidean.length(&line);
        let steps = (length_m / step_m).ceil().max(1.0);
        for step in 0..steps as u32 {
            let at = Point(line.start + line.delta() * ((f64::from(step) + 0.5) / steps));
            if lines.iter().any(|border| Euclidean.distance(&at, border) <= gap_m) {
                shared_m += length_m / steps;
            }
        }
    }
    shared_m
}

/// The mean width in metres of an area in metres: half of what a long strip's area and border say.
pub(crate) fn mean_width_m(part: &Polygon<f64>) -> f64 {
    let border_m: f64 = part.lines_iter().map(|line| Euclidean.length(&line)).sum();
    if border_m > 0.0 { 2.0 * part.unsigned_area() / border_m } else { 0.0 }
}
