//! The YOLO models as Ultralytics' exporter writes them. Boxes are in input pixels already, scores 0 to 1; the first class
//! is a person. Exports whose suppression is built in are in `boxes`, but for the poses.

use super::{
    boxes::is_person,
    row::{Planes, Row, person, rect_around},
};
use crate::{
    detection::{KEYPOINTS, Keypoint, Pose, Sighting},
    geometry::Rect,
    letterbox::InputSize,
};

/// YOLOv5: for each cell three times centre, width, height, how sure it is that there is something, and each class.
pub(super) fn with_something(rows: &[Row<'_>], _: InputSize, score_min: f32) -> Sighting {
    let people = rows[0].entries().map(|v| (v, v[4] * v[5])).filter(|(_, score)| *score >= score_min);
    people.map(|(v, score)| person(rect_around(v[0], v[1], v[2], v[3]), score)).collect()
}

/// YOLOv8, YOLO11 and their kin: for each cell centre, width, height, and each class; all first values come first.
pub(super) fn classes(rows: &[Row<'_>], _: InputSize, score_min: f32) -> Sighting {
    let planes = rows[0].planes();
    let sure = |cell: &usize| planes.at(4, *cell) >= score_min;
    (0..planes.cells).filter(sure).map(|cell| person(centred(&planes, cell), planes.at(4, cell))).collect()
}

/// Their poses: for each cell centre, width, height, the score, and x, y and score of each point of the body.
pub(super) fn pose(rows: &[Row<'_>], _: InputSize, score_min: f32) -> Sighting {
    let planes = rows[0].planes();
    let sure = |cell: &usize| planes.at(4, *cell) >= score_min;
    let poses = (0..planes.cells).filter(sure).map(|cell| Pose {
        person: person(centred(&planes, cell), planes.at(4, cell)),
        keypoints: keypoints(|i| planes.at(5 + i, cell)),
    });
    poses.collect()
}

/// Poses whose suppression is built in: x1, y1, x2, y2, score, class, and x, y and score of each point of the body.
pub(super) fn pose_sorted_out(rows: &[Row<'_>], _: InputSize, score_min: f32) -> Sighting {
    let people = rows[0].entries().filter(|v| v[4] >= score_min && is_person(v[5]));
    let poses = people.map(|v| Pose {
        person: person(Rect::new(v[0], v[1], v[2], v[3]), v[4]),
        keypoints: keypoints(|i| v[6 + i]),
    });
    poses.collect()
}

fn centred(planes: &Planes<'_>, cell: usize) -> Rect {
    rect_around(planes.at(0, cell), planes.at(1, cell), planes.at(2, cell), planes.at(3, cell))
}

/// The points of a body whose values are x, y and score of each in turn.
fn keypoints(value: impl Fn(usize) -> f32) -> [Keypoint; KEYPOINTS] {
    std::array::from_fn(|i| Keypoint {
        x: value(3 * i),
        y: value(3 * i + 1),
        score: value(3 * i + 2).clamp(0.0, 1.0),
    })
}
