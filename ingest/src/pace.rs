//! How often cameras are looked at: what each is worth, and what the machine bears at the moment.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use crate::camera::CameraId;

/// How closely inference wants one camera looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attention {
    /// Nothing is known of it: the sizes of its access units say whether it is quiet or active.
    #[default]
    None,
    /// Somebody is in the picture: it is active, whatever the sizes say.
    Track,
    /// An alert is open there, or it stays doubtful whether somebody is down: as often as an active camera, and never less
    /// often.
    Alarm,
    /// Somebody may be down and nobody was told yet: a burst of looks, a longer ring, and the main stream.
    Suspicion,
}

/// The distance between two looks now, for all cameras on which nothing is suspected. An overload controller makes it
/// longer and shorter again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Of a quiet camera.
    pub quiet: Duration,
    /// Of an active camera.
    pub active: Duration,
}

/// Which of its key pictures a camera is looked at by, as a share of those that an interval holds: cameras that begin together
/// are not to be due together for ever. Always the same for a camera.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Phase(f64);

/// The pace that all cameras' samplers read and one controller sets. In milliseconds, so that it is never torn or locked.
#[derive(Debug)]
pub(crate) struct CurrentPace {
    quiet_ms: AtomicU32,
    active_ms: AtomicU32,
}

// === impl Phase ===

impl Phase {
    pub(crate) fn of(camera: &CameraId) -> Self {
        let mut hasher = DefaultHasher::new();
        camera.hash(&mut hasher);
        Self((hasher.finish() >> 32) as f64 / 2f64.powi(32))
    }

    /// Whether the key picture of this number is the one, where one of every so many is.
    pub(crate) fn is_turn(self, number: u64, every: u64) -> bool {
        every > 0 && number % every == (self.0 * every as f64) as u64
    }
}

// === impl CurrentPace ===

impl CurrentPace {
    pub(crate) fn new(pace: Pace) -> Self {
        let current = Self { quiet_ms: AtomicU32::new(0), active_ms: AtomicU32::new(0) };
        current.set(pace);
        current
    }

    pub(crate) fn set(&self, pace: Pace) {
        let whole_ms = |interval: Duration| u32::try_from(interval.as_millis()).unwrap_or(u32::MAX);
        self.quiet_ms.store(whole_ms(pace.quiet), Relaxed);
        self.active_ms.store(whole_ms(pace.active), Relaxed);
    }

    pub(crate) fn get(&self) -> Pace {
        let interval = |ms: &AtomicU32| Duration::from_millis(ms.load(Relaxed).into());
        Pace { quiet: interval(&self.quiet_ms), active: interval(&self.active_ms) }
    }
}
