//! The worst 9 m² of a zone.
//!
//! A window is a square of 3 m by 3 m with its sides along the axes of the calibration. For each person in the zone, of
//! the windows whose left side is at that person's foot point, the fullest is taken. Its density is the number of people
//! in it over the part of the zone that a window with these very people in it can cover: 9 m² in the open, less in a
//! passage narrower than 3 m; never less than half a window (or the zone, if that is smaller), lest one person in a
//! corner count as many. The worst of these densities is the zone's.
//!
//! Windows are not turned: people who fill a square that lies at 45° to the axes are told up to a sixth too few.
//!
//! A density map has a foot for each of its cells: ten thousand of them. Where there are more than [`FEET_MAX`], they are
//! first gathered in squares of half a metre, and windows begin at such squares only: 6 by 6 of them are a window.

use std::collections::BTreeMap;

use geo::{Area as _, BooleanOps, Coord, Polygon, Rect as GroundRect};

/// The side of the window in metres.
const SIDE: f64 = 3.0;
/// Its area in square metres.
const AREA: f64 = SIDE * SIDE;
/// No window is taken for smaller than this, in square metres.
const AREA_MIN: f64 = AREA / 2.0;
/// More feet are gathered first. So many people stand one by one in no picture.
const FEET_MAX: usize = 512;
/// In squares with sides of so many metres: a whole number of them make a window's side.
const GATHERED: f64 = 0.5;

/// Where people stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Foot {
    /// In metres.
    pub(super) at: [f64; 2],
    /// How many people.
    pub(super) people: f64,
}

/// The highest density of any window in people per m², and which of `feet` are in it. `feet` are in the zone.
pub(super) fn worst_window(feet: &[Foot], zone: &Polygon<f64>) -> (f64, Vec<usize>) {
    if feet.len() <= FEET_MAX {
        return worst_of(feet, zone, SIDE);
    }
    let mut squares: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
    for (i, foot) in feet.iter().enumerate() {
        let [x, y] = foot.at.map(|metres| (metres / GATHERED).floor() as i64);
        squares.entry((x, y)).or_default().push(i);
    }
    let middle = |square: i64| (square as f64 + 0.5) * GATHERED;
    let gathered: Vec<Foot> = squares
        .iter()
        .map(|((x, y), inside)| Foot {
            at: [middle(*x), middle(*y)],
            people: inside.iter().map(|i| feet[*i].people).sum(),
        })
        .collect();
    // From the middle of the first square to that of the last it is one square less than a window's side; the other
    // half is for rounding.
    let (density, worst) = worst_of(&gathered, zone, SIDE - GATHERED / 2.0);
    let inside: Vec<&Vec<usize>> = squares.values().collect();
    (density, worst.iter().flat_map(|square| inside[*square].iter().copied()).collect())
}

/// A window with these people in it.
struct Window {
    feet: Vec<usize>,
    people: f64,
}

/// As [`worst_window`]; a window reaches so far from its first foot to its last.
fn worst_of(feet: &[Foot], zone: &Polygon<f64>, reach: f64) -> (f64, Vec<usize>) {
    let mut by_x: Vec<usize> = (0..feet.len()).collect();
    by_x.sort_by(|a, b| feet[*a].at[0].total_cmp(&feet[*b].at[0]));
    let mut windows = Vec::new();
    let mut last_left = f64::NAN;
    for (first, foot) in by_x.iter().enumerate() {
        let left = feet[*foot].at[0];
        // Who stands on the same line has been in that strip.
        if left == last_left {
            continue;
        }
        last_left = left;
        let end = by_x.partition_point(|i| feet[*i].at[0] <= left + reach);
        windows.push(fullest(feet, &by_x[first..end], reach));
    }
    // Fullest first, so that the rest can be left out as soon as they cannot be the worst.
    windows.sort_by(|a, b| b.people.total_cmp(&a.people));
    let area_min = AREA_MIN.min(zone.unsigned_area());
    let mut worst = (0.0, Vec::new());
    for Window { feet: inside, people } in windows {
        if people / area_min <= worst.0 {
            break;
        }
        let density = people / area_within_reach(&inside, feet, zone).max(area_min);
        if density > worst.0 {
            worst = (density, inside);
        }
    }
    worst
}

/// The fullest window of a strip that is as wide as one.
fn fullest(feet: &[Foot], strip: &[usize], reach: f64) -> Window {
    let mut strip = strip.to_vec();
    strip.sort_by(|a, b| feet[*a].at[1].total_cmp(&feet[*b].at[1]));
    let (mut first, mut people) = (0, 0.0);
    let (mut best, mut most) = (0..0, 0.0);
    for last in 0..strip.len() {
        people += feet[strip[last]].people;
        while feet[strip[last]].at[1] - feet[strip[first]].at[1] > reach {
            people -= feet[strip[first]].people;
            first += 1;
        }
        if people > most {
            (best, most) = (first..last + 1, people);
        }
    }
    Window { feet: strip[best].to_vec(), people: most }
}

/// How much of the zone, in square metres, a window with these people in it can cover: the best of nine places, at the
/// ends and in the middle of where it can be.
fn area_within_reach(window: &[usize], feet: &[Foot], zone: &Polygon<f64>) -> f64 {
    let starts = |axis: usize| {
        let along = || window.iter().map(|i| feet[*i].at[axis]);
        let (low, high) = (along().fold(f64::INFINITY, f64::min), along().fold(f64::NEG_INFINITY, f64::max));
        [low, high - SIDE, (low + high - SIDE) / 2.0]
    };
    let mut best: f64 = 0.0;
    for (x, y) in starts(0).into_iter().flat_map(|x| starts(1).map(|y| (x, y))) {
        let square = GroundRect::new(Coord { x, y }, Coord { x: x + SIDE, y: y + SIDE });
        best = best.max(zone.intersection(&square.to_polygon()).unsigned_area());
        // No better one is to be found; what is missing is rounding.
        if best > AREA - 1e-3 {
            return AREA;
        }
    }
    best
}

#[cfg(test)]
mod tests;
