//! YOLOX's own output: for every cell of three grids a box relative to the cell, how sure it is that there is something,
//! and how sure of each class. Scores are 0 to 1 already; boxes are not in pixels yet.

use super::row::{Row, grid, person, rect_around};
use crate::{detection::Sighting, letterbox::InputSize};

/// The sizes of the grids' cells in input pixels, in the order of the output.
pub(super) const STRIDES: &[usize] = &[8, 16, 32];
/// Where the score of the class person is.
const PERSON: usize = 5;

/// The people of one row. Each grid goes line by line.
pub(super) fn read(rows: &[Row<'_>], size: InputSize, score_min: f32) -> Sighting {
    let people = grid(size, STRIDES).zip(rows[0].entries()).filter_map(|(cell, v)| {
        let score = v[4] * v[PERSON];
        let (x, y) = ((v[0] + cell.column) * cell.stride, (v[1] + cell.line) * cell.stride);
        let size = |power: f32| power.exp() * cell.stride;
        (score >= score_min).then(|| person(rect_around(x, y, size(v[2]), size(v[3])), score))
    });
    people.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;

    #[test]
    fn a_cells_box_is_relative_to_the_cell() {
        let size = InputSize { width: 64, height: 32 };
        // 8 by 4, 4 by 2 and 2 by 1 cells, each of a box, something and two classes.
        let (cells, width) = (42, 7);
        let mut values = vec![0.0; cells * width];
        // The second grid begins at cell 32; this is its second line, third column, with cells of 16 pixels.
        let person = [0.5, 0.25, 1.0, 2.0, 0.8, 0.5];
        values[(32 + 4 + 2) * width..][..person.len()].copy_from_slice(&person);
        let shape = [cells as i64, width as i64];
        let seen = read(&[Row { shape: &shape, values: &values }], size, 0.1).detections;
        let (half_width, half_height) = (8.0 * 1f32.exp(), 8.0 * 2f32.exp());
        let expected =
            Rect::new(40.0 - half_width, 20.0 - half_height, 40.0 + half_width, 20.0 + half_height);
        assert_eq!((seen.len(), seen[0].rect), (1, expected));
        assert!((seen[0].score - 0.4).abs() < 1e-6);
    }
}
