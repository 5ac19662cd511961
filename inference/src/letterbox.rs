//! Frames into tensors: out of the decoder's planes, turned, scaled to fit, in the corner, the rest grey.

use crate::{detection::View, geometry::Rect};

/// The size of a model's input in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputSize {
    /// Width.
    pub width: usize,
    /// Height.
    pub height: usize,
}

/// How a model wants its pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Input {
    pub(crate) size: InputSize,
    pub(crate) fit: Fit,
    pub(crate) pixels: Pixels,
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

/// What a model calls a pixel: each channel, 0 to 255, is multiplied by `scale` and then moved by `offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pixels {
    pub(crate) channels: Channels,
    /// In the order of the channels; grey has the first alone.
    pub(crate) scale: [f32; 3],
    /// In the order of the channels; grey has the first alone.
    pub(crate) offset: [f32; 3],
    /// One pixel's channels stand side by side (`[N, height, width, channels]`), not in planes of their own.
    pub(crate) interleaved: bool,
    /// The tensor is of bytes, not of float32.
    pub(crate) bytes: bool,
}

/// Which channels a pixel has, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channels {
    /// Blue, green, red.
    Bgr,
    /// Red, green, blue.
    Rgb,
    /// Luma alone.
    Grey,
}

impl Pixels {
    /// Planes of blue, green and red, 0 to 255: what YOLOX takes.
    pub(crate) const BGR: Self =
        Self { channels: Channels::Bgr, scale: [1.0; 3], offset: [0.0; 3], interleaved: false, bytes: false };

    /// How many values a pixel has.
    pub(crate) fn count(&self) -> usize {
        if self.channels == Channels::Grey { 1 } else { 3 }
    }
}

impl Input {
    /// The number of values in one row of the input tensor.
    pub(crate) fn values(&self) -> usize {
        self.pixels.count() * self.size.width * self.size.height
    }
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

    /// How many pixels of the input one pixel of the frame has, in the direction where it is less.
    pub(crate) fn scale(&self) -> f32 {
        self.scale_x.min(self.scale_y)
    }

    /// A rectangle of the input, in pixels of the frame, cut to the frame.
    pub fn to_frame(&self, rect: &Rect) -> Rect {
        rect.scaled(1.0 / self.scale_x, 1.0 / self.scale_y).clamped(self.frame_width, self.frame_height)
    }

    /// A point of the input, in pixels of the frame; outside of it where the input shows none of it.
    pub fn point_to_frame(&self, x: f32, y: f32) -> (f32, f32) {
        (x / self.scale_x, y / self.scale_y)
    }

    /// A rectangle of the frame, in pixels of the input.
    pub fn to_input(&self, rect: &Rect) -> Rect {
        rect.scaled(self.scale_x, self.scale_y)
    }

    /// Width and height of the picture in the input, in whole pixels.
    pub(crate) fn scaled_size(&self, input: InputSize) -> (usize, usize) {
        let width = (self.frame_width * self.scale_x).round() as usize;
        let height = (self.frame_height * self.scale_y).round() as usize;
        (width.clamp(1, input.width), height.clamp(1, input.height))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE: InputSize = InputSize { width: 64, height: 48 };

    proptest! {
        #[test]
        fn boxes_come_back_to_where_they_were(
            (w, h) in (16u32..2000, 16u32..2000), x in 0f32..1.0, y in 0f32..1.0, bw in 0f32..1.0, bh in 0f32..1.0
        ) {
            let (fw, fh) = (w as f32, h as f32);
            let rect = Rect::new(x * fw, y * fh, (x + bw).min(1.0) * fw, (y + bh).min(1.0) * fh);
            for letterbox in [Letterbox::fit(w, h, SIZE), Letterbox::stretch(w, h, SIZE)] {
                let input = letterbox.to_input(&rect);
                prop_assert!(input.x2 <= SIZE.width as f32 + 0.01 && input.y2 <= SIZE.height as f32 + 0.01);
                let back = letterbox.to_frame(&input);
                for (a, b) in [(rect.x1, back.x1), (rect.y1, back.y1), (rect.x2, back.x2), (rect.y2, back.y2)] {
                    prop_assert!((a - b).abs() < 0.01 * w.max(h) as f32 / 16.0);
                }
            }
        }
    }
}
