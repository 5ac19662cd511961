//! Somebody who is, or may be, down: what was seen of them, and what that comes to.

use gridwatch_ingest::Attention;
use jiff::{SignedDuration, Timestamp};

use super::{
    FallStep,
    lying::stands_at,
    settings::FallSettings,
    transition::{Because, FallState, Transition},
};
use crate::{
    detection::Detection,
    geometry::Rect,
    observation::{EndReason, FallFinding, Phase},
    tracks::{Track, Tracks},
};

mod begin;

/// An alert that lasts is confirmed no more often than this, and looked at no more often in the turned views.
pub(super) const ONGOING_INTERVAL: SignedDuration = SignedDuration::from_secs(2);
/// Until then so often: the ten samples of ten seconds decide. A little less than a second, for looks do not come to the
/// millisecond.
const SUSPECTED_INTERVAL: SignedDuration = SignedDuration::from_millis(900);
/// Before the alert, somebody not seen down for this long was no fall.
const FORGET_AFTER: SignedDuration = SignedDuration::from_secs(4);
/// A burst decides within this time, or is not what it takes: then the looks of an open alert do.
const BURST_LONGEST: SignedDuration = SignedDuration::from_secs(30);
/// Nobody is gone who was not looked for so often.
const GONE_LOOKS: u32 = 3;
/// So many samples are kept; more come only from looks closer together than any camera's.
const SAMPLES_MAX: usize = 512;
/// How far from the place somebody can stand up from it, and how far off others count as being around, in its lengths.
const REACH_RISES: f32 = 0.5;
const REACH_AROUND: f32 = 1.0;

/// Somebody who is, or may be, down.
#[derive(Clone, Debug)]
pub(super) struct Down {
    pub(super) incident: u64,
    pub(super) place: Rect,
    pub(super) score: f32,
    pub(super) reached: Reached,
    /// How they stood before, if that was seen.
    pub(super) standing: Option<Rect>,
    since: Timestamp,
    /// The newest samples, within `alert_after`.
    samples: Vec<Sample>,
    sampled_at: Timestamp,
    seen_down_at: Timestamp,
    /// From when on it counts that they are not seen: when they were last, or when the camera was last blind.
    absent_from: Timestamp,
    /// Looks since then that did not show them.
    misses: u32,
    /// The track on which they stood, while it is nobody else's.
    own: Option<u64>,
    /// The track of somebody who stood up from the place.
    risen: Option<u64>,
    upright_since: Option<Timestamp>,
    /// Who lies where that is expected is let be for this long.
    let_be: SignedDuration,
    told_at: Timestamp,
    transitions: Vec<Transition>,
}

/// What one look showed.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Timestamp,
    /// Whether the person was seen down.
    down: bool,
    /// How many stood around.
    around: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reached {
    /// Lies where that is expected.
    Resting,
    Down,
    Suspected,
    Alert,
    LongLie,
}

impl Down {
    /// Whether the turned views are to be asked about it now: every second until somebody is told, then less often. For who
    /// rests the floor is enough.
    pub(super) fn is_due(&self, at: Timestamp) -> bool {
        match self.reached {
            Reached::Resting => false,
            Reached::Down | Reached::Suspected => at.duration_since(self.sampled_at) >= SUSPECTED_INTERVAL,
            Reached::Alert | Reached::LongLie => at.duration_since(self.sampled_at) >= ONGOING_INTERVAL,
        }
    }

    /// How closely the camera is to be looked at for it.
    pub(super) fn attention(&self) -> Attention {
        match self.reached {
            Reached::Resting => Attention::Track,
            Reached::Down | Reached::Suspected if self.is_undecided() => Attention::Alarm,
            Reached::Down | Reached::Suspected => Attention::Suspicion,
            Reached::Alert | Reached::LongLie => Attention::Alarm,
        }
    }

    /// Whether it stays doubtful: a burst has had its time and more.
    fn is_undecided(&self) -> bool {
        self.seen_down_at.duration_since(self.since) >= BURST_LONGEST
    }

    /// Takes in what one look showed: the person down, or not. `expected` says whether lying is expected where they are.
    pub(super) fn sample(
        &mut self,
        at: Timestamp,
        seen: Option<Detection>,
        expected: bool,
        tracks: &Tracks,
        settings: &FallSettings,
    ) {
        let around =
            tracks.iter().filter(|t| t.stands(at) && stands_at(&self.place, &t.rect, REACH_AROUND)).count();
        self.samples.retain(|sample| at.duration_since(sample.at) <= settings.alert_after);
        if self.samples.len() >= SAMPLES_MAX {
            self.samples.remove(0);
        }
        // After a restart, whoever stands there already has not risen since.
        let before =
            self.samples.iter().filter(|s| s.down || self.score == 0.0).map(|s| s.around).max().unwrap_or(0);
        let first = self.samples.is_empty() && self.score == 0.0;
        self.samples.push(Sample { at, down: seen.is_some(), around });
        self.sampled_at = at;
        let Some(seen) = seen else {
            self.misses += 1;
            if first || !self.has_risen(at, before, around, tracks) {
                self.upright_since = None;
            } else if self.upright_since.is_none() {
                self.upright_since = Some(at);
                if self.reached >= Reached::Alert {
                    self.note(at, FallState::UprightAgain, Because::Rose);
                }
            }
            return;
        };
        if self.upright_since.take().is_some() && self.reached >= Reached::Alert {
            self.note(at, self.reached.state(), Because::SurelyLies);
        }
        self.place = seen.rect;
        self.score = self.score.max(seen.score);
        (self.seen_down_at, self.absent_from, self.misses, self.risen) = (at, at, 0, None);
        // Somebody else has come into the track on which they stood.
        if tracks.iter().any(|track| Some(track.id) == self.own && track.stands(at)) {
            self.own = None;
        }
        if self.reached == Reached::Resting && !expected {
            (self.reached, self.since) = (Reached::Down, at);
            self.samples.retain(|sample| sample.at == at);
            self.note(at, FallState::Down, Because::NotExpected);
        }
    }

