//! A camera as the console shows it: what was registered, and what is known of its stream right now.

use gridwatch_alerts::{GridRef, HeldBack, Registration};
use gridwatch_ingest::{CameraHealth, CameraState as Reported, Cause as ReportedCause};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A registered camera and its state.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Camera {
    /// Its id.
    pub id: String,
    /// Its full name.
    pub name: String,
    /// Its name of at most 10 characters.
    pub short_name: String,
    /// Its 20-digit GB/T 28181 code.
    #[schema(required)]
    pub code: Option<String>,
    /// Longitude, WGS-84 degrees.
    #[schema(required)]
    pub lon: Option<f64>,
    /// Latitude, WGS-84 degrees.
    #[schema(required)]
    pub lat: Option<f64>,
    /// The grid that answers for it.
    #[schema(required)]
    pub grid: Option<GridRef>,
    /// The way down the grid tree, street first, `grid` last.
    pub grid_path: Vec<GridRef>,
    /// The state of its stream.
    pub state: CameraState,
    /// Why, where it is not in order.
    #[schema(required)]
    pub cause: Option<Cause>,
    /// Why its pictures are not judged by the rules for falls and crowds, while they are not.
    #[schema(required)]
    pub held_back: Option<HeldBack>,
    /// Since when this state holds, where that is known.
    #[schema(required)]
    pub since: Option<Timestamp>,
    /// When the next attempt to connect is due.
    #[schema(required)]
    pub next_try: Option<Timestamp>,
    /// When the newest picture arrived.
    #[schema(required)]
    pub last_picture_at: Option<Timestamp>,
}

/// The state of a camera's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CameraState {
    /// A connection is being set up.
    Connecting,
    /// Pictures arrive.
    Ok,
    /// Pictures arrive and can be judged, but not as they should.
    Degraded,
    /// Connected, but no picture arrives that could be decoded.
    Silent,
    /// Pictures arrive, and nothing can be made out in them.
    Blind,
    /// The camera wants other credentials.
    Unauthorised,
    /// No connection, or the camera refuses to play.
    Unreachable,
    /// Switched off in the configuration.
    Disabled,
    /// Nobody has said anything for too long.
    Unknown,
}

/// Why a camera is not in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The host name has no address.
    NameNotFound,
    /// Nobody listens at that address and port.
    Refused,
    /// No answer within the time allowed.
    TimedOut,
    /// Wrong or missing user name or password.
    WrongCredentials,
    /// The certificate of an encrypted camera is not trusted.
    NotTrusted,
    /// No such stream on that host.
    NoSuchStream,
    /// The camera bears no further session.
    Busy,
    /// The camera does not send its pictures in this way.
    TransportRefused,
    /// Any other refusal.
    RefusedToPlay,
    /// The peer sent something that cannot be read.
    ProtocolError,
    /// The stream has no video that is understood.
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
    /// Packets are lost on the way.
    PacketLoss,
    /// Pictures come, and none has been looked at for more than a minute.
    NotLookedAt,
    /// More than 10 s from one key picture to the next.
    LongGroup,
    /// The pictures are black.
    Black,
    /// The picture stands still.
    Frozen,
    /// Something is in front of the lens.
    Covered,
    /// The pictures are blurred.
    Blurred,
    /// The camera looks somewhere else than it did.
    Moved,
}

// === impl Camera ===

impl Camera {
    /// The camera as it is to be shown at `now`: once a report has lapsed the state is unknown, with the
    /// moment it lapsed and without the old cause.
    pub fn shown(registration: &Registration, health: Option<&CameraHealth>, now: Timestamp) -> Self {
        let names = registration.camera.clone();
        let mut camera = Self {
            id: names.id,
            name: names.name,
            short_name: names.short_name,
            code: registration.camera.code.clone(),
            lon: names.lon,
            lat: names.lat,
            grid: registration.grid().cloned(),
            grid_path: registration.grid_path.clone(),
            state: CameraState::Unknown,
            cause: None,
            held_back: None,
            since: None,
            next_try: None,
            last_picture_at: None,
        };
        let Some(health) = health else { return camera };
        camera.last_picture_at = health.last_picture_at;
        camera.state = health.state_at(now).into();
        if camera.state == CameraState::Unknown {
            camera.since = Some(health.good_until);
        } else {
            camera.cause = health.cause.map(Cause::from);
            camera.held_back = HeldBack::of(health, now);
            camera.since = Some(health.since);
            camera.next_try = health.next_try;
        }
        camera
    }

    /// Whether a client that was sent `other` has to be told. The time of the newest picture alone is no
    /// news.
    pub fn differs_from(&self, other: &Self) -> bool {
        let news =
            |camera: &Self| (camera.state, camera.cause, camera.held_back, camera.since, camera.next_try);
        news(self) != news(other) || self.grid_path != other.grid_path
    }
}

