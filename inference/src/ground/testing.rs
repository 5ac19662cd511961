//! A camera on a mast, as a real one projects: for tests that know what there is on the ground.

use super::{Calibration, GroundPoint};
use crate::geometry::Rect;

/// The picture's width and height in pixels.
pub(crate) const PICTURE: (f32, f32) = (640.0, 360.0);

/// A camera so many metres up that looks down by `tilt`, in radians. Its focal length is told in heights of the picture.
/// On the ground `x` goes to the right and `y` ahead, in metres from the foot of the mast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mast {
    pub(crate) height: f64,
    pub(crate) tilt: f64,
    pub(crate) focal: f64,
}

/// Something with flat sides that stands on the ground at a place, turned by so many radians.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thing {
    pub(crate) at: [f64; 2],
    pub(crate) turn: f64,
    /// Along its turn, across it, and up, in metres.
    pub(crate) size: [f64; 3],
}

impl Mast {
    /// Where a point of space is seen, in pixels.
    fn pixel(&self, [x, y, z]: [f64; 3]) -> [f64; 2] {
        let (sine, cosine) = self.tilt.sin_cos();
        let below = self.height - z;
        let (depth, down) = (y * cosine + below * sine, below * cosine - y * sine);
        let high = f64::from(PICTURE.1);
        let focal = self.focal * high / depth;
        [f64::from(PICTURE.0) / 2.0 + focal * x, high / 2.0 + focal * down]
    }

    /// The box in which a thing is seen.
    pub(crate) fn sees(&self, thing: &Thing) -> Rect {
        let (sine, cosine) = thing.turn.sin_cos();
        let [long, wide, high] = thing.size;
        let corners = (0..8).map(|corner| {
            let side = |bit: u8, size: f64| if corner & bit == 0 { -size / 2.0 } else { size / 2.0 };
            let (a, b) = (side(1, long), side(2, wide));
            let z = if corner & 4 == 0 { 0.0 } else { high };
            self.pixel([thing.at[0] + a * cosine - b * sine, thing.at[1] + a * sine + b * cosine, z])
        });
        let empty = Rect::new(f32::MAX, f32::MAX, f32::MIN, f32::MIN);
        corners.fold(empty, |r, [x, y]| {
            let (x, y) = (x as f32, y as f32);
            Rect::new(r.x1.min(x), r.y1.min(y), r.x2.max(x), r.y2.max(y))
        })
    }

    /// Fitted to four points round a place.
    pub(crate) fn calibration(&self, [x, y]: [f64; 2]) -> Calibration {
        let corners = [[-2.0, -1.5], [2.0, -1.5], [2.0, 1.5], [-2.0, 1.5]];
        let points = corners.map(|[dx, dy]| {
            let [px, py] = self.pixel([x + dx, y + dy, 0.0]);
            let picture = [px / f64::from(PICTURE.0), py / f64::from(PICTURE.1)];
            GroundPoint { picture, ground: [x + dx, y + dy] }
        });
        Calibration::fit(&points).unwrap()
    }
}
