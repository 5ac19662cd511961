//! What luma and chroma mean in blue, green and red.
//!
//! ITU-R BT.601 and BT.709 share one formula and differ in two weights, those of red and blue in luma: with Kr and Kb,
//! Kg = 1 − Kr − Kb, luma Y and chroma U, V around zero: R = Y + 2 (1 − Kr) V, B = Y + 2 (1 − Kb) U and
//! G = Y − 2 Kb (1 − Kb) / Kg · U − 2 Kr (1 − Kr) / Kg · V. In the limited range, which video has, luma goes from 16 to
//! 235 and chroma from 16 to 240; in the full range, as in JPEG, both from 0 to 255.

use gstreamer_video::{VideoColorMatrix, VideoColorRange, VideoColorimetry};

/// The numbers of the formula above, with the range worked in: a value is 0 to 255 before and after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour {
    /// The luma of black.
    pub black: f32,
    /// What a step of luma is in all three.
    pub luma: f32,
    /// What a step of V is in red.
    pub red_v: f32,
    /// What a step of U takes from green.
    pub green_u: f32,
    /// What a step of V takes from green.
    pub green_v: f32,
    /// What a step of U is in blue.
    pub blue_u: f32,
}

/// Chroma of grey.
const GREY: f32 = 128.0;

impl Colour {
    /// BT.601 in the full range.
    pub const FULL: Self = Self::new(0.299, 0.114, true);

    const fn new(kr: f32, kb: f32, full: bool) -> Self {
        let (black, luma, chroma) = if full { (0.0, 1.0, 1.0) } else { (16.0, 255.0 / 219.0, 255.0 / 224.0) };
        let kg = 1.0 - kr - kb;
        Self {
            black,
            luma,
            red_v: 2.0 * (1.0 - kr) * chroma,
            green_u: 2.0 * kb * (1.0 - kb) / kg * chroma,
            green_v: 2.0 * kr * (1.0 - kr) / kg * chroma,
            blue_u: 2.0 * (1.0 - kb) * chroma,
        }
    }

    /// As a stream says of itself; BT.601 in the limited range where it says nothing that is known here.
    pub(crate) fn of(colorimetry: &VideoColorimetry) -> Self {
        let (kr, kb) = match colorimetry.matrix() {
            VideoColorMatrix::Bt709 => (0.2126, 0.0722),
            VideoColorMatrix::Bt2020 => (0.2627, 0.0593),
            _ => (0.299, 0.114),
        };
        Self::new(kr, kb, colorimetry.range() == VideoColorRange::Range0_255)
    }

    /// Luma and chroma as blue, green and red, 0 to 255.
    pub fn to_bgr(&self, [y, u, v]: [u8; 3]) -> [u8; 3] {
        let luma = (f32::from(y) - self.black) * self.luma;
        let (u, v) = (f32::from(u) - GREY, f32::from(v) - GREY);
        let values =
            [luma + self.blue_u * u, luma - self.green_u * u - self.green_v * v, luma + self.red_v * v];
        values.map(|value| value.round().clamp(0.0, 255.0) as u8)
    }

    /// Blue, green and red as luma and chroma: the way back. Only for the full range.
    pub(crate) fn of_bgr(&self, [b, g, r]: [u8; 3]) -> [u8; 3] {
        let [b, g, r] = [b, g, r].map(f32::from);
        let (kr, kb) = (1.0 - self.red_v / 2.0, 1.0 - self.blue_u / 2.0);
        let y = kr * r + (1.0 - kr - kb) * g + kb * b;
        let values = [y, (b - y) / self.blue_u + GREY, (r - y) / self.red_v + GREY];
        values.map(|value| value.round().clamp(0.0, 255.0) as u8)
    }

    /// A luma value as a level between black (0) and white (255).
    pub fn level(&self, y: u8) -> f32 {
        ((f32::from(y) - self.black) * self.luma).clamp(0.0, 255.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_are_what_the_standards_say() {
        let limited = Colour::new(0.299, 0.114, false);
        assert_eq!(limited.to_bgr([16, 128, 128]), [0, 0, 0]);
        assert_eq!(limited.to_bgr([235, 128, 128]), [255, 255, 255]);
        // Red, green and blue of BT.601, limited range.
        for (yuv, bgr) in
            [([81, 90, 240], [0, 0, 255]), ([145, 54, 34], [0, 255, 0]), ([41, 240, 110], [255, 0, 0])]
        {
            let found = limited.to_bgr(yuv);
            assert!(found.iter().zip(bgr).all(|(a, b): (&u8, u8)| a.abs_diff(b) <= 2), "{yuv:?}: {found:?}");
        }
        // Red of BT.709.
        let found = Colour::new(0.2126, 0.0722, false).to_bgr([63, 102, 240]);
        assert!(found[2] >= 252 && found[0] <= 3 && found[1] <= 3, "{found:?}");
        assert_eq!((limited.level(16), limited.level(235), limited.level(0)), (0.0, 255.0, 0.0));
    }
}
