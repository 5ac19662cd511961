//! How close together people stand: over the worst 9 m² of a zone, not over its mean, which an empty half would halve.

use geo::Polygon;

use super::{
    heads,
    window::{Foot, worst_window},
};
use crate::{
    detection::{Detection, Head},
    geometry::Rect,
    ground::{Area, Calibration, CalibrationError, Zone, polygon},
};

/// A smaller zone, in square metres, holds so few people that one more or less is a level.
const ZONE_AREA_MIN: f64 = 20.0;
/// People lower than this, in pixels of the frame, are found by chance.
const PERSON_HEIGHT_MIN: f32 = 12.0;
/// From so many people per m² on they hide each other, and boxes count too few.
pub(super) const BOXES_MAX: f64 = 2.0;

/// A zone, and what its pixels are on the ground where that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct CrowdZone {
    zone: Zone,
    ground: Option<Ground>,
}

#[derive(Clone, Debug, PartialEq)]
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
    /// A point on every head.
    Points,
    /// A map whose sum is the number of people.
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

/// People in the zone, in shares of the picture.
struct Standing {
    /// From head to foot.
    rect: Rect,
    foot: [f64; 2],
    people: f64,
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

    /// The smallest rectangle that holds it, in shares of the picture.
    pub fn bounds(&self) -> Rect {
        let corner = |[x, y]: [f64; 2]| Rect::new(x as f32, y as f32, x as f32, y as f32);
        self.zone.corners().map(corner).reduce(|a, b| a.union(&b)).unwrap_or_default()
    }

    /// Who of these, in pixels of a frame of `width` by `height`, has the feet in it.
    pub(super) fn within<'a>(
        &self,
        people: &'a [Detection],
        (width, height): (u32, u32),
    ) -> impl Iterator<Item = &'a Detection> {
        let (sx, sy) = (1.0 / width.max(1) as f32, 1.0 / height.max(1) as f32);
        people.iter().filter(move |person| self.zone.contains(foot(&person.rect.scaled(sx, sy))))
    }

    /// Reads what boxes say of the zone: `people` in pixels of a frame of `width` by `height`. Whose feet are in the zone
    /// is in it.
    pub fn read(&self, people: &[Detection], (width, height): (u32, u32)) -> Reading {
        let (sx, sy) = (1.0 / width.max(1) as f32, 1.0 / height.max(1) as f32);
        let standing = people.iter().map(|person| {
            let rect = person.rect.scaled(sx, sy);
            Standing { rect, foot: foot(&rect), people: 1.0 }
        });
        self.reading(standing, Spoke::Boxes, height)
    }

    /// Reads what a model of heads says of the zone: `heads` in pixels of a frame of `width` by `height`. A head counts
    /// where the feet below it are; in a zone without calibration, where they cannot be told, where it is itself.
    pub fn read_heads(&self, heads: &[Head], spoke: Spoke, (width, height): (u32, u32)) -> Reading {
        let size = (width.max(1) as f32, height.max(1) as f32);
        let standing = heads.iter().filter(|head| head.weight > 0.0).filter_map(|head| {
            let rect = match &self.ground {
                Some(ground) => heads::body(head, &ground.calibration, size)?,
                None => Rect::new(head.x, head.y, head.x, head.y),
            };
            let rect = rect.scaled(1.0 / size.0, 1.0 / size.1);
            Some(Standing { rect, foot: foot(&rect), people: f64::from(head.weight) })
        });
        self.reading(standing, spoke, height)
    }

    fn reading(&self, standing: impl Iterator<Item = Standing>, spoke: Spoke, height: u32) -> Reading {
        let inside: Vec<Standing> = standing.filter(|one| self.zone.contains(one.foot)).collect();
        let people: f64 = inside.iter().map(|one| one.people).sum();
        let heads = people.round() as usize;
        let mut doubts = Vec::new();
        let mut worst: Vec<usize> = (0..inside.len()).collect();
        let mut amount = Amount::Heads(heads);
        if let Some(ground) = &self.ground {
            // Everyone in the zone is on the ground: its corners are, and it ends there.
            let on_ground = |one: &Standing| {
                Some(Foot { at: ground.calibration.to_ground(one.foot)?, people: one.people })
            };
            let feet: Vec<Foot> = inside.iter().filter_map(on_ground).collect();
            let (density, window) = worst_window(&feet, &ground.polygon);
            (amount, worst) = (Amount::PerSquareMetre(density), window);
            if ground.area.square_metres < ZONE_AREA_MIN {
                doubts.push(Doubt::SmallZone);
            }
            if spoke == Spoke::Boxes && density >= BOXES_MAX {
                doubts.push(Doubt::BoxesHideBoxes);
            }
        }
        // Of a head without a calibration it is not known how high its owner is.
        let is_low = |one: &&Standing| {
            let pixels = one.rect.height() * height as f32;
            pixels > 0.0 && pixels < PERSON_HEIGHT_MIN
        };
        let low: f64 = inside.iter().filter(is_low).map(|one| one.people).sum();
        if low > people / 2.0 {
            doubts.push(Doubt::SmallPeople);
        }
        let place = worst.iter().map(|i| inside[*i].rect).reduce(|a, b| a.union(&b));
        Reading { heads, amount, place, spoke, doubts }
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

/// Where somebody stands: the middle of the lower edge.
fn foot(rect: &Rect) -> [f64; 2] {
    [f64::from(rect.center().0), f64::from(rect.y2)]
}

#[cfg(test)]
mod tests;
