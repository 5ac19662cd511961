//! The fall rule: it scores the fallen state, not the fall.
//!
//! Pure: detections and times in, steps out. One [`FallRule`] watches one camera.
//!
//! ```text
//! down ──3 s──▶ suspected ──10 s, 70 % of samples──▶ alert ──60 s──▶ long lie ──upright 5 s / gone 30 s──▶ ended
//!   └──── not seen down any more ────▶ forgotten ◀───┘
//! ```

use jiff::{SignedDuration, Timestamp};

use crate::{
    detection::{Detection, View},
    geometry::Rect,
    observation::{EndReason, Phase},
    tracks::{TRACK_MEMORY, Track, Tracks, is_upright},
};

/// The rule's thresholds; times as in the plan of the house, shapes as measured on recorded falls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FallSettings {
    /// Down for this long: suspected.
    pub suspected_after: SignedDuration,
    /// Down for this long: alert.
    pub alert_after: SignedDuration,
    /// The share of samples within `alert_after` that must show the person down, 0 to 1.
    pub share_min: f32,
    /// Down for this long: a long lie.
    pub long_lie_after: SignedDuration,
    /// Upright for this long: over.
    pub upright_after: SignedDuration,
    /// Nobody seen lying for this long: over.
    pub gone_after: SignedDuration,
    /// The turned views are asked at least this often on a camera where nothing happens.
    pub floor: SignedDuration,
    /// The least score of a lying box where somebody stood a moment ago.
    pub score_min_gated: f32,
    /// The least score of a lying box where nobody was seen standing: somebody who lay there before we looked.
    pub score_min_ungated: f32,
}

impl Default for FallSettings {
    fn default() -> Self {
        Self {
            suspected_after: SignedDuration::from_secs(3),
            alert_after: SignedDuration::from_secs(10),
            share_min: 0.7,
            long_lie_after: SignedDuration::from_secs(60),
            upright_after: SignedDuration::from_secs(5),
            gone_after: SignedDuration::from_secs(30),
            floor: SignedDuration::from_secs(8),
            score_min_gated: 0.2,
            score_min_ungated: 0.5,
        }
    }
}

/// One step in the life of one fall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FallStep {
    /// Tells this fall from others of the camera.
    pub incident: u64,
    /// How far it has come.
    pub phase: Phase,
    /// Since when the person is down.
    pub since: Timestamp,
    /// Where, in pixels of the frame.
    pub place: Rect,
    /// The best score of a lying box so far.
    pub score: f32,
    /// The share of the newest samples that showed the person down.
    pub share: f32,
}

/// What one frame showed.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// When the frame was taken.
    pub at: Timestamp,
    /// What the upright pass saw.
    pub upright: &'a [Detection],
    /// What the turned views saw, if they were asked.
    pub turned: Option<&'a [Detection]>,
}

/// Watches one camera for falls.
#[derive(Clone, Debug)]
pub struct FallRule {
    settings: FallSettings,
    tracks: Tracks,
    downs: Vec<Down>,
    next_incident: u64,
    turned_at: Option<Timestamp>,
    left_out: u64,
}

/// Somebody who is, or may be, down.
#[derive(Clone, Debug)]
struct Down {
    incident: u64,
    since: Timestamp,
    place: Rect,
    score: f32,
    /// The newest samples, within `alert_after`: when, and whether the person was seen down.
    samples: Vec<(Timestamp, bool)>,
    seen_down_at: Timestamp,
    upright_since: Option<Timestamp>,
    reached: Reached,
    told_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    Down,
    Suspected,
    Alert,
    LongLie,
}

/// An alert that lasts is confirmed no more often than this.
const ONGOING_INTERVAL: SignedDuration = SignedDuration::from_secs(2);
/// Before the alert, somebody not seen down for this long was no fall.
const FORGET_AFTER: SignedDuration = SignedDuration::from_secs(4);
/// So many people may be down on one camera at one time. More is a detector that raves, not a picture of people.
const DOWNS_MAX: usize = 32;

impl FallRule {
    /// A rule that has seen nothing. `first_incident` must be larger than any that this camera used before.
    pub fn new(settings: FallSettings, first_incident: u64) -> Self {
        Self {
            settings,
            tracks: Tracks::default(),
            downs: Vec::new(),
            next_incident: first_incident,
            turned_at: None,
            left_out: 0,
        }
    }

    /// Goes on with a fall that was an open alert before a restart, so that its end is noticed too.
    pub fn resume(&mut self, place: Rect, since: Timestamp, now: Timestamp) {
        let long = now.duration_since(since) >= self.settings.long_lie_after;
        let down = Down {
            incident: self.next_incident,
            since,
            place,
            score: 0.0,
            samples: Vec::new(),
            seen_down_at: now,
            upright_since: None,
            reached: if long { Reached::LongLie } else { Reached::Alert },
            told_at: now,
        };
        self.next_incident += 1;
        self.downs.push(down);
    }

