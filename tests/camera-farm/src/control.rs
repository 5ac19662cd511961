//! What a camera can be told while clients watch it.

use crate::{
    address::Address,
    clip::Clip,
    clock::FrameClock,
    limits::{Logins, Seats},
};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};
use tokio::time::Instant;

/// Why a control line was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Not a verb and a path, nor `clip`, a path and a name.
    #[error("want: down|up|stall|unstall|kick|restart|heal PATH, or clip PATH NAME")]
    Malformed,
    /// The verb is none of ours.
    #[error("no such command: {0}")]
    UnknownVerb(String),
    /// The path names no camera of this farm.
    #[error("no such camera: {0}")]
    NoSuchCamera(String),
    /// The farm has no clip of that name.
    #[error("no such clip: {0}")]
    NoSuchClip(String),
}

/// What a camera's running sessions look at before each picture.
#[derive(Default)]
pub(crate) struct CameraState {
    /// Not there: requests are answered by 404 and running sessions are closed.
    pub(crate) down: AtomicBool,
    /// Connected but silent.
    pub(crate) stalled: AtomicBool,
    /// No longer does what its URL asks it to do wrong.
    pub(crate) healed: AtomicBool,
    /// Raised to close every running session once.
    pub(crate) kicks: AtomicU64,
    /// How often a client began to play.
    pub(crate) plays: AtomicU64,
    /// Connections that asked for this camera.
    pub(crate) connects: AtomicU64,
    /// RTP packets left out by `?loss=`.
    pub(crate) lost: AtomicU64,
    /// Changes in mid-stream that its URL asked for.
    pub(crate) changes: AtomicU64,
    pub(crate) seats: Seats,
    pub(crate) logins: Logins,
    /// What it was told to play instead of what its path says.
    clip: Mutex<Option<Arc<Clip>>>,
    times: Mutex<Times>,
}

#[derive(Clone, Copy, Default)]
struct Times {
    /// When the first client played it by `?once`.
    once: Option<Instant>,
    /// When it was last told to begin again.
    restart: Option<Instant>,
}

/// All cameras that anyone has asked for; at most as many as the farm has paths.
#[derive(Default)]
pub(crate) struct Controls(Mutex<HashMap<Address, Arc<CameraState>>>);

// === impl CameraState ===

impl CameraState {
    /// When this camera's clip began for `?once`; now, if nobody played it before.
    pub(crate) fn once_origin(&self, now: Instant) -> Instant {
        *self.times.lock().once.get_or_insert(now)
    }

    /// When the clip that `?once` plays began for the last time; None if nobody has played it yet.
    pub(crate) fn began(&self) -> Option<Instant> {
        let Times { once, restart } = *self.times.lock();
        once.max(restart.filter(|_| once.is_some()))
    }

    /// The picture on this clock from which the clip was last told to begin again.
    pub(crate) fn restarted_at(&self, clock: &FrameClock) -> Option<u64> {
        self.times.lock().restart.map(|at| clock.next_index(at))
    }

    /// What it plays if not what its path says.
    pub(crate) fn other_clip(&self) -> Option<Arc<Clip>> {
        self.clip.lock().clone()
    }

    /// Plays another clip from its beginning. Running sessions end, as they do on a camera that is set to another
    /// codec.
    pub(crate) fn set_clip(&self, clip: Arc<Clip>, now: Instant) {
        *self.clip.lock() = Some(clip);
        self.times.lock().restart = Some(now);
        self.kicks.fetch_add(1, Relaxed);
    }
}

// === impl Controls ===

impl Controls {
    pub(crate) fn camera(&self, address: &Address) -> Arc<CameraState> {
        self.0.lock().entry(address.clone()).or_default().clone()
    }

    pub(crate) fn all(&self) -> Vec<Arc<CameraState>> {
        self.0.lock().values().cloned().collect()
    }
}

/// Does what `verb` says to one camera.
pub(crate) fn apply(verb: &str, camera: &CameraState, now: Instant) -> Result<(), CommandError> {
    match verb {
        "down" => camera.down.store(true, Relaxed),
        "up" => camera.down.store(false, Relaxed),
        "stall" => camera.stalled.store(true, Relaxed),
        "unstall" => camera.stalled.store(false, Relaxed),
        "kick" => {
            camera.kicks.fetch_add(1, Relaxed);
        }
        "heal" => camera.healed.store(true, Relaxed),
        "restart" => camera.times.lock().restart = Some(now),
        _ => return Err(CommandError::UnknownVerb(verb.into())),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn once_begins_with_the_first_client_or_the_last_restart() {
        let (camera, start) = (CameraState::default(), Instant::now());
        let at = |s| start + Duration::from_secs(s);
        assert_eq!(apply("restart", &camera, start), Ok(()));
        assert_eq!(camera.began(), None);
        assert_eq!(camera.once_origin(at(1)), at(1));
        assert_eq!(camera.once_origin(at(5)), at(1));
        assert_eq!(camera.began(), Some(at(1)));
        assert_eq!(apply("restart", &camera, at(9)), Ok(()));
        assert_eq!(camera.began(), Some(at(9)));
        let clock = FrameClock { origin: at(1), fps: 15 };
        assert_eq!(camera.restarted_at(&clock), Some(8 * 15));
        assert_eq!(apply("dance", &camera, start), Err(CommandError::UnknownVerb("dance".into())));
    }
}
