//! YOLOX's own output: for every cell of three grids a box relative to the cell, how sure it is that there is something,
//! and how sure of each class. Scores are 0 to 1 already; boxes are not in pixels yet.

use crate::{
    detection::{Detection, View},
    geometry::Rect,
    letterbox::InputSize,
};

/// The sizes of the grids' cells in input pixels, in the order of the output.
const STRIDES: [usize; 3] = [8, 16, 32];
/// Box (4), something (1), classes (80).
pub(super) const VALUES: usize = 85;
/// Where the score of the class person is.
const PERSON: usize = 5;

/// How many cells an input of this size has.
pub(super) fn cells(size: InputSize) -> usize {
    STRIDES.iter().map(|stride| (size.width / stride) * (size.height / stride)).sum()
}

/// The people of one row. Each grid goes line by line.
pub(super) fn read(values: &[f32], size: InputSize) -> Vec<Detection> {
    let cells = STRIDES.into_iter().flat_map(|stride| {
        let (columns, lines) = (size.width / stride, size.height / stride);
        (0..columns * lines).map(move |cell| (cell % columns, cell / columns, stride as f32))
    });
    let people = cells.zip(values.chunks_exact(VALUES)).map(|((column, line, stride), v)| {
        let (x, y) = ((v[0] + column as f32) * stride, (v[1] + line as f32) * stride);
        let (half_width, half_height) = (v[2].exp() * stride / 2.0, v[3].exp() * stride / 2.0);
        Detection {
            rect: Rect::new(x - half_width, y - half_height, x + half_width, y + half_height),
            score: (v[4] * v[PERSON]).min(1.0),
            view: View::Upright,
        }
    });
    people.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cells_box_is_relative_to_the_cell() {
        let size = InputSize { width: 64, height: 32 };
        // 8 by 4, 4 by 2 and 2 by 1 cells.
        assert_eq!(cells(size), 42);
        let mut values = vec![0.0; 42 * VALUES];
        // The second grid begins at cell 32; this is its second line, third column, with cells of 16 pixels.
        let cell = 32 + 4 + 2;
        let person = [0.5, 0.25, 1.0, 2.0, 0.8, 0.5];
        values[cell * VALUES..cell * VALUES + person.len()].copy_from_slice(&person);
        let seen = read(&values, size)[cell];
        let (half_width, half_height) = (8.0 * 1f32.exp(), 8.0 * 2f32.exp());
        assert_eq!(
            seen.rect,
            Rect::new(40.0 - half_width, 20.0 - half_height, 40.0 + half_width, 20.0 + half_height)
        );
        assert!((seen.score - 0.4).abs() < 1e-6);
    }
}
