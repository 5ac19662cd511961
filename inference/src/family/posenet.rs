//! PoseNet's own output, on a grid over the picture: for each point of the body how likely a cell has it (a logit), from
//! there how far to its very place, and from each point how far to the next along the body (Papandreou et al.,
//! PersonLab, 2018). Distances are in input pixels, all downward ones before all to the right.
//!
//! Read is every person whose surest point stands out: from it the others are followed along the body, and each is taken
//! where the cell it leads to says. That is PersonLab's fast decoding without its second look at overlapping people.

use super::row::{Row, person, sigmoid};
use crate::{
    detection::{KEYPOINTS, Keypoint, Pose, Sighting},
    geometry::Rect,
    letterbox::InputSize,
};

/// The pairs of points between which there are distances; first all from the first to the second, then all back.
const BONES: [(usize, usize); 16] = [
    (0, 1),
    (1, 3),
    (0, 2),
    (2, 4),
    (0, 5),
    (5, 7),
    (7, 9),
    (5, 11),
    (11, 13),
    (13, 15),
    (0, 6),
    (6, 8),
    (8, 10),
    (6, 12),
    (12, 14),
    (14, 16),
];
/// How many values a cell has of distances along the body.
pub(super) const ALONG: i64 = 4 * BONES.len() as i64;
/// A point nearer than this to the same point of a surer person is that person's, in input pixels.
const SAME_PERSON: f32 = 20.0;
/// People are not looked for any further when there are this many.
const PEOPLE_MAX: usize = 30;

/// The people of one row.
pub(super) fn read(rows: &[Row<'_>], size: InputSize, score_min: f32) -> Sighting {
    let Some(body) = Body::new(rows, size) else { return Sighting::default() };
    let mut poses: Vec<Pose> = Vec::new();
    for (part, peak) in body.peaks(score_min) {
        let known = poses.iter().any(|pose| distance(&pose.keypoints[part], &peak) < SAME_PERSON);
        if !known && poses.len() < PEOPLE_MAX {
            poses.push(body.follow(part, peak, score_min));
        }
    }
    poses.into_iter().filter(|pose| pose.person.score >= score_min).collect()
}

/// One row's grids.
struct Body<'a> {
    scores: &'a [f32],
    /// From a cell to the very place of a point in it.
    near: &'a [f32],
    /// From a point to the next.
    along: &'a [f32],
    lines: usize,
    columns: usize,
    /// The width and height of a cell in input pixels. The cells' points reach from edge to edge.
    stride: (f32, f32),
}

impl<'a> Body<'a> {
    /// `None` when the grids are not of one size, or a single line or column.
    fn new(rows: &'a [Row<'a>], size: InputSize) -> Option<Self> {
        let [scores, near, along] = rows else { return None };
        let &[lines, columns, _] = scores.shape else { return None };
        let same = [near, along].iter().all(|row| row.shape[..2] == scores.shape[..2]);
        if !same || lines < 2 || columns < 2 {
            return None;
        }
        let stride = |side: usize, cells: i64| (side - 1) as f32 / (cells - 1) as f32;
        Some(Self {
            scores: scores.values,
            near: near.values,
            along: along.values,
            lines: lines as usize,
            columns: columns as usize,
            stride: (stride(size.width, columns), stride(size.height, lines)),
        })
    }

    fn score(&self, cell: usize, part: usize) -> f32 {
        sigmoid(self.scores[cell * KEYPOINTS + part])
    }

    /// The very place of a point in a cell.
    fn keypoint(&self, cell: usize, part: usize) -> Keypoint {
        let near = &self.near[cell * 2 * KEYPOINTS..][..2 * KEYPOINTS];
        Keypoint {
            x: (cell % self.columns) as f32 * self.stride.0 + near[KEYPOINTS + part],
            y: (cell / self.columns) as f32 * self.stride.1 + near[part],
            score: self.score(cell, part),
        }
    }

    /// The cell at a place; the nearest where the place is outside.
    fn cell(&self, x: f32, y: f32) -> usize {
        let nearest =
            |at: f32, stride: f32, cells: usize| ((at / stride).round().max(0.0) as usize).min(cells - 1);
        nearest(y, self.stride.1, self.lines) * self.columns + nearest(x, self.stride.0, self.columns)
    }

    /// Points that no cell beside is surer of, the surest first.
    fn peaks(&self, score_min: f32) -> Vec<(usize, Keypoint)> {
        let mut peaks = Vec::new();
        for cell in 0..self.lines * self.columns {
            for part in 0..KEYPOINTS {
                let score = self.score(cell, part);
                if score >= score_min && self.beside(cell).all(|other| self.score(other, part) <= score) {
                    peaks.push((part, self.keypoint(cell, part)));
                }
            }
        }
        peaks.sort_by(|a, b| b.1.score.total_cmp(&a.1.score));
        peaks
    }

    /// The cell and those round it.
    fn beside(&self, cell: usize) -> impl Iterator<Item = usize> {
        let (line, column) = (cell / self.columns, cell % self.columns);
        let lines = line.saturating_sub(1)..(line + 2).min(self.lines);
        let columns = column.saturating_sub(1)..(column + 2).min(self.columns);
        let width = self.columns;
        lines.flat_map(move |line| columns.clone().map(move |column| line * width + column))
    }

    /// The whole person that has this point.
    fn follow(&self, part: usize, peak: Keypoint, sure: f32) -> Pose {
        let mut keypoints = [None; KEYPOINTS];
        keypoints[part] = Some(peak);
        // No point is further from any other than there are bones; a round finds at least one more.
        for _ in 0..BONES.len() {
            for (bone, (first, second)) in BONES.into_iter().enumerate() {
                match (keypoints[first], keypoints[second]) {
                    (Some(from), None) => keypoints[second] = Some(self.next(&from, bone, second)),
                    (None, Some(from)) => {
                        keypoints[first] = Some(self.next(&from, 2 * BONES.len() + bone, first))
                    }
                    _ => {}
                }
            }
        }
        let keypoints = keypoints.map(Option::unwrap_or_default);
        let score = keypoints.iter().map(|point| point.score).sum::<f32>() / KEYPOINTS as f32;
        let seen = keypoints.iter().filter(|point| point.score >= sure);
        let rect = seen.fold(Rect::new(peak.x, peak.y, peak.x, peak.y), |rect, point| {
            rect.union(&Rect::new(point.x, point.y, point.x, point.y))
        });
        Pose { person: person(rect, score), keypoints }
    }

    /// The point `to` of the body of which one other is at `from`, by the distance whose downward part is the value `down`
    /// of a cell.
    fn next(&self, from: &Keypoint, down: usize, to: usize) -> Keypoint {
        let along = &self.along[self.cell(from.x, from.y) * ALONG as usize..][..ALONG as usize];
        self.keypoint(self.cell(from.x + along[down + BONES.len()], from.y + along[down]), to)
    }
}

fn distance(a: &Keypoint, b: &Keypoint) -> f32 {
    (a.x - b.x).hypot(a.y - b.y)
}
