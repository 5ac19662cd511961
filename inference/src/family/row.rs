//! One row of an output, and what most families find in it.

use super::output::cells;
use crate::{
    detection::{Detection, View},
    geometry::Rect,
    letterbox::InputSize,
};

/// One row of an output: as many values as its shape says.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    /// The output's shape without the first size, which is the number of rows.
    pub(crate) shape: &'a [i64],
    pub(crate) values: &'a [f32],
}

impl<'a> Row<'a> {
    /// Whether there are as many values as the shape says.
    pub(super) fn is_whole(&self) -> bool {
        let count = self.shape.iter().try_fold(1i64, |count, size| count.checked_mul(*size));
        count.is_some_and(|count| usize::try_from(count) == Ok(self.values.len()))
    }

    /// What there is of each thing, where a thing's values stand side by side: the last size is how many.
    pub(super) fn entries(&self) -> impl Iterator<Item = &'a [f32]> + use<'a> {
        let width = self.shape.last().map_or(1, |width| (*width).max(1) as usize);
        self.values.chunks_exact(width)
    }

    /// The values by planes, where each kind of value is by itself: the first size is how many kinds.
    pub(super) fn planes(&self) -> Planes<'a> {
        let kinds = self.shape.first().map_or(1, |kinds| (*kinds).max(1) as usize);
        Planes { values: self.values, cells: self.values.len() / kinds }
    }
}

/// Values where each kind is by itself.
pub(super) struct Planes<'a> {
    values: &'a [f32],
    /// How many there are of each kind.
    pub(super) cells: usize,
}

impl Planes<'_> {
    pub(super) fn at(&self, kind: usize, cell: usize) -> f32 {
        self.values[kind * self.cells + cell]
    }
}

/// One cell of a grid over the input.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    pub(super) column: f32,
    pub(super) line: f32,
    /// Its width and height in input pixels.
    pub(super) stride: f32,
}

/// The cells of all grids whose cells have these sizes, grid by grid, line by line.
pub(super) fn grid(size: InputSize, strides: &'static [usize]) -> impl Iterator<Item = Cell> {
    strides.iter().flat_map(move |stride| {
        let columns = size.width.div_ceil(*stride);
        (0..cells(size, &[*stride])).map(move |cell| Cell {
            column: (cell % columns) as f32,
            line: (cell / columns) as f32,
            stride: *stride as f32,
        })
    })
}

/// The box with this middle, width and height.
pub(super) fn rect_around(x: f32, y: f32, width: f32, height: f32) -> Rect {
    Rect::new(x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0)
}

/// Somebody in the picture as it was shown. Rounding may leave a score just above 1.
pub(super) fn person(rect: Rect, score: f32) -> Detection {
    Detection { rect, score: score.min(1.0), view: View::Upright }
}

/// The share of a logit: 0 to 1.
pub(super) fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_that_does_not_fit_reaches_over_the_edge() {
        let places =
            grid(InputSize { width: 96, height: 64 }, &[32, 64]).map(|cell| (cell.column, cell.line));
        let coarse: Vec<(f32, f32)> = places.skip(6).collect();
        assert_eq!(coarse, [(0.0, 0.0), (1.0, 0.0)], "after the six cells of 32 pixels");
    }
}
