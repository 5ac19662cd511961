//! Contracts A and R: the graph has done the work. Each box is x1, y1, x2, y2 in input pixels and its score; contract R
//! adds by how many degrees the picture was turned when the box was seen (0, 90, 270).

use crate::{
    detection::{Detection, View},
    geometry::Rect,
};

/// All boxes of one row, each of `width` values: 5 or 6.
pub(super) fn read(values: &[f32], width: usize) -> Vec<Detection> {
    let boxes = values.chunks_exact(width).map(|b| Detection {
        rect: Rect::new(b[0], b[1], b[2], b[3]),
        score: b[4].min(1.0),
        view: match b.get(5) {
            Some(turned) if (turned - 90.0).abs() < 1.0 => View::Quarter,
            Some(turned) if (turned - 270.0).abs() < 1.0 => View::ThreeQuarter,
            _ => View::Upright,
        },
    });
    boxes.collect()
}
