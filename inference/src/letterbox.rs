//! Frames into tensors: scaled to fit, at the top left, the rest grey.

use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images};
use gridwatch_ingest::Frame;

use crate::geometry::Rect;

/// What fills the part of the input that the picture does not cover; what YOLOX was trained with.
const GREY: f32 = 114.0;

/// The size of a model's input in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputSize {
    /// Width.
    pub width: usize,
    /// Height.
    pub height: usize,
}

impl InputSize {
    /// The number of values in one row of the input tensor: three planes.
    pub fn values(&self) -> usize {
        3 * self.width * self.height
    }
}

/// How a frame lies in a model's input: scaled by `scale`, its top left corner at the input's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Letterbox {
    scale: f32,
    frame_width: f32,
    frame_height: f32,
}

impl Letterbox {
    /// The largest picture of a frame of this size that fits the input.
    pub fn fit(frame_width: u32, frame_height: u32, input: InputSize) -> Self {
        let (width, height) = (frame_width as f32, frame_height as f32);
        let scale = (input.width as f32 / width).min(input.height as f32 / height);
        Self { scale, frame_width: width, frame_height: height }
    }

    /// A rectangle of the input, in pixels of the frame, cut to the frame.
    pub fn to_frame(&self, rect: &Rect) -> Rect {
        rect.scaled(1.0 / self.scale, 1.0 / self.scale).clamped(self.frame_width, self.frame_height)
    }

    /// A rectangle of the frame, in pixels of the input.
    pub fn to_input(&self, rect: &Rect) -> Rect {
        rect.scaled(self.scale, self.scale)
    }
}

/// Writes frames into rows of a tensor. Keeps its working memory.
#[derive(Default)]
pub(crate) struct Preprocessor {
    resizer: Resizer,
    scaled: Vec<u8>,
}

impl Preprocessor {
    /// Writes `frame` into `row` (`input.values()` values): planes B, G, R, each value 0 to 255.
    pub(crate) fn write(
        &mut self,
        frame: &Frame,
        input: InputSize,
        row: &mut [f32],
    ) -> Result<Letterbox, String> {
        let letterbox = Letterbox::fit(frame.width, frame.height, input);
        let width = ((frame.width as f32 * letterbox.scale).round() as usize).clamp(1, input.width);
        let height = ((frame.height as f32 * letterbox.scale).round() as usize).clamp(1, input.height);
        let same_size = width == frame.width as usize && height == frame.height as usize;
        let pixels: &[u8] = if same_size {
            &frame.bgr
        } else {
            self.scaled.resize(width * height * 3, 0);
            let from = images::ImageRef::new(frame.width, frame.height, &frame.bgr, PixelType::U8x3)
                .map_err(|e| e.to_string())?;
            let mut to =
                images::Image::from_slice_u8(width as u32, height as u32, &mut self.scaled, PixelType::U8x3)
                    .map_err(|e| e.to_string())?;
            let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
            self.resizer.resize(&from, &mut to, &options).map_err(|e| e.to_string())?;
            &self.scaled
        };
        fill_planes(pixels, width, height, input, row);
        Ok(letterbox)
    }
}

fn fill_planes(bgr: &[u8], width: usize, height: usize, input: InputSize, row: &mut [f32]) {
    for (channel, plane) in row.chunks_exact_mut(input.width * input.height).enumerate() {
        for (y, line) in plane.chunks_exact_mut(input.width).enumerate() {
            if y >= height {
                line.fill(GREY);
                continue;
            }
            let pixels = bgr[y * width * 3..(y + 1) * width * 3].iter().skip(channel).step_by(3);
            for (value, pixel) in line.iter_mut().zip(pixels) {
                *value = f32::from(*pixel);
            }
            line[width..].fill(GREY);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::frame;

    const INPUT: InputSize = InputSize { width: 64, height: 48 };

    #[test]
    fn a_frame_of_the_inputs_shape_is_copied_and_the_rest_is_grey() {
        let mut row = vec![0.0; INPUT.values()];
        let letterbox =
            Preprocessor::default().write(&frame("cam", 64, 36, [10, 20, 30]), INPUT, &mut row).unwrap();
        assert_eq!(letterbox.scale, 1.0);
        let plane = 64 * 48;
        assert_eq!((row[0], row[plane], row[2 * plane]), (10.0, 20.0, 30.0));
        assert_eq!((row[64 * 36 - 1], row[64 * 36]), (10.0, GREY));
    }

    #[test]
    fn other_sizes_are_scaled_to_fit() {
        let mut row = vec![0.0; INPUT.values()];
        let letterbox =
            Preprocessor::default().write(&frame("cam", 32, 48, [9, 9, 9]), INPUT, &mut row).unwrap();
        assert_eq!(letterbox.scale, 1.0);
        assert_eq!((row[31], row[32]), (9.0, GREY));
        Preprocessor::default().write(&frame("cam", 640, 360, [9, 9, 9]), INPUT, &mut row).unwrap();
        assert_eq!((row[64 * 36 - 1], row[64 * 36]), (9.0, GREY));
    }

    proptest! {
        #[test]
        fn boxes_come_back_to_where_they_were(
            (w, h) in (16u32..2000, 16u32..2000), x in 0f32..1.0, y in 0f32..1.0, bw in 0f32..1.0, bh in 0f32..1.0
        ) {
            let letterbox = Letterbox::fit(w, h, INPUT);
            let (fw, fh) = (w as f32, h as f32);
            let rect = Rect::new(x * fw, y * fh, (x + bw).min(1.0) * fw, (y + bh).min(1.0) * fh);
            let input = letterbox.to_input(&rect);
            prop_assert!(input.x2 <= INPUT.width as f32 + 0.01 && input.y2 <= INPUT.height as f32 + 0.01);
            let back = letterbox.to_frame(&input);
            for (a, b) in [(rect.x1, back.x1), (rect.y1, back.y1), (rect.x2, back.x2), (rect.y2, back.y2)] {
                prop_assert!((a - b).abs() < 0.01 * w.max(h) as f32 / 16.0);
            }
        }
    }
}
