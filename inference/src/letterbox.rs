//! Frames into tensors: turned, scaled to fit, in the corner, the rest grey.

use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images};
use gridwatch_ingest::Frame;

use crate::{detection::View, geometry::Rect, turned::Placement};

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

/// How a model wants its pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Input {
    pub(crate) size: InputSize,
    pub(crate) fit: Fit,
    /// What white is: 255, or 1.
    pub(crate) white: f32,
    /// The views of each frame that it is shown; each is a row.
    pub(crate) views: &'static [View],
}

/// How a picture of another shape gets into the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It keeps its shape; the rest is grey.
    Letterbox,
    /// It is stretched until nothing is left free.
    Stretch,
}

/// How a frame lies in a model's input: scaled, its top left corner at the input's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Letterbox {
    scale_x: f32,
    scale_y: f32,
    frame_width: f32,
    frame_height: f32,
}

impl Letterbox {
    /// The largest picture of a frame of this size that fits the input, in whole pixels.
    pub fn fit(frame_width: u32, frame_height: u32, input: InputSize) -> Self {
        let Self { scale_x, scale_y, frame_width, frame_height } =
            Self::stretch(frame_width, frame_height, input);
        let scale = scale_x.min(scale_y);
        let whole = |size: f32, max: usize| (size * scale).round().clamp(1.0, max as f32) / size;
        let (scale_x, scale_y) = (whole(frame_width, input.width), whole(frame_height, input.height));
        Self { scale_x, scale_y, frame_width, frame_height }
    }

    /// A picture that fills the input, whatever becomes of its shape.
    pub fn stretch(frame_width: u32, frame_height: u32, input: InputSize) -> Self {
        let (frame_width, frame_height) = (frame_width as f32, frame_height as f32);
        let (scale_x, scale_y) = (input.width as f32 / frame_width, input.height as f32 / frame_height);
        Self { scale_x, scale_y, frame_width, frame_height }
    }

    /// A rectangle of the input, in pixels of the frame, cut to the frame.
    pub fn to_frame(&self, rect: &Rect) -> Rect {
        rect.scaled(1.0 / self.scale_x, 1.0 / self.scale_y).clamped(self.frame_width, self.frame_height)
    }

    /// A rectangle of the frame, in pixels of the input.
    pub fn to_input(&self, rect: &Rect) -> Rect {
        rect.scaled(self.scale_x, self.scale_y)
    }

    /// Width and height of the picture in the input, in whole pixels.
    fn scaled_size(&self, input: InputSize) -> (usize, usize) {
        let width = (self.frame_width * self.scale_x).round() as usize;
        let height = (self.frame_height * self.scale_y).round() as usize;
        (width.clamp(1, input.width), height.clamp(1, input.height))
    }
}

/// Writes frames into rows of a tensor. Keeps its working memory.
#[derive(Default)]
pub(crate) struct Preprocessor {
    resizer: Resizer,
    scaled: Vec<u8>,
}

impl Preprocessor {
    /// Writes one view of `frame` into `row` (`input.size.values()` values): planes B, G, R, each value 0 to
    /// `input.white`.
    pub(crate) fn write(
        &mut self,
        frame: &Frame,
        view: View,
        input: &Input,
        row: &mut [f32],
    ) -> Result<Placement, String> {
        let (turned_width, turned_height) = view.size((frame.width, frame.height));
        let letterbox = match input.fit {
            Fit::Letterbox => Letterbox::fit(turned_width, turned_height, input.size),
            Fit::Stretch => Letterbox::stretch(turned_width, turned_height, input.size),
        };
        let turned_size = letterbox.scaled_size(input.size);
        // The grey comes to where it is when the input is turned as a whole, as the graphs of contract R do it. A box's
        // score depends on that, and the fall rule's thresholds were chosen with them.
        let left = if view == View::Quarter { input.size.width - turned_size.0 } else { 0 };
        // It is scaled as it came, and turned while it is written.
        let (width, height) = view.size(turned_size);
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
        fill_planes(pixels, width, view, left, turned_size, input.size, row);
        if input.white != 255.0 {
            row.iter_mut().for_each(|value| *value *= input.white / 255.0);
        }
        let frame = (frame.width as f32, frame.height as f32);
        Ok(Placement { view, left: left as f32, letterbox, frame })
    }
}

