//! Which picture is due when.

use std::time::Duration;
use tokio::time::Instant;

const NS_PER_S: u64 = 1_000_000_000;
/// RTP ticks a second of every video format.
pub(crate) const RTP_HZ: u64 = 90_000;

/// A camera's clock: picture 0 is due at `origin`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameClock {
    pub(crate) origin: Instant,
    pub(crate) fps: u32,
}

impl FrameClock {
    pub(crate) fn due(&self, index: u64) -> Instant {
        self.origin + Duration::from_nanos((index * NS_PER_S).div_ceil(u64::from(self.fps)))
    }

    /// The first picture due at `at` or later.
    pub(crate) fn next_index(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.origin).as_nanos();
        let ticks = since * u128::from(self.fps);
        let index = (ticks / u128::from(NS_PER_S)) as u64;
        // `due` rounds up to whole nanoseconds, so the floor may still be due at this very instant.
        if self.due(index) >= at { index } else { index + 1 }
    }

    pub(crate) fn rtp_ticks(&self, index: u64) -> u32 {
        (index * RTP_HZ / u64::from(self.fps)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_index_is_the_inverse_of_due() {
        let origin = Instant::now();
        for fps in [1, 7, 15, 25, 30] {
            let clock = FrameClock { origin, fps };
            for index in [0, 1, 2, 14, 15, 1_000_003] {
                let due = clock.due(index);
                assert_eq!(clock.next_index(due), index);
                assert_eq!(clock.next_index(due + Duration::from_nanos(1)), index + 1);
            }
        }
    }

    #[test]
    fn a_clock_has_no_picture_before_its_origin() {
        let now = Instant::now();
        let clock = FrameClock { origin: now + Duration::from_secs(1), fps: 15 };
        assert_eq!(clock.next_index(now), 0);
        assert_eq!(clock.rtp_ticks(15), 90_000);
    }
}
