//! When the turned views are asked, and about which part of the picture: they cost several times what the upright pass
//! does.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::geometry::Rect;

/// So many looks in a row may be for people who were lost, and then one in every [`LOST_INTERVAL`]: in a busy street
/// somebody is lost from sight at every look.
const LOST_LOOKS: f32 = 3.0;
const LOST_INTERVAL: SignedDuration = SignedDuration::from_secs(2);
/// The part round somebody is a square of so many body heights: as large as this they are found best. Shown closer, people
/// who filled the picture were lost.
const PART_HEIGHTS: f32 = 4.0;
/// It is no smaller than this share of the picture's longer side: below, it only shows the pixels larger.
const PART_MIN: f32 = 0.5;
/// A part that has this share of the picture is as good as the whole.
const WHOLE_SHARE: f32 = 0.7;

/// Keeps account of the turned looks at one camera.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    whole_at: Option<Timestamp>,
    /// How many looks for people who were lost are free now.
    lost_looks: f32,
    counted_at: Option<Timestamp>,
    stretch: f32,
    /// The next frame is not to be asked about as a whole.
    postponed: bool,
}

impl Default for Asking {
    fn default() -> Self {
        Self { whole_at: None, lost_looks: LOST_LOOKS, counted_at: None, stretch: 1.0, postponed: false }
    }
}

impl Asking {
    /// Makes looks for people who were lost rarer by this factor, 1 or more, while there is too much to do.
    pub(super) fn stretch(&mut self, factor: f32) {
        self.stretch = factor.max(1.0);
    }

    /// Whether the whole picture is due.
    pub(super) fn whole_is_due(&self, floor: SignedDuration, at: Timestamp) -> bool {
        self.whole_at.is_none_or(|last| at.duration_since(last) >= floor)
    }

    /// Leaves the whole picture to a later frame than the next.
    pub(super) fn postpone(&mut self) {
        self.postponed = true;
    }

    /// Whether the whole picture was left to a later frame than this one.
    pub(super) fn take_postponed(&mut self) -> bool {
        std::mem::take(&mut self.postponed)
    }

    /// The whole picture was looked at as it was at this time.
    pub(super) fn looked_at_whole(&mut self, at: Timestamp) {
        self.whole_at = Some(at);
    }

    /// Whether there is a look for people who were lost; takes it.
    pub(super) fn take_lost_look(&mut self, at: Timestamp) -> bool {
        let passed = self.counted_at.map_or(0.0, |last| passed(last, at));
        self.counted_at = Some(at);
        let earned = passed / (self.stretch * seconds(LOST_INTERVAL));
        self.lost_looks = (self.lost_looks + earned).min(LOST_LOOKS);
        let free = self.lost_looks >= 1.0;
        if free {
            self.lost_looks -= 1.0;
        }
        free
    }
}

/// The part of a picture of this width and height that holds a square round each of `people`, a body height given as the
/// longer side of each box; the whole picture, if that is about as much.
pub(super) fn part_round(people: impl Iterator<Item = Rect>, (width, height): (f32, f32)) -> Option<Rect> {
    let whole = Rect::new(0.0, 0.0, width, height);
    let square = |person: Rect| {
        let half = (PART_HEIGHTS * person.length()).max(PART_MIN * width.max(height)) / 2.0;
        let (x, y) = person.center();
        // Moved into the picture rather than cut off, where it fits.
        let x = x.clamp(half.min(width / 2.0), (width - half).max(width / 2.0));
        let y = y.clamp(half.min(height / 2.0), (height - half).max(height / 2.0));
        Rect::new(x - half, y - half, x + half, y + half).clamped(width, height)
    };
    let part = people.map(square).reduce(|a, b| a.union(&b))?;
    Some(if part.area() >= WHOLE_SHARE * whole.area() { whole } else { part })
}

fn passed(from: Timestamp, to: Timestamp) -> f32 {
    seconds(to.duration_since(from))
}

fn seconds(duration: SignedDuration) -> f32 {
    Duration::try_from(duration).unwrap_or_default().as_secs_f32()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_millis(ms)
    }

    /// In which of `seconds` a look was free, asked at each.
    fn looks(asking: &mut Asking, seconds: std::ops::Range<i64>) -> Vec<i64> {
        seconds.filter(|s| asking.take_lost_look(at(1000 * s))).collect()
    }

    #[test]
    fn the_lost_are_looked_for_at_once_and_then_every_other_second() {
        let mut asking = Asking::default();
        assert_eq!(looks(&mut asking, 0..12), [0, 1, 2, 3, 4, 6, 8, 10]);
        assert_eq!(looks(&mut asking, 60..64), [60, 61, 62, 63], "earned again, and no more than that");
        asking.stretch(4.0);
        assert_eq!(looks(&mut asking, 100..130), [100, 101, 102, 108, 116, 124]);
    }

    #[test]
    fn a_part_round_a_small_person_is_half_the_picture_and_round_a_large_one_all_of_it() {
        let part = |rect| part_round([rect].into_iter(), (640.0, 360.0));
        let small = Rect::new(600.0, 20.0, 615.0, 60.0);
        assert_eq!(part(small), Some(Rect::new(320.0, 0.0, 640.0, 320.0)));
        assert_eq!(part(Rect::new(300.0, 50.0, 380.0, 290.0)), Some(Rect::new(0.0, 0.0, 640.0, 360.0)));
        let two = [small, Rect::new(20.0, 300.0, 30.0, 340.0)];
        assert_eq!(part_round(two.into_iter(), (640.0, 360.0)), Some(Rect::new(0.0, 0.0, 640.0, 360.0)));
        assert_eq!(part_round(std::iter::empty(), (640.0, 360.0)), None);
    }

    proptest! {
        #[test]
        fn a_part_is_of_the_picture_and_holds_whoever_it_is_round(
            people in prop::collection::vec((0f32..640.0, 0f32..360.0, 1f32..200.0, 1f32..200.0), 1..5),
        ) {
            let people: Vec<Rect> = people.iter()
                .map(|(x, y, w, h)| Rect::new(*x, *y, x + w, y + h).clamped(640.0, 360.0)).collect();
            let part = part_round(people.iter().copied(), (640.0, 360.0)).unwrap();
            prop_assert_eq!(part, part.clamped(640.0, 360.0));
            for person in &people {
                prop_assert!(person.intersection(&part).area() >= 0.999 * person.area());
            }
        }
    }
}
