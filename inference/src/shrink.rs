//! Planes made a little smaller, or larger, as a model's input needs them: by interpolation between the four nearest pixels.
//!
//! `fast_image_resize`, which does the rest of scaling here, takes the columns first, for every row there is, and a plane
//! of bytes is what its columns are slowest with: it cost a tenth of all that a small model does. Rows first, a few rows
//! are needed, and mixing two of them is one vector instruction after the other.

use gridwatch_ingest::Plane;

/// Weights are of so many parts.
const ONE: u32 = 256;

/// Where a pixel of the target lies between two of the source: behind the first, by this weight of [`ONE`].
#[derive(Clone, Copy, Debug)]
struct Between {
    first: u32,
    weight: u32,
}

/// Interpolates planes. Keeps its working memory.
#[derive(Default)]
pub(crate) struct Interpolator {
    columns: Vec<Between>,
    /// Two rows of the source mixed into one.
    row: Vec<u8>,
}

impl Interpolator {
    /// Writes the rectangle of `source` that begins at `x`, `y` and has this width and height, in pixels and parts of them,
    /// into `target`, which gets this width and height, row by row without padding. The rectangle lies within the plane.
    pub(crate) fn scale(
        &mut self,
        source: &Plane<'_>,
        [x, y, wide, high]: [f64; 4],
        (width, height): (usize, usize),
        target: &mut Vec<u8>,
    ) {
        target.resize(width * height, 0);
        self.columns.clear();
        self.columns.extend(places(x, wide, width, source.width));
        let Some((left, right)) = self.columns.first().zip(self.columns.last()) else { return };
        let (left, right) = (left.first as usize, (right.first as usize + 2).min(source.width));
        let rows = places(y, high, height, source.height);
        for (to, Between { first, weight }) in target.chunks_exact_mut(width).zip(rows) {
            let above = &source.row(first as usize)[left..right];
            let below = &source.row(first as usize + usize::from(weight > 0))[left..right];
            self.row.clear();
            self.row.extend(above.iter().zip(below).map(|(a, b)| mix(*a, *b, weight)));
            // So that the last pixel has a neighbour, which weighs nothing.
            self.row.push(0);
            for (to, Between { first, weight }) in to.iter_mut().zip(&self.columns) {
                if let [a, b, ..] = self.row[*first as usize - left..] {
                    *to = mix(a, b, *weight);
                }
            }
        }
    }
}

/// Where the `count` pixels lie that share `length` pixels of the source from `from` on, of which there are `all`: the
/// middle of a pixel is half a pixel behind its beginning.
fn places(from: f64, length: f64, count: usize, all: usize) -> impl Iterator<Item = Between> {
    let step = length / count as f64;
    (0..count).map(move |n| {
        let at = (from + (n as f64 + 0.5) * step - 0.5).clamp(0.0, all as f64 - 1.0);
        let parts = (at * f64::from(ONE)).round() as u32;
        Between { first: parts / ONE, weight: parts % ONE }
    })
}

fn mix(a: u8, b: u8, weight: u32) -> u8 {
    // Of two bytes and weights that make 256 together: no more than a byte again.
    ((u32::from(a) * (ONE - weight) + u32::from(b) * weight + ONE / 2) / ONE) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same by the formula, with nothing rounded before the end.
    fn by_formula(data: &[u8], (w, h): (usize, usize), crop: [f64; 4], at: (f64, f64)) -> f64 {
        let x = (crop[0] + at.0 - 0.5).clamp(0.0, w as f64 - 1.0);
        let y = (crop[1] + at.1 - 0.5).clamp(0.0, h as f64 - 1.0);
        let pixel = |x: usize, y: usize| f64::from(data[y.min(h - 1) * w + x.min(w - 1)]);
        let (x0, y0) = (x.floor() as usize, y.floor() as usize);
        let (fx, fy) = (x.fract(), y.fract());
        let row = |y| pixel(x0, y) * (1.0 - fx) + pixel(x0 + 1, y) * fx;
        row(y0) * (1.0 - fy) + row(y0 + 1) * fy
    }

    proptest! {
        #[test]
        fn every_pixel_is_that_of_the_formula(
            (w, h) in (2usize..40, 2usize..40), (width, height) in (1usize..50, 1usize..50),
            shares in (0f64..0.5, 0f64..0.5, 0.1f64..0.5, 0.1f64..0.5), padding in 0usize..9, seed: u64,
        ) {
            let value = |i: usize| (seed.wrapping_mul(i as u64 + 1) >> 29) as u8;
            let data: Vec<u8> = (0..w * h).map(value).collect();
            let padded: Vec<u8> =
                data.chunks(w).flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(99, padding))).collect();
            let plane = Plane { data: &padded, stride: w + padding, width: w, height: h };
            let crop = [shares.0 * w as f64, shares.1 * h as f64, shares.2 * w as f64, shares.3 * h as f64];
            let mut target = Vec::new();
            Interpolator::default().scale(&plane, crop, (width, height), &mut target);
            for (i, found) in target.iter().enumerate() {
                let at = |n: usize, length: f64, count: usize| (n as f64 + 0.5) * length / count as f64;
                let at = (at(i % width, crop[2], width), at(i / width, crop[3], height));
                let wanted = by_formula(&data, (w, h), crop, at);
                // Weights are of 256 parts, and two roundings.
                prop_assert!((f64::from(*found) - wanted).abs() <= 2.1, "{found} instead of {wanted}");
            }
        }
    }

    #[test]
    fn a_plane_as_large_as_the_target_is_copied() {
        let data: Vec<u8> = (0..48).collect();
        let plane = Plane { data: &data, stride: 8, width: 8, height: 6 };
        let mut target = Vec::new();
        Interpolator::default().scale(&plane, [0.0, 0.0, 8.0, 6.0], (8, 6), &mut target);
        assert_eq!(target, data);
    }
}
