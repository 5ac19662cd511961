//! The order in which cameras get their turn.
//!
//! Every camera has one place in the line and one job in it, and its place is the time at which its next look is due: that of
//! its last look and the interval it is looked at. Nothing moves that time but a look, so under overload every camera is
//! late by the same, and none is passed over. What is not due yet (a key picture that must do until the next one) waits for
//! nothing while there is time to spare: the line is an order, not a timetable.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::{
    camera::CameraId,
    sampler::{DecodeJob, JOB_UNITS_MAX},
};

/// A suspicion that is being looked into goes before everything else, but after so many such jobs one other camera has its
/// turn: more bursts than this machine bears must not make it blind for the rest.
const BURSTS_IN_A_ROW: u32 = 4;

/// Who waits, who is at work, and who was looked at when. Pure: time is that of the pictures' arrival.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiting: HashMap<CameraId, Waiting>,
    bursts: BTreeMap<Place, CameraId>,
    others: BTreeMap<Place, CameraId>,
    at_work: HashSet<CameraId>,
    /// The last picture of each camera that was taken to be decoded. Whether it could be does not matter: a broken
    /// camera has no more turns than others.
    looked: HashMap<CameraId, Timestamp>,
    bursts_in_a_row: u32,
    sequence: u64,
}

#[derive(Debug)]
struct Waiting {
    job: DecodeJob,
    place: Place,
    /// Since when the camera waits, whatever jobs it had in the line meanwhile.
    since: Timestamp,
}

/// Where a camera stands: by due time, then by who came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    due: Timestamp,
    sequence: u64,
}

impl Line {
    /// Puts a job in its camera's place; says whether it took that of an older job.
    pub(super) fn put(&mut self, job: DecodeJob) -> bool {
        let Some(last) = job.units.last() else { return false };
        let (camera, arrived) = (last.camera.clone(), last.received_at);
        let older = self.waiting.remove(&camera);
        let superseded = older.is_some();
        let sequence = match &older {
            Some(older) => {
                self.side(older.job.burst).remove(&older.place);
                older.place.sequence
            }
            None => {
                self.sequence += 1;
                self.sequence
            }
        };
        let due = match self.looked.get(&camera) {
            Some(looked) if *looked <= arrived => looked.saturating_add(job.interval).unwrap_or(arrived),
            // The computer's clock was set back.
            Some(_) => arrived,
            None => Timestamp::MIN,
        };
        let place = Place { due, sequence };
        let (job, since) = match older {
            // The computer's clock may have been set back meanwhile.
            Some(older) => (merge(older.job, job), older.since.min(arrived)),
            None => (job, arrived),
        };
        self.side(job.burst).insert(place, camera.clone());
        self.waiting.insert(camera, Waiting { job, place, since });
        superseded
    }

    /// Takes the job whose turn it is, of a camera that nobody is at work on. [`Line::done`] must follow.
    pub(super) fn take(&mut self) -> Option<(CameraId, DecodeJob)> {
        let free = |side: &BTreeMap<Place, CameraId>| {
            side.values().find(|camera| !self.at_work.contains(*camera)).cloned()
        };
        let (burst, other) = (free(&self.bursts), free(&self.others));
        let burst_first = other.is_none() || self.bursts_in_a_row < BURSTS_IN_A_ROW;
        let camera = if burst_first { burst.or(other) } else { other }?;
        let Waiting { job, place, .. } = self.waiting.remove(&camera)?;
        self.side(job.burst).remove(&place);
        self.bursts_in_a_row = if job.burst { self.bursts_in_a_row.saturating_add(1) } else { 0 };
        self.at_work.insert(camera.clone());
        if let Some(last) = job.units.last() {
            self.looked.insert(camera.clone(), last.received_at);
        }
        Some((camera, job))
    }

    /// Says that the job which was taken is done.
    pub(super) fn done(&mut self, camera: &CameraId) {
        self.at_work.remove(camera);
    }

    /// Lets go of a camera that is gone.
    pub(super) fn forget(&mut self, camera: &CameraId) {
        self.looked.remove(camera);
        if let Some(Waiting { job, place, .. }) = self.waiting.remove(camera) {
            self.side(job.burst).remove(&place);
        }
    }

    /// For how long the camera that has waited for longest waits at `now`; zero where none waits. Cameras that were never
    /// looked at are left out: when many come at once, they wait for each other, however rarely the others are looked at.
    pub(super) fn longest_wait(&self, now: Timestamp) -> SignedDuration {
        let known = self.waiting.values().filter(|waiting| waiting.place.due > Timestamp::MIN);
        let waits = known.map(|waiting| now.duration_since(waiting.since));
        waits.max().unwrap_or_default().max(SignedDuration::ZERO)
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn side(&mut self, burst: bool) -> &mut BTreeMap<Place, CameraId> {
        if burst { &mut self.bursts } else { &mut self.others }
    }
}

/// The one job that stands for two of the same camera: the newer alone if it can be decoded alone or both together are
/// too much, else both.
fn merge(waiting: DecodeJob, newer: DecodeJob) -> DecodeJob {
    let alone = newer.units.first().is_some_and(|unit| unit.key);
    if alone || !waiting.burst || waiting.units.len() + newer.units.len() > JOB_UNITS_MAX {
        return newer;
    }
    let mut units = waiting.units;
    units.extend(newer.units);
    DecodeJob { units, ..newer }
}

#[cfg(test)]
mod tests;
