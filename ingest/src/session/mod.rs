//! One RTSP session with one camera.
//!
//! Every await here ends by a time limit, so a camera that hangs costs a few seconds and nothing else.

mod gstreamer;
mod reach;
mod tcp;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use retina::client::SessionGroup;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use self::{gstreamer::unix_time, tcp::wall_clock};
use self::{
    gstreamer::{GstSession, PLACES},
    tcp::TcpSession,
};
use crate::{access_unit::StreamParameters, address::Address, camera::Transport, health::Cause};

/// How long each step may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// For each of connect with DESCRIBE, SETUP, and PLAY.
    pub step: Duration,
    /// Between two pictures.
    pub silence: Duration,
}

/// Why a session could not begin or is over.
#[derive(Debug, thiserror::Error)]
#[error("{cause:?} during {step}: {detail}")]
pub struct SessionError {
    /// What it means for the camera.
    pub cause: Cause,
    /// What was being done.
    pub step: &'static str,
    /// What the peer or the system said; never holds credentials.
    pub detail: String,
}

/// One encoded picture of a session.
pub struct Picture {
    /// Presentation time since the session's own zero.
    pub pts: Duration,
    /// Whether a decoder can begin here.
    pub key: bool,
    /// How to read `data`.
    pub parameters: Arc<StreamParameters>,
    /// The NAL units, each behind its length in four bytes.
    pub data: Vec<u8>,
    /// How many RTP packets were lost before it.
    pub lost_packets: u64,
    /// When it was taken by the camera's own clock; nothing where the camera does not tell (RTCP sender reports).
    pub camera_time: Option<Timestamp>,
}

/// Neither side of a picture is longer than this, in pixels: that of the largest pictures H.264 and H.265 are used for.
const SIDE_MAX: u32 = 8192;

/// A camera that plays.
pub struct PlayingSession {
    transport: Transport,
    kind: Kind,
}

enum Kind {
    Tcp(Box<TcpSession>),
    Gst(GstSession),
}

// === impl PlayingSession ===

impl PlayingSession {
    /// Connects, picks the first H.264 or H.265 stream, and plays it.
    ///
    /// An encrypted address is never played in clear: interleaved TCP to it is TLS. TLS to an address in clear goes to
    /// the encrypted one.
    ///
    /// # Errors
    /// With the cause as seen from outside; within three times `limits.step`.
    pub async fn open(
        address: &Address,
        transport: Transport,
        group: Arc<SessionGroup>,
        limits: SessionLimits,
    ) -> Result<Self, SessionError> {
        let transport = transport.used_with(address);
        let mut address = address.clone();
        if transport == Transport::Tls {
            address = address.encrypted();
        }
        let kind = match transport {
            Transport::Tcp => Kind::Tcp(Box::new(TcpSession::open(&address, group, limits).await?)),
            Transport::Udp | Transport::Multicast | Transport::Tls | Transport::Http => {
                Kind::Gst(GstSession::open(&address, transport, limits, &PLACES).await?)
            }
        };
        Ok(Self { transport, kind })
    }

    /// How the pictures travel.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// The next picture; nothing for one that came before the first parameter sets: a camera that sends them with its
    /// key pictures alone may begin between two of these.
    ///
    /// # Errors
    /// When the peer closes, sends what cannot be read, or sends no picture for `limits.silence`.
    pub async fn next(&mut self) -> Result<Option<Picture>, SessionError> {
        let picture = match &mut self.kind {
            Kind::Tcp(session) => session.next().await,
            Kind::Gst(session) => session.next().await,
        }?;
        match picture.as_ref().map(|picture| (picture.parameters.width, picture.parameters.height)) {
            Some(size) if is_too_large(size) => Err(SessionError::too_large(size)),
            _ => Ok(picture),
        }
    }
}

// === impl SessionError ===

impl SessionError {
    fn silent(limit: Duration) -> Self {
        let detail = format!("no picture for {} s", limit.as_secs_f32());
        Self { cause: Cause::NoData, step: "play", detail }
    }

    fn too_large((width, height): (u32, u32)) -> Self {
        let detail = format!("pictures of {width}×{height}, which is more than a decoder is given");
        Self { cause: Cause::NotDecodable, step: "play", detail }
    }

    fn unreadable() -> Self {
        let detail = "pictures come without the parameter sets that a decoder needs".to_owned();
        Self { cause: Cause::NotDecodable, step: "play", detail }
    }
}

/// Whether a decoder would take more memory than one camera may cost. What a camera says of its pictures need not be true.
fn is_too_large((width, height): (u32, u32)) -> bool {
    width > SIDE_MAX || height > SIDE_MAX
}

/// What a camera means that answers by an RTSP status other than "OK".
fn cause_of_status(status: u32) -> Cause {
    match status {
        401 | 403 => Cause::WrongCredentials,
        404 | 410 => Cause::NoSuchStream,
        453 | 503 => Cause::Busy,
        461 => Cause::TransportRefused,
        _ => Cause::RefusedToPlay,
    }
}
