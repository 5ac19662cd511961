//! Non-maximum suppression: of boxes that mean the same thing, the surest stays.

use crate::detection::Detection;

/// Keeps the surest of every group of boxes that overlap by more than `iou_max`; each view for itself. Surest first.
/// What has more to it than a box goes with its box.
pub fn suppress<T: AsRef<Detection>>(mut boxes: Vec<T>, iou_max: f32) -> Vec<T> {
    boxes.sort_by(|a, b| b.as_ref().score.total_cmp(&a.as_ref().score));
    if iou_max >= 1.0 {
        return boxes;
    }
    let mut kept: Vec<T> = Vec::with_capacity(boxes.len().min(64));
    for one in boxes {
        let (view, rect) = (one.as_ref().view, one.as_ref().rect);
        let stands_for = |k: &T| k.as_ref().view == view && k.as_ref().rect.iou(&rect) > iou_max;
        if !kept.iter().any(stands_for) {
            kept.push(one);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{detection::View, geometry::Rect};

    fn any_detection() -> impl Strategy<Value = Detection> {
        let view = prop_oneof![Just(View::Upright), Just(View::Quarter), Just(View::ThreeQuarter)];
        (0f32..90.0, 0f32..90.0, 1f32..40.0, 1f32..40.0, 0f32..1.0, view).prop_map(
            |(x, y, w, h, score, view)| Detection { rect: Rect::new(x, y, x + w, y + h), score, view },
        )
    }

    proptest! {
        #[test]
        fn what_stays_is_apart_and_what_goes_had_a_surer_neighbour(all in prop::collection::vec(any_detection(), 0..40)) {
            let kept = suppress(all.clone(), 0.45);
            let overlap = |a: &Detection, b: &Detection| a.view == b.view && a.rect.iou(&b.rect) > 0.45;
            for (i, a) in kept.iter().enumerate() {
                prop_assert!(kept.iter().skip(i + 1).all(|b| !overlap(a, b)));
            }
            for gone in all.iter().filter(|d| !kept.contains(d)) {
                prop_assert!(kept.iter().any(|k| overlap(k, gone) && k.score >= gone.score));
            }
        }
    }
}
