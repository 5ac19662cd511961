//! A small picture for a report.

use image::{
    RgbImage,
    imageops::{FilterType, resize},
};

use super::{Canvas, PictureError, encode};
use crate::observation::Judged;

/// A thumbnail is at most so many pixels wide: enough to see how somebody lies.
const WIDTH_MAX: u32 = 480;
/// Of a picture that is masked everywhere so many squares are left across: of a face two or three.
const SQUARES_ACROSS: u32 = 80;

/// What of a picture is made unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mask {
    /// The heads of those who were seen.
    Heads,
    /// Everything: somebody is there and it is not known where.
    Everything,
}

/// The judged frame as a small JPEG. Nothing is drawn into it.
///
/// # Errors
/// When the encoder refuses the size.
pub(crate) fn thumbnail(judged: &Judged, mask: Mask) -> Result<Vec<u8>, PictureError> {
    let canvas = Canvas::with_masked_heads(judged);
    let whole = RgbImage::from_raw(canvas.width, canvas.height, canvas.rgb)
        .ok_or_else(|| PictureError { what: "it is not as large as it says".to_owned() })?;
    let (width, height) = fitting(&whole, WIDTH_MAX);
    let small = match mask {
        Mask::Heads => resize(&whole, width, height, FilterType::Triangle),
        Mask::Everything => {
            let (across, down) = fitting(&whole, SQUARES_ACROSS);
            let coarse = resize(&whole, across, down, FilterType::Triangle);
            resize(&coarse, width, height, FilterType::Nearest)
        }
    };
    encode(&small, width, height)
}

/// The size of a picture that is made at most `width_max` wide.
fn fitting(picture: &RgbImage, width_max: u32) -> (u32, u32) {
    let (width, height) = picture.dimensions();
    let fitted = width.min(width_max).max(1);
    (fitted, (u64::from(height) * u64::from(fitted) / u64::from(width.max(1))).max(1) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detection::{Detection, View},
        geometry::Rect,
        testing::picture,
    };

    /// A picture of black and white stripes, one pixel each, with somebody who stands in its left half.
    fn stripes(width: u32, height: u32, mask: Mask) -> RgbImage {
        let pixels: Vec<u8> =
            (0..width * height).flat_map(|i| [if i % 2 == 0 { 0 } else { 255 }; 3]).collect();
        let rect = Rect::new(0.0, 0.0, width as f32 / 4.0, height as f32);
        let standing = Detection { rect, score: 0.9, view: View::Upright };
        let frame = picture("cam", width, height, &pixels);
        let judged = Judged { frame, upright: vec![standing], fallen: Vec::new(), heads: Vec::new() };
        image::load_from_memory(&thumbnail(&judged, mask).unwrap()).unwrap().to_rgb8()
    }

    /// The mean difference between neighbours.
    fn detail(picture: &RgbImage, from: (u32, u32), to: (u32, u32)) -> f32 {
        let pixels = (from.1..to.1).flat_map(|y| (from.0..to.0).map(move |x| (x, y)));
        let difference =
            |(x, y)| f32::from(picture.get_pixel(x, y)[0].abs_diff(picture.get_pixel(x + 1, y)[0]));
        pixels.map(difference).sum::<f32>() / ((to.0 - from.0) * (to.1 - from.1)) as f32
    }

    #[test]
    fn heads_cannot_be_read_and_the_rest_can() {
        let picture = stripes(200, 100, Mask::Heads);
        assert!(detail(&picture, (4, 4), (44, 20)) < 20.0, "the head");
        assert!(detail(&picture, (4, 40), (44, 90)) > 100.0, "the body");
        assert!(detail(&picture, (80, 4), (180, 20)) > 100.0, "what is beside them");
    }

    #[test]
    fn nothing_can_be_read_where_somebody_was_not_seen() {
        let picture = stripes(200, 100, Mask::Everything);
        assert!(detail(&picture, (2, 2), (197, 97)) < 20.0);
    }

    #[test]
    fn it_is_small_and_keeps_its_shape() {
        assert_eq!(stripes(960, 540, Mask::Heads).dimensions(), (480, 270));
        assert_eq!(stripes(960, 540, Mask::Everything).dimensions(), (480, 270));
        assert_eq!(stripes(64, 100, Mask::Heads).dimensions(), (64, 100), "never larger than it was");
    }
}
