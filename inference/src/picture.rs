//! The picture that goes with an observation: the very frame that was judged, its boxes drawn, heads made unreadable.

mod clip;
mod cover;
mod thumbnail;

use gridwatch_ingest::Frame;
use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};

pub use self::clip::{MaskError, masked_clip};
pub(crate) use self::thumbnail::{Mask, thumbnail};
use crate::{
    detection::{Detection, View},
    geometry::Rect,
    observation::Judged,
};

/// JPEG quality, 1 to 100: small artefacts, about 60 KB for 640×360.
const QUALITY: u8 = 85;
/// The share of an upright body that is taken for the head, with room for hair and hats.
const HEAD_SHARE: f32 = 0.24;
/// A head is left with this many squares across.
const SQUARES: u32 = 4;
/// Line width in pixels, round somebody who is seen large …
const LINE: u32 = 3;
/// … and round somebody who is lower than this: people of a crowd are not to be drawn over.
const SMALL: f32 = 80.0;

/// The boxes' colours: the one it is about orange, as on the wall, others grey.
const MEANT: [u8; 3] = [0xFF, 0x95, 0x00];
const OTHERS: [u8; 3] = [0xB4, 0xBE, 0xC7];

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[error("the picture could not be encoded: {what}")]
pub struct PictureError {
    what: String,
}

/// The judged frame as JPEG, with `place` (shares of width and height) marked as what it is about. People's heads are
/// pixelated before anything is encoded.
///
/// Blocks for some milliseconds: not for an async thread.
///
/// # Errors
/// When the encoder refuses the size.
pub fn jpeg(judged: &Judged, place: &Rect) -> Result<Vec<u8>, PictureError> {
    let frame = &judged.frame;
    let mut canvas = Canvas::with_masked_heads(judged);
    for detection in &judged.upright {
        canvas.outline(&detection.rect, OTHERS);
    }
    canvas.outline(&place.scaled(frame.width as f32, frame.height as f32), MEANT);
    encode(&canvas.rgb, canvas.width, canvas.height)
}

fn encode(rgb: &[u8], width: u32, height: u32) -> Result<Vec<u8>, PictureError> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, QUALITY)
        .encode(rgb, width, height, ExtendedColorType::Rgb8)
        .map_err(|e| PictureError { what: e.to_string() })?;
    Ok(file)
}

/// Where a detected person's head may be: on top of somebody upright, at either end of somebody who lies.
fn heads(detection: &Detection) -> Vec<Rect> {
    let Rect { x1, y1, x2, y2 } = detection.rect;
    let (dx, dy) = (HEAD_SHARE * detection.rect.width(), HEAD_SHARE * detection.rect.height());
    let top = Rect::new(x1, y1, x2, y1 + dy);
    match is_upright(detection) {
        true => vec![top],
        false => vec![Rect::new(x1, y1, x1 + dx, y2), Rect::new(x2 - dx, y1, x2, y2)],
    }
}

/// Whether somebody stands or sits, so that the head is on top.
fn is_upright(detection: &Detection) -> bool {
    detection.view == View::Upright && detection.rect.height() >= detection.rect.width()
}

/// Where heads are in a judged frame.
fn heads_of(judged: &Judged) -> impl Iterator<Item = Rect> {
    let in_boxes = judged.upright.iter().chain(&judged.fallen).flat_map(heads);
    in_boxes.chain(judged.heads.iter().copied())
}

struct Canvas {
    rgb: Vec<u8>,
    width: u32,
    height: u32,
}

impl Canvas {
    /// The judged frame, everyone's head pixelated.
    fn with_masked_heads(judged: &Judged) -> Self {
        Self::masked(&judged.frame, heads_of(judged))
    }

    /// A frame with these heads pixelated.
    fn masked(frame: &Frame, heads: impl IntoIterator<Item = Rect>) -> Self {
        let mut canvas = Self { rgb: frame.to_rgb(), width: frame.width, height: frame.height };
        heads.into_iter().for_each(|head| canvas.pixelate(&head));
        canvas
    }

    fn bounds(&self, rect: &Rect) -> (u32, u32, u32, u32) {
        let cut = rect.clamped(self.width as f32, self.height as f32);
        (cut.x1.floor() as u32, cut.y1.floor() as u32, cut.x2.ceil() as u32, cut.y2.ceil() as u32)
    }

