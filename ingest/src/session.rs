//! One RTSP session with one camera, over interleaved TCP.
//!
//! Every await here ends by a time limit, so a camera that hangs costs a few seconds and nothing else.

use std::{future::Future, sync::Arc, time::Duration};

use futures::StreamExt;
use retina::{
    client::{Demuxed, PlayOptions, Session, SessionGroup, SessionOptions, SetupOptions, Transport},
    codec::{CodecItem, FrameFormat, ParametersRef, VideoFrame, VideoParametersCodec},
};
use tokio::time::timeout;

use crate::{
    access_unit::{Codec, StreamParameters},
    address::Address,
    health::Cause,
};

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

/// So many pictures may come before the parameter sets that a decoder needs: more than 20 s of them.
const UNREADABLE_MAX: u64 = 600;

/// A camera that plays.
pub struct PlayingSession {
    demuxed: Demuxed,
    stream: usize,
    parameters: Option<Arc<StreamParameters>>,
    unreadable: u64,
    limits: SessionLimits,
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
}

impl PlayingSession {
    /// Connects, picks the first H.264 or H.265 stream, and plays it.
    ///
    /// # Errors
    /// With the cause as seen from outside; within three times `limits.step`.
    pub async fn open(
        address: &Address,
        group: Arc<SessionGroup>,
        limits: SessionLimits,
    ) -> Result<Self, SessionError> {
        resolve(address, limits.step).await?;
        let credentials = address
            .credentials()
            .map(|c| retina::client::Credentials { username: c.user.clone(), password: c.password.clone() });
        let options = SessionOptions::default()
            .creds(credentials)
            .session_group(group)
            .user_agent(concat!("gridwatch/", env!("CARGO_PKG_VERSION")).to_owned());
        let mut session =
            step("describe", limits.step, Session::describe(address.url().clone(), options)).await?;
        let stream = session
            .streams()
            .iter()
            .position(|s| s.media() == "video" && matches!(s.encoding_name(), "h264" | "h265"))
            .ok_or_else(|| SessionError {
                cause: Cause::NoVideo,
                step: "describe",
                detail: "the stream has no H.264 or H.265 video".to_owned(),
            })?;
        let setup = SetupOptions::default()
            .transport(Transport::Tcp(Default::default()))
            .frame_format(FrameFormat::MP4);
        step("setup", limits.step, session.setup(stream, setup)).await?;
        let playing = step("play", limits.step, session.play(PlayOptions::default())).await?;
        let demuxed = playing.demuxed().map_err(|e| failed("play", &e))?;
        Ok(Self { demuxed, stream, parameters: None, unreadable: 0, limits })
    }

    /// The next picture. Those that come before the first parameter sets are left out: a camera that sends them with
    /// its key pictures alone may begin between two of these.
    ///
    /// # Errors
    /// When the peer closes, sends what cannot be read, or sends no picture for `limits.silence`.
    pub async fn next(&mut self) -> Result<Picture, SessionError> {
        loop {
            let item = timeout(self.limits.silence, self.next_video()).await;
            let frame = item.map_err(|_| SessionError {
                cause: Cause::NoData,
                step: "play",
                detail: format!("no picture for {} s", self.limits.silence.as_secs_f32()),
            })??;
            let Some(parameters) = self.parameters_of(&frame)? else { continue };
            let elapsed = frame.timestamp().elapsed_secs().max(0.0);
            return Ok(Picture {
                pts: Duration::try_from_secs_f64(elapsed).unwrap_or_default(),
                key: frame.is_random_access_point(),
                parameters,
                data: frame.into_data(),
            });
        }
    }

    /// How many pictures were left out because no parameter sets had come.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    async fn next_video(&mut self) -> Result<VideoFrame, SessionError> {
        loop {
            match self.demuxed.next().await {
                Some(Ok(CodecItem::VideoFrame(frame))) if frame.stream_id() == self.stream => {
                    return Ok(frame);
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(failed("play", &error)),
                None => {
                    let detail = "the camera closed the connection".to_owned();
                    return Err(SessionError { cause: Cause::Closed, step: "play", detail });
                }
            }
        }
    }

    /// How to read a picture; nothing where that has not been told yet.
    fn parameters_of(&mut self, frame: &VideoFrame) -> Result<Option<Arc<StreamParameters>>, SessionError> {
        if let Some(parameters) = &self.parameters
            && !frame.has_new_parameters()
        {
            return Ok(Some(parameters.clone()));
        }
        let Some(ParametersRef::Video(video)) = self.demuxed.streams()[self.stream].parameters() else {
            self.unreadable += 1;
            if self.unreadable < UNREADABLE_MAX {
                return Ok(None);
            }
            return Err(SessionError {
                cause: Cause::NotDecodable,
                step: "play",
                detail: "pictures come without the parameter sets that a decoder needs".to_owned(),
            });
        };
        let (width, height) = video.pixel_dimensions();
        let codec = match video.codec_params() {
            VideoParametersCodec::H265 { .. } => Codec::H265,
            _ => Codec::H264,
        };
        let parameters = Arc::new(StreamParameters {
            codec,
            configuration: video.extra_data().to_vec().into(),
            width,
            height,
        });
        self.parameters = Some(parameters.clone());
        Ok(Some(parameters))
    }
}

/// Looks the host up first, because the library does not tell a missing name from a missing camera.
async fn resolve(address: &Address, limit: Duration) -> Result<(), SessionError> {
    let host = address.url().host_str().unwrap_or_default().to_owned();
    let port = address.url().port().unwrap_or(554);
    let error = |cause, detail| SessionError { cause, step: "look-up", detail };
    match timeout(limit, tokio::net::lookup_host((host.trim_matches(['[', ']']), port))).await {
        Err(_) => Err(error(Cause::TimedOut, format!("no answer to the look-up of {host}"))),
        Ok(Err(e)) => Err(error(Cause::NameNotFound, format!("{host}: {e}"))),
        Ok(Ok(mut found)) => match found.next() {
            Some(_) => Ok(()),
            None => Err(error(Cause::NameNotFound, format!("{host} has no address"))),
        },
    }
}

async fn step<T>(
    name: &'static str,
    limit: Duration,
    work: impl Future<Output = Result<T, retina::Error>>,
) -> Result<T, SessionError> {
    match timeout(limit, work).await {
        Ok(result) => result.map_err(|e| failed(name, &e)),
        Err(_) => Err(SessionError {
            cause: Cause::TimedOut,
            step: name,
            detail: format!("no answer within {} s", limit.as_secs_f32()),
        }),
    }
}

/// Reads the cause from the library's error, which keeps its kinds to itself: the status where there is one, else the
/// operating system's words.
fn failed(step: &'static str, error: &retina::Error) -> SessionError {
    let text = error.to_string();
    let cause = match error.status_code() {
        Some(401 | 403) => Cause::WrongCredentials,
        Some(404 | 410) => Cause::NoSuchStream,
        Some(_) => Cause::RefusedToPlay,
        None if text.contains("refused") => Cause::Refused,
        None if text.contains("Unable to connect") => Cause::TimedOut,
        None if text.contains("reset") || text.contains("EOF") || text.contains("closed") => Cause::Closed,
        None => Cause::ProtocolError,
    };
    // The first paragraph says what happened; the rest is for a packet capture.
    let detail = text.lines().next().unwrap_or_default().to_owned();
    SessionError { cause, step, detail }
}
