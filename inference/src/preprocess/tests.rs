//! What a model is shown of a frame, and where its boxes come back to.

use proptest::prelude::*;

use super::*;
use crate::{
    batch::Batch,
    detection::{Detection, Sighting},
    geometry::Rect,
    letterbox::{Fit, InputSize, Pixels},
    testing::{frame, picture},
    turned::{ALL_VIEWS, TURNED_VIEWS},
};

const INPUT: Input = Input {
    size: InputSize { width: 64, height: 48 },
    fit: Fit::Letterbox,
    pixels: Pixels::BGR,
    views: ALL_VIEWS,
};
/// Values of one plane of a row.
const PLANE: usize = 64 * 48;

/// Each view of a part of a frame: its row, and where the part is in it.
fn written(frame: &Frame, part: Part, input: &Input) -> Vec<(Vec<f32>, Placement)> {
    let mut rows = vec![f32::NAN; input.views.len() * input.values()];
    let placed = Placement::all(part, input);
    Preprocessor::default().write(frame, &placed, input, &mut rows).unwrap();
    assert!(rows.iter().all(|value| value.is_finite()), "all of it is written");
    rows.chunks_exact(input.values()).map(<[f32]>::to_vec).zip(placed).collect()
}

fn whole(frame: &Frame) -> Part {
    Part::whole(frame.width, frame.height)
}

/// Chroma is rounded when a picture is made: so near is the same.
fn same(found: f32, wanted: f32) -> bool {
    (found - wanted).abs() <= 2.5
}

#[test]
fn a_frame_of_the_inputs_shape_is_copied_and_the_rest_is_grey() {
    let frame = frame("cam", 64, 36, [10, 20, 30]);
    let (row, placement) = written(&frame, whole(&frame), &INPUT).remove(0);
    assert_eq!(placement.letterbox.scaled_size(INPUT.size), (64, 36));
    assert!(same(row[0], 10.0) && same(row[PLANE], 20.0) && same(row[2 * PLANE], 30.0));
    assert!(same(row[64 * 36 - 1], 10.0) && row[64 * 36] == GREY);
}

#[test]
fn other_sizes_are_scaled_to_fit() {
    let tall = frame("cam", 32, 48, [9, 9, 9]);
    let (row, _) = written(&tall, whole(&tall), &INPUT).remove(0);
    assert!(same(row[31], 9.0) && row[32] == GREY);
    let large = frame("cam", 640, 360, [9, 9, 9]);
    let (row, _) = written(&large, whole(&large), &INPUT).remove(0);
    assert!(same(row[64 * 36 - 1], 9.0) && row[64 * 36] == GREY);
}

#[test]
fn a_turned_picture_is_fitted_as_the_tall_one_that_it_is() {
    let frame = frame("cam", 64, 36, [9, 9, 9]);
    let views = written(&frame, whole(&frame), &INPUT);
    // 36 by 64 pixels become 27 by 48, at the right.
    let (row, placement) = &views[1];
    assert_eq!((placement.letterbox.scaled_size(INPUT.size), placement.left), ((27, 48), 37.0));
    assert!(row[64 - 28] == GREY && same(row[64 - 27], 9.0));
    assert!(row[64 * 48 - 28] == GREY && same(row[64 * 48 - 27], 9.0));
    let (row, _) = &views[2];
    assert!(
        same(row[26], 9.0) && row[27] == GREY && same(row[64 * 47 + 26], 9.0) && row[64 * 47 + 27] == GREY
    );
}

#[test]
fn views_that_would_become_small_have_a_row_each() {
    let input = Input { size: InputSize { width: 64, height: 64 }, views: TURNED_VIEWS, ..INPUT };
    let rows = |width, height| {
        let part = Part { x: 0, y: 0, width, height };
        Placement::all(part, &input).iter().map(|view| view.row).collect::<Vec<_>>()
    };
    assert_eq!(rows(640, 360), [0, 0]);
    assert_eq!(rows(640, 480), [0, 1]);
    assert_eq!(rows(360, 640), [0, 1], "a tall picture lies when it is turned");
    assert_eq!(rows(32, 32), [0, 0], "as large as they are");
    assert_eq!(rows(60, 60), [0, 1]);
}

