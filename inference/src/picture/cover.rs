//! Where heads are between two looks: a clip has more pictures than are looked at, and people walk on meanwhile.
//!
//! Heads of one look are joined to the nearest ones of the looks before. Between two looks all that a head may have passed is
//! covered: the rectangle that holds both places, and a margin. Before the first look and after the last one of a head it is
//! held for a while, and grows. It is better to cover too much than a face too little.

use std::time::Duration;

use crate::geometry::Rect;

/// For so long a head is covered before it is first seen and after it is last seen.
const HOLD: Duration = Duration::from_millis(1000);
/// What is covered on each side beyond the head that was seen, as a share of its size.
const MARGIN: f32 = 0.15;
/// How much that grows with every second in which a head is held.
const MARGIN_PER_S: f32 = 0.35;
/// How far a head may get between two looks in any case, in its own lengths: boxes of one person differ.
const REACH: f32 = 1.0;

/// How heads of one sort move. What lies between two looks is covered, so what cannot be one head must not be joined: else half
/// of the picture is covered while somebody leaves and another one comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Motion {
    /// Two looks at one head are no farther apart than this; whoever is not seen for longer has gone, or came back as another.
    gap_max: Duration,
    /// How far a head may get, in its own lengths a second.
    reach_per_s: f32,
}

/// The heads of one look, in pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Look {
    /// When the picture is shown.
    pub(super) at: Duration,
    /// Where heads were seen in it.
    pub(super) heads: Vec<Rect>,
}

/// Where to cover what, at any time of a clip.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cover {
    tracks: Vec<Vec<(Duration, Rect)>>,
}

impl Motion {
    /// Of people on their feet, who are looked for four times a second. A head's rectangle is four tenths of a metre high, and who
    /// walks fast makes 2.4 m/s.
    pub(super) const UPRIGHT: Self = Self { gap_max: Duration::from_millis(750), reach_per_s: 6.0 };
    /// Of people who lie, who are looked for once a second.
    pub(super) const LYING: Self = Self { gap_max: Duration::from_millis(1500), reach_per_s: 1.0 };
}

impl Cover {
    /// Joins what was seen of heads that move so; looks come in the order of time.
    pub(super) fn new(looks: &[Look], motion: Motion) -> Self {
        let mut tracks: Vec<Vec<(Duration, Rect)>> = Vec::new();
        for look in looks {
            let mut pairs = Vec::new();
            for (t, track) in tracks.iter().enumerate() {
                let Some((seen_at, last)) = track.last() else { continue };
                let gap = look.at.saturating_sub(*seen_at);
                // One of this very look is another head.
                if gap > motion.gap_max || gap.is_zero() {
                    continue;
                }
                let reach = last.length() * (REACH + motion.reach_per_s * gap.as_secs_f32());
                let near = look.heads.iter().enumerate().map(|(h, head)| (distance(last, head), t, h));
                pairs.extend(near.filter(|(distance, ..)| *distance <= reach));
            }
            pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (mut joined, mut taken) = (vec![false; tracks.len()], vec![false; look.heads.len()]);
            for (_, t, h) in pairs {
                if !joined[t] && !taken[h] {
                    (joined[t], taken[h]) = (true, true);
                    tracks[t].push((look.at, look.heads[h]));
                }
            }
            let new = look.heads.iter().zip(&taken).filter(|(_, taken)| !**taken);
            tracks.extend(new.map(|(head, _)| vec![(look.at, *head)]));
        }
        Self { tracks }
    }

    /// What is covered in the picture that is shown then.
    pub(super) fn at(&self, at: Duration) -> impl Iterator<Item = Rect> {
        self.tracks.iter().filter_map(move |track| covered(track, at))
    }
}

fn covered(track: &[(Duration, Rect)], at: Duration) -> Option<Rect> {
    let next = track.partition_point(|(seen_at, _)| *seen_at < at);
    match (next.checked_sub(1).map(|before| &track[before]), track.get(next)) {
        (Some((_, before)), Some((_, after))) => Some(grown(&before.union(after), before, MARGIN)),
        (None, Some((seen_at, head))) => held(head, *seen_at - at),
        (Some((seen_at, head)), None) => held(head, at - *seen_at),
        (None, None) => None,
    }
}

