//! Turned views: where a picture's pixels and boxes are when it is turned clockwise, and the way back.

use crate::{
    detection::{Detection, Head, Keypoint, Pose, View},
    geometry::{Part, Rect},
    letterbox::{Fit, Input, InputSize, Letterbox},
};

/// The views that find people who lie, in the order of their rows. The upright one is left out: who is seen in it does not
/// lie, and the person model looks at it anyway.
pub(crate) const TURNED_VIEWS: &[View] = &[View::Quarter, View::ThreeQuarter];
/// All there are.
#[cfg(test)]
pub(crate) const ALL_VIEWS: &[View] = &[View::Upright, View::Quarter, View::ThreeQuarter];

impl View {
    /// Width and height of a picture of this size when it is turned; and of a turned one when it is turned back.
    pub(crate) fn size<T>(self, (width, height): (T, T)) -> (T, T) {
        match self {
            Self::Upright => (width, height),
            Self::Quarter | Self::ThreeQuarter => (height, width),
        }
    }

    /// Where a box of the turned picture is in the picture as it came, which has this width and height.
    pub(crate) fn turn_back(self, rect: &Rect, width: f32, height: f32) -> Rect {
        match self {
            Self::Upright => *rect,
            // What is on the right of the turned picture was on top, and its top was on the left.
            Self::Quarter => Rect::new(rect.y1, height - rect.x2, rect.y2, height - rect.x1),
            Self::ThreeQuarter => Rect::new(width - rect.y2, rect.x1, width - rect.y1, rect.x2),
        }
    }

    /// Turns a plane of this width and height.
    pub(crate) fn turn(self, plane: &[u8], (width, height): (usize, usize), turned: &mut Vec<u8>) {
        turned.resize(width * height, 0);
        // A column becomes a line: the left one from the bottom up the first, or the right one downwards. Tile by tile, so
        // that what is read and what is written both stay in the processor's cache.
        for top in (0..height).step_by(TILE) {
            for left in (0..width).step_by(TILE) {
                for y in top..(top + TILE).min(height) {
                    let line = &plane[y * width..][left..(left + TILE).min(width)];
                    for (x, value) in (left..).zip(line) {
                        let at = match self {
                            Self::Upright => y * width + x,
                            Self::Quarter => x * height + height - 1 - y,
                            Self::ThreeQuarter => (width - 1 - x) * height + y,
                        };
                        turned[at] = *value;
                    }
                }
            }
        }
    }
}

/// The side of a tile, in pixels.
const TILE: usize = 32;

/// Two views share a row where that leaves them at least this much of the size that the frame has, or that each would have in a
/// row of its own, whichever is less.
const SHARED_SCALE_MIN: f32 = 0.85;

/// How one view of a part of a frame lies in a model's input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Placement {
    /// How the part was turned first.
    pub(crate) view: View,
    /// Which of the frame's rows it is in.
    pub(crate) row: usize,
    /// The columns of the row that are this view's: from here on,
    pub(crate) from: usize,
    /// and so many.
    pub(crate) width: usize,
    /// How many pixels from the row's left the turned part begins.
    pub(crate) left: f32,
    /// How the turned part lies in its columns from there on.
    pub(crate) letterbox: Letterbox,
    /// Which part of the frame it is.
    pub(crate) part: Part,
}

impl Placement {
    /// Where a model with this input is shown `part` in each of its views.
    pub(crate) fn all(part: Part, input: &Input) -> Vec<Self> {
        if let [View::Quarter, View::ThreeQuarter] = input.views
            && let [right, left] = Self::side_by_side(part, input)
            && right.letterbox.scale()
                >= SHARED_SCALE_MIN * Self::of(View::Quarter, part, input).letterbox.scale().min(1.0)
        {
            return vec![right, left];
        }
        let views = input.views.iter().enumerate();
        views.map(|(row, view)| Self { row, ..Self::of(*view, part, input) }).collect()
    }

    /// Both turned views in one row: a wide picture leaves half of a square input free when it is turned.
    fn side_by_side(part: Part, input: &Input) -> [Self; 2] {
        let half = input.size.width / 2;
        let columns = |view, from| Self::within(view, part, input, (from, half));
        [columns(View::Quarter, input.size.width - half), columns(View::ThreeQuarter, 0)]
    }

    /// Where a model with this input is shown `part` in `view`, in a row of its own.
    pub(crate) fn of(view: View, part: Part, input: &Input) -> Self {
        Self::within(view, part, input, (0, input.size.width))
    }

