//! How a watched fall begins: seen for the first time, or taken up after a restart.

use jiff::{SignedDuration, Timestamp};

use super::{Down, Reached, Sample};
use crate::{
    detection::{Detection, View},
    fall::{Because, FallState},
    geometry::Rect,
    tracks::Track,
};

impl Down {
    /// Somebody seen down for the first time, who stood on `track` before, if that was seen. `let_be` says for how long
    /// it is expected that they lie there.
    pub(in crate::fall) fn new(
        incident: u64,
        seen: &Detection,
        track: Option<&Track>,
        let_be: Option<SignedDuration>,
        at: Timestamp,
    ) -> Self {
        let reached = if let_be.is_some() { Reached::Resting } else { Reached::Down };
        let mut down = Self {
            standing: track.and_then(|track| track.standing).map(|(standing, _)| standing),
            own: track.map(|track| track.id),
            let_be: let_be.unwrap_or_default(),
            ..Self::at_place(incident, seen.rect, reached, at, at)
        };
        if let Some((track, (_, stood_at))) = track.and_then(|track| track.standing.map(|s| (track, s))) {
            let (lost, because) = if track.seen_at > stood_at || seen.view == View::Upright {
                (FallState::Collapsed, Because::MuchLower)
            } else {
                (FallState::Vanished, Because::NotFound)
            };
            down.note(stood_at, FallState::Upright, Because::Stood);
            down.note(track.lost_at.unwrap_or(at), lost, because);
        }
        down.score = seen.score;
        down.samples.push(Sample { at, down: true, around: 0 });
        match (let_be, seen.view, track) {
            (Some(_), ..) => down.note(at, FallState::Resting, Because::Expected),
            (None, View::Upright, _) => down.note(at, FallState::Down, Because::LowInPlace),
            (None, _, Some(_)) => down.note(at, FallState::Down, Because::LiesWhereStood),
            (None, _, None) => down.note(at, FallState::Down, Because::SurelyLies),
        }
        down
    }

    /// A fall that was an open alert before a restart.
    pub(in crate::fall) fn resumed(
        incident: u64,
        place: Rect,
        since: Timestamp,
        long_lie_after: SignedDuration,
        now: Timestamp,
    ) -> Self {
        let long = now.duration_since(since) >= long_lie_after;
        let (reached, state) =
            if long { (Reached::LongLie, FallState::LongLie) } else { (Reached::Alert, FallState::Alert) };
        let mut down = Self::at_place(incident, place, reached, since, now);
        down.note(now, state, Because::Resumed);
        down
    }

    fn at_place(incident: u64, place: Rect, reached: Reached, since: Timestamp, now: Timestamp) -> Self {
        Self {
            incident,
            place,
            score: 0.0,
            reached,
            standing: None,
            since,
            samples: Vec::new(),
            sampled_at: now,
            seen_down_at: now,
            absent_from: now,
            misses: 0,
            own: None,
            risen: None,
            upright_since: None,
            let_be: SignedDuration::ZERO,
            told_at: now,
            transitions: Vec::new(),
        }
    }
}