fn held(head: &Rect, away: Duration) -> Option<Rect> {
    let margin = MARGIN + MARGIN_PER_S * away.as_secs_f32();
    (away <= HOLD).then(|| grown(head, head, margin))
}

/// `rect`, larger on each side by a share of `head`'s size.
fn grown(rect: &Rect, head: &Rect, share: f32) -> Rect {
    let (dx, dy) = (share * head.width(), share * head.height());
    Rect::new(rect.x1 - dx, rect.y1 - dy, rect.x2 + dx, rect.y2 + dy)
}

fn distance(a: &Rect, b: &Rect) -> f32 {
    let ((ax, ay), (bx, by)) = (a.center(), b.center());
    (ax - bx).hypot(ay - by)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn head(x: f32, y: f32) -> Rect {
        Rect::new(x - 8.0, y - 10.0, x + 8.0, y + 10.0)
    }

    fn holds(outer: &Rect, inner: &Rect) -> bool {
        outer.x1 <= inner.x1 && outer.y1 <= inner.y1 && outer.x2 >= inner.x2 && outer.y2 >= inner.y2
    }

    proptest! {
        /// Whoever walks or runs straight on is covered at every moment, whichever looks missed them.
        #[test]
        fn a_head_is_covered_at_every_moment(
            (x, y) in (0f32..640.0, 0f32..360.0), (vx, vy) in (-120f32..120.0, -60f32..60.0),
            missed in prop::collection::vec(any::<bool>(), 19), at in 0u64..4500,
        ) {
            let place = |at: u64| head(x + vx * at as f32 / 1000.0, y + vy * at as f32 / 1000.0);
            let looks: Vec<Look> = (0..=18u64)
                // Never more than two looks in a row.
                .filter(|n| n % 3 == 0 || !missed[*n as usize])
                .map(|n| Look { at: ms(250 * n), heads: vec![place(250 * n)] })
                .collect();
            let cover = Cover::new(&looks, Motion::UPRIGHT);
            prop_assert_eq!(cover.tracks.len(), 1);
            prop_assert!(cover.at(ms(at)).any(|covered| holds(&covered, &place(at))));
        }

        /// In any crowd, what a look saw is covered in the picture that it saw.
        #[test]
        fn what_was_seen_is_covered(
            looks in prop::collection::vec(prop::collection::vec((0f32..640.0, 0f32..360.0), 0..6), 1..12)
        ) {
            let looks: Vec<Look> = (0..).zip(looks).map(|(n, heads)| Look {
                at: ms(250 * n),
                heads: heads.into_iter().map(|(x, y)| head(x, y)).collect(),
            }).collect();
            let cover = Cover::new(&looks, Motion::UPRIGHT);
            for look in &looks {
                for seen in &look.heads {
                    prop_assert!(cover.at(look.at).any(|covered| holds(&covered, seen)));
                }
            }
        }
    }

    #[test]
    fn who_is_gone_is_not_covered_for_ever() {
        let cover = Cover::new(&[Look { at: ms(2000), heads: vec![head(50.0, 50.0)] }], Motion::UPRIGHT);
        let covered = |at| cover.at(ms(at)).count();
        assert_eq!([999, 1000, 2000, 3000, 3001].map(covered), [0, 1, 1, 1, 0]);
    }

    #[test]
    fn two_people_who_pass_are_two() {
        let look = |at, a, b| Look { at: ms(at), heads: vec![head(a, 50.0), head(b, 50.0)] };
        let cover = Cover::new(
            &[look(0, 10.0, 200.0), look(250, 20.0, 190.0), look(500, 30.0, 180.0)],
            Motion::UPRIGHT,
        );
        assert_eq!(cover.tracks.len(), 2);
        assert_eq!(cover.at(ms(300)).count(), 2);
        // What lies between them is not covered.
        assert!(cover.at(ms(300)).all(|covered| covered.width() < 60.0));
    }
}
