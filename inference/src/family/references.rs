//! Families on real files, held against numbers that no code of gridwatch made: `tests/fixtures/make_references.py`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::footage::{data, seen};
use crate::{geometry::Rect, model::Role, testing};

/// What a model should see in the figure.
#[derive(Deserialize)]
struct Reference {
    /// The figure's width and height.
    size: u32,
    /// The surest boxes before suppression: x1, y1, x2, y2, score.
    boxes: Vec<[f32; 5]>,
}

/// Somebody upright, drawn; blue, green, red of the pixel at `x`, `y`.
fn figure(x: u32, y: u32, size: u32) -> [u8; 3] {
    let (u, v) = (100 * x / size, 100 * y / size);
    if u.abs_diff(50).pow(2) + v.abs_diff(18).pow(2) <= 49 {
        [140, 160, 200]
    } else if (38..62).contains(&u) && (26..60).contains(&v) {
        [150, 60, 40]
    } else if (40..60).contains(&u) && (60..92).contains(&v) && !(49..=50).contains(&u) {
        [60, 40, 30]
    } else {
        [100 + v as u8, 120, 110 + (u / 2) as u8]
    }
}

#[test]
fn boxes_are_those_of_an_independent_computation() {
    let Some(data) = data() else { return };
    let references = include_str!("../../../tests/fixtures/references.json");
    let references: BTreeMap<String, Reference> = serde_json::from_str(references).unwrap();
    assert_eq!(references.len(), 2);
    for (file, Reference { size, boxes }) in references {
        let mut frame = testing::frame("cam", size, size, [0; 3]);
        let pixels = (0..size * size).flat_map(|i| figure(i % size, i / size, size));
        frame.bgr = pixels.collect();
        let found = seen(&data, &file, Role::Person, 0.0, 1.0, &frame);
        assert_eq!(boxes.len(), 10);
        for [x1, y1, x2, y2, score] in boxes {
            // Seen boxes are cut to the frame.
            let expected = Rect::new(x1, y1, x2, y2).clamped(size as f32, size as f32);
            let same =
                found.iter().any(|d| d.rect.iou(&expected) > 0.995 && (d.score - score).abs() < 0.02 * score);
            assert!(same, "{file}: nothing at {expected:?} with {score}");
        }
    }
}
