//! Whether people in a zone walk or stand.
//!
//! Nobody is followed: of those who were seen some seconds ago, who is still where they were? Somebody stands who is found
//! within a tenth of the own height. In a dense crowd somebody else may stand there now, by chance for one in three at 3
//! people per m²; so a crowd moves where fewer than half are found again. Who cannot tell says that it stands.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::Flow;
use crate::geometry::Rect;

/// Compared is with a look that is at least so old: somebody who walks slowly is a body's width away by then …
const AGE_MIN: SignedDuration = SignedDuration::from_secs(3);
/// … and no older than this: by then those who stood have left one by one.
const AGE_MAX: SignedDuration = SignedDuration::from_secs(12);
/// Looks that are kept lie so far apart at least, so that there are few of them.
const APART_MIN: SignedDuration = SignedDuration::from_secs(1);
/// How far the feet of somebody who stands are from where they were, as a share of the height.
const STILL_HEIGHTS: f32 = 0.1;
/// And in pixels, for boxes are no more exact.
const STILL_PIXELS: f32 = 2.0;
/// Of fewer people nothing is said.
const PEOPLE_MIN: usize = 6;

/// The looks of the last seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct FlowMeter {
    looks: VecDeque<(Timestamp, Vec<Rect>)>,
}

impl FlowMeter {
    /// Takes everyone who was seen in the zone, from head to foot in pixels, and says whether most walk.
    pub(super) fn look(&mut self, at: Timestamp, people: &[Rect]) -> Flow {
        let age = |taken: Timestamp| at.duration_since(taken);
        while self.looks.front().is_some_and(|(taken, _)| age(*taken) > AGE_MAX) {
            self.looks.pop_front();
        }
        let earlier = self.looks.iter().rev().find(|(taken, _)| age(*taken) >= AGE_MIN);
        let flow = earlier.map_or(Flow::Standing, |(_, earlier)| flow(earlier, people));
        if self.looks.back().is_none_or(|(taken, _)| age(*taken) >= APART_MIN) {
            self.looks.push_back((at, people.to_vec()));
        }
        flow
    }

    /// Forgets everything: the camera looks somewhere else, or did not see.
    pub(super) fn clear(&mut self) {
        self.looks.clear();
    }
}

fn flow(earlier: &[Rect], now: &[Rect]) -> Flow {
    if earlier.len() < PEOPLE_MIN || now.len() < PEOPLE_MIN {
        return Flow::Standing;
    }
    let mut taken = vec![false; now.len()];
    let still = earlier.iter().filter(|before| {
        let near = (STILL_HEIGHTS * before.height()).max(STILL_PIXELS);
        let feet = |rect: &Rect| (rect.center().0, rect.y2);
        let distance = |rect: &Rect| {
            let ((ax, ay), (bx, by)) = (feet(before), feet(rect));
            (ax - bx).hypot(ay - by)
        };
        let found = (0..now.len())
            .filter(|i| !taken[*i] && distance(&now[*i]) <= near)
            .min_by(|a, b| distance(&now[*a]).total_cmp(&distance(&now[*b])));
        found.inspect(|i| taken[*i] = true).is_some()
    });
    if 2 * still.count() < earlier.len() { Flow::Moving } else { Flow::Standing }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn person(x: f32, y: f32) -> Rect {
        Rect::new(x - 12.0, y - 80.0, x + 12.0, y)
    }

    /// People at these places, each moved by so much.
    fn crowd(places: &[(f32, f32)], by: impl Fn(usize) -> (f32, f32)) -> Vec<Rect> {
        let moved = |(i, (x, y)): (usize, &(f32, f32))| person(x + by(i).0, y + by(i).1);
        places.iter().enumerate().map(moved).collect()
    }

    fn second(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn places() -> impl Strategy<Value = Vec<(f32, f32)>> {
        // Some 3 people per m²: a height of 80 pixels is 1.7 m.
        prop::collection::hash_set((0u8..12, 0u8..6), 12..60).prop_map(|cells| {
            cells.iter().map(|(x, y)| (27.0 * f32::from(*x), 27.0 * f32::from(*y))).collect()
        })
    }

    proptest! {
        #[test]
        fn who_sways_stands(places in places(), sway in prop::collection::vec((-3f32..3.0, -3f32..3.0), 60)) {
            let mut meter = FlowMeter::default();
            for now in 0..12 {
                let seen = crowd(&places, |i| sway[(i + now as usize) % 60]);
                prop_assert_eq!(meter.look(second(now), &seen), Flow::Standing);
            }
        }

        /// They walk at 0.8 to 1.4 m a second, some one way, some the other.
        #[test]
        fn who_walks_moves(places in places(), pace in prop::collection::vec(38f32..66.0, 60), other in any::<u64>()) {
            let mut meter = FlowMeter::default();
            for now in 0..8 {
                let way = |i: usize| if other >> (i % 64) & 1 == 0 { 1.0 } else { -1.0 };
                let seen = crowd(&places, |i| (way(i) * pace[i % 60] * now as f32, 0.0));
                let flow = meter.look(second(now), &seen);
                prop_assert!(now < 3 || flow == Flow::Moving, "after {} s", now);
            }
        }
    }

    #[test]
    fn nothing_is_said_of_few_or_after_a_gap() {
        let few: Vec<(f32, f32)> = (0..5).map(|i| (50.0 * i as f32, 0.0)).collect();
        let many: Vec<(f32, f32)> = (0..20).map(|i| (50.0 * i as f32, 0.0)).collect();
        for (places, later) in [(&few, 4), (&many, 13)] {
            let mut meter = FlowMeter::default();
            meter.look(second(0), &crowd(places, |_| (0.0, 0.0)));
            let elsewhere = crowd(places, |_| (25.0, 400.0));
            assert_eq!(meter.look(second(later), &elsewhere), Flow::Standing);
        }
        let mut meter = FlowMeter::default();
        meter.look(second(0), &crowd(&many, |_| (0.0, 0.0)));
        assert_eq!(meter.look(second(4), &crowd(&many, |_| (25.0, 400.0))), Flow::Moving);
    }
}
