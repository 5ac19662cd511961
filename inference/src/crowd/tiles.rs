//! Overlapping parts of a picture, looked at one by one where people are too small to be seen in the whole.

use gridwatch_ingest::Frame;

use crate::{detection::Detection, geometry::Rect};

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

/// One part of a picture.
#[derive(Clone, Debug)]
pub struct Tile {
    /// Which part, in whole pixels of the picture.
    pub part: Rect,
    /// Its pixels, as a frame of the same camera and time.
    pub frame: Frame,
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
    /// Cuts a picture. The tiles cover all of it and are all of one size.
    pub fn cut(&self, frame: &Frame) -> Vec<Tile> {
        let columns = spans(frame.width, self.columns, self.overlap);
        let rows = spans(frame.height, self.rows, self.overlap);
        let parts = rows.iter().flat_map(|row| columns.iter().map(move |column| (*column, *row)));
        parts.map(|((x1, x2), (y1, y2))| tile(frame, x1, y1, x2, y2)).collect()
    }

    /// Joins what was seen in the whole picture with what was seen in each of its tiles, everyone once. Boxes in and
    /// out are in pixels of the picture each belongs to; a box that a seam has cut gives way to a whole one.
    pub fn merge(
        whole: Vec<Detection>,
        tiles: Vec<(Tile, Vec<Detection>)>,
        (width, height): (u32, u32),
    ) -> Vec<Detection> {
        let size = (width as f32, height as f32);
        let mut found: Vec<Found> = whole.into_iter().map(|seen| Found { seen, by: 0, cut: false }).collect();
        for (by, (tile, seen)) in tiles.into_iter().enumerate() {
            found.extend(seen.into_iter().map(|seen| {
                let rect = seen.rect.moved(tile.part.x1, tile.part.y1);
                Found { seen: Detection { rect, ..seen }, by: by + 1, cut: is_cut(&rect, &tile.part, size) }
            }));
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

/// Where tiles begin and end along a side of so many pixels.
fn spans(side: u32, count: u32, overlap: f32) -> Vec<(u32, u32)> {
    let count = count.clamp(1, side.max(1));
    let gaps = count - 1;
    let fraction = count as f32 - gaps as f32 * overlap.clamp(0.0, 0.5);
    let length = ((side as f32 / fraction).ceil() as u32).clamp(1, side.max(1));
    let start = |i: u32| (side - length) * i / gaps.max(1);
    (0..count).map(|i| (start(i), start(i) + length)).collect()
}

fn tile(frame: &Frame, x1: u32, y1: u32, x2: u32, y2: u32) -> Tile {
    let row = frame.width as usize * 3;
    let rows = frame.bgr.chunks_exact(row).skip(y1 as usize).take((y2 - y1) as usize);
    let bgr = rows.flat_map(|row| &row[x1 as usize * 3..x2 as usize * 3]).copied().collect();
    Tile {
        part: Rect::new(x1 as f32, y1 as f32, x2 as f32, y2 as f32),
        frame: Frame { width: x2 - x1, height: y2 - y1, bgr, ..frame.clone() },
    }
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
    use crate::{detection::View, testing::frame};

    fn person(rect: Rect, score: f32) -> Detection {
        Detection { rect, score, view: View::Upright }
    }

    /// What a perfect model sees of people in a tile: the part of each box that is in it, if it is enough.
    fn seen_in(tile: &Tile, people: &[Rect]) -> Vec<Detection> {
        let visible = people.iter().filter_map(|rect| {
            let part = rect.intersection(&tile.part);
            (part.area() > 0.3 * rect.area()).then(|| {
                let score = 0.9 * part.area() / rect.area();
                person(part.moved(-tile.part.x1, -tile.part.y1), score)
            })
        });
        visible.collect()
    }

    proptest! {
        #[test]
        fn tiles_cover_the_picture_and_hold_its_pixels(
            (width, height) in (1u32..90, 1u32..90), columns in 1u32..5, rows in 1u32..5, overlap in 0f32..0.5,
        ) {
            let mut whole = frame("cam", width, height, [0, 0, 0]);
            whole.bgr = (0..width * height).flat_map(|i| [(i % 251) as u8, (i / 251) as u8, 7]).collect();
            let mut seen = vec![false; (width * height) as usize];
            for tile in (Tiles { columns, rows, overlap }).cut(&whole) {
                prop_assert_eq!(tile.frame.bgr.len(), (tile.frame.width * tile.frame.height * 3) as usize);
                for (i, pixel) in tile.frame.bgr.chunks_exact(3).enumerate() {
                    let x = i as u32 % tile.frame.width + tile.part.x1 as u32;
                    let y = i as u32 / tile.frame.width + tile.part.y1 as u32;
                    let at = (y * width + x) as usize;
                    prop_assert_eq!(pixel, &whole.bgr[3 * at..3 * at + 3]);
                    seen[at] = true;
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
            let picture = frame("cam", 640, 360, [0, 0, 0]);
            let tiles = Tiles::default().cut(&picture).into_iter().map(|tile| {
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
        let picture = frame("cam", 640, 360, [0, 0, 0]);
        let (near, behind) = (Rect::new(100.0, 100.0, 140.0, 180.0), Rect::new(110.0, 98.0, 128.0, 130.0));
        let tiles = Tiles::default().cut(&picture).into_iter().map(|tile| (tile, Vec::new()));
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
