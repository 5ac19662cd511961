//! How many messages a channel bears.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// At most so many messages in any period of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many; none are no quota but a closed channel.
    pub messages: usize,
    /// In how long a time.
    pub period: SignedDuration,
}

/// A channel's limit. It remembers when each place was taken, so that the quota holds in every window, wherever the window
/// begins; a bucket that refills steadily would let twice the quota through in one window after a pause.
#[derive(Clone, Debug)]
pub struct RateLimit {
    quotas: Vec<Quota>,
    /// When places were taken, oldest first; never more than the largest quota.
    taken: VecDeque<Timestamp>,
    closed_until: Option<Timestamp>,
}

/// Whether there was a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// There was: it is taken now.
    Taken,
    /// There is none before then.
    WaitUntil(Timestamp),
}

// === impl RateLimit ===

impl RateLimit {
    /// A limit that holds all of these quotas.
    pub fn new(quotas: impl Into<Vec<Quota>>) -> Self {
        Self { quotas: quotas.into(), taken: VecDeque::new(), closed_until: None }
    }

    /// Takes a place if there is one.
    pub fn try_take(&mut self, now: Timestamp) -> Take {
        self.settle(now);
        match self.free_from(now) {
            Some(at) => Take::WaitUntil(at),
            None => {
                self.taken.push_back(now);
                Take::Taken
            }
        }
    }

    /// How many places there are.
    pub fn room(&mut self, now: Timestamp) -> usize {
        self.settle(now);
        if self.closed_until.is_some() {
            return 0;
        }
        let left = |quota: &Quota| {
            quota.messages.saturating_sub(self.taken.iter().filter(|at| now < **at + quota.period).count())
        };
        self.quotas.iter().map(left).min().unwrap_or(usize::MAX)
    }

    /// Counts a message that was sent at that time, before this limit was made: a restart gives no places away.
    pub fn remember(&mut self, sent_at: Timestamp) {
        let place = self.taken.partition_point(|at| *at <= sent_at);
        self.taken.insert(place, sent_at);
        self.forget();
    }

    /// Gives no place before then: the receiver said so.
    pub fn close_until(&mut self, until: Timestamp) {
        self.closed_until = self.closed_until.max(Some(until));
    }

    /// Reopens a channel whose time has come. Where the clock went back, what was taken later than now counts as taken now:
    /// nothing is given twice, and nothing stays closed for longer than a period.
    fn settle(&mut self, now: Timestamp) {
        self.closed_until = self.closed_until.filter(|until| now < *until);
        for at in self.taken.iter_mut().rev().take_while(|at| **at > now) {
            *at = now;
        }
        self.forget();
    }

    fn forget(&mut self) {
        let most = self.quotas.iter().map(|quota| quota.messages).max().unwrap_or(0);
        while self.taken.len() > most {
            self.taken.pop_front();
        }
    }

    /// When there will be a place; none if there is one now.
    fn free_from(&self, now: Timestamp) -> Option<Timestamp> {
        let by_quota = self.quotas.iter().filter_map(|quota| {
            let first = self.taken.len().checked_sub(quota.messages)?;
            Some(self.taken.get(first).copied().unwrap_or(now) + quota.period)
        });
        by_quota.chain(self.closed_until).filter(|at| now < *at).max()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: SignedDuration = SignedDuration::from_secs(60);

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_790_000_000_000 + ms).unwrap()
    }

    fn twenty_a_minute() -> RateLimit {
        RateLimit::new([Quota { messages: 20, period: MINUTE }])
    }

    #[test]
    fn the_twenty_first_waits_until_the_first_is_a_minute_old() {
        let mut limit = twenty_a_minute();
        for n in 0..20 {
            assert_eq!(limit.room(at(n * 100)), 20 - n as usize);
            assert_eq!(limit.try_take(at(n * 100)), Take::Taken);
        }
        assert_eq!(limit.room(at(2_000)), 0);
        assert_eq!(limit.try_take(at(2_000)), Take::WaitUntil(at(60_000)));
        assert_eq!(limit.try_take(at(60_000)), Take::Taken);
        assert_eq!(limit.try_take(at(60_000)), Take::WaitUntil(at(60_100)));
    }

    #[test]
    fn a_receiver_that_throttled_is_left_alone_for_as_long_as_it_said() {
        let mut limit = twenty_a_minute();
        limit.close_until(at(600_000));
        limit.close_until(at(60_000));
        assert_eq!(limit.room(at(599_999)), 0);
        assert_eq!(limit.try_take(at(599_999)), Take::WaitUntil(at(600_000)));
        assert_eq!(limit.try_take(at(600_000)), Take::Taken);
    }

    #[test]
    fn a_restart_gives_no_places_away() {
        let mut limit = twenty_a_minute();
        for n in (0..25).rev() {
            limit.remember(at(n * 1_000));
        }
        assert_eq!(limit.room(at(25_000)), 0);
        assert_eq!(limit.try_take(at(25_000)), Take::WaitUntil(at(65_000)));
    }

    #[test]
    fn a_clock_that_went_back_a_day_closes_nothing_for_longer_than_a_minute() {
        let mut limit = twenty_a_minute();
        for _ in 0..20 {
            assert_eq!(limit.try_take(at(86_400_000)), Take::Taken);
        }
        assert_eq!(limit.try_take(at(0)), Take::WaitUntil(at(60_000)));
        assert_eq!(limit.try_take(at(60_000)), Take::Taken);
    }

    proptest! {
        /// Whatever the pauses between the tries, and however many quotas there are.
        #[test]
        fn no_window_holds_more_than_the_quota(
            pauses in prop::collection::vec(0i64..9_000, 1..300),
            minute in 1usize..30,
            second in 1usize..6,
        ) {
            let quotas = [
                Quota { messages: minute, period: MINUTE },
                Quota { messages: second, period: SignedDuration::from_secs(1) },
            ];
            let mut limit = RateLimit::new(quotas);
            let (mut now, mut sent) = (at(0), Vec::new());
            for pause in pauses {
                now += SignedDuration::from_millis(pause / 3);
                let room = limit.room(now);
                match limit.try_take(now) {
                    Take::Taken => {
                        prop_assert!(room > 0);
                        sent.push(now);
                    }
                    Take::WaitUntil(then) => {
                        prop_assert_eq!(room, 0);
                        prop_assert!(now < then && then <= now + MINUTE);
                        // What it says is true: then, there is a place; just before, there is none.
                        prop_assert!(matches!(limit.clone().try_take(then), Take::Taken));
                        let before = then - SignedDuration::from_millis(1);
                        prop_assert!(matches!(limit.clone().try_take(before), Take::WaitUntil(_)));
                    }
                }
            }
            for quota in quotas {
                for window in sent.windows(quota.messages + 1) {
                    prop_assert!(window[quota.messages].duration_since(window[0]) >= quota.period);
                }
            }
        }
    }
}
