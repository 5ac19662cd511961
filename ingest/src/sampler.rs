//! Decides which of a camera's access units are decoded.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::{
    access_unit::{AccessUnit, REORDER_MAX},
    activity::Activity,
    pace::{Attention, CurrentPace, Pace, Phase},
    ring::Ring,
};

/// How often a camera is looked at while the machine bears it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SamplePolicy {
    /// The distance between looks at a quiet camera. Only its key pictures are decoded.
    pub quiet_interval: Duration,
    /// The distance between looks where something goes on, where somebody is seen or an alert is open; no longer than that
    /// of quiet cameras. Between key pictures, the group of pictures is decoded up to the newest.
    pub active_interval: Duration,
    /// No pace is slower, and a camera without a key picture for this long is decoded from its last one on, so that
    /// nothing goes unseen.
    pub floor_interval: Duration,
    /// The distance between looks while somebody may be down (a burst). Never made longer.
    pub burst_interval: Duration,
}

impl Default for SamplePolicy {
    fn default() -> Self {
        Self {
            quiet_interval: Duration::from_secs(2),
            active_interval: Duration::from_secs(1),
            floor_interval: Duration::from_secs(8),
            burst_interval: Duration::from_millis(500),
        }
    }
}

impl SamplePolicy {
    /// The pace while the machine bears everything.
    pub fn pace(&self) -> Pace {
        self.bounded(Pace { quiet: self.quiet_interval, active: self.active_interval })
    }

    /// `pace`, but no slower than the floor, and active cameras no less often than quiet ones.
    pub fn bounded(&self, pace: Pace) -> Pace {
        let quiet = pace.quiet.min(self.floor_interval);
        Pace { quiet, active: pace.active.min(quiet) }
    }
}

/// One piece of work for a decoder: consecutive access units of one camera, of which only the last is looked at.
///
/// The first is a key picture, or follows the last unit of the camera's previous job.
#[derive(Clone, Debug)]
pub struct DecodeJob {
    /// The units, in decoding order, at least one.
    pub units: Vec<Arc<AccessUnit>>,
    /// Whether the next job goes on from here, so that the decoder must be kept; and that it goes before others.
    pub burst: bool,
    /// Whether the next job is expected to be the rest of this group, so that a decoder that is kept need not begin again.
    pub goes_on: bool,
    /// So long after its last look the camera is due for this one. Where decoders are short, who is due first goes first.
    pub interval: Duration,
}

/// A job never has more access units than this: half a minute at 25 a second. What would be more waits for a key picture.
pub(crate) const JOB_UNITS_MAX: usize = 750;

/// Pictures do not come to the millisecond: what is early by so little is on time.
const ON_TIME: Duration = Duration::from_millis(20);

/// Turns one camera's access units into decode jobs. Pure: time is the pictures' own.
#[derive(Debug)]
pub struct Sampler {
    policy: SamplePolicy,
    pace: Arc<CurrentPace>,
    phase: Phase,
    attention: Attention,
    last_look: Option<Duration>,
    keys: Keys,
    /// When a group was decoded between two key pictures for the last time, by the pictures' arrival. What the camera says
    /// of time must not make that the rule: it costs as much as all its pictures.
    last_group: Option<Timestamp>,
    activity: Activity,
    burst: Option<Burst>,
}

/// When key pictures come.
#[derive(Debug, Default)]
struct Keys {
    /// The newest: the camera's time, and when it arrived.
    newest: Option<(Duration, Timestamp)>,
    /// How far the newest two are apart.
    distance: Option<Duration>,
    /// How many came since the stream began.
    count: u64,
}

#[derive(Debug, Default)]
struct Burst {
    /// Units since the last job, or nothing before the first job.
    pending: Vec<Arc<AccessUnit>>,
    begun: bool,
}

impl Sampler {
    /// A sampler that has seen nothing yet and keeps to `policy`.
    pub fn new(policy: SamplePolicy) -> Self {
        Self::at_pace(policy, Arc::new(CurrentPace::new(policy.pace())), Phase::default())
    }

    /// The same, for a camera of many whose pace is set for all of them, and whose turn in it is its own.
    pub(crate) fn at_pace(policy: SamplePolicy, pace: Arc<CurrentPace>, phase: Phase) -> Self {
        Self {
            policy,
            pace,
            phase,
            attention: Attention::None,
            last_look: None,
            keys: Keys::default(),
            last_group: None,
            activity: Activity::default(),
            burst: None,
        }
    }

    /// From now on the camera is looked at so closely.
    pub fn attend(&mut self, attention: Attention) {
        self.attention = attention;
        match (attention == Attention::Suspicion, &self.burst) {
            (true, None) => self.burst = Some(Burst::default()),
            (false, Some(_)) => self.burst = None,
            _ => {}
        }
    }

    /// Forgets the stream, as after a reconnect: what comes next does not follow what was.
    pub fn restart(&mut self) {
        self.last_look = None;
        self.keys = Keys::default();
        self.activity.restart();
        if let Some(burst) = &mut self.burst {
            *burst = Burst::default();
        }
    }