    /// Whether the person stands again: somebody is upright at the place who came from nowhere else, and more people are
    /// around than while they lay there. Who only came to help walked in, and is one of those who are around.
    fn has_risen(&mut self, at: Timestamp, before: usize, around: usize, tracks: &Tracks) -> bool {
        if let Some(risen) = self.risen {
            return tracks.iter().any(|track| track.id == risen && track.stands(at));
        }
        let from_here = |track: &&Track| {
            let begun_here = track.first_at > self.since && stands_at(&self.place, &track.first, REACH_RISES);
            track.stands(at)
                && stands_at(&self.place, &track.rect, REACH_RISES)
                && (begun_here || Some(track.id) == self.own)
        };
        self.risen = tracks.iter().find(from_here).filter(|_| around > before).map(|track| track.id);
        self.risen.is_some()
    }

    /// The camera cannot see: nothing counts for or against it.
    pub(super) fn hold_back(&mut self, at: Timestamp) {
        (self.absent_from, self.misses) = (at, 0);
        (self.upright_since, self.risen, self.own) = (None, None, None);
    }

    fn share(&self) -> f32 {
        let down = self.samples.iter().filter(|sample| sample.down).count();
        if self.samples.is_empty() { 0.0 } else { down as f32 / self.samples.len() as f32 }
    }

    /// Says what has been reached by `at`; false when there is nothing left to watch.
    pub(super) fn step(&mut self, settings: &FallSettings, at: Timestamp, steps: &mut Vec<FallStep>) -> bool {
        let unseen = at.duration_since(self.absent_from);
        if self.reached < Reached::Alert {
            let forget = if self.reached == Reached::Resting { settings.gone_after } else { FORGET_AFTER };
            if unseen >= forget && self.misses > 0 {
                return false;
            }
        } else {
            let upright =
                self.upright_since.is_some_and(|since| at.duration_since(since) >= settings.upright_after);
            let gone = unseen >= settings.gone_after && self.misses >= GONE_LOOKS;
            if upright || gone {
                let (reason, because) = if upright {
                    (EndReason::Upright, Because::Lasted)
                } else {
                    (EndReason::Gone, Because::NotSeen)
                };
                self.note(at, FallState::Ended, because);
                steps.push(self.tell(Phase::Ended(reason), at));
                return false;
            }
        }
        // Time counts up to the newest sample that showed the person down.
        let lasted = self.seen_down_at.duration_since(self.since);
        if self.reached == Reached::Resting && lasted >= self.let_be {
            self.reach(Reached::Down, at);
        }
        if self.reached == Reached::Down && lasted >= settings.suspected_after {
            self.reach(Reached::Suspected, at);
            steps.push(self.tell(Phase::Suspected, at));
        }
        if self.reached == Reached::Suspected
            && lasted >= settings.alert_after
            && self.share() >= settings.share_min
        {
            self.reach(Reached::Alert, at);
            steps.push(self.tell(Phase::Alert, at));
        } else if self.reached == Reached::Alert && lasted >= settings.long_lie_after {
            self.reach(Reached::LongLie, at);
            steps.push(self.tell(Phase::LongLie, at));
        } else if self.reached >= Reached::Alert
            && self.seen_down_at == at
            && at.duration_since(self.told_at) >= ONGOING_INTERVAL
        {
            steps.push(self.tell(Phase::Ongoing, at));
        }
        true
    }

    fn reach(&mut self, reached: Reached, at: Timestamp) {
        self.reached = reached;
        self.note(at, reached.state(), Because::Lasted);
    }

    fn note(&mut self, at: Timestamp, to: FallState, because: Because) {
        if self.transitions.len() >= FallFinding::TRANSITIONS_MAX {
            self.transitions.remove(FallFinding::TRANSITIONS_MAX / 2);
        }
        let (share, score) = (self.share(), self.score);
        self.transitions.push(Transition { at, to, because, share, score });
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
            transitions: self.transitions.clone(),
        }
    }
}

impl Reached {
    fn state(self) -> FallState {
        match self {
            Self::Resting => FallState::Resting,
            Self::Down => FallState::Down,
            Self::Suspected => FallState::Suspected,
            Self::Alert => FallState::Alert,
            Self::LongLie => FallState::LongLie,
        }
    }
}