    /// Takes what the upright pass saw in the newest frame and says whether the turned views are to be asked: because
    /// somebody may be down, somebody who stood has collapsed or vanished, or the floor is due.
    pub fn wants_turned(&mut self, upright: &[Detection], at: Timestamp) -> bool {
        self.tracks.update(upright, at);
        let floor_due = self.turned_at.is_none_or(|last| at.duration_since(last) >= self.settings.floor);
        let somebody_went =
            self.tracks.iter().any(|t| t.standing.is_some() && (t.vanished(at) || t.collapsed(at)));
        floor_due || somebody_went || !self.downs.is_empty()
    }

    /// Whether the camera is to be looked at several times a second: somebody may be down, and nobody was told yet.
    pub fn wants_burst(&self) -> bool {
        self.downs.iter().any(|down| down.reached < Reached::Alert)
    }

    /// How many boxes could have been the beginning of a fall and were left out, because more were down than one camera
    /// can show. Only grows.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Judges one frame, for which [`FallRule::wants_turned`] was asked before.
    pub fn judge(&mut self, look: Look<'_>) -> Vec<FallStep> {
        if let Some(turned) = look.turned {
            self.turned_at = Some(look.at);
            let lying = lying(turned, look.upright, self.settings.score_min_gated);
            self.sample(&lying, &look);
        }
        let settings = self.settings;
        let mut steps = Vec::new();
        self.downs.retain_mut(|down| down.step(&settings, look.at, &mut steps));
        steps
    }

    /// Gives each lying box to the fall it belongs to, or begins a new one with it.
    fn sample(&mut self, lying: &[Detection], look: &Look<'_>) {
        let mut free: Vec<&Detection> = lying.iter().collect();
        for down in &mut self.downs {
            let nearest = (0..free.len())
                .filter(|i| same_place(&down.place, &free[*i].rect))
                .max_by(|a, b| free[*a].rect.iou(&down.place).total_cmp(&free[*b].rect.iou(&down.place)));
            let seen = nearest.map(|i| *free.swap_remove(i));
            // A second box of the same person begins no second fall.
            free.retain(|d| seen.is_none_or(|seen| !overlaps(&seen.rect, &d.rect)));
            let stands = look.upright.iter().any(|d| is_upright(&d.rect) && stands_at(&down.place, &d.rect));
            down.sample(look.at, seen, stands, &self.settings);
        }
        for detection in free {
            let known = self.downs.iter().any(|down| overlaps(&down.place, &detection.rect));
            let gated = self.tracks.iter().any(|track| fell_from(track, &detection.rect, look.at));
            let sure = detection.score >= self.settings.score_min_ungated;
            if !known && (gated || sure) {
                self.downs.push(Down::new(self.next_incident, detection, look.at));
                self.next_incident += 1;
            }
        }
        self.leave_out_least_sure();
    }

    /// Keeps the falls of one camera bounded. Only one that has led to nothing yet may go: an alert is never dropped.
    fn leave_out_least_sure(&mut self) {
        while self.downs.len() > DOWNS_MAX {
            let score = |i: &usize| self.downs[*i].score;
            // Of equals the newest.
            let least_sure = (0..self.downs.len())
                .rev()
                .filter(|i| self.downs[*i].reached == Reached::Down)
                .min_by(|a, b| score(a).total_cmp(&score(b)));
            let Some(least_sure) = least_sure else { return };
            self.downs.remove(least_sure);
            self.left_out += 1;
        }
    }
}

// === impl Down ===

impl Down {
    fn new(incident: u64, detection: &Detection, at: Timestamp) -> Self {
        Self {
            incident,
            since: at,
            place: detection.rect,
            score: detection.score,
            samples: vec![(at, true)],
            seen_down_at: at,
            upright_since: None,
            reached: Reached::Down,
            told_at: at,
        }
    }

    fn sample(&mut self, at: Timestamp, seen: Option<Detection>, stands: bool, settings: &FallSettings) {
        self.samples.retain(|(t, _)| at.duration_since(*t) <= settings.alert_after);
        self.samples.push((at, seen.is_some()));
        if let Some(seen) = seen {
            self.place = seen.rect;
            self.score = self.score.max(seen.score);
            self.seen_down_at = at;
            self.upright_since = None;
        } else if stands {
            self.upright_since.get_or_insert(at);
        } else {
            self.upright_since = None;
        }
    }

