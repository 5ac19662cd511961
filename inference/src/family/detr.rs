//! Transformers, whose few answers need no suppression: RT-DETR as Ultralytics' exporter and its authors' write it, and
//! D-FINE, which writes it as the latter.

use super::{
    boxes::is_person,
    row::{Row, person, rect_around},
};
use crate::{detection::Sighting, geometry::Rect, letterbox::InputSize};

/// Ultralytics' RT-DETR: centre, width and height as shares of the picture, and the score of each class.
pub(super) fn classes(rows: &[Row<'_>], size: InputSize, score_min: f32) -> Sighting {
    let people = rows[0].entries().filter(|v| v[4] >= score_min);
    people.map(|v| person(of_shares(v, size), v[4])).collect()
}

/// The same as it has been written since 2026: after the box one score and its class.
pub(super) fn sorted_out(rows: &[Row<'_>], size: InputSize, score_min: f32) -> Sighting {
    let people = rows[0].entries().filter(|v| v[4] >= score_min && is_person(v[5]));
    people.map(|v| person(of_shares(v, size), v[4])).collect()
}

/// The authors' layout: classes, boxes and scores by themselves. Boxes are x1, y1, x2, y2 in pixels of the picture whose
/// size was given; it is given the input's.
pub(super) fn apart(rows: &[Row<'_>], _: InputSize, score_min: f32) -> Sighting {
    let (classes, boxes, scores) = (rows[0].values, rows[1].entries(), rows[2].values);
    let all = classes.iter().zip(boxes).zip(scores);
    let people = all.filter(|((class, _), score)| is_person(**class) && **score >= score_min);
    people.map(|((_, b), score)| person(Rect::new(b[0], b[1], b[2], b[3]), *score)).collect()
}

fn of_shares(v: &[f32], size: InputSize) -> Rect {
    rect_around(v[0], v[1], v[2], v[3]).scaled(size.width as f32, size.height as f32)
}
