//! The fall rule: it scores the fallen state, not the fall.
//!
//! Pure: detections and times in, steps out. One [`FallRule`] watches one camera.
//!
//! ```text
//! upright ──▶ collapsed / vanished ──▶ down ──3 s──▶ suspected ──10 s, 70 % of samples──▶ alert ──60 s──▶ long lie
//!                   resting (in a zone) ──▲  └── not seen down for 4 s: forgotten              └── rose 5 s / gone 30 s: ended
//! ```

use std::sync::Arc;

use gridwatch_ingest::Attention;
use jiff::Timestamp;

use self::{
    asking::{Asking, part_round},
    down::{Down, Reached},
    lying::{Ground, fell_from, lying, overlaps, same_place},
    scale::Scale,
};
use crate::{
    detection::Detection,
    geometry::Rect,
    held_back::HeldBack,
    observation::Phase,
    scene::Scene,
    tracks::{Track, Tracks, is_upright},
};

mod asking;
mod down;
mod lying;
mod scale;
mod settings;
mod transition;

pub use settings::FallSettings;
pub use transition::{Because, FallState, Transition};

/// One step in the life of one fall.
#[derive(Clone, Debug, PartialEq)]
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
    /// How it came to this, oldest first.
    pub transitions: Vec<Transition>,
}

/// What one frame showed.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// When the frame was taken.
    pub at: Timestamp,
    /// Its width and height.
    pub size: (f32, f32),
    /// What the upright pass saw.
    pub upright: &'a [Detection],
    /// What the turned views saw, if they were asked.
    pub turned: Option<Turned<'a>>,
}

/// What the turned views saw.
#[derive(Clone, Copy, Debug)]
pub struct Turned<'a> {
    /// Which part of the frame they were asked about.
    pub part: Rect,
    /// Whom they saw there, in pixels of the frame.
    pub detections: &'a [Detection],
    /// When the picture was taken that they were shown: this one, or an earlier one that showed the same.
    pub asked_at: Timestamp,
}

/// Watches one camera for falls.
#[derive(Clone, Debug)]
pub struct FallRule {
    scene: Arc<Scene>,
    tracks: Tracks,
    scale: Scale,
    asking: Asking,
    /// Whether the newest question was about somebody who was lost from sight.
    looks_for_lost: bool,
    downs: Vec<Down>,
    next_incident: u64,
    left_out: u64,
}

/// So many people may be down on one camera at one time. More is a detector that raves, not a picture of people.
const DOWNS_MAX: usize = 32;

impl FallRule {
    /// A rule that has seen nothing. `first_incident` must be larger than any that this camera used before.
    pub fn new(scene: Arc<Scene>, first_incident: u64) -> Self {
        Self {
            scene,
            tracks: Tracks::default(),
            scale: Scale::default(),
            asking: Asking::default(),
            looks_for_lost: false,
            downs: Vec::new(),
            next_incident: first_incident,
            left_out: 0,
        }
    }

    /// Goes on with a fall that was an open alert before a restart, so that its end is noticed too. `place` is in pixels.
    pub fn resume(&mut self, place: Rect, since: Timestamp, now: Timestamp) {
        let long_lie_after = self.scene.fall.long_lie_after;
        self.downs.push(Down::resumed(self.next_incident, place, since, long_lie_after, now));
        self.next_incident += 1;
    }

    /// Takes what the upright pass saw in the newest frame, which has this width and height, and says which part of it
    /// the turned views are to be asked about, if any: round those who may be down, or who stood and have collapsed or
    /// vanished; all of it where the floor is due.
    pub fn wants_turned(&mut self, upright: &[Detection], size: (f32, f32), at: Timestamp) -> Option<Rect> {
        self.tracks.update(upright, at);
        for track in self.tracks.iter().filter(|track| track.stands(at)) {
            self.scale.learn(track.id, &track.rect, size.1);
        }
        self.looks_for_lost = false;
        if !self.asking.take_postponed() && self.floor_is_due(at) {
            return Some(Rect::new(0.0, 0.0, size.0, size.1));
        }
        let lost = |track: &&Track| {
            track.standing.is_some()
                && (track.vanished(at) || track.collapsed(at))
                && !track.walked_out(size, at)
        };
        self.looks_for_lost = self.tracks.iter().any(|track| lost(&track)) && self.asking.take_lost_look(at);
        let lost = self.tracks.iter().filter(|_| self.looks_for_lost).filter(lost).filter_map(|t| t.standing);
        let downs = self.downs.iter().filter(|down| down.is_due(at)).map(|down| down.place);
        part_round(lost.map(|(standing, _)| standing).chain(downs), size)
    }

    /// Whether the turned views are due to be asked about a whole frame, because they were not shown one for long.
    pub fn floor_is_due(&self, at: Timestamp) -> bool {
        self.asking.whole_is_due(self.scene.fall.floor, at)
    }

    /// Whether the turned views are asked about somebody who was lost from sight. Such a look is to be a new one, be it that
    /// the picture shows the same as a moment ago: who lies there is often seen at the second or third try.
    pub fn looks_for_lost(&self) -> bool {
        self.looks_for_lost
    }

    /// Leaves that look to a later frame: about the next one, no more is asked than about those who may be down.
    pub fn postpone_floor(&mut self) {
        self.asking.postpone();
    }

