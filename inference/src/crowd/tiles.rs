//! Overlapping parts of a picture, looked at one by one where people are too small to be seen in the whole.

use crate::{
    detection::Detection,
    geometry::{Part, Rect},
};

/// How a picture is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tiles {
    /// Tiles side by side.
    pub columns: u32,
    /// Tiles one below the other.
    pub rows: u32,
    /// The share of a tile's side that it has in common with its neighbour, 0 to 0.5: at least as wide as the people
    /// are who are looked for, so that each is whole in one of them.
    pub overlap: f32,
}

impl Default for Tiles {
    /// Two by two.
    fn default() -> Self {
        Self { columns: 2, rows: 2, overlap: 0.2 }
    }
}

/// Of two boxes that overlap by more than this share of their union the less sure is the same person once more.
const SAME_IOU: f32 = 0.45;
/// A box that a seam has cut is the same person once more if so much of it lies in another one.
const SAME_INSIDE: f32 = 0.7;
/// A box that comes so near to a seam, in pixels, is cut by it.
const CUT_WITHIN: f32 = 3.0;
/// People are small where the median of their heights is less than this share of the picture's.
const SMALL: f32 = 0.2;

impl Tiles {
    /// The tiles of a picture of this width and height. They cover all of it and are all of one size.
    pub fn cut(&self, (width, height): (u32, u32)) -> Vec<Part> {
        let columns = spans(width, self.columns, self.overlap);
        let rows = spans(height, self.rows, self.overlap);
        let parts = rows.iter().flat_map(|row| columns.iter().map(move |column| (*column, *row)));
        parts.map(|((x, width), (y, height))| Part { x, y, width, height }).collect()
    }

    /// Joins what was seen in the whole picture with what was seen in each of its tiles, everyone once. All boxes are in
    /// pixels of the whole picture; one that a seam has cut gives way to a whole one.
    pub fn merge(
        whole: Vec<Detection>,
        tiles: Vec<(Part, Vec<Detection>)>,
        (width, height): (u32, u32),
    ) -> Vec<Detection> {
        let size = (width as f32, height as f32);
        let mut found: Vec<Found> = whole.into_iter().map(|seen| Found { seen, by: 0, cut: false }).collect();
        for (by, (tile, seen)) in tiles.into_iter().enumerate() {
            let of_tile = |seen: Detection| {
                let cut = is_cut(&seen.rect, &tile.rect(), size);
                Found { seen, by: by + 1, cut }
            };
            found.extend(seen.into_iter().map(of_tile));
        }
        found.sort_by(|a, b| a.cut.cmp(&b.cut).then(b.seen.score.total_cmp(&a.seen.score)));
        let mut kept: Vec<Found> = Vec::new();
        for one in found {
            if !kept.iter().any(|other| one.repeats(other)) {
                kept.push(one);
            }
        }
        kept.into_iter().map(|found| found.seen).collect()
    }
}

/// Whether people are so small in a picture of this height that tiles will find more of them.
pub fn people_are_small(people: &[Detection], height: u32) -> bool {
    let mut heights: Vec<f32> = people.iter().map(|person| person.rect.height()).collect();
    heights.sort_by(f32::total_cmp);
    heights.get(heights.len() / 2).is_some_and(|median| *median < SMALL * height as f32)
}

/// A box on its way into the whole.
struct Found {
    seen: Detection,
    /// Which tile saw it; 0 is the whole picture.
    by: usize,
    cut: bool,
}

impl Found {
    /// Whether this is somebody who was found already. Two boxes of one look are two people: the model has seen to that.
    fn repeats(&self, other: &Self) -> bool {
        let (a, b) = (&self.seen.rect, &other.seen.rect);
        let inside = a.intersection(b).area() / a.area().max(1.0);
        self.by != other.by && (a.iou(b) > SAME_IOU || (self.cut && inside > SAME_INSIDE))
    }
}

/// Where tiles begin along a side of so many pixels, and how long they are.
fn spans(side: u32, count: u32, overlap: f32) -> Vec<(u32, u32)> {
    let count = count.clamp(1, side.max(1));
    let gaps = count - 1;
    let fraction = count as f32 - gaps as f32 * overlap.clamp(0.0, 0.5);
    let length = ((side as f32 / fraction).ceil() as u32).clamp(1, side.max(1));
    let start = |i: u32| (side - length) * i / gaps.max(1);
    (0..count).map(|i| (start(i), length)).collect()
}

