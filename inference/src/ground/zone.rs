//! The part of a picture that a rule watches.

use geo::{Area, Coord, Intersects, LineString, Polygon, Validation};

use crate::geometry::Rect;

/// A polygon in shares of the picture's width and height: 0, 0 is the top left corner, 1, 1 the bottom right one.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    polygon: Polygon<f64>,
}

/// Why corners make no zone.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ZoneError {
    /// Fewer than three.
    #[error("a zone has three corners or more, not {found}")]
    TooFewCorners {
        /// How many there are.
        found: usize,
    },
    /// A corner that is no point of the picture.
    #[error("corner {corner} is not in the picture: x and y go from 0 to 1")]
    OutsidePicture {
        /// Which, counted from 1.
        corner: usize,
    },
    /// Sides cross or touch, or corners repeat.
    #[error("the sides of the zone cross or touch")]
    Crossed,
    /// The corners lie on one line.
    #[error("the corners of the zone lie on one line")]
    NoArea,
}

/// Less of the picture than this is a slip of the hand: 6 by 6 pixels of 640 by 360.
const AREA_MIN: f64 = 1.5e-4;

impl Zone {
    /// The zone with these corners, in either direction; the last is joined to the first.
    ///
    /// # Errors
    /// When there are too few, one lies outside the picture, or sides cross.
    pub fn new(corners: &[[f64; 2]]) -> Result<Self, ZoneError> {
        if corners.len() < 3 {
            return Err(ZoneError::TooFewCorners { found: corners.len() });
        }
        let inside = |[x, y]: &[f64; 2]| (0.0..=1.0).contains(x) && (0.0..=1.0).contains(y);
        if let Some(outside) = corners.iter().position(|corner| !inside(corner)) {
            return Err(ZoneError::OutsidePicture { corner: outside + 1 });
        }
        let polygon = polygon(corners);
        if polygon.unsigned_area() < AREA_MIN && on_one_line(corners) {
            return Err(ZoneError::NoArea);
        }
        if !polygon.is_valid() || polygon.unsigned_area() < AREA_MIN {
            return Err(ZoneError::Crossed);
        }
        Ok(Self { polygon })
    }

    /// The zone that is all of the picture.
    pub fn whole_picture() -> Self {
        Self { polygon: polygon(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]) }
    }

    /// Whether a point, in shares of the picture, lies in the zone. Its edge belongs to it.
    pub fn contains(&self, [x, y]: [f64; 2]) -> bool {
        self.polygon.intersects(&Coord { x, y })
    }

    /// How much of a box, in shares of the picture, lies in the zone: 0 to 1, as told by 25 points of it.
    pub fn share_of(&self, rect: &Rect) -> f32 {
        let steps = [0.1, 0.3, 0.5, 0.7, 0.9];
        let point = |sx: f32, sy: f32| {
            [f64::from(rect.x1 + sx * rect.width()), f64::from(rect.y1 + sy * rect.height())]
        };
        let points = steps.iter().flat_map(|sx| steps.iter().map(|sy| point(*sx, *sy)));
        points.filter(|point| self.contains(*point)).count() as f32 / 25.0
    }

    /// The corners, in shares of the picture.
    pub fn corners(&self) -> impl Iterator<Item = [f64; 2]> {
        let ring = &self.polygon.exterior().0;
        ring.iter().take(ring.len().saturating_sub(1)).map(|corner| [corner.x, corner.y])
    }
}

/// The polygon with these corners.
pub(crate) fn polygon(corners: &[[f64; 2]]) -> Polygon<f64> {
    Polygon::new(corners.iter().map(|[x, y]| Coord { x: *x, y: *y }).collect::<LineString<f64>>(), Vec::new())
}

/// Whether all points lie on the line from the first to the one farthest from it, or nearly.
fn on_one_line(points: &[[f64; 2]]) -> bool {
    let [x, y] = points[0];
    let away = |[a, b]: &[f64; 2]| [a - x, b - y];
    let length = |[a, b]: [f64; 2]| a.hypot(b);
    let Some([dx, dy]) = points.iter().map(away).max_by(|a, b| length(*a).total_cmp(&length(*b))) else {
        return true;
    };
    points.iter().map(away).all(|[a, b]| (a * dy - b * dx).abs() <= AREA_MIN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn corners_that_make_no_zone_are_refused() {
        let refused = |corners: &[[f64; 2]]| Zone::new(corners).unwrap_err();
        assert_eq!(refused(&[[0.1, 0.1], [0.9, 0.9]]), ZoneError::TooFewCorners { found: 2 });
        assert_eq!(refused(&[[0.1, 0.1], [0.9, 0.1], [0.5, 1.2]]), ZoneError::OutsidePicture { corner: 3 });
        assert_eq!(
            refused(&[[0.1, f64::NAN], [0.9, 0.1], [0.5, 0.5]]),
            ZoneError::OutsidePicture { corner: 1 }
        );
        assert_eq!(refused(&[[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]]), ZoneError::NoArea);
        assert_eq!(refused(&[[0.5, 0.5]; 4]), ZoneError::NoArea);
        assert_eq!(refused(&[[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]), ZoneError::Crossed);
    }

    #[test]
    fn the_edge_belongs_to_the_zone_and_a_notch_does_not() {
        let notched = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 0.5], [0.0, 1.0]];
        let zone = Zone::new(&notched).unwrap();
        assert!(zone.contains([0.0, 0.5]) && zone.contains([0.5, 0.5]) && zone.contains([0.5, 0.4]));
        assert!(!zone.contains([0.5, 0.6]) && !zone.contains([1.1, 0.5]) && !zone.contains([f64::NAN, 0.5]));
        assert_eq!(zone.corners().collect::<Vec<_>>(), notched);
    }

    proptest! {
        #[test]
        fn a_triangle_holds_the_means_of_its_corners_whichever_way_round(
            corners in prop::array::uniform3(prop::array::uniform2(0f64..1.0)),
            shares in prop::array::uniform3(0.01f64..1.0),
        ) {
            let sum: f64 = shares.iter().sum();
            let mean = |axis: usize| (0..3).map(|i| corners[i][axis] * shares[i] / sum).sum::<f64>();
            let mut reversed = corners;
            reversed.reverse();
            for corners in [corners, reversed] {
                if let Ok(zone) = Zone::new(&corners) {
                    prop_assert!(zone.contains([mean(0), mean(1)]));
                    prop_assert!(!zone.contains([mean(0) + 1.5, mean(1)]));
                }
            }
        }
    }
}
