//! What ingest says about a camera: a state that is good until a stated time, and unknown afterwards.

use std::{collections::HashMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;
use tokio::sync::watch;

use crate::camera::CameraId;

/// How long a report holds. Cameras report every few seconds, so three are missed before it lapses.
pub const LEASE: SignedDuration = SignedDuration::from_secs(15);

/// The state of one camera's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CameraState {
    /// A connection is being set up, for the first time or again.
    Connecting,
    /// Pictures arrive.
    Ok,
    /// Connected, but no picture that could be decoded arrives.
    Silent,
    /// The camera wants other credentials.
    Unauthorised,
    /// No connection, or the camera refuses to play.
    Unreachable,
    /// Switched off in the configuration.
    Disabled,
    /// The last report has lapsed: nobody knows.
    Unknown,
}

/// Why a camera is not in order. Each has a sentence in the console's languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The host name has no address.
    NameNotFound,
    /// Nobody listens at that address and port.
    Refused,
    /// No answer within the time allowed.
    TimedOut,
    /// RTSP 401: wrong or missing user name or password.
    WrongCredentials,
    /// RTSP 404: no such stream on that host.
    NoSuchStream,
    /// Any other RTSP refusal.
    RefusedToPlay,
    /// The peer does not speak RTSP, or sent something that cannot be read.
    ProtocolError,
    /// The stream has no H.264 or H.265 video.
    NoVideo,
    /// The peer closed the connection.
    Closed,
    /// The connection is up, but nothing comes.
    NoData,
    /// Pictures come, but none can be decoded.
    NotDecodable,
}

/// One report about one camera.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraHealth {
    /// The state that was reported.
    pub state: CameraState,
    /// Why, where the state is not `Ok`.
    pub cause: Option<Cause>,
    /// Since when this state holds.
    pub since: Timestamp,
    /// Until when this report holds; later the state is unknown.
    pub good_until: Timestamp,
    /// When the next attempt to connect is due, while there is no connection.
    pub next_try: Option<Timestamp>,
    /// When the newest access unit arrived.
    pub last_picture_at: Option<Timestamp>,
}

impl CameraHealth {
    /// The state as of `now`: what was reported, or unknown once the report has lapsed.
    pub fn state_at(&self, now: Timestamp) -> CameraState {
        if self.state == CameraState::Disabled || now <= self.good_until {
            self.state
        } else {
            CameraState::Unknown
        }
    }
}

/// The newest report of every camera. Cheap to clone; all clones are the same board.
#[derive(Clone, Default)]
pub struct HealthBoard {
    reports: Arc<RwLock<HashMap<CameraId, CameraHealth>>>,
    changes: watch::Sender<u64>,
}

impl HealthBoard {
    /// The newest report about `camera`, if there was any.
    pub fn get(&self, camera: &CameraId) -> Option<CameraHealth> {
        self.reports.read().get(camera).cloned()
    }

    /// Becomes ready whenever a camera's state or cause has changed since it was last ready.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Puts a report on the board. `since` is kept where state and cause are what they were.
    pub(crate) fn report(&self, camera: &CameraId, mut health: CameraHealth) {
        let mut reports = self.reports.write();
        let unchanged = match reports.get(camera) {
            Some(old) if old.state == health.state && old.cause == health.cause => {
                health.since = old.since;
                true
            }
            _ => false,
        };
        reports.insert(camera.clone(), health);
        drop(reports);
        if !unchanged {
            self.changes.send_modify(|n| *n += 1);
        }
    }
}
