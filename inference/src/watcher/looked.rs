//! What came of one frame, and of all of them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use gridwatch_ingest::Attention;

use crate::{held_back::HeldBack, observation::Observation};

/// What came of one frame.
#[derive(Debug, Default)]
pub struct Looked {
    /// What the rules concluded.
    pub observations: Vec<Observation>,
    /// How closely the camera is to be looked at from now on.
    pub attention: Attention,
    /// Why the frame was not judged, if the camera cannot see.
    pub held_back: Option<HeldBack>,
    /// Whether the person model was asked.
    pub person: bool,
    /// Whether the turned views were asked.
    pub turned: bool,
    /// How often a model was asked for a closer look at crowd zones.
    pub closer: u64,
    /// Whether a closer look at crowd zones failed.
    pub closer_failed: bool,
    /// How many models were not asked, because the picture shows what they have judged already.
    pub reused: u64,
    /// How many boxes were left out, because there were more than one camera can show people.
    pub left_out: u64,
}

/// What inference has done so far. Counters only grow.
#[derive(Debug, Default)]
pub struct InferenceCounters {
    /// Frames that were judged.
    pub judged: AtomicU64,
    /// Frames that the person model was asked about.
    pub person: AtomicU64,
    /// Frames for which the turned views were asked.
    pub turned: AtomicU64,
    /// Times a model was asked for a closer look at crowd zones.
    pub closer: AtomicU64,
    /// Frames whose closer look at crowd zones failed: zones that need one were not judged.
    pub closer_failed: AtomicU64,
    /// Questions to a model that were not asked, because the picture shows what it has judged already.
    pub reused: AtomicU64,
    /// Frames that were not judged, because their camera cannot see.
    pub held_back: AtomicU64,
    /// Frames that a detector failed on or had no room for.
    pub failed: AtomicU64,
    /// Frames that failed since the last that was judged: more than a few mean that nobody is watching.
    pub failed_in_a_row: AtomicU64,
    /// Boxes that could have been the beginning of a fall and were left out, because a camera showed too many at once.
    pub left_out: AtomicU64,
}

impl InferenceCounters {
    /// Adds what came of one frame.
    pub(super) fn add(&self, looked: &Looked) {
        let Looked { held_back, person, turned, closer, closer_failed, reused, left_out, .. } = looked;
        self.held_back.fetch_add(u64::from(held_back.is_some()), Relaxed);
        self.judged.fetch_add(u64::from(held_back.is_none()), Relaxed);
        self.person.fetch_add(u64::from(*person), Relaxed);
        self.turned.fetch_add(u64::from(*turned), Relaxed);
        self.closer.fetch_add(*closer, Relaxed);
        self.closer_failed.fetch_add(u64::from(*closer_failed), Relaxed);
        self.reused.fetch_add(*reused, Relaxed);
        self.left_out.fetch_add(*left_out, Relaxed);
        if held_back.is_none() {
            self.failed_in_a_row.store(0, Relaxed);
        }
    }
}