#[test]
fn channels_come_as_the_model_wants_them() {
    let frame = frame("cam", 64, 36, [10, 120, 250]);
    let of = |pixels: Pixels| {
        let input = Input { pixels, fit: Fit::Stretch, views: &[View::Upright], ..INPUT };
        written(&frame, whole(&frame), &input).remove(0).0
    };
    let rgb = of(Pixels {
        channels: Channels::Rgb,
        scale: [1.0, 2.0, 3.0],
        offset: [0.0, -1.0, 5.0],
        ..Pixels::BGR
    });
    assert!(same(rgb[7], 250.0) && same((rgb[PLANE + 7] + 1.0) / 2.0, 120.0));
    assert!(same((rgb[2 * PLANE + 7] - 5.0) / 3.0, 10.0));
    let interleaved = of(Pixels { interleaved: true, ..Pixels::BGR });
    assert!(same(interleaved[21], 10.0) && same(interleaved[22], 120.0) && same(interleaved[23], 250.0));
    let grey = of(Pixels { channels: Channels::Grey, ..Pixels::BGR });
    assert_eq!(grey.len(), PLANE);
    assert!(same(grey[7], 0.114 * 10.0 + 0.587 * 120.0 + 0.299 * 250.0));
}

#[test]
fn a_stretched_picture_leaves_nothing_free() {
    let pixels = Pixels { scale: [1.0 / 255.0; 3], ..Pixels::BGR };
    let input = Input { fit: Fit::Stretch, pixels, ..INPUT };
    let white = frame("cam", 100, 36, [255, 255, 255]);
    for (row, _) in written(&white, whole(&white), &input) {
        assert!(row.iter().all(|value| (value - 1.0).abs() < 0.005));
    }
}

/// A black picture with a white square of `side` pixels at `x`, `y`.
fn with_square((w, h): (u32, u32), (x, y): (u32, u32), side: u32) -> Frame {
    let inside = |i: u32| (x..x + side).contains(&(i % w)) && (y..y + side).contains(&(i / w));
    let pixels: Vec<u8> = (0..w * h).flat_map(|i| [if inside(i) { 255 } else { 0 }; 3]).collect();
    picture("cam", w, h, &pixels)
}

/// Where a row is bright, as a box of the frame.
fn bright(row: &[f32], placement: Placement) -> Rect {
    let bright = (0..PLANE).filter(|i| row[*i] > 127.0).map(|i| ((i % 64) as f32, (i / 64) as f32));
    let rect = bright.fold(Rect::new(64.0, 48.0, 0.0, 0.0), |r, (x, y)| {
        Rect::new(r.x1.min(x), r.y1.min(y), r.x2.max(x + 1.0), r.y2.max(y + 1.0))
    });
    placement.to_frame(Detection { rect, score: 0.5, view: View::Upright }).rect
}

