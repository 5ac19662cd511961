//! What ingest says about a camera: a state that is good until a stated time, and unknown afterwards.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;
use tokio::sync::watch;

use crate::{camera::CameraId, sight::Blindness};

/// How long a report holds. Cameras report every few seconds, so three are missed before it lapses.
pub const LEASE: SignedDuration = SignedDuration::from_secs(15);

/// A camera that is back before this much time has passed was not lost: a blip is no fault.
pub const BLIP: SignedDuration = SignedDuration::from_secs(5);

/// The state of one camera's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CameraState {
    /// A connection is being set up, and nothing worse is known.
    Connecting,
    /// Pictures arrive, and they show something.
    Ok,
    /// Pictures arrive and can be judged, but not as they should.
    Degraded,
    /// Connected, but no picture that could be decoded arrives.
    Silent,
    /// Pictures arrive, and nothing can be made out in them.
    Blind,
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
    /// The certificate of an encrypted camera is not one that is trusted.
    NotTrusted,
    /// RTSP 404: no such stream on that host.
    NoSuchStream,
    /// RTSP 453 or 503: the camera bears no further session.
    Busy,
    /// RTSP 461: the camera does not send its pictures in this way.
    TransportRefused,
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
    /// Pictures come, but none that a decoder can begin with.
    NoKeyPicture,
    /// Pictures come, but none can be decoded.
    NotDecodable,
    /// The stream was lost several times within a few minutes.
    Unstable,
    /// Packets are lost on the way, so that pictures are damaged.
    PacketLoss,
    /// Pictures come, and none has been looked at for more than a minute.
    NotLookedAt,
    /// More than 10 s from one key picture to the next ("smart codec"): looks come late and cost much.
    LongGroup,
    /// The pictures are black.
    Black,
    /// The picture stands still, while the camera goes on sending it.
    Frozen,
    /// Something is in front of the lens.
    Covered,
    /// The pictures are so blurred that nothing can be made out.
    Blurred,
    /// The camera looks somewhere else than it did.
    Moved,
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
    /// What is said of a camera at `since`, for the length of a lease.
    pub(crate) fn new(state: CameraState, cause: Option<Cause>, since: Timestamp) -> Self {
        Self { state, cause, since, good_until: since + LEASE, next_try: None, last_picture_at: None }
    }

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
    entries: Arc<RwLock<HashMap<CameraId, Entry>>>,
    reporters: Arc<AtomicU64>,
    changes: watch::Sender<u64>,
}

/// Who may report about a camera: the newest that entered it, and nobody once the camera is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reporter(u64);

struct Entry {
    reporter: Reporter,
    shown: CameraHealth,
    /// The loss of a camera that was well until then, while it may still be a blip.
    loss: Option<CameraHealth>,
}

// === impl CameraState ===

impl CameraState {
    /// Whether pictures that can be decoded arrive.
    pub fn has_pictures(self) -> bool {
        matches!(self, Self::Ok | Self::Degraded | Self::Blind)
    }

    /// Whether a camera that should be there gives no pictures, and why is known.
    pub fn is_lost(self) -> bool {
        matches!(self, Self::Silent | Self::Unauthorised | Self::Unreachable)
    }
}

// === impl Cause ===

impl From<Blindness> for Cause {
    fn from(blindness: Blindness) -> Self {
        match blindness {
            Blindness::Black => Self::Black,
            Blindness::Frozen => Self::Frozen,
            Blindness::Covered => Self::Covered,
            Blindness::Blurred => Self::Blurred,
            Blindness::Moved => Self::Moved,
        }
    }
}

// === impl HealthBoard ===

impl HealthBoard {
    /// What is said about `camera` at `now`, if anything ever was.
    pub fn get(&self, camera: &CameraId, now: Timestamp) -> Option<CameraHealth> {
        self.entries.read().get(camera).map(|entry| entry.at(now).clone())
    }

    /// Becomes ready whenever a camera's state or cause has changed since it was last ready. A loss that is no longer
    /// a blip and a report that lapses change with time alone, and are not told.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Puts a camera on the board, in the place of any earlier one with the same id.
    pub(crate) fn enter(&self, camera: &CameraId, health: CameraHealth) -> Reporter {
        let reporter = Reporter(self.reporters.fetch_add(1, Relaxed));
        self.entries.write().insert(camera.clone(), Entry { reporter, shown: health, loss: None });
        self.changes.send_modify(|n| *n += 1);
        reporter
    }

    /// Takes a report as of `now`. `since` is kept where state and cause are what they were. What comes late, about a
    /// camera that was changed or forgotten since, is let go.
    pub(crate) fn report(&self, reporter: Reporter, camera: &CameraId, health: CameraHealth, now: Timestamp) {
        let mut entries = self.entries.write();
        let entry = entries.get_mut(camera).filter(|entry| entry.reporter == reporter);
        let changed = entry.is_some_and(|entry| entry.take(health, now));
        drop(entries);
        if changed {
            self.changes.send_modify(|n| *n += 1);
        }
    }

    /// Nothing is known of a camera any more.
    pub(crate) fn forget(&self, camera: &CameraId) {
        if self.entries.write().remove(camera).is_some() {
            self.changes.send_modify(|n| *n += 1);
        }
    }
}

// === impl Entry ===

