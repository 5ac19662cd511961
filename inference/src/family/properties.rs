//! No reader panics, and what it gives is what a picture can have, whatever numbers a graph makes.

use proptest::prelude::*;

use super::{FAMILIES, Family, Row, output::Size};
use crate::letterbox::InputSize;

const SIZE: InputSize = InputSize { width: 96, height: 64 };

/// A value that a network should not, but may give.
fn value() -> impl Strategy<Value = f32> {
    prop_oneof![
        5 => -20f32..120.0,
        3 => 0f32..1.0,
        1 => prop_oneof![Just(f32::NAN), Just(f32::INFINITY), Just(f32::NEG_INFINITY), Just(f32::MAX), Just(f32::MIN)],
    ]
}

fn any_family() -> impl Strategy<Value = &'static Family> {
    (0..FAMILIES.len()).prop_map(|i| &FAMILIES[i])
}

/// The shapes of one row of a family's outputs, where what is free is `free`.
fn shapes(family: &Family, free: i64) -> Vec<Vec<i64>> {
    let size = |size: &Size| match size {
        Size::Is(size) => *size,
        Size::Any(_) => free,
        Size::AndClasses(size) => size + free.max(1),
        // Found by trying.
        fixed => (0..10_000).find(|found| fixed.fits(*found, SIZE)).unwrap(),
    };
    family.outputs.iter().map(|output| output.row.iter().map(size).collect()).collect()
}

proptest! {
    #[test]
    fn whatever_a_graph_says_what_is_seen_makes_sense(
        family in any_family(), free in 0i64..8, pattern in prop::collection::vec(value(), 1..200), score_min in 0f32..1.0
    ) {
        let shapes = shapes(family, free);
        let counts = shapes.iter().map(|shape| shape.iter().product::<i64>() as usize);
        let values: Vec<Vec<f32>> = counts.map(|count| pattern.iter().copied().cycle().take(count).collect()).collect();
        let rows: Vec<Row<'_>> = shapes.iter().zip(&values).map(|(shape, values)| Row { shape, values }).collect();
        // Boxes that are all in the first pixel are refused; everything else of the right shape is read.
        let Ok(seen) = family.read(&rows, SIZE, score_min) else { return Ok(()) };
        prop_assert!(seen.poses.is_empty() || seen.poses.len() == seen.detections.len());
        for detection in seen.detections.iter().chain(seen.poses.iter().map(|pose| &pose.person)) {
            prop_assert!((score_min..=1.0).contains(&detection.score), "{}: {detection:?}", family.name);
            let rect = detection.rect;
            prop_assert!(rect.x1 <= rect.x2 && rect.y1 <= rect.y2 && rect.area().is_finite(), "{rect:?}");
        }
        let points = seen.poses.iter().flat_map(|pose| pose.keypoints).map(|point| (point.x, point.y, point.score));
        for (x, y, weight) in points.chain(seen.heads.iter().map(|head| (head.x, head.y, head.weight))) {
            prop_assert!(x.is_finite() && y.is_finite() && (0.0..=f32::MAX).contains(&weight), "{}", family.name);
        }
    }

    #[test]
    fn rows_of_another_shape_are_refused(
        family in any_family(), free in 1i64..8, wrong in prop::collection::vec(-3i64..400, 0..5), length in 0usize..900
    ) {
        let right = shapes(family, free);
        let values = vec![0.7; length];
        let rows: Vec<Row<'_>> = right.iter().map(|shape| Row { shape, values: &values }).collect();
        let whole = right.iter().all(|shape| shape.iter().product::<i64>() as usize == length);
        prop_assert!(whole || family.read(&rows, SIZE, 0.5).is_err(), "{}: values are missing", family.name);
        let rows = vec![Row { shape: &wrong, values: &values }; family.outputs.len()];
        let fits = family.outputs.iter().all(|output| output.is_of(&wrong, SIZE));
        let product = wrong.iter().product::<i64>();
        prop_assert!((fits && product == length as i64) || family.read(&rows, SIZE, 0.5).is_err(), "{}", family.name);
        prop_assert!(family.read(&rows[1..], SIZE, 0.5).is_err(), "{}: an output is missing", family.name);
    }
}
