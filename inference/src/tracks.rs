//! Who stood where a moment ago: tracks of upright people on one camera, in memory, for seconds.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::{detection::Detection, geometry::Rect};

/// A track that was not seen for this long is forgotten.
pub(crate) const TRACK_MEMORY: SignedDuration = SignedDuration::from_secs(8);
/// So many tracks are kept on one camera; beyond, those unseen for longest go.
const TRACKS_MAX: usize = 128;
/// How far a person may get between two looks, in body heights: a start, and so much more per second.
const REACH_HEIGHTS: f32 = 0.7;
const REACH_HEIGHTS_PER_S: f32 = 0.8;
/// The same person's height does not change by more than this factor between two looks, unless they went down.
const HEIGHT_RATIO_MAX: f32 = 2.5;
/// A box is upright where it is at least this much higher than wide.
const UPRIGHT_RATIO_MIN: f32 = 1.1;

/// One person's recent past on one camera. Not an identity: it ends with the person's way out of the picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Track {
    /// The newest box.
    pub(crate) rect: Rect,
    /// When it was seen.
    pub(crate) seen_at: Timestamp,
    /// The newest box of an upright shape, and when it was seen.
    pub(crate) standing: Option<(Rect, Timestamp)>,
}

impl Track {
    /// Not seen in the newest frame, at `now`.
    pub(crate) fn vanished(&self, now: Timestamp) -> bool {
        self.seen_at < now
    }

    /// Seen in the newest frame, but much lower than when it stood last.
    pub(crate) fn collapsed(&self, now: Timestamp) -> bool {
        !self.vanished(now)
            && !is_upright(&self.rect)
            && self.standing.is_some_and(|(standing, _)| self.rect.height() < 0.7 * standing.height())
    }
}

/// Whether a box has the shape of somebody who stands, walks, or sits upright.
pub(crate) fn is_upright(rect: &Rect) -> bool {
    rect.height() >= UPRIGHT_RATIO_MIN * rect.width()
}

/// The tracks of one camera.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracks {
    tracks: Vec<Track>,
}

impl Tracks {
    /// Takes what the upright pass saw at `now`: continues tracks, begins new ones, forgets old ones.
    pub(crate) fn update(&mut self, seen: &[Detection], now: Timestamp) {
        self.tracks.retain(|track| now.duration_since(track.seen_at) <= TRACK_MEMORY);
        let mut pairs: Vec<(usize, usize, f32)> = Vec::new();
        for (t, track) in self.tracks.iter().enumerate() {
            for (d, detection) in seen.iter().enumerate() {
                if let Some(distance) = distance(track, &detection.rect, now) {
                    pairs.push((t, d, distance));
                }
            }
        }
        pairs.sort_by(|a, b| a.2.total_cmp(&b.2));
        let (mut continued, mut taken) = (vec![false; self.tracks.len()], vec![false; seen.len()]);
        for (t, d, _) in pairs {
            if !continued[t] && !taken[d] {
                (continued[t], taken[d]) = (true, true);
                self.tracks[t].rect = seen[d].rect;
                self.tracks[t].seen_at = now;
            }
        }
        let fresh = seen.iter().zip(&taken).filter(|(_, taken)| !**taken);
        self.tracks.extend(fresh.map(|(d, _)| Track { rect: d.rect, seen_at: now, standing: None }));
        for track in self.tracks.iter_mut().filter(|track| track.seen_at == now && is_upright(&track.rect)) {
            track.standing = Some((track.rect, now));
        }
        if self.tracks.len() > TRACKS_MAX {
            self.tracks.sort_by_key(|track| std::cmp::Reverse(track.seen_at));
            self.tracks.truncate(TRACKS_MAX);
        }
    }

    /// All tracks that are remembered.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Track> {
        self.tracks.iter()
    }
}

/// How far `rect` is from the track in body heights, or nothing if it cannot be the same person.
fn distance(track: &Track, rect: &Rect, now: Timestamp) -> Option<f32> {
    let seconds = Duration::try_from(now.duration_since(track.seen_at)).unwrap_or_default().as_secs_f32();
    let size = track.rect.length().max(rect.length()).max(1.0);
    let ratio = track.rect.length().max(1.0) / rect.length().max(1.0);
    let ((ax, ay), (bx, by)) = (track.rect.center(), rect.center());
    let distance = (ax - bx).hypot(ay - by) / size;
    let reachable = distance <= REACH_HEIGHTS + REACH_HEIGHTS_PER_S * seconds;
    (reachable && (1.0 / HEIGHT_RATIO_MAX..=HEIGHT_RATIO_MAX).contains(&ratio)).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::View;

    fn at(s: f64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_millis((s * 1000.0) as i64)
    }

    fn seen(x: f32, y: f32, w: f32, h: f32) -> Detection {
        Detection { rect: Rect::new(x, y, x + w, y + h), score: 0.9, view: View::Upright }
    }

    #[test]
    fn a_walker_stays_one_track_at_one_look_every_two_seconds() {
        let mut tracks = Tracks::default();
        for step in 0..5 {
            tracks.update(&[seen(100.0 + 60.0 * step as f32, 100.0, 40.0, 100.0)], at(2.0 * f64::from(step)));
        }
        assert_eq!(tracks.iter().count(), 1);
    }

    #[test]
    fn two_people_stay_two() {
        let mut tracks = Tracks::default();
        for step in 0..5 {
            let s = step as f32;
            tracks.update(
                &[seen(100.0 + 10.0 * s, 100.0, 40.0, 100.0), seen(300.0 - 10.0 * s, 100.0, 40.0, 100.0)],
                at(f64::from(step)),
            );
        }
        assert_eq!(tracks.iter().count(), 2);
        assert!(tracks.iter().all(|t| t.seen_at == at(4.0)));
    }

    #[test]
    fn who_goes_down_collapses_or_vanishes_and_is_forgotten_in_the_end() {
        let mut tracks = Tracks::default();
        tracks.update(&[seen(100.0, 100.0, 40.0, 100.0)], at(0.0));
        tracks.update(&[seen(90.0, 160.0, 90.0, 40.0)], at(2.0));
        assert!(tracks.iter().all(|t| t.collapsed(at(2.0))));
        tracks.update(&[], at(4.0));
        assert!(tracks.iter().all(|t| t.vanished(at(4.0)) && t.standing.is_some()));
        tracks.update(&[], at(10.1));
        assert_eq!(tracks.iter().count(), 0);
    }

    #[test]
    fn tracks_are_bounded_and_the_newest_stay() {
        let mut tracks = Tracks::default();
        for step in 0..20u8 {
            // Everybody is somewhere else each time, so that no track goes on.
            let y = 1000.0 * f32::from(step);
            let crowd: Vec<_> = (0..100u8).map(|n| seen(200.0 * f32::from(n), y, 10.0, 30.0)).collect();
            tracks.update(&crowd, at(f64::from(step) / 10.0));
            let now = at(f64::from(step) / 10.0);
            assert_eq!(tracks.iter().filter(|t| !t.vanished(now)).count(), 100);
            assert!(tracks.iter().count() <= TRACKS_MAX);
        }
    }
}
