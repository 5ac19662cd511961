//! Divides blocks by slightly bent lanes, as streets grow.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_3, PI, TAU};

use geo::{
    Area, BoundingRect, Centroid, Coord, Euclidean, Length, LinesIter, MultiPolygon, Point, Polygon, Rotate,
};
use rand::{Rng, rngs::StdRng};

use super::plan::{Cut, Plan, Ring, Road};

/// How many lanes are tried for one cut.
const TRIES: usize = 36;
/// How far the two parts may differ from equal shares.
const SHARE: std::ops::Range<f64> = 0.86..1.14;

/// Divides a ring into so many parts, listed roughly from the north-west to the south-east. `lane` names each cut.
/// None where no lane divides a part.
pub(super) fn divide(
    plan: &mut Plan,
    ring: &[usize],
    parts: usize,
    rng: &mut StdRng,
    lane: &mut impl FnMut(f64) -> Option<Road>,
) -> Option<Vec<Ring>> {
    if parts < 2 {
        return Some(vec![ring.to_vec()]);
    }
    let ring = plan.full(ring);
    let few = parts / 2;
    let share = few as f64 / parts as f64 * rng.random_range(SHARE);
    let (angle, cut) = best_cut(plan, &ring, share, rng)?;
    let few_first = cut.halves[0].unsigned_area() < cut.halves[1].unsigned_area();
    let [one, other] = plan.keep(cut, lane(angle));
    let (small, large) = if few_first { (one, other) } else { (other, one) };
    let mut pieces = [(small, few), (large, parts - few)];
    pieces.sort_by(|a, b| from_north_west(plan, &a.0).total_cmp(&from_north_west(plan, &b.0)));
    let mut divided = Vec::new();
    for (piece, count) in pieces {
        divided.extend(divide(plan, &piece, count, rng, lane)?);
    }
    Some(divided)
}

/// The cut, of some tried, whose parts are roundest and nearest to the wanted share, with the lane's direction.
fn best_cut(plan: &Plan, ring: &[usize], share: f64, rng: &mut StdRng) -> Option<(f64, Cut)> {
    let polygon = plan.polygon(ring);
    let (along, whole_m2) = (long_way(&polygon), polygon.unsigned_area());
    let near_m = 0.06 * whole_m2.sqrt();
    let tried = (0..TRIES).filter_map(|attempt| {
        let quarter = if attempt % 4 == 3 { FRAC_PI_2 } else { 0.0 };
        let angle = along + quarter + rng.random_range(-0.2..0.2);
        let side = if attempt % 2 == 0 { share } else { 1.0 - share };
        let line = lane_line(&polygon, angle, side, rng.random_range(-0.055..0.055))?;
        let cut = plan.cut(ring, &line, near_m)?;
        let shares = cut.halves.each_ref().map(|half| (half.unsigned_area() / whole_m2 - share).abs());
        let round = cut.halves.iter().map(roundness).fold(f64::INFINITY, f64::min);
        let worth = round - 1.5 * shares[0].min(shares[1]) - sharpness(&cut.halves);
        Some((worth, angle + FRAC_PI_2, cut))
    });
    let best = tried.max_by(|one, other| one.0.total_cmp(&other.0));
    best.map(|(_, angle, cut)| (angle, cut))
}

/// A line across the polygon, at a right angle to `angle`, that leaves `share` of its area on one side and bends to one
/// side.
fn lane_line(polygon: &Polygon<f64>, angle: f64, share: f64, bend: f64) -> Option<Vec<Coord<f64>>> {
    // Turned so that the line stands upright.
    let turned = polygon.rotate_around_point(-angle.to_degrees(), Point::new(0.0, 0.0));
    let bounds = turned.bounding_rect()?;
    let (mut low, mut high) = (bounds.min().x, bounds.max().x);
    for _ in 0..20 {
        let middle = f64::midpoint(low, high);
        if area_left_of(&turned, middle) < share * turned.unsigned_area() {
            low = middle
        } else {
            high = middle
        }
    }
    let (bottom, length) = (bounds.min().y, bounds.height());
    let bends = [(-0.01, 0.0), (0.36, bend), (0.68, 0.8 * bend), (1.01, 0.0)];
    let (sin, cos) = angle.sin_cos();
    let back = |(along, aside): (f64, f64)| {
        let (x, y) = (low + aside * length, bottom + along * length);
        Coord { x: x * cos - y * sin, y: x * sin + y * cos }
    };
    Some(bends.map(back).to_vec())
}

/// The area on the left of an upright line.
fn area_left_of(polygon: &Polygon<f64>, x: f64) -> f64 {
    // The triangles under the sides, each cut off at the line.
    let under = |line: geo::Line<f64>| {
        let (a, b) = (line.start, line.end);
        let inside = |at: Coord<f64>| at.x <= x;
        let on_line = || a + (b - a) * ((x - a.x) / (b.x - a.x));
        let (a, b) = match (inside(a), inside(b)) {
            (true, true) => (a, b),
            (true, false) => (a, on_line()),
            (false, true) => (on_line(), b),
            (false, false) => return 0.0,
        };
        // Measured from the line, what runs along it adds nothing.
        (a.x + b.x - 2.0 * x) * (b.y - a.y) / 2.0
    };
    polygon.lines_iter().map(under).sum::<f64>().abs()
}

/// The direction of the polygon's length: that of the side whose box around the polygon is smallest.
fn long_way(polygon: &Polygon<f64>) -> f64 {
    let box_along = |angle: f64| {
        let turned = polygon.rotate_around_point(-angle.to_degrees(), Point::new(0.0, 0.0));
        turned.bounding_rect().map_or((0.0, 0.0), |bounds| (bounds.width(), bounds.height()))
    };
    let angles = polygon.exterior().lines().map(|line| line.dy().atan2(line.dx()));
    let best = angles
        .map(|angle| (angle, box_along(angle)))
        .min_by(|(_, one), (_, other)| (one.0 * one.1).total_cmp(&(other.0 * other.1)));
    best.map_or(0.0, |(angle, (length, width))| if length >= width { angle } else { angle + FRAC_PI_2 })
}

/// 1 for a circle, 0.79 for a square, towards 0 for a sliver.
fn roundness(polygon: &Polygon<f64>) -> f64 {
    let border_m: f64 = Euclidean.length(polygon.exterior());
    4.0 * PI * polygon.unsigned_area() / (border_m * border_m)
}

/// How far the sharpest corner of both halves is below 60 degrees, as a share of it.
fn sharpness(halves: &[Polygon<f64>; 2]) -> f64 {
    let mut sharpest = FRAC_PI_3;
    for half in halves {
        let lines: Vec<_> = half.exterior().lines().collect();
        for (one, next) in lines.iter().zip(lines.iter().cycle().skip(1)) {
            let turn = (next.dy().atan2(next.dx()) - one.dy().atan2(one.dx()) + PI).rem_euclid(TAU) - PI;
            sharpest = sharpest.min(PI - turn.abs());
        }
    }
    1.0 - sharpest / FRAC_PI_3
}

/// Grows to the east and, more, to the south.
fn from_north_west(plan: &Plan, ring: &[usize]) -> f64 {
    let middle = MultiPolygon(vec![plan.polygon(ring)]).centroid().unwrap_or_else(|| Point::new(0.0, 0.0));
    middle.x() - 1.5 * middle.y()
}