    /// Takes the access unit that was just put into `ring` and says what is to be decoded now, if anything.
    pub fn on_access_unit(&mut self, unit: &Arc<AccessUnit>, ring: &Ring) -> Option<DecodeJob> {
        self.activity.on_access_unit(unit);
        self.keys.on_access_unit(unit);
        let since_look = match self.last_look {
            // A little back is the order of B-pictures.
            Some(last) if unit.pts + REORDER_MAX >= last => unit.pts.saturating_sub(last),
            // Time that jumps back is a new beginning.
            Some(_) | None => Duration::MAX,
        };
        let interval = self.interval();
        let (key_is_due, group_is_due) =
            (self.key_is_due(since_look, interval), self.group_is_due(unit, since_look, interval));
        let units = match &mut self.burst {
            Some(burst) => burst.on_access_unit(unit, ring, since_look >= interval),
            None if unit.key => key_is_due.then(|| vec![unit.clone()]),
            None if group_is_due => {
                self.last_group = Some(unit.received_at);
                Some(group_up_to(unit, ring))
            }
            None => None,
        };
        let units = units.filter(|units| !units.is_empty())?;
        self.last_look = Some(unit.pts);
        let goes_on = self.burst.is_none()
            && self.is_closely_attended()
            && !self.keys.is_next_within(interval + interval / 2, unit);
        // It is due now, be it that the interval is not over.
        let interval = interval.min(since_look.max(ON_TIME));
        Some(DecodeJob { units, burst: self.burst.is_some(), goes_on, interval })
    }

    /// How much goes on before the camera.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Whether the camera is looked at more often than a quiet one.
    pub(crate) fn is_attended(&self) -> bool {
        self.attention > Attention::None || self.activity.is_active()
    }

    /// Whether it is looked at between key pictures too. Groups are dear, and of a camera that has just been added its key
    /// pictures are all new.
    fn is_closely_attended(&self) -> bool {
        self.attention > Attention::None || self.activity.is_known() && self.activity.is_active()
    }

    /// How often the camera is to be looked at now.
    fn interval(&self) -> Duration {
        match self.attention {
            Attention::Suspicion => self.policy.burst_interval,
            Attention::Alarm => self.policy.pace().active,
            Attention::Track | Attention::None if self.is_attended() => self.pace.get().active,
            Attention::Track | Attention::None => self.pace.get().quiet,
        }
    }

    /// Whether a key picture is the one to look at: if it is the camera's turn, or waiting for the next one would take longer
    /// than is allowed.
    fn key_is_due(&self, since_look: Duration, interval: Duration) -> bool {
        let distance = self.keys.distance.unwrap_or_default();
        let allowed = interval.saturating_add(ON_TIME);
        let next_is_late = since_look.saturating_add(distance) > allowed;
        let every = allowed.as_nanos().checked_div(distance.as_nanos()).unwrap_or_default();
        let is_turn = self.phase.is_turn(self.keys.count, every as u64);
        // One so rare is not passed over for a group that was decoded a moment ago: the next group would cost far more.
        is_turn || next_is_late && (since_look >= interval / 2 || distance > interval)
    }

    /// Whether the group of pictures is to be decoded up to this one, which is no key picture.
    fn group_is_due(&self, unit: &AccessUnit, since_look: Duration, interval: Duration) -> bool {
        let floor = self.policy.floor_interval;
        let spaced = |least: Duration| {
            let least = SignedDuration::try_from(least).unwrap_or(SignedDuration::MAX);
            self.last_group.is_none_or(|last| unit.received_at.duration_since(last) >= least)
        };
        if since_look >= floor && spaced(floor / 2) {
            return true;
        }
        let due = self.is_closely_attended()
            && since_look.saturating_add(ON_TIME) >= interval
            && spaced(interval / 2);
        due && !self.keys.is_next_within(interval / 2, unit) && self.group_is_worth_it(unit)
    }

    /// A group is decoded from its key picture on each time, so each look doubles what has passed since that: all looks
    /// of a group together then cost no more than decoding every picture twice, however long it is.
    fn group_is_worth_it(&self, unit: &AccessUnit) -> bool {
        let Some((_, key_at)) = self.keys.newest else { return true };
        let since = |at: Timestamp| unit.received_at.duration_since(at);
        self.last_group.filter(|last| *last > key_at).is_none_or(|last| since(last) * 2 >= since(key_at))
    }
}

// === impl Keys ===

impl Keys {
    fn on_access_unit(&mut self, unit: &AccessUnit) {
        if unit.key {
            self.count += 1;
            let before = self.newest.replace((unit.pts, unit.received_at));
            self.distance = before.and_then(|(before, _)| unit.pts.checked_sub(before));
        }
    }

    /// Whether the next one is to be expected so soon after `unit`.
    fn is_next_within(&self, limit: Duration, unit: &AccessUnit) -> bool {
        let Some(((newest, _), distance)) = self.newest.zip(self.distance) else { return false };
        let (since, expected) = (unit.pts.saturating_sub(newest), newest.saturating_add(distance));
        since < distance && expected.saturating_sub(unit.pts) < limit
    }
}

// === impl Burst ===

impl Burst {
    fn on_access_unit(
        &mut self,
        unit: &Arc<AccessUnit>,
        ring: &Ring,
        due: bool,
    ) -> Option<Vec<Arc<AccessUnit>>> {
        if !self.begun {
            let units = group_up_to(unit, ring);
            self.begun = !units.is_empty();
            return Some(units);
        }
        if unit.key {
            // What stands before a key picture is not needed to decode it.
            self.pending.clear();
        }
        if self.pending.len() >= JOB_UNITS_MAX {
            // Times that stand still and no key picture: nothing can be decoded from here before the next one.
            self.pending.clear();
        }
        self.pending.push(unit.clone());
        due.then(|| std::mem::take(&mut self.pending))
    }
}

/// From the last key picture to `unit`. Nothing where the ring did not take that one, because it follows nothing: what the
/// ring holds then is of an earlier session, and was looked at.
fn group_up_to(unit: &Arc<AccessUnit>, ring: &Ring) -> Vec<Arc<AccessUnit>> {
    let taken = ring.units().next_back().is_some_and(|newest| Arc::ptr_eq(newest, unit));
    if taken { ring.newest_group() } else { Vec::new() }
}

#[cfg(test)]
mod tests;
