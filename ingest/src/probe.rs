//! Tries one camera once: what it sends and how a picture of it looks, or why not.

use std::{sync::Arc, time::Duration};

use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};
use jiff::Timestamp;
use retina::client::SessionGroup;
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::{Instant, timeout, timeout_at},
};

use crate::{
    access_unit::{AccessUnit, StreamParameters},
    address::Address,
    camera::{CameraId, Generation, Transport},
    decode::DecoderChain,
    figures::{Seen, figures},
    frame::Frame,
    health::Cause,
    session::{Picture, PlayingSession, SessionError, SessionLimits},
};

/// What is kept of the whole time for decoding a picture and for taking leave of the camera.
const RESERVE: Duration = Duration::from_secs(1);
/// How long the camera may take to answer when the session is torn down.
const LEAVE: Duration = Duration::from_millis(500);
/// More pictures than a camera can send in the time of a probe: a bound for one that floods.
const PICTURES_MAX: usize = 5000;
/// So many key pictures are kept and tried; the first may be broken.
const KEYS_MAX: usize = 3;
/// JPEG quality, 1 to 100.
const QUALITY: u8 = 85;

/// How long a probe may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeLimits {
    /// For each step of the hand-shake, and between two pictures.
    pub session: SessionLimits,
    /// Pictures are watched for at least this long, so that rate and bitrate mean something.
    pub watch_min: Duration,
    /// For everything together.
    pub total: Duration,
}

impl Default for ProbeLimits {
    /// 3 s a step, 5 s without a picture, at least 3 s of pictures, 10 s together.
    fn default() -> Self {
        Self {
            session: SessionLimits { step: Duration::from_secs(3), silence: Duration::from_secs(5) },
            watch_min: Duration::from_secs(3),
            total: Duration::from_secs(10),
        }
    }
}

/// Why a camera cannot be used. Each has a sentence with the next step for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProbeReason {
    /// What was given is no camera address.
    InvalidAddress,
    /// The host name has no address.
    NameNotFound,
    /// Nobody listens at that address and port.
    Refused,
    /// No answer within the time allowed.
    TimedOut,
    /// Wrong or missing user name or password.
    WrongCredentials,
    /// The certificate of an encrypted camera is not one that is trusted.
    NotTrusted,
    /// No such stream on that host.
    NoSuchStream,
    /// The camera bears no further session.
    Busy,
    /// The camera does not send its pictures in this way.
    TransportRefused,
    /// Any other RTSP refusal.
    RefusedToPlay,
    /// The peer does not speak RTSP, or sent something that cannot be read.
    ProtocolError,
    /// The peer closed the connection.
    Closed,
    /// RTSP works, but no picture comes, or none any more.
    NoMedia,
    /// The stream has no H.264 or H.265 video.
    CodecNotSupported,
    /// Pictures come, but none that a decoder can begin with.
    NoKeyPicture,
    /// Pictures come, but none can be decoded.
    NotDecodable,
}

/// Why a probe failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeFailure {
    /// What it means for people.
    pub reason: ProbeReason,
    /// What the camera or the system said; never holds credentials.
    pub detail: String,
}

/// What was found out about a camera. What was seen before a failure is in it too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbeReport {
    /// Why the camera cannot be used; nothing where it can.
    pub failure: Option<ProbeFailure>,
    /// Codec and size.
    pub parameters: Option<Arc<StreamParameters>>,
    /// Pictures a second.
    pub fps: Option<f64>,
    /// The longest distance between two key pictures, in seconds.
    pub gop_s: Option<f64>,
    /// Without `gop_s`: the distance of key pictures is longer than this, in seconds.
    pub gop_over_s: Option<f64>,
    /// In 1000 bits a second.
    pub bitrate_kbps: Option<f64>,
    /// How the pictures travel, once a session plays.
    pub transport: Option<Transport>,
    /// The first key picture that could be decoded, as JPEG, its longer side at most 640 pixels. **As the camera
    /// sent it**: nobody in it is made unrecognisable.
    pub jpeg: Option<Vec<u8>>,
    /// How long the probe took.
    pub took: Duration,
}

