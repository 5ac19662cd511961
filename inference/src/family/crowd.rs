//! Heads in a crowd: density maps and points.

use super::row::{Row, sigmoid};
use crate::{
    detection::{Head, Sighting},
    letterbox::InputSize,
};

/// Cells of a density map with fewer people than this are empty: 40,000 of them are one person.
const EMPTY: f32 = 0.000_025;

/// A density map: each cell says how many people are there, mostly a small share of one. The map is smaller than the
/// input by any whole factor; a cell becomes a head in its middle. No cell is ever "sure", so no score counts.
pub(super) fn density(rows: &[Row<'_>], size: InputSize, _: f32) -> Sighting {
    let &[_, lines, columns] = rows[0].shape else { return Sighting::default() };
    let (wide, high) = (size.width as f32 / columns as f32, size.height as f32 / lines as f32);
    let cells = rows[0].values.iter().enumerate().filter(|(_, weight)| **weight >= EMPTY);
    let heads = cells.map(|(i, weight)| Head {
        x: ((i % columns as usize) as f32 + 0.5) * wide,
        y: ((i / columns as usize) as f32 + 0.5) * high,
        weight: *weight,
    });
    heads.collect()
}

/// P2PNet: for each point the logits of "nothing" and "a head", and its place in input pixels.
pub(super) fn points(rows: &[Row<'_>], _: InputSize, score_min: f32) -> Sighting {
    let scored = rows[0].entries().zip(rows[1].entries());
    let sure = scored.filter(|(logits, _)| sigmoid(logits[1] - logits[0]) >= score_min);
    let heads = sure.map(|(_, point)| Head { x: point[0], y: point[1], weight: 1.0 });
    heads.collect()
}