    fn pixel(&mut self, x: u32, y: u32) -> &mut [u8] {
        let at = (y as usize * self.width as usize + x as usize) * 3;
        &mut self.rgb[at..at + 3]
    }

    /// Replaces the rectangle by a few squares of its mean colours.
    fn pixelate(&mut self, rect: &Rect) {
        let (x1, y1, x2, y2) = self.bounds(rect);
        let side = ((x2 - x1).min(y2 - y1) / SQUARES).max(4) as usize;
        for top in (y1..y2).step_by(side) {
            for left in (x1..x2).step_by(side) {
                self.average(left, top, (left + side as u32).min(x2), (top + side as u32).min(y2));
            }
        }
    }

    fn average(&mut self, x1: u32, y1: u32, x2: u32, y2: u32) {
        let mut sum = [0u32; 3];
        for (x, y) in points(x1, y1, x2, y2) {
            for (sum, value) in sum.iter_mut().zip(self.pixel(x, y)) {
                *sum += u32::from(*value);
            }
        }
        let count = ((x2 - x1) * (y2 - y1)).max(1);
        for (x, y) in points(x1, y1, x2, y2) {
            for (value, sum) in self.pixel(x, y).iter_mut().zip(sum) {
                *value = (sum / count) as u8;
            }
        }
    }

    fn outline(&mut self, rect: &Rect, colour: [u8; 3]) {
        let line = if rect.height() < SMALL { 1 } else { LINE };
        let (x1, y1, x2, y2) = self.bounds(rect);
        for (x, y) in points(x1, y1, x2, y2) {
            let inside = x >= x1 + line && x + line < x2 && y >= y1 + line && y + line < y2;
            if !inside {
                self.pixel(x, y).copy_from_slice(&colour);
            }
        }
    }
}

fn points(x1: u32, y1: u32, x2: u32, y2: u32) -> impl Iterator<Item = (u32, u32)> {
    (y1..y2).flat_map(move |y| (x1..x2).map(move |x| (x, y)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::picture;

    /// A picture of black and white stripes, one pixel each.
    fn stripes(upright: Vec<Detection>, fallen: Vec<Detection>) -> image::RgbImage {
        let place = fallen.first().map(|d| d.rect.scaled(1.0 / 200.0, 1.0 / 100.0)).unwrap_or_default();
        let pixels: Vec<u8> = (0..200 * 100).flat_map(|i| [if i % 2 == 0 { 0 } else { 255 }; 3]).collect();
        let frame = picture("cam", 200, 100, &pixels);
        let file = jpeg(&Judged { frame, upright, fallen, heads: Vec::new() }, &place).unwrap();
        image::load_from_memory(&file).unwrap().to_rgb8()
    }

    /// The mean difference between neighbours: large on stripes, small where they were averaged away.
    fn detail(picture: &image::RgbImage, x1: u32, y1: u32, x2: u32, y2: u32) -> f32 {
        let differences = points(x1, y1, x2 - 1, y2)
            .map(|(x, y)| f32::from(picture.get_pixel(x, y)[0].abs_diff(picture.get_pixel(x + 1, y)[0])));
        differences.sum::<f32>() / ((x2 - x1 - 1) * (y2 - y1)) as f32
    }

    #[test]
    fn heads_cannot_be_read_and_the_rest_can() {
        let standing = Detection { rect: Rect::new(20.0, 0.0, 60.0, 100.0), score: 0.9, view: View::Upright };
        let lying = Detection { rect: Rect::new(80.0, 50.0, 190.0, 90.0), score: 0.9, view: View::Quarter };
        let picture = stripes(vec![standing], vec![lying]);
        assert!(detail(&picture, 26, 6, 54, 20) < 20.0, "the standing head");
        assert!(detail(&picture, 86, 56, 102, 84) < 20.0, "one end of the lying body");
        assert!(detail(&picture, 168, 56, 184, 84) < 20.0, "the other end");
        assert!(detail(&picture, 26, 40, 54, 90) > 100.0, "the standing body");
        assert!(detail(&picture, 120, 56, 150, 84) > 100.0, "the lying body");
    }

    #[test]
    fn a_box_at_the_edge_is_drawn_within_the_picture() {
        let odd =
            Detection { rect: Rect::new(-30.0, 80.0, 260.0, 140.0), score: 0.9, view: View::ThreeQuarter };
        assert_eq!(stripes(Vec::new(), vec![odd]).dimensions(), (200, 100));
    }
}
