//! A picture that shows nothing new is not looked at again: what was seen in the earlier one still stands.
//!
//! This is no motion gate. Every picture counts as a look, and who lies motionless is seen down at each: it is the
//! model's answer that is used again, not the rule's. It is compared with the picture that the model was shown, not with
//! the newest, so that what changes slowly adds up until it is looked at.

use gridwatch_ingest::Plane;
use jiff::{SignedDuration, Timestamp};

/// The side of a block in pixels. Somebody 12 pixels high fills a third of one or more.
const BLOCK: usize = 8;
/// By how much the mean of a block may differ, of 256 levels of luma. In recorded clips the means of a still scene differ by
/// 2 to 4 from one half second to the next. Somebody 5 by 12 pixels large covers 18 of the 64 pixels of some block, wherever
/// they are, so that 18 levels between them and the ground move its mean by 5. (Up to 12 was tried: no box of those
/// clips was missed by it, but they have nobody so small.)
const DIFFERENCE_MAX: u8 = 4;

/// The means of a picture's luma over blocks of 8 by 8 pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blocks {
    /// Row by row.
    means: Vec<u8>,
    columns: usize,
}

impl Blocks {
    /// The blocks of a picture's luma. What is left over at the right and lower edge makes smaller ones.
    pub(crate) fn of(luma: &Plane<'_>) -> Self {
        let columns = luma.width.div_ceil(BLOCK);
        let mut means = Vec::with_capacity(columns * luma.height.div_ceil(BLOCK));
        let mut sums = vec![0u16; columns];
        for top in (0..luma.height).step_by(BLOCK) {
            let rows = top..(top + BLOCK).min(luma.height);
            let high = rows.len();
            sums.fill(0);
            for y in rows {
                for (sum, pixels) in sums.iter_mut().zip(luma.row(y).chunks(BLOCK)) {
                    *sum += pixels.iter().map(|pixel| u16::from(*pixel)).sum::<u16>();
                }
            }
            means.extend(sums.iter().enumerate().map(|(column, sum)| {
                let wide = BLOCK.min(luma.width - column * BLOCK);
                // A mean of bytes is one.
                (*sum / (wide * high) as u16) as u8
            }));
        }
        Self { means, columns }
    }

    /// Whether no block differs by more than encoding makes it.
    fn shows_the_same(&self, other: &Self) -> bool {
        self.columns == other.columns
            && self.means.len() == other.means.len()
            && self.means.iter().zip(&other.means).all(|(a, b)| a.abs_diff(*b) <= DIFFERENCE_MAX)
    }
}

/// What a model saw in the last picture that it was shown of one camera.
#[derive(Clone, Debug)]
pub(crate) struct Unchanged<T> {
    kept_for: SignedDuration,
    last: Option<(Blocks, Timestamp, T)>,
}

impl<T> Unchanged<T> {
    /// Nothing yet. An answer will be used for no longer than `kept_for`.
    pub(crate) fn new(kept_for: SignedDuration) -> Self {
        Self { kept_for, last: None }
    }

    /// What was seen then, if the picture taken at `at` shows the same and it is not too long ago.
    pub(crate) fn answer(&self, picture: &Blocks, at: Timestamp) -> Option<&T> {
        let (judged, judged_at, answer) = self.last.as_ref()?;
        let fresh = at >= *judged_at && at.duration_since(*judged_at) <= self.kept_for;
        (fresh && judged.shows_the_same(picture)).then_some(answer)
    }

    /// The model was shown this picture, and saw this.
    pub(crate) fn judged(&mut self, picture: Blocks, at: Timestamp, answer: T) {
        self.last = Some((picture, at, answer));
    }
}

#[cfg(test)]
mod tests;
