//! NanoDet's own output: for every cell of its grids how sure it is of each class, and for each side of the box how far it
//! is from the cell's point, as weights of the distances 0 to 7 cells (Li et al., Generalized Focal Loss, 2020). Scores
//! are 0 to 1 already.

use super::row::{Row, grid, person};
use crate::{detection::Sighting, geometry::Rect, letterbox::InputSize};

/// The sizes of NanoDet-Plus' cells in input pixels, in the order of the output.
pub(super) const PLUS_STRIDES: &[usize] = &[8, 16, 32, 64];
/// Those of the first NanoDet.
pub(super) const STRIDES: &[usize] = &[8, 16, 32];
/// How many distances a side can have.
const DISTANCES: usize = 8;
/// The values of the four sides, which follow the classes.
pub(super) const SIDES: i64 = 4 * DISTANCES as i64;

/// NanoDet-Plus: a cell's point is its top left corner.
pub(super) fn plus(rows: &[Row<'_>], size: InputSize, score_min: f32) -> Sighting {
    read(&rows[0], size, PLUS_STRIDES, 0.0, score_min)
}

/// The first NanoDet: a cell's point is its middle.
pub(super) fn first(rows: &[Row<'_>], size: InputSize, score_min: f32) -> Sighting {
    read(&rows[0], size, STRIDES, 0.5, score_min)
}

fn read(row: &Row<'_>, size: InputSize, strides: &'static [usize], point: f32, score_min: f32) -> Sighting {
    let sure = grid(size, strides).zip(row.entries()).filter(|(_, v)| v[0] >= score_min);
    let people = sure.map(|(cell, v)| {
        let sides = &v[v.len() - SIDES as usize..];
        let distance = |side: usize| mean_distance(&sides[side * DISTANCES..][..DISTANCES]) * cell.stride;
        let (x, y) = ((cell.column + point) * cell.stride, (cell.line + point) * cell.stride);
        person(Rect::new(x - distance(0), y - distance(1), x + distance(2), y + distance(3)), v[0])
    });
    people.collect()
}

/// The mean of the distances by their weights, of which these are the logarithms.
fn mean_distance(weights: &[f32]) -> f32 {
    let largest = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (distance, weight) in weights.iter().enumerate() {
        let weight = (weight - largest).exp();
        sum += weight;
        weighted += weight * distance as f32;
    }
    weighted / sum
}
