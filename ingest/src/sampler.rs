//! Decides which of a camera's access units are decoded.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::{
    access_unit::{AccessUnit, REORDER_MAX},
    activity::Activity,
    ring::Ring,
};

/// How often a camera is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SamplePolicy {
    /// Outside bursts, key pictures are decoded no closer together than this. So long after a look, an active camera is
    /// due again.
    pub quiet_interval: Duration,
    /// A camera without a key picture for this long is decoded from its last one on, so that nothing goes unseen. So
    /// long after a look, a quiet camera is due again.
    pub floor_interval: Duration,
    /// The distance between looks while a burst lasts.
    pub burst_interval: Duration,
}

impl Default for SamplePolicy {
    fn default() -> Self {
        Self {
            quiet_interval: Duration::from_millis(1500),
            floor_interval: Duration::from_secs(8),
            burst_interval: Duration::from_millis(500),
        }
    }
}

/// One piece of work for a decoder: consecutive access units of one camera, of which only the last is looked at.
///
/// The first is a key picture, or follows the last unit of the camera's previous job.
#[derive(Clone, Debug)]
pub struct DecodeJob {
    /// The units, in decoding order, at least one.
    pub units: Vec<Arc<AccessUnit>>,
    /// Whether the next job may go on from here, so that the decoder must be kept.
    pub burst: bool,
    /// So long after its last look the camera is due for this one. Where decoders are short, who is due first goes first.
    pub interval: Duration,
}

/// A job never has more access units than this: half a minute at 25 a second. What would be more waits for a key picture.
pub(crate) const JOB_UNITS_MAX: usize = 750;

/// Turns one camera's access units into decode jobs. Pure: time is the pictures' own.
#[derive(Debug)]
pub struct Sampler {
    policy: SamplePolicy,
    last_look: Option<Duration>,
    /// When a group was decoded to its end for the last time, by the pictures' arrival. What the camera says of time
    /// must not make that the rule: it costs as much as all its pictures.
    last_group: Option<Timestamp>,
    activity: Activity,
    burst: Option<Burst>,
}

#[derive(Debug, Default)]
struct Burst {
    /// Units since the last job, or nothing before the first job.
    pending: Vec<Arc<AccessUnit>>,
    begun: bool,
}

impl Sampler {
    /// A sampler that has seen nothing yet.
    pub fn new(policy: SamplePolicy) -> Self {
        Self { policy, last_look: None, last_group: None, activity: Activity::default(), burst: None }
    }

    /// Begins or ends a burst.
    pub fn set_burst(&mut self, on: bool) {
        match (on, &self.burst) {
            (true, None) => self.burst = Some(Burst::default()),
            (false, Some(_)) => self.burst = None,
            _ => {}
        }
    }

    /// Forgets the stream, as after a reconnect: what comes next does not follow what was.
    pub fn restart(&mut self) {
        self.last_look = None;
        self.activity.restart();
        if let Some(burst) = &mut self.burst {
            *burst = Burst::default();
        }
    }

    /// Takes the access unit that was just put into `ring` and says what is to be decoded now, if anything.
    pub fn on_access_unit(&mut self, unit: &Arc<AccessUnit>, ring: &Ring) -> Option<DecodeJob> {
        self.activity.on_access_unit(unit);
        let since_look = match self.last_look {
            // A little back is the order of B-pictures.
            Some(last) if unit.pts + REORDER_MAX >= last => unit.pts.saturating_sub(last),
            // Time that jumps back is a new beginning.
            Some(_) | None => Duration::MAX,
        };
        let burst = self.burst.is_some();
        let may_decode_group = self.may_decode_group(unit);
        let units = match &mut self.burst {
            Some(burst) => burst.on_access_unit(unit, ring, since_look >= self.policy.burst_interval),
            None if unit.key && since_look >= self.policy.quiet_interval => Some(vec![unit.clone()]),
            None if since_look >= self.policy.floor_interval && may_decode_group => {
                self.last_group = Some(unit.received_at);
                Some(group_up_to(unit, ring))
            }
            None => None,
        };
        let units = units.filter(|units| !units.is_empty())?;
        self.last_look = Some(unit.pts);
        Some(DecodeJob { units, burst, interval: self.interval() })
    }

    fn may_decode_group(&self, unit: &AccessUnit) -> bool {
        let least = SignedDuration::try_from(self.policy.floor_interval / 2).unwrap_or_default();
        self.last_group.is_none_or(|last| unit.received_at.duration_since(last) >= least)
    }

    /// How much goes on before the camera.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// How often the camera is to be looked at, going by what is before it.
    fn interval(&self) -> Duration {
        if self.burst.is_some() {
            self.policy.burst_interval
        } else if self.activity.is_active() {
            self.policy.quiet_interval
        } else {
            self.policy.floor_interval
        }
    }
}

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
mod tests {
    use super::*;
    use crate::testing::unit;

    /// Runs pictures `range` at 10 a second with a key picture every `gop`; gives the sequences of each job.
    fn run(sampler: &mut Sampler, ring: &mut Ring, range: std::ops::Range<u64>, gop: u64) -> Vec<Vec<u64>> {
        let mut jobs = Vec::new();
        for n in range {
            let unit = unit(n, n as f64 / 10.0, n % gop == 0);
            ring.push(unit.clone(), SignedDuration::from_secs(10));
            jobs.extend(sampler.on_access_unit(&unit, ring));
        }
        jobs.iter().map(|job| job.units.iter().map(|u| u.sequence).collect()).collect()
    }

