//! How close together people stand: over the worst 9 m² of a zone, not over its mean, which an empty half would halve.
//!
//! # The worst window, exactly
//! A window is a square of 3 m by 3 m with its sides along the axes of the calibration. For each person in the zone, of
//! the windows whose left side is at that person's foot point, the fullest is taken. Its density is the number of people
//! in it over the part of the zone that a window with these very people in it can cover: 9 m² in the open, less in a
//! passage narrower than 3 m; never less than half a window (or the zone, if that is smaller), lest one person in a
//! corner count as many. The worst of these densities is the zone's.
//!
//! Windows are not turned: people who fill a square that lies at 45° to the axes are told up to a sixth too few.

use geo::{Area as _, BooleanOps, Coord, Polygon, Rect as GroundRect};

use super::{
    calibration::{Area, Calibration, CalibrationError},
    zone::{Zone, polygon},
};
use crate::{detection::Detection, geometry::Rect};

/// The side of the window in metres.
const WINDOW_SIDE: f64 = 3.0;
/// Its area in square metres.
const WINDOW_AREA: f64 = WINDOW_SIDE * WINDOW_SIDE;
/// No window is taken for smaller than this, in square metres.
const WINDOW_AREA_MIN: f64 = WINDOW_AREA / 2.0;
/// A smaller zone, in square metres, holds so few people that one more or less is a level.
const ZONE_AREA_MIN: f64 = 20.0;
/// People lower than this, in pixels of the frame, are found by chance.
const PERSON_HEIGHT_MIN: f32 = 12.0;
/// From so many people per m² on they hide each other, and boxes count too few.
const BOXES_MAX: f64 = 2.0;

/// A zone, and what its pixels are on the ground where that is known.
#[derive(Clone, Debug)]
pub struct CrowdZone {
    zone: Zone,
    ground: Option<Ground>,
}

#[derive(Clone, Debug)]
struct Ground {
    calibration: Calibration,
    polygon: Polygon<f64>,
    area: Area,
}

/// What one look says of a zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Everyone in the zone.
    pub heads: usize,
    /// What the levels go by.
    pub amount: Amount,
    /// Where: the people of the worst window, or everyone where there is none; in shares of the picture.
    pub place: Option<Rect>,
    /// Which kind of model counted.
    pub spoke: Spoke,
    /// Why the amount is to be taken with care; empty where it is not.
    pub doubts: Vec<Doubt>,
}

/// How much of a crowd there is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// So many people in the zone: all that can be said without a calibration.
    Heads(usize),
    /// So many people per m², over the worst 9 m² of the zone.
    PerSquareMetre(f64),
}

/// Which kind of model counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Spoke {
    /// Boxes round people.
    Boxes,
    /// A point on every head. No such model is in use yet.
    Points,
    /// A map whose sum is the number of people. No such model is in use yet.
    DensityMap,
}

/// Why an amount is to be taken with care (不可靠).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// The zone is smaller than 20 m².
    SmallZone,
    /// Half of the people are less than 12 pixels high.
    SmallPeople,
    /// Boxes counted 2 per m² or more: there are at least so many.
    BoxesHideBoxes,
}

impl CrowdZone {
    /// A zone in which heads are counted.
    pub fn uncalibrated(zone: Zone) -> Self {
        Self { zone, ground: None }
    }

    /// A zone whose place on the ground is known.
    ///
    /// # Errors
    /// When a part of it is no ground.
    pub fn calibrated(zone: Zone, calibration: Calibration) -> Result<Self, CalibrationError> {
        let polygon = polygon(&calibration.corners(&zone)?);
        let area = calibration.area(&zone)?;
        Ok(Self { zone, ground: Some(Ground { calibration, polygon, area }) })
    }

    /// How large it is on the ground, where that is known.
    pub fn area(&self) -> Option<Area> {
        self.ground.as_ref().map(|ground| ground.area)
    }