impl Entry {
    fn at(&self, now: Timestamp) -> &CameraHealth {
        match &self.loss {
            Some(loss) if now.duration_since(loss.since) >= BLIP => loss,
            _ => &self.shown,
        }
    }

    /// Whether that changed the state or its cause.
    fn take(&mut self, mut health: CameraHealth, now: Timestamp) -> bool {
        if let Some(loss) = self.loss.take_if(|loss| now.duration_since(loss.since) >= BLIP) {
            self.shown = loss;
        }
        let attempt = health.state == CameraState::Connecting;
        if attempt && self.shown.state.is_lost() {
            // One more attempt is no news: what is known stays until it has an outcome.
            self.shown.good_until = health.good_until;
            self.shown.next_try = None;
            return false;
        }
        if self.shown.state.has_pictures() && (attempt || health.state.is_lost()) {
            let loss = self.loss.get_or_insert_with(|| health.clone());
            if !(attempt && loss.state.is_lost()) {
                (loss.state, loss.cause) = (health.state, health.cause);
            }
            (loss.good_until, loss.next_try) = (health.good_until, health.next_try);
            return false;
        }
        self.loss = None;
        let same = self.shown.state == health.state && self.shown.cause == health.cause;
        if same {
            health.since = self.shown.since;
        } else if self.shown.state.is_lost() && health.state.is_lost() {
            // Another reason, but the same loss.
            health.since = self.shown.since;
        }
        self.shown = health;
        !same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn health(state: CameraState, cause: Option<Cause>, seconds: i64) -> CameraHealth {
        CameraHealth::new(state, cause, at(seconds))
    }

    /// A board with one camera that is connecting since second 0, and who may report about it.
    fn board() -> (HealthBoard, Reporter) {
        let board = HealthBoard::default();
        let reporter = board.enter(&camera(), health(CameraState::Connecting, None, 0));
        (board, reporter)
    }

    fn report(board: &(HealthBoard, Reporter), state: CameraState, cause: Option<Cause>, seconds: i64) {
        board.0.report(board.1, &camera(), health(state, cause, seconds), at(seconds));
    }

    fn camera() -> CameraId {
        CameraId::new("a").unwrap()
    }

    /// State, cause, and since when, at this second.
    fn shown((board, _): &(HealthBoard, Reporter), seconds: i64) -> (CameraState, Option<Cause>, Timestamp) {
        let health = board.get(&camera(), at(seconds)).unwrap();
        (health.state_at(at(seconds)), health.cause, health.since)
    }

    #[test]
    fn a_blip_is_no_fault_and_what_lasts_is_one_from_its_beginning() {
        let board = board();
        report(&board, CameraState::Ok, None, 1);
        report(&board, CameraState::Unreachable, Some(Cause::Closed), 10);
        report(&board, CameraState::Connecting, None, 11);
        assert_eq!(shown(&board, 12), (CameraState::Ok, None, at(1)));
        report(&board, CameraState::Ok, None, 14);
        assert_eq!(shown(&board, 20), (CameraState::Ok, None, at(1)), "as if nothing had been");
        report(&board, CameraState::Ok, None, 29);
        report(&board, CameraState::Unreachable, Some(Cause::Closed), 30);
        report(&board, CameraState::Unreachable, Some(Cause::Refused), 32);
        report(&board, CameraState::Connecting, None, 33);
        assert_eq!(shown(&board, 34).0, CameraState::Ok);
        assert_eq!(shown(&board, 35), (CameraState::Unreachable, Some(Cause::Refused), at(30)));
        report(&board, CameraState::Unreachable, Some(Cause::TimedOut), 39);
        assert_eq!(shown(&board, 39), (CameraState::Unreachable, Some(Cause::TimedOut), at(30)));
        report(&board, CameraState::Connecting, None, 45);
        assert_eq!(shown(&board, 46).0, CameraState::Unreachable, "an attempt is no news");
        report(&board, CameraState::Ok, None, 47);
        assert_eq!(shown(&board, 47), (CameraState::Ok, None, at(47)));
    }

    #[test]
    fn a_loss_lapses_like_any_report() {
        let board = board();
        report(&board, CameraState::Ok, None, 0);
        report(&board, CameraState::Unreachable, Some(Cause::Closed), 10);
        assert_eq!(shown(&board, 25).0, CameraState::Unreachable);
        assert_eq!(shown(&board, 26).0, CameraState::Unknown);
    }

    #[test]
    fn what_a_camera_sees_is_told_at_once() {
        let board = board();
        let changes = board.0.changes();
        report(&board, CameraState::Ok, None, 0);
        report(&board, CameraState::Blind, Some(Cause::Black), 3);
        assert_eq!(shown(&board, 3).0, CameraState::Blind);
        report(&board, CameraState::Disabled, None, 4);
        assert_eq!(shown(&board, 400).0, CameraState::Disabled);
        assert_eq!(*changes.borrow(), 4);
    }

    #[test]
    fn what_an_earlier_one_says_late_is_let_go() {
        let earlier = board();
        report(&earlier, CameraState::Ok, None, 1);
        let (board, _) = &earlier;
        board.enter(&camera(), health(CameraState::Connecting, None, 2));
        report(&earlier, CameraState::Ok, None, 3);
        assert_eq!(shown(&earlier, 3).0, CameraState::Connecting);
        board.forget(&camera());
        report(&earlier, CameraState::Ok, None, 4);
        assert_eq!(board.get(&camera(), at(4)), None);
    }
}
