//! How much of the machine decoding may take.

use std::time::Duration;

/// Of its share, decoding may save up what it does not use, for so long: enough for a few large pictures in a row.
const SAVED_MAX: Duration = Duration::from_millis(200);
/// No pause is shorter: what is owed may be too little to wait for.
const PAUSE_MIN: Duration = Duration::from_micros(100);

/// An account of decoding time: it fills with time, and every job is paid for once it is done. Whoever is in debt pauses.
///
/// Pure: times are handed in, since any fixed moment.
#[derive(Debug)]
pub(super) struct Budget {
    cores: f64,
    saved_s: f64,
    at: Duration,
}

impl Budget {
    /// An account that fills with `cores` seconds a second.
    pub(super) fn new(cores: f64, now: Duration) -> Self {
        Self { cores, saved_s: cores * SAVED_MAX.as_secs_f64(), at: now }
    }

    /// Pays for a job that took `busy` of one core.
    pub(super) fn spend(&mut self, now: Duration, busy: Duration) {
        self.fill(now);
        self.saved_s -= busy.as_secs_f64();
    }

    /// How long to pause before the next job; zero where none is needed.
    pub(super) fn pause(&mut self, now: Duration) -> Duration {
        self.fill(now);
        let owed_s = (-self.saved_s).max(0.0);
        if owed_s > 0.0 {
            Duration::try_from_secs_f64(owed_s / self.cores).unwrap_or(Duration::MAX).max(PAUSE_MIN)
        } else {
            Duration::ZERO
        }
    }

    fn fill(&mut self, now: Duration) {
        let passed_s = now.saturating_sub(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.saved_s = (self.saved_s + passed_s * self.cores).min(self.cores * SAVED_MAX.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: Duration = Duration::from_millis(30);

    /// Runs `threads` that always have a job, by turns of simulated time; gives the busy seconds in ten.
    fn busy_s(cores: f64, threads: usize) -> f64 {
        let (mut budget, end) = (Budget::new(cores, Duration::ZERO), Duration::from_secs(10));
        // When each thread can go on, and whether it is at a job until then.
        let mut free = vec![(Duration::ZERO, false); threads];
        let mut busy = Duration::ZERO;
        while let Some(thread) = free.iter_mut().min().filter(|thread| thread.0 < end) {
            let now = thread.0;
            if std::mem::take(&mut thread.1) {
                budget.spend(now, JOB);
                busy += JOB;
            }
            let pause = budget.pause(now);
            *thread = if pause.is_zero() { (now + JOB, true) } else { (now + pause, false) };
        }
        busy.as_secs_f64()
    }

    #[test]
    fn decoding_takes_its_share_and_no_more() {
        for (cores, threads) in [(0.25, 1), (0.5, 1), (1.5, 2), (2.3, 3)] {
            let (busy, share) = (busy_s(cores, threads), cores * 10.0);
            assert!(busy <= share + cores * 0.2 + 0.03 * threads as f64, "{cores}: {busy}");
            assert!(busy >= share - 0.03 * threads as f64, "{cores}: {busy}");
        }
    }

    #[test]
    fn whole_cores_never_pause() {
        assert!((busy_s(1.0, 1) - 10.0).abs() < 0.05);
        assert!((busy_s(2.0, 2) - 20.0).abs() < 0.1);
    }

    #[test]
    fn rest_is_saved_up_only_for_a_moment() {
        let mut budget = Budget::new(0.5, Duration::ZERO);
        let later = Duration::from_secs(3600);
        assert!(budget.pause(later).is_zero());
        budget.spend(later, Duration::from_millis(1100));
        assert_eq!(budget.pause(later), Duration::from_secs(2));
        assert!(budget.pause(later + Duration::from_secs(2)).is_zero());
    }
}