// === impl CameraState ===

impl From<Reported> for CameraState {
    fn from(state: Reported) -> Self {
        match state {
            Reported::Connecting => Self::Connecting,
            Reported::Ok => Self::Ok,
            Reported::Degraded => Self::Degraded,
            Reported::Silent => Self::Silent,
            Reported::Blind => Self::Blind,
            Reported::Unauthorised => Self::Unauthorised,
            Reported::Unreachable => Self::Unreachable,
            Reported::Disabled => Self::Disabled,
            Reported::Unknown => Self::Unknown,
        }
    }
}

// === impl Cause ===

impl From<ReportedCause> for Cause {
    fn from(cause: ReportedCause) -> Self {
        match cause {
            ReportedCause::NameNotFound => Self::NameNotFound,
            ReportedCause::Refused => Self::Refused,
            ReportedCause::TimedOut => Self::TimedOut,
            ReportedCause::WrongCredentials => Self::WrongCredentials,
            ReportedCause::NotTrusted => Self::NotTrusted,
            ReportedCause::NoSuchStream => Self::NoSuchStream,
            ReportedCause::Busy => Self::Busy,
            ReportedCause::TransportRefused => Self::TransportRefused,
            ReportedCause::RefusedToPlay => Self::RefusedToPlay,
            ReportedCause::ProtocolError => Self::ProtocolError,
            ReportedCause::NoVideo => Self::NoVideo,
            ReportedCause::Closed => Self::Closed,
            ReportedCause::NoData => Self::NoData,
            ReportedCause::NoKeyPicture => Self::NoKeyPicture,
            ReportedCause::NotDecodable => Self::NotDecodable,
            ReportedCause::Unstable => Self::Unstable,
            ReportedCause::PacketLoss => Self::PacketLoss,
            ReportedCause::NotLookedAt => Self::NotLookedAt,
            ReportedCause::LongGroup => Self::LongGroup,
            ReportedCause::Black => Self::Black,
            ReportedCause::Frozen => Self::Frozen,
            ReportedCause::Covered => Self::Covered,
            ReportedCause::Blurred => Self::Blurred,
            ReportedCause::Moved => Self::Moved,
        }
    }
}

#[cfg(test)]
mod tests {
    use gridwatch_alerts::{CameraEntry, GridTree};
    use gridwatch_ingest::{CameraId, LEASE};

    use super::*;

    fn registration() -> Registration {
        let id = CameraId::new("a").unwrap();
        let entry = CameraEntry {
            id,
            name: "gate".to_owned(),
            short_name: None,
            code: None,
            position: None,
            grid: None,
        };
        Registration::new(entry, &GridTree::default()).unwrap()
    }

    fn refused(since: Timestamp) -> CameraHealth {
        CameraHealth {
            state: Reported::Unreachable,
            cause: Some(ReportedCause::Refused),
            since,
            good_until: since + LEASE,
            next_try: Some(since + LEASE),
            last_picture_at: None,
        }
    }

    #[test]
    fn a_report_holds_until_it_lapses_and_is_unknown_then() {
        let since = Timestamp::UNIX_EPOCH;
        let health = refused(since);
        let shown = Camera::shown(&registration(), Some(&health), health.good_until);
        assert_eq!((shown.state, shown.cause), (CameraState::Unreachable, Some(Cause::Refused)));
        let later = health.good_until + jiff::SignedDuration::from_nanos(1);
        let lapsed = Camera::shown(&registration(), Some(&health), later);
        assert_eq!((lapsed.state, lapsed.cause, lapsed.next_try), (CameraState::Unknown, None, None));
        assert_eq!(lapsed.since, Some(health.good_until));
        assert!(lapsed.differs_from(&shown));
    }

    #[test]
    fn the_rules_are_held_back_while_the_camera_says_that_it_cannot_see() {
        let since = Timestamp::UNIX_EPOCH;
        let shown = |state, cause, now| {
            let health = CameraHealth { state, cause: Some(cause), ..refused(since) };
            Camera::shown(&registration(), Some(&health), now).held_back
        };
        let moved = shown(Reported::Blind, ReportedCause::Moved, since);
        assert_eq!(moved, Some(HeldBack::Moved));
        assert_eq!(shown(Reported::Degraded, ReportedCause::PacketLoss, since), None);
        assert_eq!(shown(Reported::Blind, ReportedCause::Moved, since + LEASE + LEASE), None, "nobody knows");
    }

    #[test]
    fn a_newer_picture_alone_is_no_news() {
        let since = Timestamp::UNIX_EPOCH;
        let health = refused(since);
        let before = Camera::shown(&registration(), Some(&health), since);
        let newer = CameraHealth { last_picture_at: Some(since), ..health };
        assert!(!Camera::shown(&registration(), Some(&newer), since).differs_from(&before));
    }
}
