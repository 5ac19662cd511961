//! FastestDet's own output: one grid with cells of 16 pixels, a plane for each value: how sure it is that there is
//! something, a box relative to the cell, and how sure of each class.

use crate::{
    detection::{Detection, View},
    geometry::Rect,
    letterbox::InputSize,
};

/// The size of a cell in input pixels.
const STRIDE: usize = 16;
/// Something (1), box (4), classes (80).
const PLANES: usize = 85;
/// Which plane holds the class person.
const PERSON: usize = 5;
/// How much "there is something" weighs in the score; the class has the rest.
const SOMETHING_WEIGHT: f32 = 0.6;

/// What one row of the output looks like for an input of this size.
pub(super) fn shape(size: InputSize) -> [i64; 3] {
    [PLANES as i64, (size.height / STRIDE) as i64, (size.width / STRIDE) as i64]
}

/// The people of one row.
pub(super) fn read(values: &[f32], size: InputSize) -> Vec<Detection> {
    let (columns, lines) = (size.width / STRIDE, size.height / STRIDE);
    let people = (0..columns * lines).map(|cell| {
        let value = |plane: usize| values[plane * columns * lines + cell];
        let share = |plane: usize| 1.0 / (1.0 + (-value(plane)).exp());
        let x = ((cell % columns) as f32 + value(1).tanh()) * STRIDE as f32;
        let y = ((cell / columns) as f32 + value(2).tanh()) * STRIDE as f32;
        let (half_width, half_height) =
            (share(3) * size.width as f32 / 2.0, share(4) * size.height as f32 / 2.0);
        // Rounding may leave a share just outside 0 to 1.
        let (something, person) = (value(0).clamp(0.0, 1.0), value(PERSON).clamp(0.0, 1.0));
        Detection {
            rect: Rect::new(x - half_width, y - half_height, x + half_width, y + half_height),
            score: something.powf(SOMETHING_WEIGHT) * person.powf(1.0 - SOMETHING_WEIGHT),
            view: View::Upright,
        }
    });
    people.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cells_box_is_relative_to_the_cell_and_its_size_to_the_picture() {
        let size = InputSize { width: 64, height: 32 };
        assert_eq!(shape(size), [85, 2, 4]);
        let mut values = vec![0.0; PLANES * 8];
        // Second line, third column. A share of one half is written as 0.
        let cell = 4 + 2;
        for (plane, value) in [0.9, 0.5, -0.5, 0.0, 0.0, 0.4].into_iter().enumerate() {
            values[plane * 8 + cell] = value;
        }
        let seen = read(&values, size)[cell];
        let (x, y) = ((2.0 + 0.5f32.tanh()) * 16.0, (1.0 - 0.5f32.tanh()) * 16.0);
        assert_eq!(seen.rect, Rect::new(x - 16.0, y - 8.0, x + 16.0, y + 8.0));
        assert!((seen.score - 0.9f32.powf(0.6) * 0.4f32.powf(0.4)).abs() < 1e-6);
    }
}
