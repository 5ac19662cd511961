//! How high people are seen who stand at some height of the picture: learned from those who do.

use crate::geometry::Rect;

/// The picture is cut into so many bands, one above the other.
const BANDS: usize = 12;
/// So many heights are kept of each band; the newest win.
const KEPT: usize = 9;
/// Fewer say nothing.
const NEEDED: usize = 3;

/// Heights of people who stood, by where their feet were in the picture. Over flat ground the height depends on nothing
/// else. Says nothing until enough people have passed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scale {
    bands: [Band; BANDS],
}

/// The newest heights of one band, in pixels.
#[derive(Clone, Debug, Default)]
struct Band {
    heights: Vec<f32>,
    next: usize,
    /// The track that was heard of last, so that who stands still counts once.
    heard: Option<u64>,
}

impl Scale {
    /// Takes in somebody of track `id` who stands in this box of a picture of that height. Who is cut by the upper or
    /// lower edge says nothing.
    pub(crate) fn learn(&mut self, id: u64, standing: &Rect, picture_height: f32) {
        let margin = 0.02 * picture_height;
        if standing.y1 < margin || standing.y2 > picture_height - margin {
            return;
        }
        let Some(band) = self.bands.get_mut(band(standing.y2, picture_height)) else { return };
        if band.heard == Some(id) {
            return;
        }
        band.heard = Some(id);
        if band.heights.len() < KEPT {
            band.heights.push(standing.height());
        } else {
            band.heights[band.next] = standing.height();
            band.next = (band.next + 1) % KEPT;
        }
    }

    /// How high somebody is seen who stands with the feet at `y`, in pixels: the median of that band, or else of the one
    /// above or below.
    pub(crate) fn height_at(&self, y: f32, picture_height: f32) -> Option<f32> {
        let here = band(y, picture_height);
        let near = [Some(here), here.checked_add(1), here.checked_sub(1)];
        near.into_iter().flatten().filter_map(|band| self.bands.get(band)).find_map(Band::median)
    }
}

impl Band {
    fn median(&self) -> Option<f32> {
        let mut heights = self.heights.clone();
        heights.sort_by(f32::total_cmp);
        (heights.len() >= NEEDED).then(|| heights[heights.len() / 2])
    }
}

fn band(y: f32, picture_height: f32) -> usize {
    let share = (y / picture_height.max(1.0)).clamp(0.0, 1.0);
    ((share * BANDS as f32) as usize).min(BANDS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody with the feet at `y`, as high as people are there when the horizon is at the top edge.
    fn stands(y: f32, factor: f32) -> Rect {
        Rect::new(100.0, y - 0.4 * factor * y, 140.0, y)
    }

    #[test]
    fn the_median_of_those_who_stood_there_is_told_and_nothing_where_nobody_did() {
        let mut scale = Scale::default();
        for (id, factor) in [(1, 1.0), (2, 1.05), (3, 0.5), (4, 0.95), (5, 1.9)] {
            assert_eq!(scale.height_at(200.0, 360.0).is_some(), id > NEEDED as u64, "before {id}");
            scale.learn(id, &stands(200.0, factor), 360.0);
        }
        assert_eq!(scale.height_at(205.0, 360.0), Some(80.0), "not led astray by a child and a lorry");
        assert_eq!(scale.height_at(225.0, 360.0), Some(80.0), "of the next band");
        assert_eq!(scale.height_at(300.0, 360.0), None);
    }

    #[test]
    fn who_stands_still_counts_once_and_who_is_cut_by_the_edge_not_at_all() {
        let mut scale = Scale::default();
        (0..100).for_each(|_| scale.learn(7, &stands(200.0, 1.0), 360.0));
        (0..10).for_each(|id| scale.learn(id, &Rect::new(100.0, 300.0, 140.0, 359.0), 360.0));
        assert_eq!((scale.height_at(200.0, 360.0), scale.height_at(355.0, 360.0)), (None, None));
        assert!(scale.bands.iter().all(|band| band.heights.len() <= 1));
    }

    #[test]
    fn the_newest_win_and_memory_is_bounded() {
        let mut scale = Scale::default();
        for id in 0..1000 {
            scale.learn(id, &stands(200.0, if id < 900 { 1.0 } else { 0.5 }), 360.0);
        }
        assert_eq!(scale.height_at(200.0, 360.0), Some(40.0), "the camera was zoomed out");
        assert!(scale.bands.iter().all(|band| band.heights.len() <= KEPT));
    }
}