    /// Reads what boxes say of the zone: `people` in pixels of a frame of `width` by `height`.
    pub fn read(&self, people: &[Detection], (width, height): (u32, u32)) -> Reading {
        let (sx, sy) = (1.0 / width.max(1) as f32, 1.0 / height.max(1) as f32);
        let boxes = people.iter().map(|person| person.rect.scaled(sx, sy));
        let inside: Vec<Rect> = boxes.filter(|rect| self.zone.contains(foot(rect))).collect();
        let mut doubts = Vec::new();
        let mut worst: Vec<usize> = (0..inside.len()).collect();
        let mut amount = Amount::Heads(inside.len());
        if let Some(ground) = &self.ground {
            // Everyone in the zone is on the ground: its corners are, and it ends there.
            let feet: Vec<[f64; 2]> =
                inside.iter().filter_map(|rect| ground.calibration.to_ground(foot(rect))).collect();
            let (density, window) = worst_window(&feet, &ground.polygon);
            (amount, worst) = (Amount::PerSquareMetre(density), window);
            if ground.area.square_metres < ZONE_AREA_MIN {
                doubts.push(Doubt::SmallZone);
            }
            if density >= BOXES_MAX {
                doubts.push(Doubt::BoxesHideBoxes);
            }
        }
        let low = inside.iter().filter(|rect| rect.height() * (height as f32) < PERSON_HEIGHT_MIN).count();
        if 2 * low > inside.len() {
            doubts.push(Doubt::SmallPeople);
        }
        let place = worst.iter().map(|i| inside[*i]).reduce(|a, b| a.union(&b));
        Reading { heads: inside.len(), amount, place, spoke: Spoke::Boxes, doubts }
    }
}

impl Amount {
    /// The bare number.
    pub fn value(self) -> f64 {
        match self {
            Self::Heads(heads) => heads as f64,
            Self::PerSquareMetre(density) => density,
        }
    }
}

/// Where somebody stands: the middle of the box's lower edge.
fn foot(rect: &Rect) -> [f64; 2] {
    [f64::from(rect.center().0), f64::from(rect.y2)]
}

/// The highest density of any window and who is in it, as the module says. `feet` are in metres and in the zone.
fn worst_window(feet: &[[f64; 2]], zone: &Polygon<f64>) -> (f64, Vec<usize>) {
    let mut windows: Vec<Vec<usize>> = feet.iter().map(|[left, _]| fullest(feet, *left)).collect();
    // Fullest first, so that the rest can be left out as soon as they cannot be the worst.
    windows.sort_by_key(|window| std::cmp::Reverse(window.len()));
    let area_min = WINDOW_AREA_MIN.min(zone.unsigned_area());
    let mut worst = (0.0, Vec::new());
    for window in windows {
        let people = window.len() as f64;
        if people / area_min <= worst.0 {
            break;
        }
        let density = people / area_within_reach(&window, feet, zone).max(area_min);
        if density > worst.0 {
            worst = (density, window);
        }
    }
    worst
}

/// Who is in the fullest window that begins at `left`.
fn fullest(feet: &[[f64; 2]], left: f64) -> Vec<usize> {
    let in_strip = |i: &usize| (left..=left + WINDOW_SIDE).contains(&feet[*i][0]);
    let mut strip: Vec<usize> = (0..feet.len()).filter(in_strip).collect();
    strip.sort_by(|a, b| feet[*a][1].total_cmp(&feet[*b][1]));
    let (mut first, mut best) = (0, 0..0);
    for last in 0..strip.len() {
        while feet[strip[last]][1] - feet[strip[first]][1] > WINDOW_SIDE {
            first += 1;
        }
        if last + 1 - first > best.len() {
            best = first..last + 1;
        }
    }
    strip[best].to_vec()
}

/// How much of the zone, in square metres, a window with these people in it can cover: the best of nine places, at the
/// ends and in the middle of where it can be.
fn area_within_reach(window: &[usize], feet: &[[f64; 2]], zone: &Polygon<f64>) -> f64 {
    let starts = |axis: usize| {
        let along = || window.iter().map(|i| feet[*i][axis]);
        let (low, high) = (along().fold(f64::INFINITY, f64::min), along().fold(f64::NEG_INFINITY, f64::max));
        [low, high - WINDOW_SIDE, (low + high - WINDOW_SIDE) / 2.0]
    };
    let mut best: f64 = 0.0;
    for (x, y) in starts(0).into_iter().flat_map(|x| starts(1).map(|y| (x, y))) {
        let square = GroundRect::new(Coord { x, y }, Coord { x: x + WINDOW_SIDE, y: y + WINDOW_SIDE });
        best = best.max(zone.intersection(&square.to_polygon()).unsigned_area());
        // No better one is to be found; what is missing is rounding.
        if best > WINDOW_AREA - 1e-3 {
            return WINDOW_AREA;
        }
    }
    best
}

#[cfg(test)]
mod tests;