/// Writes the picture `bgr`, `width` pixels wide, as seen in `view`, where it is `turned` wide and high and begins
/// `left` pixels from the left.
fn fill_planes(
    bgr: &[u8],
    width: usize,
    view: View,
    left: usize,
    turned: (usize, usize),
    input: InputSize,
    row: &mut [f32],
) {
    for (channel, plane) in row.chunks_exact_mut(input.width * input.height).enumerate() {
        for (y, line) in plane.chunks_exact_mut(input.width).enumerate() {
            if y >= turned.1 {
                line.fill(GREY);
                continue;
            }
            let (before, line) = line.split_at_mut(left);
            let (line, after) = line.split_at_mut(turned.0);
            before.fill(GREY);
            view.write_line(bgr, width, y, channel, line);
            after.fill(GREY);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{detection::Detection, testing::frame, turned::ALL_VIEWS};

    const INPUT: Input = Input {
        size: InputSize { width: 64, height: 48 },
        fit: Fit::Letterbox,
        white: 255.0,
        views: ALL_VIEWS,
    };

    fn written(frame: &Frame, view: View, input: &Input) -> (Vec<f32>, Placement) {
        let mut row = vec![0.0; input.size.values()];
        let placement = Preprocessor::default().write(frame, view, input, &mut row).unwrap();
        (row, placement)
    }

    #[test]
    fn a_frame_of_the_inputs_shape_is_copied_and_the_rest_is_grey() {
        let (row, placement) = written(&frame("cam", 64, 36, [10, 20, 30]), View::Upright, &INPUT);
        assert_eq!((placement.letterbox.scale_x, placement.letterbox.scale_y), (1.0, 1.0));
        let plane = 64 * 48;
        assert_eq!((row[0], row[plane], row[2 * plane]), (10.0, 20.0, 30.0));
        assert_eq!((row[64 * 36 - 1], row[64 * 36]), (10.0, GREY));
    }

    #[test]
    fn other_sizes_are_scaled_to_fit() {
        let (row, placement) = written(&frame("cam", 32, 48, [9, 9, 9]), View::Upright, &INPUT);
        assert_eq!(placement.letterbox.scale_x, 1.0);
        assert_eq!((row[31], row[32]), (9.0, GREY));
        let (row, _) = written(&frame("cam", 640, 360, [9, 9, 9]), View::Upright, &INPUT);
        assert_eq!((row[64 * 36 - 1], row[64 * 36]), (9.0, GREY));
    }

    #[test]
    fn a_turned_picture_is_fitted_as_the_tall_one_that_it_is() {
        let (row, placement) = written(&frame("cam", 64, 36, [9, 9, 9]), View::Quarter, &INPUT);
        assert_eq!(placement.letterbox.scale_x, 48.0 / 64.0);
        // 36 by 64 pixels become 27 by 48, at the right.
        assert_eq!(
            (row[64 - 28], row[64 - 27], row[64 * 48 - 28], row[64 * 48 - 27]),
            (GREY, 9.0, GREY, 9.0)
        );
        let (row, _) = written(&frame("cam", 64, 36, [9, 9, 9]), View::ThreeQuarter, &INPUT);
        assert_eq!((row[26], row[27], row[64 * 47 + 26], row[64 * 47 + 27]), (9.0, GREY, 9.0, GREY));
    }

    #[test]
    fn a_stretched_picture_leaves_nothing_free() {
        let input = Input { fit: Fit::Stretch, white: 1.0, ..INPUT };
        for view in ALL_VIEWS {
            let (row, _) = written(&frame("cam", 100, 36, [255, 255, 255]), *view, &input);
            assert!(row.iter().all(|value| (value - 1.0).abs() < 0.001));
        }
    }

    proptest! {
        #[test]
        fn boxes_come_back_to_where_they_were(
            (w, h) in (16u32..2000, 16u32..2000), x in 0f32..1.0, y in 0f32..1.0, bw in 0f32..1.0, bh in 0f32..1.0
        ) {
            let (fw, fh) = (w as f32, h as f32);
            let rect = Rect::new(x * fw, y * fh, (x + bw).min(1.0) * fw, (y + bh).min(1.0) * fh);
            for letterbox in [Letterbox::fit(w, h, INPUT.size), Letterbox::stretch(w, h, INPUT.size)] {
                let input = letterbox.to_input(&rect);
                prop_assert!(input.x2 <= INPUT.size.width as f32 + 0.01 && input.y2 <= INPUT.size.height as f32 + 0.01);
                let back = letterbox.to_frame(&input);
                for (a, b) in [(rect.x1, back.x1), (rect.y1, back.y1), (rect.x2, back.x2), (rect.y2, back.y2)] {
                    prop_assert!((a - b).abs() < 0.01 * w.max(h) as f32 / 16.0);
                }
            }
        }

        /// What is bright in the frame is bright in every view, and its box comes back from there.
        #[test]
        fn a_bright_square_comes_back_from_every_view((w, h) in (24u32..64, 24u32..48), x in 0u32..16, y in 0u32..16) {
            let mut frame = frame("cam", w, h, [0; 3]);
            let inside = |i: u32| (x..x + 8).contains(&(i % w)) && (y..y + 8).contains(&(i / w));
            frame.bgr = (0..w * h).flat_map(|i| [if inside(i) { 255 } else { 0 }; 3]).collect();
            let there = Rect::new(x as f32, y as f32, x as f32 + 8.0, y as f32 + 8.0);
            for view in ALL_VIEWS {
                let (row, placement) = written(&frame, *view, &INPUT);
                let bright = (0..64 * 48).filter(|i| row[*i] > 127.0).map(|i| ((i % 64) as f32, (i / 64) as f32));
                let rect = bright.fold(Rect::new(64.0, 48.0, 0.0, 0.0), |r, (x, y)| {
                    Rect::new(r.x1.min(x), r.y1.min(y), r.x2.max(x + 1.0), r.y2.max(y + 1.0))
                });
                let back = placement.to_frame(Detection { rect, score: 0.5, view: View::Upright }).rect;
                prop_assert!(back.iou(&there) > 0.6, "{view:?}: {back:?} instead of {there:?}");
            }
        }

        /// Any box of any turned view lies within the frame, and says which view it was.
        #[test]
        fn boxes_of_turned_views_stay_in_the_frame(
            (w, h) in (16u32..200, 16u32..200), x in -9f32..70.0, y in -9f32..50.0, bw in 0f32..70.0, bh in 0f32..50.0
        ) {
            let seen = Detection { rect: Rect::new(x, y, x + bw, y + bh), score: 0.5, view: View::Upright };
            for view in ALL_VIEWS {
                let (_, placement) = written(&frame("cam", w, h, [0; 3]), *view, &INPUT);
                let found = placement.to_frame(seen);
                prop_assert_eq!(found.view, *view);
                let Rect { x1, y1, x2, y2 } = found.rect;
                prop_assert!(0.0 <= x1 && x1 <= x2 && x2 <= w as f32, "{:?}", found.rect);
                prop_assert!(0.0 <= y1 && y1 <= y2 && y2 <= h as f32, "{:?}", found.rect);
            }
        }
    }
}
