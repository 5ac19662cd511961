//! How long to wait before the next attempt to connect.

use std::time::Duration;

use rand::Rng;

/// Exponential back-off with full jitter: the n-th failure in a row waits a random time between zero and
/// `first * 2^(n-1)`, at most `longest`; never less than `least`, so that a refusing camera is not hammered.
///
/// Full jitter after Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
#[derive(Debug, Clone)]
pub struct Backoff {
    policy: BackoffPolicy,
    failures: u32,
}

/// The bounds of a [`Backoff`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackoffPolicy {
    /// No wait is shorter.
    pub least: Duration,
    /// The upper bound of the first wait.
    pub first: Duration,
    /// No wait is longer.
    pub longest: Duration,
}

impl BackoffPolicy {
    /// For a camera that is not there or went away: it may be back in a moment.
    pub const fn fast(longest: Duration) -> Self {
        Self { least: Duration::from_millis(200), first: Duration::from_secs(1), longest }
    }

    /// For a camera that takes connections and gives nothing: it may have a session too many, which must run out first.
    pub const fn patient(longest: Duration) -> Self {
        Self { least: Duration::from_secs(2), first: Duration::from_secs(5), longest }
    }

    /// For a camera that answers and says no: asking again soon only gets this address banned.
    pub const fn slow(longest: Duration) -> Self {
        Self { least: Duration::from_secs(10), first: Duration::from_secs(20), longest }
    }
}

impl Backoff {
    /// A back-off before its first failure.
    pub fn new(policy: BackoffPolicy) -> Self {
        Self { policy, failures: 0 }
    }

    /// Counts a failure and gives the wait before the next attempt.
    pub fn next(&mut self, random: &mut impl Rng) -> Duration {
        let doubled = self.policy.first.saturating_mul(1u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        self.failures = self.failures.saturating_add(1);
        let bound = doubled.min(self.policy.longest).max(self.policy.least);
        random.random_range(Duration::ZERO..=bound).max(self.policy.least)
    }

    /// Starts from the beginning, as after a connection that held.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Changes the bounds; the count of failures stays.
    pub fn set_policy(&mut self, policy: BackoffPolicy) {
        self.policy = policy;
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_are_spread() {
        let mut random = StdRng::seed_from_u64(7);
        let policy = BackoffPolicy::fast(Duration::from_secs(30));
        let longest_of = |n: usize, random: &mut StdRng| {
            (0..500)
                .map(|_| {
                    let mut backoff = Backoff::new(policy);
                    (0..n).map(|_| backoff.next(random)).last().unwrap()
                })
                .fold((Duration::MAX, Duration::ZERO), |(lo, hi), wait| (lo.min(wait), hi.max(wait)))
        };
        for (n, bound_s) in [(1, 1.0), (2, 2.0), (4, 8.0), (9, 30.0), (80, 30.0)] {
            let (lo, hi) = longest_of(n, &mut random);
            assert!(lo >= policy.least && lo.as_secs_f64() < bound_s * 0.25, "{n}: {lo:?}");
            assert!(hi.as_secs_f64() <= bound_s && hi.as_secs_f64() > bound_s * 0.9, "{n}: {hi:?}");
        }
    }

    #[test]
    fn a_reset_begins_again() {
        let mut random = StdRng::seed_from_u64(7);
        let mut backoff = Backoff::new(BackoffPolicy::fast(Duration::from_secs(30)));
        for _ in 0..10 {
            backoff.next(&mut random);
        }
        backoff.reset();
        assert!(backoff.next(&mut random) <= Duration::from_secs(1));
    }
}
