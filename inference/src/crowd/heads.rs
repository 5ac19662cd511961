//! From a head in the picture to the feet below it.
//!
//! A model of heads tells where a head is, and the calibration holds for the ground. Somebody who stands `P` metres high
//! at a place is seen `P · cos θ / a` pixels high there, as [`crate::ground::GroundScale`] says. On flat ground that
//! grows evenly with the distance below the horizon: it is the same share of that distance everywhere, the share that
//! `P` is of the camera's height. So two places tell the line, and the line tells where head and feet fit together.
//!
//! # Error
//! Heads are `P` = 1.6 m up, give or take 0.15 m (tall and short people); somebody who sits has one at 1.2 m. An error of
//! `e` moves the feet by `e · D / (H - P)` along the line of sight, where `D` is the distance on the ground and `H` the
//! camera's height: 0.15 m are 0.4 m at 12 m from a camera that hangs 6 m high. Neighbours are moved alike, so the number
//! of people in 9 m² suffers less than the place does. A camera that hangs lower than people are tall sees no ground
//! below their heads: they are left out.

use crate::{detection::Head, geometry::Rect, ground::Calibration};

/// How high above the ground the middle of a standing person's head is, in metres.
const HEAD_HEIGHT: f64 = 1.6;
/// Less than this, in pixels, is no height but rounding.
const HEIGHT_MIN: f32 = 1.0;
/// How wide somebody is, as a share of the height.
const WIDTH_SHARE: f32 = 0.3;

/// The body below a head, from its middle to the feet, all in pixels of a picture of this width and height. None where
/// there is no ground below it.
pub(super) fn body(head: &Head, calibration: &Calibration, size: (f32, f32)) -> Option<Rect> {
    let height = |y: f32| Some(calibration.scale_at((head.x, y), size)?.pixels(HEAD_HEIGHT) as f32);
    let here = height(head.y)?;
    // Straight from above there is no height, and the feet are below the head.
    if here < HEIGHT_MIN {
        return Some(Rect::new(head.x, head.y, head.x, head.y));
    }
    let growth = (height(head.y + here)? - here) / here;
    let tall = here / (1.0 - growth);
    let is_seen = growth < 1.0 && tall.is_finite() && head.y + tall <= 2.0 * size.1;
    let half = WIDTH_SHARE * tall / 2.0;
    is_seen.then(|| Rect::new(head.x - half, head.y, head.x + half, head.y + tall))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ground::GroundPoint;

    const SIZE: (f32, f32) = (640.0, 360.0);

    /// A camera that hangs `height` metres high and looks down by `pitch` radians: what it sees of a point that lies `x`
    /// metres to the right, `y` metres ahead and `z` metres up, in pixels.
    #[derive(Clone, Copy, Debug)]
    struct Camera {
        height: f64,
        pitch: f64,
        focal: f64,
    }

    impl Camera {
        fn sees(&self, [x, y, z]: [f64; 3]) -> [f64; 2] {
            let (sin, cos) = self.pitch.sin_cos();
            let (ahead, up) = (y, z - self.height);
            let depth = ahead * cos - up * sin;
            let down = -up * cos - ahead * sin;
            [320.0 + self.focal * x / depth, 180.0 + self.focal * down / depth]
        }

        fn calibration(&self) -> Calibration {
            let ground = [[-3.0, 8.0], [3.0, 8.0], [3.0, 16.0], [-3.0, 16.0]];
            let point = |[x, y]: [f64; 2]| {
                let [px, py] = self.sees([x, y, 0.0]);
                GroundPoint { picture: [px / 640.0, py / 360.0], ground: [x, y] }
            };
            Calibration::fit(&ground.map(point)).unwrap()
        }
    }

    proptest! {
        /// Wherever somebody stands in the middle of the picture, the feet are found from the head: to a third of a metre
        /// across, and in depth to a tenth of the distance.
        #[test]
        fn the_feet_are_found_below_the_head(
            height in 4.0f64..9.0, pitch in 0.25f64..0.7, focal in 400.0f64..700.0, x in -2f64..2.0, y in 8f64..15.0,
        ) {
            let camera = Camera { height, pitch, focal };
            let [hx, hy] = camera.sees([x, y, HEAD_HEIGHT]);
            let [fx, fy] = camera.sees([x, y, 0.0]);
            prop_assume!((100.0..260.0).contains(&hy) && (120.0..300.0).contains(&fy));
            let head = Head { x: hx as f32, y: hy as f32, weight: 1.0 };
            let calibration = camera.calibration();
            let body = body(&head, &calibration, SIZE).unwrap();
            let foot = [f64::from(body.center().0) / 640.0, f64::from(body.y2) / 360.0];
            let [gx, gy] = calibration.to_ground(foot).unwrap();
            prop_assert!((gx - x).abs() < 0.34 && (gy - y).abs() < 0.1 * y, "{gx}, {gy} for {x}, {y}; {body:?}, {fx}, {fy}");
        }
    }

    #[test]
    fn from_straight_above_the_feet_are_below_the_head() {
        let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        // 32 m by 18 m, so that the pixels are square.
        let points = corners.map(|c| GroundPoint { picture: c, ground: [32.0 * c[0], 18.0 * c[1]] });
        let calibration = Calibration::fit(&points).unwrap();
        let head = Head { x: 100.0, y: 90.0, weight: 1.0 };
        let body = body(&head, &calibration, SIZE).unwrap();
        assert!(body.height() < 1.0, "{body:?}");
    }

    #[test]
    fn a_head_at_the_sky_has_no_feet() {
        let camera = Camera { height: 5.0, pitch: 0.2, focal: 500.0 };
        let sky = Head { x: 320.0, y: 20.0, weight: 1.0 };
        assert_eq!(body(&sky, &camera.calibration(), SIZE), None);
    }
}