    #[test]
    fn a_quiet_camera_is_looked_at_once_a_key_picture_but_not_more_often() {
        let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
        assert_eq!(run(&mut sampler, &mut ring, 0..60, 20), [[0], [20], [40]]);
        let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
        assert_eq!(run(&mut sampler, &mut ring, 0..60, 5), [[0], [15], [30], [45]]);
    }

    #[test]
    fn a_long_group_of_pictures_is_decoded_when_the_floor_is_due() {
        let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
        let jobs = run(&mut sampler, &mut ring, 0..100, 300);
        assert_eq!(jobs, [vec![0], (0..=80).collect::<Vec<_>>()]);
    }

    #[test]
    fn a_session_that_does_not_begin_with_a_key_picture_has_nothing_of_the_last_one_looked_at_again() {
        for burst in [false, true] {
            let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
            run(&mut sampler, &mut ring, 0..10, 20);
            sampler.set_burst(burst);
            sampler.restart();
            let jobs = run(&mut sampler, &mut ring, 11..30, 20);
            assert_eq!(jobs.first(), Some(&vec![20]), "burst: {burst}");
        }
    }

    #[test]
    fn a_camera_whose_time_runs_away_is_not_decoded_all_the_time() {
        let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
        let mut looks = 0;
        for n in 0..100 {
            // Ten pictures a second, each eight seconds later than the one before, if the camera is to be believed.
            let unit =
                AccessUnit { pts: Duration::from_secs(8 * n), ..(*unit(n, n as f64 / 10.0, n == 0)).clone() };
            let unit = Arc::new(unit);
            ring.push(unit.clone(), SignedDuration::from_secs(10));
            looks += usize::from(sampler.on_access_unit(&unit, &ring).is_some());
        }
        assert_eq!(looks, 4, "the key picture, and the group every four seconds");
    }

    #[test]
    fn pictures_out_of_order_are_no_reason_to_look_again() {
        let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
        sampler.set_burst(true);
        let mut looks = Vec::new();
        // Every key picture or reference comes before the two that are shown before it.
        let shown = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11, 15, 13, 14];
        for (n, shown) in (0..).zip(shown) {
            let unit = unit(n, f64::from(shown) / 10.0, n == 0);
            ring.push(unit.clone(), SignedDuration::from_secs(10));
            looks.extend(sampler.on_access_unit(&unit, &ring).map(|_| shown));
        }
        assert_eq!(looks, [0, 6, 12]);
    }

    #[test]
    fn time_that_jumps_back_is_a_new_beginning() {
        let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
        let mut looks = Vec::new();
        for (n, at_s) in (0..).zip([100.0, 100.5, 3.0, 3.5]) {
            let unit = unit(n, at_s, true);
            ring.push(unit.clone(), SignedDuration::from_secs(10));
            looks.extend(sampler.on_access_unit(&unit, &ring).map(|_| n));
        }
        assert_eq!(looks, [0, 2]);
    }

    #[test]
    fn a_burst_begins_at_the_last_key_picture_and_leaves_nothing_out() {
        let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
        run(&mut sampler, &mut ring, 0..23, 20);
        sampler.set_burst(true);
        let jobs = run(&mut sampler, &mut ring, 23..45, 20);
        let expected: Vec<Vec<u64>> = vec![
            (20..=23).collect(),
            (24..=28).collect(),
            (29..=33).collect(),
            (34..=38).collect(),
            (40..=43).collect(),
        ];
        assert_eq!(jobs, expected);
        sampler.set_burst(false);
        assert_eq!(run(&mut sampler, &mut ring, 45..70, 20), [[60u64]]);
    }

    #[test]
    fn a_burst_whose_time_stands_still_takes_no_more_than_a_job_may_hold() {
        let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
        run(&mut sampler, &mut ring, 0..1, 20);
        sampler.set_burst(true);
        let units = (1..3 * JOB_UNITS_MAX as u64).map(|n| unit(n, 0.1, false));
        for unit in units {
            ring.push(unit.clone(), SignedDuration::from_secs(10));
            sampler.on_access_unit(&unit, &ring);
        }
        let late = unit(3 * JOB_UNITS_MAX as u64, 9.0, false);
        ring.push(late.clone(), SignedDuration::from_secs(10));
        let job = sampler.on_access_unit(&late, &ring).unwrap();
        assert!(job.units.len() <= JOB_UNITS_MAX);
    }

    #[test]
    fn what_goes_on_before_a_camera_says_how_soon_it_is_due_again() {
        let policy = SamplePolicy::default();
        let (mut sampler, mut ring) = (Sampler::new(policy), Ring::new(1_000_000));
        let mut intervals = Vec::new();
        for n in 0..1200 {
            // Nobody is there but from the 60th second on.
            let size = if n < 600 { 500 } else { 3000 };
            let unit =
                AccessUnit { data: vec![0; size].into(), ..(*unit(n, n as f64 / 10.0, n % 20 == 0)).clone() };
            let unit = Arc::new(unit);
            ring.push(unit.clone(), SignedDuration::from_secs(10));
            if n == 700 {
                sampler.set_burst(true);
            }
            let job = sampler.on_access_unit(&unit, &ring);
            intervals.extend(job.map(|job| (n, job.interval)));
        }
        let at = |from: u64| intervals.iter().find(|(n, _)| *n >= from).map(|(_, interval)| *interval);
        assert_eq!(at(0), Some(policy.quiet_interval), "nothing is known yet");
        assert_eq!(at(300), Some(policy.floor_interval));
        assert_eq!(at(640), Some(policy.quiet_interval));
        assert_eq!(at(720), Some(policy.burst_interval));
    }
}