/// Connects once, watches the pictures until rate and distance of key pictures are known, decodes one, and takes
/// leave. Without a `transport`, a camera that refuses TCP is asked for UDP. Needs a tokio runtime; takes
/// `limits.total` at most.
pub async fn probe(address: &Address, transport: Option<Transport>, limits: ProbeLimits) -> ProbeReport {
    let began = Instant::now();
    // Its first start reads all plugins: beside the connecting, not after it.
    let gstreamer = spawn_blocking(|| gstreamer::init().map_err(|e| e.to_string()));
    let sessions = Arc::<SessionGroup>::default();
    let mut watch = Watch::default();
    let deadline = began + limits.total.saturating_sub(RESERVE);
    let mut failure = watch.run(address, transport, &sessions, limits, deadline).await.err();
    // An unanswered TEARDOWN is no matter: the connection is closed anyway.
    let leave = timeout(LEAVE, sessions.await_teardown());
    let decoded = timeout_at(began + limits.total, first_picture(gstreamer, watch.keys));
    let (_, decoded) = tokio::join!(leave, decoded);
    let jpeg = match decoded.unwrap_or_else(|_| Err("decoding takes too long".to_owned())) {
        Ok(jpeg) => jpeg,
        Err(detail) => {
            failure = failure.or(Some(ProbeFailure { reason: ProbeReason::NotDecodable, detail }));
            None
        }
    };
    let figures = figures(&watch.pictures);
    ProbeReport {
        failure,
        parameters: watch.parameters,
        fps: figures.fps,
        gop_s: figures.gop_s,
        gop_over_s: figures.gop_over_s,
        bitrate_kbps: figures.bitrate_kbps,
        transport: watch.transport,
        jpeg,
        took: began.elapsed(),
    }
}

/// What has been seen so far.
#[derive(Default)]
struct Watch {
    transport: Option<Transport>,
    parameters: Option<Arc<StreamParameters>>,
    pictures: Vec<Seen>,
    keys: Vec<Picture>,
}

// === impl Watch ===

impl Watch {
    async fn run(
        &mut self,
        address: &Address,
        transport: Option<Transport>,
        sessions: &Arc<SessionGroup>,
        limits: ProbeLimits,
        deadline: Instant,
    ) -> Result<(), ProbeFailure> {
        let open = open(address, transport, sessions, limits.session);
        let opened = timeout_at(deadline, open).await;
        let mut session =
            opened.map_err(|_| failure(ProbeReason::TimedOut, "the hand-shake takes too long"))??;
        self.transport = Some(session.transport());
        let mut watch_until = None;
        let mut unreadable = 0;
        loop {
            let Ok(next) = timeout_at(deadline, session.next()).await else {
                return self.at_deadline(unreadable);
            };
            let Some(picture) = next? else {
                unreadable += 1;
                continue;
            };
            self.take(picture);
            let now = Instant::now();
            let watched_enough = now >= *watch_until.get_or_insert(now + limits.watch_min);
            let groups_are_known = self.pictures.iter().filter(|picture| picture.key).count() >= 2;
            if watched_enough && groups_are_known || self.pictures.len() >= PICTURES_MAX {
                return self.at_deadline(0);
            }
        }
    }

    fn take(&mut self, picture: Picture) {
        self.pictures.push(Seen { pts: picture.pts, key: picture.key, bytes: picture.data.len() });
        self.parameters = Some(picture.parameters.clone());
        if picture.key && self.keys.len() < KEYS_MAX {
            self.keys.push(picture);
        }
    }

    /// What a session that still plays has shown; `unreadable` pictures came without parameter sets.
    fn at_deadline(&self, unreadable: u64) -> Result<(), ProbeFailure> {
        let seen = self.pictures.len() as u64 + unreadable;
        if seen == 0 {
            Err(failure(ProbeReason::NoMedia, "no picture came"))
        } else if self.keys.is_empty() {
            Err(failure(ProbeReason::NoKeyPicture, &format!("{seen} pictures, none of them a key picture")))
        } else {
            Ok(())
        }
    }
}