/// Whether a box ends where its tile does, and the picture does not.
fn is_cut(rect: &Rect, part: &Rect, (width, height): (f32, f32)) -> bool {
    (part.x1 > 0.0 && rect.x1 <= part.x1 + CUT_WITHIN)
        || (part.y1 > 0.0 && rect.y1 <= part.y1 + CUT_WITHIN)
        || (part.x2 < width && rect.x2 >= part.x2 - CUT_WITHIN)
        || (part.y2 < height && rect.y2 >= part.y2 - CUT_WITHIN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detection::View;

    fn person(rect: Rect, score: f32) -> Detection {
        Detection { rect, score, view: View::Upright }
    }

    /// What a perfect model sees of people in a tile: the part of each box that is in it, if it is enough.
    fn seen_in(tile: &Part, people: &[Rect]) -> Vec<Detection> {
        let visible = people.iter().filter_map(|rect| {
            let part = rect.intersection(&tile.rect());
            (part.area() > 0.3 * rect.area()).then(|| person(part, 0.9 * part.area() / rect.area()))
        });
        visible.collect()
    }

    proptest! {
        #[test]
        fn tiles_cover_the_picture_and_are_of_one_size(
            (width, height) in (1u32..90, 1u32..90), columns in 1u32..5, rows in 1u32..5, overlap in 0f32..0.5,
        ) {
            let mut seen = vec![false; (width * height) as usize];
            let tiles = (Tiles { columns, rows, overlap }).cut((width, height));
            for tile in &tiles {
                prop_assert!(tile.fits(width, height));
                prop_assert_eq!((tile.width, tile.height), (tiles[0].width, tiles[0].height));
                for (x, y) in (tile.y..tile.y + tile.height).flat_map(|y| (tile.x..tile.x + tile.width).map(move |x| (x, y))) {
                    seen[(y * width + x) as usize] = true;
                }
            }
            prop_assert!(seen.iter().all(|seen| *seen));
        }

        /// People no two of whom overlap much, each no larger than the seams are wide: everyone is found once, and
        /// where they are.
        #[test]
        fn everyone_is_counted_once(cells in prop::collection::hash_set((0u8..16, 0u8..6), 1..60), whole in any::<bool>()) {
            let people: Vec<Rect> = cells.iter().map(|(x, y)| {
                let (x, y) = (40.0 * f32::from(*x) + 4.0, 60.0 * f32::from(*y) + 6.0);
                Rect::new(x, y, x + 20.0, y + 34.0)
            }).collect();
            let tiles = Tiles::default().cut((640, 360)).into_iter().map(|tile| {
                let seen = seen_in(&tile, &people);
                (tile, seen)
            });
            let in_whole = if whole { people.iter().map(|rect| person(*rect, 0.4)).collect() } else { Vec::new() };
            let merged = Tiles::merge(in_whole, tiles.collect(), (640, 360));
            prop_assert_eq!(merged.len(), people.len());
            for rect in &people {
                prop_assert!(merged.iter().any(|found| found.rect.iou(rect) > 0.999), "{rect:?}");
            }
        }
    }

    #[test]
    fn a_neighbour_behind_is_not_taken_for_a_cut_half() {
        let (near, behind) = (Rect::new(100.0, 100.0, 140.0, 180.0), Rect::new(110.0, 98.0, 128.0, 130.0));
        let tiles = Tiles::default().cut((640, 360)).into_iter().map(|tile| (tile, Vec::new()));
        let mut tiles: Vec<_> = tiles.collect();
        tiles[0].1 = vec![person(behind, 0.5)];
        assert_eq!(Tiles::merge(vec![person(near, 0.9)], tiles, (640, 360)).len(), 2);
    }

    #[test]
    fn small_people_ask_for_tiles_and_nobody_does_not() {
        let people = |height: f32| [person(Rect::new(0.0, 0.0, 9.0, height), 0.5); 3];
        assert!(people_are_small(&people(40.0), 360) && !people_are_small(&people(120.0), 360));
        assert!(!people_are_small(&[], 360));
    }
}
