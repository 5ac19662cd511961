//! What a camera remembers of its clients between their connections: places taken, and wrong log-ins.

use crate::options::Ban;
use parking_lot::Mutex;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::time::Instant;

/// Wrong log-ins further back than this are forgotten.
const LOGINS_COUNT_FOR: Duration = Duration::from_secs(60);

/// The sessions that a camera serves. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Seats(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    now: usize,
    /// Until when sessions count that were lost without TEARDOWN.
    lingering: Vec<Instant>,
}

/// One session's place; dropping it gives it back, `linger` later.
pub(crate) struct Seat {
    seats: Seats,
    linger: Duration,
}

/// Wrong log-ins of a camera's clients.
#[derive(Default)]
pub(crate) struct Logins(Mutex<Wrong>);

#[derive(Default)]
struct Wrong {
    at: VecDeque<Instant>,
    banned_until: Option<Instant>,
}

// === impl Seats ===

impl Seats {
    /// Whether one more session would be more than `limit`.
    pub(crate) fn full(&self, limit: Option<usize>, now: Instant) -> bool {
        let mut taken = self.0.lock();
        taken.lingering.retain(|&until| until > now);
        limit.is_some_and(|limit| taken.now + taken.lingering.len() >= limit)
    }

    pub(crate) fn take(&self, linger: Duration) -> Seat {
        self.0.lock().now += 1;
        Seat { seats: self.clone(), linger }
    }
}

// === impl Seat ===

impl Seat {
    /// Gives the place back at once: the client said goodbye.
    pub(crate) fn leave(mut self) {
        self.linger = Duration::ZERO;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock();
        taken.now -= 1;
        if !self.linger.is_zero() {
            taken.lingering.push(Instant::now() + self.linger);
        }
    }
}

// === impl Logins ===

impl Logins {
    pub(crate) fn banned(&self, now: Instant) -> bool {
        self.0.lock().banned_until.is_some_and(|until| now < until)
    }

    /// One more wrong log-in; enough of them begin a ban, and count no further.
    pub(crate) fn wrong(&self, ban: Ban, now: Instant) {
        let mut wrong = self.0.lock();
        wrong.at.push_back(now);
        while wrong.at.front().is_some_and(|&at| now.saturating_duration_since(at) >= LOGINS_COUNT_FOR) {
            wrong.at.pop_front();
        }
        if wrong.at.len() >= ban.logins {
            wrong.banned_until = Some(now + ban.lasts);
            wrong.at.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_lost_session_lingers_and_one_that_said_goodbye_does_not() {
        let (seats, linger) = (Seats::default(), Duration::from_secs(30));
        let full = |limit| seats.full(limit, Instant::now());
        assert!(!full(None) && full(Some(0)) && !full(Some(1)));
        let (lost, polite) = (seats.take(linger), seats.take(linger));
        assert!(full(Some(2)) && !full(Some(3)));
        polite.leave();
        assert!(!full(Some(2)));
        drop(lost);
        tokio::time::advance(Duration::from_secs(29)).await;
        assert!(full(Some(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!full(Some(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn wrong_log_ins_within_a_minute_ban_for_a_while() {
        let (logins, ban) = (Logins::default(), Ban { logins: 3, lasts: Duration::from_secs(20) });
        for _ in 0..4 {
            logins.wrong(ban, Instant::now());
            tokio::time::advance(Duration::from_secs(31)).await;
            assert!(!logins.banned(Instant::now()), "never three in a minute");
        }
        for _ in 0..2 {
            logins.wrong(ban, Instant::now());
        }
        assert!(logins.banned(Instant::now()));
        tokio::time::advance(Duration::from_secs(20)).await;
        assert!(!logins.banned(Instant::now()));
    }
}
