//! Boxes that the graph has made by itself: contracts A and R, and Ultralytics' exports whose suppression is built in.

use super::row::{Row, person};
use crate::{
    detection::{Detection, Sighting, View},
    geometry::Rect,
    letterbox::InputSize,
};

/// Contract A: x1, y1, x2, y2 in input pixels and the score. Contract R adds by how many degrees the picture was turned
/// when the box was seen (0, 90, 270).
pub(super) fn contract(rows: &[Row<'_>], _: InputSize, score_min: f32) -> Sighting {
    let boxes = rows[0].entries().filter(|b| b[4] >= score_min).map(|b| Detection {
        view: match b.get(5) {
            Some(turned) if (turned - 90.0).abs() < 1.0 => View::Quarter,
            Some(turned) if (turned - 270.0).abs() < 1.0 => View::ThreeQuarter,
            _ => View::Upright,
        },
        ..person(corners(b), b[4])
    });
    boxes.collect()
}

/// x1, y1, x2, y2 in input pixels, score, class: of all classes, the surest first. What is left of the list is zero.
pub(super) fn sorted_out(rows: &[Row<'_>], _: InputSize, score_min: f32) -> Sighting {
    let people = rows[0].entries().filter(|b| b[4] >= score_min && is_person(b[5]));
    people.map(|b| person(corners(b), b[4])).collect()
}

/// Whether this is the number of the class person.
pub(super) fn is_person(class: f32) -> bool {
    class.abs() < 0.5
}

fn corners(b: &[f32]) -> Rect {
    Rect::new(b[0], b[1], b[2], b[3])
}
