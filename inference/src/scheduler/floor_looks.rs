//! Looks of the turned views for which nobody is suspected: the dearest looks, and those that can wait.
//!
//! All cameras together have a rate of them and a few at one time, so that a suspicion finds the model's queue short, at
//! the start too, when every camera is due at once. Who is refused asks again at its next look, and who was granted one is
//! not due for long: so all cameras have had their look once the rate has given as many as there are cameras.

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

/// So many are under way at one time: the model has work, and nobody waits long behind it.
const UNDER_WAY_MAX: usize = 2;
/// What is not used is saved up for this long.
const SAVED_S: f64 = 1.0;
/// The rate is so much higher than is needed, because a camera can only use a look when it is looked at anyway.
const ROOM: f64 = 1.25;

/// Grants them.
#[derive(Debug)]
pub(super) struct FloorLooks {
    account: Mutex<Account>,
    /// One reference more than there are looks under way.
    under_way: Arc<()>,
}

#[derive(Debug)]
struct Account {
    saved: f64,
    at: Timestamp,
}

/// A look that was granted; it is over when this is dropped.
#[derive(Debug)]
pub struct FloorLook(#[expect(dead_code, reason = "counted by its references")] Arc<()>);

impl FloorLooks {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { account: Mutex::new(Account { saved: 1.0, at: now }), under_way: Arc::default() }
    }

    /// Grants a look if fewer than the most are under way and the rate of `per_s` a second allows it.
    pub(super) fn ask(&self, now: Timestamp, per_s: f64) -> Option<FloorLook> {
        let mut account = self.account.lock();
        let passed_s = now.duration_since(account.at).as_secs_f64().max(0.0);
        account.at = now;
        let rate = per_s * ROOM;
        account.saved = (account.saved + passed_s * rate).min((SAVED_S * rate).max(1.0));
        let granted = account.saved >= 1.0 && Arc::strong_count(&self.under_way) <= UNDER_WAY_MAX;
        granted.then(|| {
            account.saved -= 1.0;
            FloorLook(self.under_way.clone())
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_millis(ms)
    }

    #[test]
    fn no_more_than_a_few_are_under_way_at_one_time() {
        let looks = FloorLooks::new(at(0));
        let mut held: Vec<FloorLook> = (0..1000).filter_map(|n| looks.ask(at(n), 1000.0)).collect();
        assert_eq!(held.len(), UNDER_WAY_MAX);
        held.pop();
        assert!(looks.ask(at(1000), 1000.0).is_some());
    }

    #[test]
    fn the_rate_is_kept_whoever_asks_and_nothing_is_saved_for_long() {
        let looks = FloorLooks::new(at(0));
        let granted =
            |from: i64| (from..from + 10_000).filter(|ms| looks.ask(at(*ms), 8.0).is_some()).count();
        let expected = 10.0 * 8.0 * ROOM;
        assert!((expected - 1.0..=expected + 1.0).contains(&(granted(0) as f64)));
        assert!((granted(3_600_000) as f64) <= expected + SAVED_S * 8.0 * ROOM + 1.0);
    }

    /// A thousand cameras that are all due at once and ask whenever they are looked at: all have their turn once the rate
    /// has given as many, and nobody waits much longer than the others.
    #[test]
    fn every_camera_has_its_turn() {
        let (looks, cameras, per_s, floor_ms) = (FloorLooks::new(at(0)), 1000usize, 20.0, 60_000);
        let mut turned_ms = vec![None::<i64>; cameras];
        let mut longest_ms = 0;
        for ms in (0..300_000i64).step_by(8) {
            // Each is looked at every eight seconds.
            let camera = (ms / 8) as usize % cameras;
            let due = turned_ms[camera].is_none_or(|last| ms - last >= floor_ms);
            if due && looks.ask(at(ms), per_s).is_some() {
                longest_ms = longest_ms.max(ms - turned_ms[camera].unwrap_or(0));
                turned_ms[camera] = Some(ms);
            }
        }
        assert!(turned_ms.iter().all(Option::is_some));
        assert!(longest_ms <= 2 * floor_ms, "{longest_ms}");
    }
}