proptest! {
    /// What is bright in the frame is bright in every view, and its box comes back from there.
    #[test]
    fn a_bright_square_comes_back_from_every_view(size in (24u32..64, 24u32..48), at in (0u32..16, 0u32..16)) {
        let frame = with_square(size, at, 8);
        let there = Rect::new(at.0 as f32, at.1 as f32, at.0 as f32 + 8.0, at.1 as f32 + 8.0);
        for (row, placement) in written(&frame, whole(&frame), &INPUT) {
            let back = bright(&row, placement);
            prop_assert!(back.iou(&there) > 0.6, "{placement:?}: {back:?} instead of {there:?}");
        }
    }

    /// The same of a part of the frame, which is shown larger.
    #[test]
    fn a_part_is_shown_alone_and_its_boxes_are_the_frames(
        size in (80u32..120, 70u32..90), (x, y) in (0u32..40, 0u32..30), (w, h) in (24u32..40, 24u32..40),
        (dx, dy) in (0u32..12, 0u32..12),
    ) {
        let part = Part { x, y, width: w, height: h };
        let at = (x + dx, y + dy);
        let frame = with_square(size, at, 10);
        let there = Rect::new(at.0 as f32, at.1 as f32, at.0 as f32 + 10.0, at.1 as f32 + 10.0);
        for (row, placement) in written(&frame, part, &INPUT) {
            let back = bright(&row, placement);
            prop_assert!(back.iou(&there) > 0.7, "{placement:?}: {back:?} instead of {there:?}");
        }
        let elsewhere = with_square(size, (x + w + 1, y), 10);
        for (row, _) in written(&elsewhere, part, &INPUT) {
            let black = row.iter().filter(|value| **value != GREY).all(|value| *value < 127.0);
            prop_assert!(black, "what is beside the part is seen");
        }
    }

    /// Both turned views of a wide picture share a row of a square input. What is seen in it is of the one or of the other,
    /// and comes back to where it was.
    #[test]
    fn views_that_share_a_row_are_told_apart(size in (56u32..66, 32u32..37), at in (0u32..48, 0u32..24)) {
        let input = Input { size: InputSize { width: 64, height: 64 }, views: TURNED_VIEWS, ..INPUT };
        let frame = with_square(size, at, 8);
        let there = Rect::new(at.0 as f32, at.1 as f32, at.0 as f32 + 8.0, at.1 as f32 + 8.0);
        let mut batch = Batch::new(Vec::new());
        batch.push(&frame, whole(&frame), &input, &mut Preprocessor::default()).unwrap();
        prop_assert_eq!(batch.rows(), 1);
        // A square for each view, on its side of the row.
        let side = |from: usize, to: usize| {
            let bright = (0..64 * 64).filter(|i| (from..to).contains(&(i % 64)) && batch.tensor()[*i] > 127.0);
            let rect = bright.map(|i| ((i % 64) as f32, (i / 64) as f32)).fold(
                Rect::new(64.0, 64.0, 0.0, 0.0),
                |r, (x, y)| Rect::new(r.x1.min(x), r.y1.min(y), r.x2.max(x + 1.0), r.y2.max(y + 1.0)),
            );
            Detection { rect, score: 0.5, view: View::Upright }
        };
        let detections = vec![side(0, 32), side(32, 64)];
        let seen = batch.assign(vec![Sighting { detections, ..Sighting::default() }]).unwrap();
        let views: Vec<View> = seen[0].detections.iter().map(|found| found.view).collect();
        prop_assert!(views == TURNED_VIEWS || views == [View::ThreeQuarter, View::Quarter], "{:?}", views);
        for found in &seen[0].detections {
            prop_assert!(found.rect.iou(&there) > 0.6, "{:?} instead of {:?}", found, there);
        }
    }

    /// Any box of any turned view lies within the part, and says which view it was.
    #[test]
    fn boxes_of_turned_views_stay_in_the_part(
        (w, h) in (16u32..200, 16u32..200), (px, py) in (0u32..16, 0u32..16),
        x in -9f32..70.0, y in -9f32..50.0, bw in 0f32..70.0, bh in 0f32..50.0
    ) {
        let seen = Detection { rect: Rect::new(x, y, x + bw, y + bh), score: 0.5, view: View::Upright };
        let part = Part { x: px, y: py, width: w, height: h };
        for view in ALL_VIEWS {
            let found = Placement::of(*view, part, &INPUT).to_frame(seen);
            prop_assert_eq!(found.view, *view);
            let (Rect { x1, y1, x2, y2 }, whole) = (found.rect, part.rect());
            prop_assert!(whole.x1 <= x1 && x1 <= x2 && x2 <= whole.x2, "{:?}", found.rect);
            prop_assert!(whole.y1 <= y1 && y1 <= y2 && y2 <= whole.y2, "{:?}", found.rect);
        }
    }
}