    fn share(&self) -> f32 {
        let down = self.samples.iter().filter(|(_, down)| *down).count();
        if self.samples.is_empty() { 0.0 } else { down as f32 / self.samples.len() as f32 }
    }

    /// Says what has been reached by `at`; false when there is nothing left to watch.
    fn step(&mut self, settings: &FallSettings, at: Timestamp, steps: &mut Vec<FallStep>) -> bool {
        let unseen = at.duration_since(self.seen_down_at);
        if self.reached < Reached::Alert {
            if unseen >= FORGET_AFTER {
                return false;
            }
        } else {
            let upright =
                self.upright_since.is_some_and(|since| at.duration_since(since) >= settings.upright_after);
            if upright || unseen >= settings.gone_after {
                let reason = if upright { EndReason::Upright } else { EndReason::Gone };
                steps.push(self.tell(Phase::Ended(reason), at));
                return false;
            }
        }
        // Time counts up to the newest sample that showed the person down.
        let lasted = self.seen_down_at.duration_since(self.since);
        if self.reached == Reached::Down && lasted >= settings.suspected_after {
            self.reached = Reached::Suspected;
            steps.push(self.tell(Phase::Suspected, at));
        }
        if self.reached == Reached::Suspected
            && lasted >= settings.alert_after
            && self.share() >= settings.share_min
        {
            self.reached = Reached::Alert;
            steps.push(self.tell(Phase::Alert, at));
        } else if self.reached == Reached::Alert && lasted >= settings.long_lie_after {
            self.reached = Reached::LongLie;
            steps.push(self.tell(Phase::LongLie, at));
        } else if self.reached >= Reached::Alert
            && unseen.is_zero()
            && at.duration_since(self.told_at) >= ONGOING_INTERVAL
        {
            steps.push(self.tell(Phase::Ongoing, at));
        }
        true
    }

    fn tell(&mut self, phase: Phase, at: Timestamp) -> FallStep {
        self.told_at = at;
        FallStep {
            incident: self.incident,
            phase,
            since: self.since,
            place: self.place,
            score: self.score,
            share: self.share(),
        }
    }
}

/// The boxes of people who lie: seen in a turned view, and not somebody who stands.
fn lying(turned: &[Detection], upright: &[Detection], score_min: f32) -> Vec<Detection> {
    let mut lying: Vec<Detection> = Vec::new();
    // Surest first, so that of two views of one person the surer stays.
    for detection in turned.iter().filter(|d| d.view != View::Upright && d.score >= score_min) {
        let stands = upright.iter().any(|u| explains(u, detection));
        let known = lying.iter().any(|l| overlaps(&l.rect, &detection.rect));
        if !stands && !known && !is_upright(&detection.rect) {
            lying.push(*detection);
        }
    }
    lying
}

/// Whether a lying box is somebody upright, together with what is beside them (a bed, a table, a neighbour): the upright
/// pass saw them within it, and as surely.
fn explains(upright: &Detection, lying: &Detection) -> bool {
    let inside = upright.rect.intersection(&lying.rect).area() / upright.rect.area().max(1.0);
    is_upright(&upright.rect) && inside > 0.6 && upright.score >= lying.score
}

/// Whether a lying box can be somebody who stood on `track` a moment ago: near, and of a matching length.
fn fell_from(track: &Track, lying: &Rect, at: Timestamp) -> bool {
    let Some((standing, stood_at)) = track.standing else { return false };
    let height = standing.height().max(1.0);
    let ((lx, ly), (sx, sy)) = (lying.center(), standing.center());
    let near = (lx - sx).abs() <= 1.3 * height && (ly - sy).abs() <= 1.1 * height;
    let length = lying.length() / height;
    // Somebody who still stands has not fallen.
    stood_at < at && at.duration_since(stood_at) <= TRACK_MEMORY && near && (0.4..=1.9).contains(&length)
}

/// Whether two lying boxes are the same person at two moments.
fn same_place(a: &Rect, b: &Rect) -> bool {
    let ((ax, ay), (bx, by)) = (a.center(), b.center());
    a.iou(b) > 0.1 || (ax - bx).hypot(ay - by) <= 0.5 * a.length().max(b.length())
}

/// Whether most of the smaller box lies within the larger.
fn overlaps(a: &Rect, b: &Rect) -> bool {
    a.intersection(b).area() > 0.5 * a.area().min(b.area())
}

/// Whether somebody in this upright box stands where somebody lay.
fn stands_at(place: &Rect, upright: &Rect) -> bool {
    let feet = (upright.center().0, upright.y2);
    let reach = 0.5 * place.length();
    (place.x1 - reach..=place.x2 + reach).contains(&feet.0)
        && (place.y1 - reach..=place.y2 + reach).contains(&feet.1)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