    /// How closely the camera is to be looked at.
    pub fn attention(&self) -> Attention {
        let downs = self.downs.iter().map(Down::attention).max().unwrap_or_default();
        let track = if self.tracks.iter().next().is_some() { Attention::Track } else { Attention::None };
        downs.max(track)
    }

    /// Makes turned looks for people who were lost from sight rarer by this factor, 1 or more, while there is too much to do.
    pub fn stretch_lost_looks(&mut self, factor: f32) {
        self.asking.stretch(factor);
    }

    /// How many boxes could have been the beginning of a fall and were left out, because more were down than one camera
    /// can show. Only grows.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The camera cannot see at `at`, so that its picture is not judged. Who may have been down is forgotten; an open
    /// alert stays as it was, and its time unseen does not count.
    pub fn hold_back(&mut self, cause: HeldBack, at: Timestamp) {
        self.tracks.clear();
        self.downs.retain(|down| down.reached >= Reached::Alert);
        self.downs.iter_mut().for_each(|down| down.hold_back(at));
        if cause == HeldBack::Moved {
            self.scale = Scale::default();
        }
    }

    /// Judges one frame, for which [`FallRule::wants_turned`] was asked before.
    pub fn judge(&mut self, look: Look<'_>) -> Vec<FallStep> {
        if let Some(turned) = look.turned {
            if covers(&turned.part, &Rect::new(0.0, 0.0, look.size.0, look.size.1)) {
                self.asking.looked_at_whole(turned.asked_at);
            }
            self.sample(&look, turned);
        }
        let mut steps = Vec::new();
        let settings = &self.scene.fall;
        self.downs.retain_mut(|down| down.step(settings, look.at, &mut steps));
        steps
    }

    /// Gives each lying box to the fall it belongs to, or begins a new one with it.
    fn sample(&mut self, look: &Look<'_>, turned: Turned<'_>) {
        let scene = self.scene.clone();
        let settings = &scene.fall;
        let ground = Ground { calibration: scene.calibration.as_ref(), scale: &self.scale, size: look.size };
        let lying = lying(turned.detections, look.upright, settings.score_min_gated);
        // What the upright pass saw low may be somebody who lies along the line of sight.
        let apart = |d: &&Detection| !lying.iter().any(|l| overlaps(&l.rect, &d.rect));
        let mut low: Vec<&Detection> =
            look.upright.iter().filter(|d| !is_upright(&d.rect)).filter(apart).collect();
        let mut free: Vec<&Detection> = lying.iter().collect();
        let shares = |rect: &Rect| rect.scaled(1.0 / look.size.0, 1.0 / look.size.1);
        let shown = |down: &&mut Down| covers(&turned.part, &down.place.clamped(look.size.0, look.size.1));
        for down in self.downs.iter_mut().filter(shown) {
            let nearest = (0..free.len())
                .filter(|i| same_place(&down.place, &free[*i].rect))
                .max_by(|a, b| free[*a].rect.iou(&down.place).total_cmp(&free[*b].rect.iou(&down.place)));
            let still_low = |d: &&Detection| down.standing.is_some_and(|s| ground.low_in_place(&d.rect, &s));
            let seen = nearest
                .map(|i| *free.swap_remove(i))
                .or_else(|| low.iter().find(|d| still_low(d)).map(|d| **d));
            if let Some(seen) = seen {
                // A second box of the same person begins no second fall.
                free.retain(|d| !overlaps(&seen.rect, &d.rect));
                low.retain(|d| !overlaps(&seen.rect, &d.rect));
            }
            let expected =
                seen.is_some_and(|seen| scene.expects_lying(&shares(&seen.rect), look.at).is_some());
            down.sample(look.at, seen, expected, &self.tracks, settings);
        }
        let fallen = free.into_iter().filter_map(|d| {
            let track = self.tracks.iter().find(|track| fell_from(track, &d.rect, look.at));
            let sure = d.score >= settings.score_min_ungated;
            ((track.is_some() || sure) && ground.bears(&d.rect)).then_some((d, track))
        });
        let fallen_along = low.into_iter().filter_map(|d| {
            let in_place = |t: &&Track| {
                t.stood_lately(look.at).is_some_and(|standing| ground.low_in_place(&d.rect, &standing))
            };
            Some((d, Some(self.tracks.iter().find(in_place)?)))
        });
        for (seen, track) in fallen.chain(fallen_along) {
            let zone = scene.expects_lying(&shares(&seen.rect), look.at);
            let let_be = zone.and_then(|zone| zone.long_after);
            let never = zone.is_some() && let_be.is_none();
            if never || self.downs.iter().any(|down| overlaps(&down.place, &seen.rect)) {
                continue;
            }
            self.downs.push(Down::new(self.next_incident, seen, track, let_be, look.at));
            self.next_incident += 1;
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
                .filter(|i| self.downs[*i].reached <= Reached::Down)
                .min_by(|a, b| score(a).total_cmp(&score(b)));
            let Some(least_sure) = least_sure else { return };
            self.downs.remove(least_sure);
            self.left_out += 1;
        }
    }
}

/// Whether a part of the picture shows nearly all of a place in it.
fn covers(part: &Rect, place: &Rect) -> bool {
    part.intersection(place).area() >= 0.9 * place.area()
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
