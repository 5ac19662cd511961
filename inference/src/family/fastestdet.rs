//! FastestDet's own output: one grid with cells of 16 pixels, a plane for each value: how sure it is that there is
//! something, a box relative to the cell, and how sure of each class.

use super::row::{Row, grid, person, rect_around, sigmoid};
use crate::{detection::Sighting, letterbox::InputSize};

/// The size of a cell in input pixels.
pub(super) const STRIDE: usize = 16;
/// Which plane holds the class person.
const PERSON: usize = 5;
/// How much "there is something" weighs in the score; the class has the rest.
const SOMETHING_WEIGHT: f32 = 0.6;

/// The people of one row.
pub(super) fn read(rows: &[Row<'_>], size: InputSize, score_min: f32) -> Sighting {
    let planes = rows[0].planes();
    let people = grid(size, &[STRIDE]).enumerate().filter_map(|(i, cell)| {
        let value = |plane: usize| planes.at(plane, i);
        // Rounding may leave a share just outside 0 to 1.
        let (something, of_person) = (value(0).clamp(0.0, 1.0), value(PERSON).clamp(0.0, 1.0));
        let score = something.powf(SOMETHING_WEIGHT) * of_person.powf(1.0 - SOMETHING_WEIGHT);
        let x = (cell.column + value(1).tanh()) * cell.stride;
        let y = (cell.line + value(2).tanh()) * cell.stride;
        let (width, height) = (sigmoid(value(3)) * size.width as f32, sigmoid(value(4)) * size.height as f32);
        (score >= score_min).then(|| person(rect_around(x, y, width, height), score))
    });
    people.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;

    #[test]
    fn a_cells_box_is_relative_to_the_cell_and_its_size_to_the_picture() {
        let size = InputSize { width: 64, height: 32 };
        let shape = [85, 2, 4];
        let mut values = vec![0.0; 85 * 8];
        // Second line, third column. A share of one half is written as 0.
        let cell = 4 + 2;
        for (plane, value) in [0.9, 0.5, -0.5, 0.0, 0.0, 0.4].into_iter().enumerate() {
            values[plane * 8 + cell] = value;
        }
        let seen = read(&[Row { shape: &shape, values: &values }], size, 0.1).detections;
        let (x, y) = ((2.0 + 0.5f32.tanh()) * 16.0, (1.0 - 0.5f32.tanh()) * 16.0);
        assert_eq!((seen.len(), seen[0].rect), (1, Rect::new(x - 16.0, y - 8.0, x + 16.0, y + 8.0)));
        assert!((seen[0].score - 0.9f32.powf(0.6) * 0.4f32.powf(0.4)).abs() < 1e-6);
    }
}