async fn open(
    address: &Address,
    transport: Option<Transport>,
    sessions: &Arc<SessionGroup>,
    limits: SessionLimits,
) -> Result<PlayingSession, SessionError> {
    let first = transport.unwrap_or_default();
    let opened = PlayingSession::open(address, first, sessions.clone(), limits).await;
    match opened {
        // What is encrypted is not tried in clear.
        Err(error) if transport.is_none() && !address.is_encrypted() && refuses_transport(&error) => {
            PlayingSession::open(address, Transport::Udp, sessions.clone(), limits).await
        }
        opened => opened,
    }
}

/// Not every camera has the right status for it.
fn refuses_transport(error: &SessionError) -> bool {
    match error.cause {
        Cause::TransportRefused => true,
        Cause::RefusedToPlay => error.step == "setup",
        _ => false,
    }
}

/// The first of `keys` that can be decoded, as JPEG; nothing where there are none.
async fn first_picture(
    gstreamer: JoinHandle<Result<(), String>>,
    keys: Vec<Picture>,
) -> Result<Option<Vec<u8>>, String> {
    if keys.is_empty() {
        return Ok(None);
    }
    gstreamer.await.map_err(|e| e.to_string())??;
    let decoded = spawn_blocking(move || {
        let mut last = Ok(None);
        for key in keys {
            last = decode(key).and_then(|frame| jpeg(&frame)).map(Some);
            if last.is_ok() {
                break;
            }
        }
        last
    });
    decoded.await.map_err(|e| e.to_string())?
}

fn decode(key: Picture) -> Result<Frame, String> {
    let mut chain = DecoderChain::new(key.parameters.codec).map_err(|e| e.to_string())?;
    let unit = AccessUnit {
        camera: CameraId::new("probe").map_err(|e| e.to_string())?,
        generation: Generation::default(),
        sequence: 0,
        pts: key.pts,
        // Nobody asks when.
        received_at: Timestamp::UNIX_EPOCH,
        key: true,
        parameters: key.parameters,
        data: key.data.into(),
    };
    chain.decode(&[Arc::new(unit)], true).map_err(|e| e.to_string())
}

fn jpeg(frame: &Frame) -> Result<Vec<u8>, String> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, QUALITY)
        .encode(&frame.to_rgb(), frame.width, frame.height, ExtendedColorType::Rgb8)
        .map_err(|e| e.to_string())?;
    Ok(file)
}

fn failure(reason: ProbeReason, detail: &str) -> ProbeFailure {
    ProbeFailure { reason, detail: detail.to_owned() }
}

impl From<SessionError> for ProbeFailure {
    fn from(error: SessionError) -> Self {
        Self { reason: error.cause.into(), detail: format!("{}: {}", error.step, error.detail) }
    }
}

impl From<Cause> for ProbeReason {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::NameNotFound => Self::NameNotFound,
            Cause::Refused => Self::Refused,
            Cause::TimedOut => Self::TimedOut,
            Cause::WrongCredentials => Self::WrongCredentials,
            Cause::NoSuchStream => Self::NoSuchStream,
            Cause::RefusedToPlay => Self::RefusedToPlay,
            Cause::ProtocolError => Self::ProtocolError,
            Cause::NoVideo => Self::CodecNotSupported,
            Cause::Closed => Self::Closed,
            Cause::NoData => Self::NoMedia,
            Cause::NoKeyPicture => Self::NoKeyPicture,
            Cause::NotTrusted => Self::NotTrusted,
            Cause::Busy => Self::Busy,
            Cause::TransportRefused => Self::TransportRefused,
            // The rest is only found out over a longer time than a probe has.
            _ => Self::NotDecodable,
        }
    }
}

impl ProbeReason {
    /// Its name in JSON, which never changes.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidAddress => "invalid_address",
            Self::NameNotFound => "name_not_found",
            Self::Refused => "refused",
            Self::TimedOut => "timed_out",
            Self::WrongCredentials => "wrong_credentials",
            Self::NotTrusted => "not_trusted",
            Self::NoSuchStream => "no_such_stream",
            Self::Busy => "busy",
            Self::TransportRefused => "transport_refused",
            Self::RefusedToPlay => "refused_to_play",
            Self::ProtocolError => "protocol_error",
            Self::Closed => "closed",
            Self::NoMedia => "no_media",
            Self::CodecNotSupported => "codec_not_supported",
            Self::NoKeyPicture => "no_key_picture",
            Self::NotDecodable => "not_decodable",
        }
    }
}
