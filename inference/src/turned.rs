//! Turned views: where a picture's pixels and boxes are when it is turned clockwise, and the way back.

use crate::{
    detection::{Detection, View},
    geometry::Rect,
    letterbox::Letterbox,
};

/// The views that find people in any orientation, in the order of their rows.
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

    /// Writes one line of one channel of the turned picture. `bgr` is the picture as it came, `width` pixels wide.
    pub(crate) fn write_line(self, bgr: &[u8], width: usize, y: usize, channel: usize, line: &mut [f32]) {
        let row = 3 * width;
        match self {
            Self::Upright => write(line, bgr[y * row..(y + 1) * row][channel..].iter().step_by(3)),
            // A line of a turned picture is a column: the left one from the bottom up, or the right one downwards.
            Self::Quarter => write(line, bgr[3 * y + channel..].iter().step_by(row).rev()),
            Self::ThreeQuarter => {
                write(line, bgr[3 * (width - 1 - y) + channel..].iter().step_by(row));
            }
        }
    }
}

fn write<'a>(line: &mut [f32], pixels: impl Iterator<Item = &'a u8>) {
    for (value, pixel) in line.iter_mut().zip(pixels) {
        *value = f32::from(*pixel);
    }
}

/// How one view of a frame lies in a model's input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Placement {
    /// How the frame was turned first.
    pub(crate) view: View,
    /// How many pixels from the input's left the turned frame begins.
    pub(crate) left: f32,
    /// How the turned frame lies in the input from there on.
    pub(crate) letterbox: Letterbox,
    /// The frame's width and height, as it came.
    pub(crate) frame: (f32, f32),
}

impl Placement {
    /// A detection of the input, in pixels of the frame as it came. A graph that turns by itself has said in which view;
    /// it is only ever shown the frame upright.
    pub(crate) fn to_frame(self, seen: Detection) -> Detection {
        let (width, height) = self.frame;
        let Rect { x1, y1, x2, y2 } = seen.rect;
        let turned = self.letterbox.to_frame(&Rect::new(x1 - self.left, y1, x2 - self.left, y2));
        let rect = self.view.turn_back(&turned, width, height);
        let view = if self.view == View::Upright { seen.view } else { self.view };
        Detection { rect, view, ..seen }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The pixels of one channel, line by line, with how wide and high the picture is.
    type Plane = (Vec<f32>, usize, usize);

    /// Turned by the code under test.
    fn turned(view: View, bgr: &[u8], width: usize, height: usize) -> Plane {
        let (turned_width, turned_height) = view.size((width, height));
        let mut plane = vec![0.0; width * height];
        for (y, line) in plane.chunks_exact_mut(turned_width).enumerate() {
            view.write_line(bgr, width, y, 1, line);
        }
        (plane, turned_width, turned_height)
    }

    /// The box round all pixels that are not zero.
    fn bright((plane, width, _): &Plane) -> Rect {
        let lit = (0..plane.len()).filter(|i| plane[*i] > 0.0).map(|i| (i % width, i / width));
        let empty = Rect::new(f32::MAX, f32::MAX, 0.0, 0.0);
        lit.fold(empty, |r, (x, y)| {
            let (x, y) = (x as f32, y as f32);
            Rect::new(r.x1.min(x), r.y1.min(y), r.x2.max(x + 1.0), r.y2.max(y + 1.0))
        })
    }

    #[test]
    fn a_quarter_turn_is_clockwise() {
        // 1 2 3
        // 4 5 6
        let bgr: Vec<u8> = (1..=6).flat_map(|v| [0, v, 0]).collect();
        assert_eq!(turned(View::Upright, &bgr, 3, 2).0, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(turned(View::Quarter, &bgr, 3, 2), (vec![4.0, 1.0, 5.0, 2.0, 6.0, 3.0], 2, 3));
        assert_eq!(turned(View::ThreeQuarter, &bgr, 3, 2), (vec![3.0, 6.0, 2.0, 5.0, 1.0, 4.0], 2, 3));
    }

    proptest! {
        /// Held against the pixels, so that a box and its picture cannot be turned two different ways.
        #[test]
        fn a_box_found_in_the_turned_picture_comes_back_to_where_it_was(
            (width, height) in (1usize..40, 1usize..40), x in 0f32..1.0, y in 0f32..1.0, w in 0f32..1.0, h in 0f32..1.0
        ) {
            let from = |share: f32, size: usize| ((share * size as f32) as usize).min(size - 1);
            let (x1, y1) = (from(x, width), from(y, height));
            let (x2, y2) = (x1 + 1 + from(w, width - x1), y1 + 1 + from(h, height - y1));
            let mut bgr = vec![0; 3 * width * height];
            for (i, pixel) in bgr.chunks_exact_mut(3).enumerate() {
                let inside = (x1..x2).contains(&(i % width)) && (y1..y2).contains(&(i / width));
                pixel[1] = u8::from(inside);
            }
            let there = Rect::new(x1 as f32, y1 as f32, x2 as f32, y2 as f32);
            for view in ALL_VIEWS {
                let found = bright(&turned(*view, &bgr, width, height));
                prop_assert_eq!(view.turn_back(&found, width as f32, height as f32), there);
            }
        }
    }
}