    fn within(view: View, part: Part, input: &Input, (from, wide): (usize, usize)) -> Self {
        let columns = InputSize { width: wide, ..input.size };
        let (width, height) = view.size((part.width, part.height));
        let letterbox = match input.fit {
            Fit::Letterbox => Letterbox::fit(width, height, columns),
            Fit::Stretch => Letterbox::stretch(width, height, columns),
        };
        // The grey comes to where it is when the input is turned as a whole, as the graphs of contract R do it. A box's
        // score depends on that, and the fall rule's thresholds were chosen with them.
        let free = wide - letterbox.scaled_size(columns).0;
        let left = from as f32 + if view == View::Quarter { free as f32 } else { 0.0 };
        Self { view, row: 0, from, width: wide, left, letterbox, part }
    }

    /// Whether what is seen at this point of its row is this view's.
    pub(crate) fn shows(&self, (x, _): (f32, f32)) -> bool {
        // Boxes may reach out of the input.
        let from = if self.from == 0 { f32::NEG_INFINITY } else { self.from as f32 };
        x >= from && x < (self.from + self.width) as f32
    }

    /// A detection of the input, in pixels of the frame as it came. A graph that turns by itself has said in which view;
    /// it is only ever shown the frame upright.
    pub(crate) fn to_frame(self, seen: Detection) -> Detection {
        let Rect { x1, y1, x2, y2 } = seen.rect;
        let turned = self.letterbox.to_frame(&Rect::new(x1 - self.left, y1, x2 - self.left, y2));
        let part = self.part.rect();
        let rect = self.view.turn_back(&turned, part.width(), part.height()).moved(part.x1, part.y1);
        let view = if self.view == View::Upright { seen.view } else { self.view };
        Detection { rect, view, ..seen }
    }

    /// A person with the points of the body, in pixels of the frame as it came. Points may lie outside of the frame.
    pub(crate) fn pose_to_frame(self, seen: &Pose) -> Pose {
        let keypoints = seen.keypoints.map(|point| {
            let (x, y) = self.point_to_frame(point.x, point.y);
            Keypoint { x, y, ..point }
        });
        Pose { person: self.to_frame(seen.person), keypoints }
    }

    /// A head, in pixels of the frame as it came; `None` where the input shows no frame.
    pub(crate) fn head_to_frame(self, seen: &Head) -> Option<Head> {
        let (x, y) = self.point_to_frame(seen.x, seen.y);
        let Rect { x1, y1, x2, y2 } = self.part.rect();
        ((x1..=x2).contains(&x) && (y1..=y2).contains(&y)).then_some(Head { x, y, ..*seen })
    }

    fn point_to_frame(self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = self.letterbox.point_to_frame(x - self.left, y);
        let part = self.part.rect();
        let there = self.view.turn_back(&Rect::new(x, y, x, y), part.width(), part.height());
        (there.x1 + part.x1, there.y1 + part.y1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{detection::KEYPOINTS, letterbox::Pixels};

    const SIZE: InputSize = InputSize { width: 64, height: 48 };

    proptest! {
        /// Boxes are held against pixels elsewhere; a point comes back to where the middle of a small box does.
        #[test]
        fn points_come_back_to_where_boxes_do(
            (x, y) in (0f32..63.0, 0f32..47.0), (px, py) in (0u32..50, 0u32..50), (w, h) in (16u32..400, 16u32..400),
            stretched: bool
        ) {
            let part = Part { x: px, y: py, width: w, height: h };
            let fit = if stretched { Fit::Stretch } else { Fit::Letterbox };
            for view in ALL_VIEWS {
                let input = Input { size: SIZE, fit, pixels: Pixels::BGR, views: ALL_VIEWS };
                let placement = Placement::of(*view, part, &input);
                let person = Detection { rect: Rect::new(x, y, x + 1.0, y + 1.0), score: 0.5, view: View::Upright };
                let point = Keypoint { x: x + 0.5, y: y + 0.5, score: 0.25 };
                let pose = placement.pose_to_frame(&Pose { person, keypoints: [point; KEYPOINTS] });
                let head = placement.head_to_frame(&Head { x: point.x, y: point.y, weight: 0.5 });
                let found = pose.keypoints[0];
                prop_assert_eq!(found.score, 0.25);
                let inside = |at: f32, from: u32, length: u32| at > from as f32 && at < (from + length) as f32;
                prop_assert_eq!(head.is_some(), inside(found.x, px, w) && inside(found.y, py, h));
                if let Some(head) = head {
                    prop_assert_eq!((head.x, head.y, head.weight), (found.x, found.y, 0.5));
                }
                // A box that is cut at the edge has its middle elsewhere.
                let rect = pose.person.rect;
                let (wide, high) = view.size(placement.letterbox.point_to_frame(1.0, 1.0));
                let whole = (rect.width() - wide).abs() < 0.01 && (rect.height() - high).abs() < 0.01;
                if whole {
                    let (middle_x, middle_y) = rect.center();
                    prop_assert!((found.x - middle_x).abs() < 0.05 && (found.y - middle_y).abs() < 0.05, "{view:?}");
                }
            }
        }
    }
}
