//! Decides which of a camera's access units are decoded.

use std::{sync::Arc, time::Duration};

use crate::{access_unit::AccessUnit, ring::Ring};

/// Pictures are shown at most so much earlier than one that came before them.
const REORDER_MAX: Duration = Duration::from_secs(1);

/// How often a camera is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SamplePolicy {
    /// A quiet camera's key pictures are decoded no closer together than this.
    pub quiet_interval: Duration,
    /// A camera without a key picture for this long is decoded from its last one on, so that nothing goes unseen.
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
}

/// A job never has more access units than this: half a minute at 25 a second. What would be more waits for a key picture.
pub(crate) const JOB_UNITS_MAX: usize = 750;

/// Turns one camera's access units into decode jobs. Pure: time is the pictures' own.
#[derive(Debug)]
pub struct Sampler {
    policy: SamplePolicy,
    last_look: Option<Duration>,
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
        Self { policy, last_look: None, burst: None }
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
        if let Some(burst) = &mut self.burst {
            *burst = Burst::default();
        }
    }

    /// Takes the access unit that was just put into `ring` and says what is to be decoded now, if anything.
    pub fn on_access_unit(&mut self, unit: &Arc<AccessUnit>, ring: &Ring) -> Option<DecodeJob> {
        let since_look = match self.last_look {
            // A little back is the order of B-pictures.
            Some(last) if unit.pts + REORDER_MAX >= last => unit.pts.saturating_sub(last),
            // Time that jumps back is a new beginning.
            Some(_) | None => Duration::MAX,
        };
        let job = match &mut self.burst {
            Some(burst) => burst.on_access_unit(unit, ring, since_look >= self.policy.burst_interval),
            None if unit.key && since_look >= self.policy.quiet_interval => {
                Some(DecodeJob { units: vec![unit.clone()], burst: false })
            }
            None if since_look >= self.policy.floor_interval => {
                Some(DecodeJob { units: ring.newest_group(), burst: false })
            }
            None => None,
        };
        let job = job.filter(|job| !job.units.is_empty())?;
        self.last_look = Some(unit.pts);
        Some(job)
    }
}

impl Burst {
    fn on_access_unit(&mut self, unit: &Arc<AccessUnit>, ring: &Ring, due: bool) -> Option<DecodeJob> {
        if !self.begun {
            let units = ring.newest_group();
            self.begun = !units.is_empty();
            return Some(DecodeJob { units, burst: true });
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
        due.then(|| DecodeJob { units: std::mem::take(&mut self.pending), burst: true })
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

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
}
