//! Which boxes are people who lie on the ground, and whose they are.

use jiff::Timestamp;

use super::scale::Scale;
use crate::{
    detection::{Detection, View},
    geometry::Rect,
    ground::Calibration,
    tracks::{Track, is_upright},
};

/// How long the box of somebody who lies is, in heights of the same person standing. From 0.4, foreshortened or curled
/// up, to 1.9, which leaves room for a standing box that was cut off; as measured on recorded falls.
const LENGTHS: std::ops::RangeInclusive<f32> = 0.4..=1.9;
/// The longer side of what somebody who lies covers of the ground, in metres. An adult on the side with drawn-up knees is
/// about 0.6 of their stature long: 0.9 m for 1.5 m, which nineteen of twenty grown people exceed. 2.2 m is a man of
/// 1.9 m and a sixth more for an arm beyond the head, and for what the calibration is wrong by.
const GROUND_LENGTHS: std::ops::RangeInclusive<f64> = 0.9..=2.2;
/// From corner to corner of it, in metres: 1.9 m by 0.5 m of shoulders, at 45° to the picture, fill a square of
/// (1.9 + 0.5) / √2 = 1.7 m, whose diagonal is 2.4 m; and a tenth for what is beside the middle of the picture.
const GROUND_DIAGONAL_MAX: f64 = 2.7;
/// Nobody who sits or squats is lower than this share of their own height: sitting on the ground leaves 0.52 of it, a
/// deep squat about 0.5. Whoever is, by some margin, lies.
const LOW_SHARE_MAX: f32 = 0.42;
/// The same in metres, where the ground is known: half of 1.5 m.
const LOW_METRES_MAX: f64 = 0.75;

/// What is known of how large people are seen on one camera.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground<'a> {
    /// Where the ground lies, if that is known.
    pub(super) calibration: Option<&'a Calibration>,
    /// What was learned from those who stood.
    pub(super) scale: &'a Scale,
    /// The picture's width and height.
    pub(super) size: (f32, f32),
}

impl Ground<'_> {
    /// Whether what is in this box can be somebody who lies on the ground. In a calibrated scene by what it covers of
    /// the ground; elsewhere by its length against the height of people who stood there, if that is known.
    pub(super) fn bears(&self, lying: &Rect) -> bool {
        if let Some(calibration) = self.calibration {
            let footprint = calibration.footprint(lying, self.size);
            return footprint.is_some_and(|footprint| {
                GROUND_LENGTHS.contains(&footprint.length()) && footprint.diagonal() <= GROUND_DIAGONAL_MAX
            });
        }
        let height = self.scale.height_at(lying.y2, self.size.1);
        height.is_none_or(|height| LENGTHS.contains(&(lying.length() / height.max(1.0))))
    }

    /// Whether somebody who stood in one box lies in the other, seen along the line of sight: in place, and lower than
    /// anybody sits or squats. Such a box is about as wide as high, and no turned view may see it. Where the camera looks
    /// down steeply, somebody who lies so is seen as high as one who squats: those are not told apart here.
    pub(super) fn low_in_place(&self, low: &Rect, standing: &Rect) -> bool {
        let height = standing.height().max(1.0);
        let low_enough = match self.calibration {
            Some(calibration) => {
                let rises = |rect: &Rect| {
                    let scale = calibration.scale_at((rect.center().0, rect.y2), self.size)?;
                    Some(scale.rises(f64::from(rect.height())))
                };
                rises(low).is_some_and(|metres| metres <= LOW_METRES_MAX) && low.height() <= 0.55 * height
            }
            None => low.height() <= LOW_SHARE_MAX * height,
        };
        // Whoever falls away keeps the feet lowest; who falls towards the camera has the head there. Somebody behind a
        // wall is cut off from below.
        let stays = (-0.15..=0.35).contains(&((low.y2 - standing.y2) / height));
        let aside = (low.center().0 - standing.center().0).abs() / height;
        let wide = (0.15..=1.3).contains(&(low.width() / height));
        !is_upright(low) && low_enough && stays && aside <= 0.5 && wide
    }
}

/// The boxes of people who lie: seen in a turned view, and not somebody who stands.
pub(super) fn lying(turned: &[Detection], upright: &[Detection], score_min: f32) -> Vec<Detection> {
    let mut lying: Vec<Detection> = Vec::new();
    // Surest first, so that of two views of one person the surer stays.
    for detection in turned.iter().filter(|d| d.view != View::Upright && d.score >= score_min) {
        let stands = upright.iter().any(|u| explains(u, detection));
        let known = lying.iter().any(|l| overlaps(&l.rect, &detection.rect));
        if !stands && !known && !is_upright(&detection.rect) {
            lying.push(*detection);
        }
    }
    lying
}

/// Whether a lying box is somebody upright, together with what is beside them (a bed, a table, a neighbour): the upright
/// pass saw them within it, and as surely.
fn explains(upright: &Detection, lying: &Detection) -> bool {
    let inside = upright.rect.intersection(&lying.rect).area() / upright.rect.area().max(1.0);
    is_upright(&upright.rect) && inside > 0.6 && upright.score >= lying.score
}

/// Whether a lying box can be somebody who stood on `track` a moment ago: near, and of a matching length.
pub(super) fn fell_from(track: &Track, lying: &Rect, at: Timestamp) -> bool {
    let Some(standing) = track.stood_lately(at) else { return false };
    let height = standing.height().max(1.0);
    let ((lx, ly), (sx, sy)) = (lying.center(), standing.center());
    let near = (lx - sx).abs() <= 1.3 * height && (ly - sy).abs() <= 1.1 * height;
    near && LENGTHS.contains(&(lying.length() / height))
}

/// Whether two lying boxes are the same person at two moments.
pub(super) fn same_place(a: &Rect, b: &Rect) -> bool {
    let ((ax, ay), (bx, by)) = (a.center(), b.center());
    a.iou(b) > 0.1 || (ax - bx).hypot(ay - by) <= 0.5 * a.length().max(b.length())
}

/// Whether most of the smaller box lies within the larger.
pub(super) fn overlaps(a: &Rect, b: &Rect) -> bool {
    a.intersection(b).area() > 0.5 * a.area().min(b.area())
}

/// Whether somebody in this upright box stands within `reach` lengths of where somebody lay.
pub(super) fn stands_at(place: &Rect, upright: &Rect, reach: f32) -> bool {
    let feet = (upright.center().0, upright.y2);
    let reach = reach * place.length();
    (place.x1 - reach..=place.x2 + reach).contains(&feet.0)
        && (place.y1 - reach..=place.y2 + reach).contains(&feet.1)
}
