//! One decoded picture, small, on its way to the detectors.

use std::{fmt, sync::Arc};

use gstreamer_video as gst_video;
use jiff::Timestamp;

use crate::{
    camera::{CameraId, Generation},
    colour::Colour,
};

use gst_video::VideoFrameExt;

/// One decoded picture as its decoder left it: a plane of luma and two of chroma, 8 bits each, chroma at half the width
/// and height, rounded up (I420). Cheap to clone; nothing is copied on the way.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Whose picture this is.
    pub camera: CameraId,
    /// The version of the camera's configuration it was received under.
    pub generation: Generation,
    /// When its access unit arrived.
    pub captured_at: Timestamp,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// What its values mean.
    pub colour: Colour,
    planes: Planes,
}

/// One plane of a picture: row `y` begins at `y * stride` and has `width` values.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// The values.
    pub data: &'a [u8],
    /// From one row to the next, in bytes.
    pub stride: usize,
    /// Values in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// Where the values are.
#[derive(Clone)]
enum Planes {
    /// In the decoder's memory.
    Decoded(Arc<gst_video::VideoFrame<gst_video::video_frame::Readable>>),
    /// In ours, without padding, one plane after the other.
    Owned(Arc<[u8]>),
}

impl fmt::Debug for Planes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Planes")
    }
}

impl Frame {
    /// A picture that a decoder made, in I420; None if it is anything else.
    pub(crate) fn decoded(
        camera: CameraId,
        generation: Generation,
        captured_at: Timestamp,
        picture: gst_video::VideoFrame<gst_video::video_frame::Readable>,
    ) -> Option<Self> {
        if picture.format() != gst_video::VideoFormat::I420 {
            return None;
        }
        let (width, height) = (picture.width(), picture.height());
        let colour = Colour::of(&picture.info().colorimetry());
        let planes = Planes::Decoded(Arc::new(picture));
        Some(Self { camera, generation, captured_at, width, height, colour, planes })
    }

    /// A picture out of packed blue, green, red, 8 bits each, rows top to bottom without padding; None if `bgr` does not
    /// hold as many. As in any I420, four pixels share their chroma.
    pub fn from_bgr(
        camera: CameraId,
        generation: Generation,
        captured_at: Timestamp,
        (width, height): (u32, u32),
        bgr: &[u8],
    ) -> Option<Self> {
        let (w, h) = (width as usize, height as usize);
        if bgr.len() != w.checked_mul(h)?.checked_mul(3)? {
            return None;
        }
        let colour = Colour::FULL;
        let pixel = |x: usize, y: usize| -> [u8; 3] {
            let at = 3 * (y * w + x);
            [bgr[at], bgr[at + 1], bgr[at + 2]]
        };
        let mut planes: Vec<u8> = (0..w * h).map(|i| colour.of_bgr(pixel(i % w, i / w))[0]).collect();
        for chroma in [1, 2] {
            for (y, x) in (0..h).step_by(2).flat_map(|y| (0..w).step_by(2).map(move |x| (y, x))) {
                let shared = [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)];
                let shared = shared.map(|(x, y)| pixel(x.min(w - 1), y.min(h - 1)));
                let mean = [0, 1, 2].map(|c| (shared.iter().map(|p| u32::from(p[c])).sum::<u32>() / 4) as u8);
                planes.push(colour.of_bgr(mean)[chroma]);
            }
        }
        let planes = Planes::Owned(planes.into());
        Some(Self { camera, generation, captured_at, width, height, colour, planes })
    }

    /// The same picture, as if taken at another time.
    pub fn taken_at(&self, captured_at: Timestamp) -> Self {
        Self { captured_at, ..self.clone() }
    }

    /// Luma, then the chroma of blue, then that of red.
    pub fn planes(&self) -> [Plane<'_>; 3] {
        let (width, height) = (self.width as usize, self.height as usize);
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        let sizes = [(width, height), (half_width, half_height), (half_width, half_height)];
        match &self.planes {
            Planes::Decoded(picture) => [0, 1, 2].map(|n| {
                // A decoder's I420 has three planes; one that is missing is empty, and no code reads beyond its end.
                let data = picture.plane_data(n).unwrap_or_default();
                let stride = picture.plane_stride()[n as usize].unsigned_abs() as usize;
                Plane { data, stride, width: sizes[n as usize].0, height: sizes[n as usize].1 }
            }),
            Planes::Owned(data) => {
                let (luma, chroma) = data.split_at(width * height);
                let (blue, red) = chroma.split_at(half_width * half_height);
                let plane = |data, (width, height)| Plane { data, stride: width, width, height };
                [plane(luma, sizes[0]), plane(blue, sizes[1]), plane(red, sizes[2])]
            }
        }
    }

    /// The picture as packed blue, green, red.
    pub fn to_bgr(&self) -> Vec<u8> {
        self.packed(|bgr| bgr)
    }

    /// The picture as packed red, green, blue.
    pub fn to_rgb(&self) -> Vec<u8> {
        self.packed(|[blue, green, red]| [red, green, blue])
    }

    fn packed(&self, order: impl Fn([u8; 3]) -> [u8; 3]) -> Vec<u8> {
        let [luma, blue, red] = self.planes();
        let rows = (0..self.height as usize).flat_map(|y| {
            let chroma = blue.row(y / 2).iter().zip(red.row(y / 2));
            let chroma = chroma.flat_map(|pair| [pair, pair]);
            luma.row(y).iter().zip(chroma).map(|(y, (u, v))| [*y, *u, *v])
        });
        rows.flat_map(|[y, u, v]| order(self.colour.to_bgr([y, u, v]))).collect()
    }
}

impl<'a> Plane<'a> {
    /// One row of values.
    pub fn row(&self, y: usize) -> &'a [u8] {
        &self.data[y * self.stride..][..self.width]
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;

    fn of(width: u32, height: u32, bgr: &[u8]) -> Option<Frame> {
        let camera = CameraId::new("cam").unwrap();
        Frame::from_bgr(camera, Generation(1), Timestamp::UNIX_EPOCH, (width, height), bgr)
    }

    #[test]
    fn a_picture_of_one_colour_keeps_it() {
        let mut random = StdRng::seed_from_u64(7);
        for _ in 0..500 {
            let (width, height) = (random.random_range(1..20), random.random_range(1..20));
            let bgr = random.random::<[u8; 3]>().repeat((width * height) as usize);
            let frame = of(width, height, &bgr).unwrap();
            assert_eq!(frame.planes().map(|p| p.row(p.height - 1).len()), frame.planes().map(|p| p.width));
            let back = frame.to_bgr();
            assert_eq!(back.len(), bgr.len());
            assert!(bgr.iter().zip(&back).all(|(there, back)| there.abs_diff(*back) <= 2), "{:?}", &bgr[..3]);
            let swapped: Vec<u8> = frame.to_rgb().chunks_exact(3).flat_map(|p| [p[2], p[1], p[0]]).collect();
            assert_eq!(swapped, back);
            assert!(of(width, height + 1, &bgr).is_none());
        }
    }
}
