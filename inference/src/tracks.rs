//! Who stood where a moment ago: tracks of upright people on one camera, in memory, for seconds.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::{detection::Detection, geometry::Rect};

/// A track that was looked for and not seen for this long is forgotten.
pub(crate) const TRACK_MEMORY: SignedDuration = SignedDuration::from_secs(8);
/// Of the time until the look that missed it no more than this counts: on a busy machine looks are as far apart as the memory
/// is long, and whoever fell between two of them stood a moment ago all the same.
const GAP_COUNTED: SignedDuration = SignedDuration::from_secs(2);
/// After so long without any look nothing is known.
const GAP_MAX: SignedDuration = SignedDuration::from_secs(20);
/// So many tracks are kept on one camera; beyond, those unseen for longest go.
const TRACKS_MAX: usize = 128;
/// How far a person may get between two looks, in body heights: a start, and so much more per second.
const REACH_HEIGHTS: f32 = 0.7;
const REACH_HEIGHTS_PER_S: f32 = 0.8;
/// The same person's height does not change by more than this factor between two looks, unless they went down.
const HEIGHT_RATIO_MAX: f32 = 2.5;
/// A box is upright where it is at least this much higher than wide.
const UPRIGHT_RATIO_MIN: f32 = 1.1;
/// A box that is no farther from the picture's edge than this share of its width touches it.
const EDGE: f32 = 0.02;

/// One person's recent past on one camera. Not an identity: it ends with the person's way out of the picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Track {
    /// Tells it from the camera's other tracks of these seconds.
    pub(crate) id: u64,
    /// The first box.
    pub(crate) first: Rect,
    /// When that was seen.
    pub(crate) first_at: Timestamp,
    /// The newest box.
    pub(crate) rect: Rect,
    /// When it was seen.
    pub(crate) seen_at: Timestamp,
    /// The newest box of an upright shape, and when it was seen.
    pub(crate) standing: Option<(Rect, Timestamp)>,
    /// When it was first looked for and not seen upright any more, since then.
    pub(crate) lost_at: Option<Timestamp>,
    /// When it was first looked for and not seen at all, since it was seen.
    missed_at: Option<Timestamp>,
    /// How fast the middle of its box moved between the last two looks that saw it, in pixels per second.
    velocity: (f32, f32),
}

impl Track {
    fn new(id: u64, rect: Rect, now: Timestamp) -> Self {
        let (first, first_at, seen_at) = (rect, now, now);
        let velocity = (0.0, 0.0);
        Self { id, first, first_at, rect, seen_at, standing: None, lost_at: None, missed_at: None, velocity }
    }

    fn go_on(&mut self, rect: Rect, now: Timestamp) {
        let ((ax, ay), (bx, by)) = (self.rect.center(), rect.center());
        let seconds = seconds(now.duration_since(self.seen_at)).max(0.05);
        self.velocity = ((bx - ax) / seconds, (by - ay) / seconds);
        (self.rect, self.seen_at, self.missed_at) = (rect, now, None);
    }

    /// Whether it was not seen for long enough.
    fn is_over(&self, now: Timestamp) -> bool {
        unseen(self.seen_at, self.missed_at, now) > TRACK_MEMORY
    }

    /// Where it stood a moment ago, if it does no more.
    pub(crate) fn stood_lately(&self, now: Timestamp) -> Option<Rect> {
        let (standing, stood_at) = self.standing?;
        (stood_at < now && unseen(stood_at, self.lost_at, now) <= TRACK_MEMORY).then_some(standing)
    }

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

    /// Seen in the newest frame, upright.
    pub(crate) fn stands(&self, now: Timestamp) -> bool {
        self.standing.is_some_and(|(_, at)| at == now)
    }

    /// Whether it was last seen on its way out of a picture of this width and height: it touched the left, right or top
    /// edge and moved towards it, or would be beyond it by now. The bottom edge tells nothing: who goes down there moves
    /// towards it too.
    pub(crate) fn walked_out(&self, (width, height): (f32, f32), now: Timestamp) -> bool {
        let ((x, y), (vx, vy)) = (self.rect.center(), self.velocity);
        let passed = seconds(now.duration_since(self.seen_at));
        let (ahead_x, ahead_y) = (x + vx * passed, y + vy * passed);
        let left = vx < 0.0 && (self.rect.x1 <= EDGE * width || ahead_x < 0.0);
        let right = vx > 0.0 && (self.rect.x2 >= (1.0 - EDGE) * width || ahead_x > width);
        let top = vy < 0.0 && (self.rect.y1 <= EDGE * height && ahead_y < 0.0);
        self.vanished(now) && (left || right || top)
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
    next_id: u64,
}

impl Tracks {
    /// Takes what the upright pass saw at `now`: continues tracks, begins new ones, forgets old ones.
    pub(crate) fn update(&mut self, seen: &[Detection], now: Timestamp) {
        self.tracks.retain(|track| !track.is_over(now));
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
                self.tracks[t].go_on(seen[d].rect, now);
            }
        }
        for (detection, _) in seen.iter().zip(&taken).filter(|(_, taken)| !**taken) {
            self.tracks.push(Track::new(self.next_id, detection.rect, now));
            self.next_id += 1;
        }
        for track in &mut self.tracks {
            if track.vanished(now) {
                track.missed_at.get_or_insert(now);
            }
            if track.seen_at == now && is_upright(&track.rect) {
                (track.standing, track.lost_at) = (Some((track.rect, now)), None);
            } else if track.standing.is_some() {
                track.lost_at.get_or_insert(now);
            }
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

    /// Forgets everybody.
    pub(crate) fn clear(&mut self) {
        self.tracks.clear();
    }
}

/// For how long something is not seen that was seen at `seen_at` and first looked for in vain at `missed_at`.
fn unseen(seen_at: Timestamp, missed_at: Option<Timestamp>, now: Timestamp) -> SignedDuration {
    let passed = now.duration_since(seen_at);
    if passed > GAP_MAX {
        return passed;
    }
    // Up to this look nothing was known.
    let missed_at = missed_at.unwrap_or(now);
    missed_at.duration_since(seen_at).min(GAP_COUNTED) + now.duration_since(missed_at)
}

fn seconds(duration: SignedDuration) -> f32 {
    Duration::try_from(duration).unwrap_or_default().as_secs_f32()
}

/// How far `rect` is from the track in body heights, or nothing if it cannot be the same person.
fn distance(track: &Track, rect: &Rect, now: Timestamp) -> Option<f32> {
    let seconds = seconds(now.duration_since(track.seen_at));
    let size = track.rect.length().max(rect.length()).max(1.0);
    let ratio = track.rect.length().max(1.0) / rect.length().max(1.0);
    let ((ax, ay), (bx, by)) = (track.rect.center(), rect.center());
    let distance = (ax - bx).hypot(ay - by) / size;
    let reachable = distance <= REACH_HEIGHTS + REACH_HEIGHTS_PER_S * seconds;
    (reachable && (1.0 / HEIGHT_RATIO_MAX..=HEIGHT_RATIO_MAX).contains(&ratio)).then_some(distance)
}

#[cfg(test)]
mod tests;
