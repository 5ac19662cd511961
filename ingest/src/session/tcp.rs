//! The usual transport: RTP in the RTSP connection itself, as an async task without a thread.

use std::{future::Future, sync::Arc, time::Duration};

use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use retina::{
    client::{Demuxed, PlayOptions, Session, SessionGroup, SessionOptions, SetupOptions, Transport},
    codec::{CodecItem, FrameFormat, ParametersRef, VideoFrame, VideoParametersCodec},
    rtcp::ReceivedCompoundPacket,
};
use tokio::time::timeout;

use super::{Picture, SessionError, SessionLimits, cause_of_status, reach::look_up};
use crate::{
    access_unit::{Codec, StreamParameters},
    address::Address,
    health::Cause,
};

/// So many pictures may come before the parameter sets that a decoder needs: two minutes of them. A camera that sends
/// them with its key pictures alone may take that long, and a new session would wait as long again.
const UNREADABLE_MAX: u64 = 3000;

/// A camera that plays over interleaved TCP.
pub(super) struct TcpSession {
    demuxed: Demuxed,
    stream: usize,
    parameters: Option<Arc<StreamParameters>>,
    unreadable: u64,
    /// The camera's wall clock at an RTP time, as its newest sender report says.
    report: Option<(Timestamp, i64)>,
    /// Where presentation times count from, in seconds since the session's first RTP time.
    zero_s: f64,
    limits: SessionLimits,
}

// === impl TcpSession ===

impl TcpSession {
    /// Connects, picks the first H.264 or H.265 stream, and plays it.
    ///
    /// # Errors
    /// With the cause as seen from outside; within three times `limits.step`.
    pub(super) async fn open(
        address: &Address,
        group: Arc<SessionGroup>,
        limits: SessionLimits,
    ) -> Result<Self, SessionError> {
        look_up(address, limits.step).await?;
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
        Ok(Self { demuxed, stream, parameters: None, unreadable: 0, report: None, zero_s: 0.0, limits })
    }

    pub(super) async fn next(&mut self) -> Result<Option<Picture>, SessionError> {
        let item = timeout(self.limits.silence, self.next_video()).await;
        let frame = item.map_err(|_| SessionError::silent(self.limits.silence))??;
        let Some(parameters) = self.parameters_of(&frame)? else { return Ok(None) };
        // Time that jumps back beyond the session's beginning begins there again, and does not stand still.
        self.zero_s = self.zero_s.min(frame.timestamp().elapsed_secs());
        let elapsed = frame.timestamp().elapsed_secs() - self.zero_s;
        Ok(Some(Picture {
            pts: Duration::try_from_secs_f64(elapsed).unwrap_or_default(),
            key: frame.is_random_access_point()
                || parameters.codec == Codec::H265 && begins_anew(frame.data()),
            parameters,
            lost_packets: frame.loss().into(),
            camera_time: self.camera_time(frame.timestamp()),
            data: frame.into_data(),
        }))
    }

    async fn next_video(&mut self) -> Result<VideoFrame, SessionError> {
        loop {
            match self.demuxed.next().await {
                Some(Ok(CodecItem::VideoFrame(frame))) if frame.stream_id() == self.stream => {
                    return Ok(frame);
                }
                Some(Ok(CodecItem::Rtcp(packet))) if packet.stream_id() == self.stream => {
                    self.take_report(&packet)
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

    fn take_report(&mut self, packet: &ReceivedCompoundPacket) {
        let Some(rtp) = packet.rtp_timestamp() else { return };
        let report = packet.pkts().next().and_then(|first| first.as_sender_report().ok().flatten());
        if let Some(at) = report.and_then(|report| wall_clock(report.ntp_timestamp())) {
            self.report = Some((at, rtp.timestamp()));
        }
    }

    fn camera_time(&self, rtp: retina::Timestamp) -> Option<Timestamp> {
        let (at, reported) = self.report?;
        let ticks = rtp.timestamp().checked_sub(reported)?;
        let since =
            SignedDuration::try_from_secs_f64(ticks as f64 / f64::from(rtp.clock_rate().get())).ok()?;
        at.checked_add(since).ok()
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
            return Err(SessionError::unreadable());
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

/// Whether a decoder can begin at this H.265 picture. The library takes none but IDR pictures for such, and there are
/// cameras that send one of these at the start and clean random access pictures from then on (NAL unit types 16 to 23).
fn begins_anew(picture: &[u8]) -> bool {
    let mut rest = picture;
    while let Some((length, units)) = rest.split_first_chunk::<4>() {
        match units.first().map(|header| header >> 1 & 0x3f) {
            Some(0..=15) => return false,
            Some(16..=23) => return true,
            _ => {}
        }
        rest = units.get(u32::from_be_bytes(*length) as usize..).unwrap_or_default();
    }
    false
}

/// NTP time (RFC 5905: seconds since 1900 and their fractions, 32 bits each) as wall time; nothing where the camera
/// sends zero, which means that it has no clock.
pub(crate) fn wall_clock(ntp: retina::NtpTimestamp) -> Option<Timestamp> {
    let since_1970 = ntp.0.checked_sub(retina::UNIX_EPOCH.0)?;
    let nanoseconds = ((since_1970 & 0xffff_ffff) * 1_000_000_000) >> 32;
    Timestamp::new((since_1970 >> 32) as i64, nanoseconds as i32).ok()
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
        Some(status) => cause_of_status(status.into()),
        None if text.contains("refused") => Cause::Refused,
        None if text.contains("Unable to connect") => Cause::TimedOut,
        None if text.contains("reset") || text.contains("EOF") || text.contains("closed") => Cause::Closed,
        None => Cause::ProtocolError,
    };
    // The first paragraph says what happened; the rest is for a packet capture.
    let detail = text.lines().next().unwrap_or_default().to_owned();
    SessionError { cause, step, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_can_begin_at_each_kind_of_h265_key_picture() {
        // A unit of this type, three bytes long.
        let unit = |kind: u8| [0, 0, 0, 3, kind << 1, 1, 0];
        // 1: a usual picture, 19: IDR, 21: clean random access, 35: delimiter, 39: further information.
        for (kinds, key) in [
            (&[1u8][..], false),
            (&[19], true),
            (&[21], true),
            (&[35, 39, 21, 1], true),
            (&[35, 39, 1, 21], false),
            (&[35], false),
            (&[], false),
        ] {
            let picture: Vec<u8> = kinds.iter().flat_map(|kind| unit(*kind)).collect();
            assert_eq!(begins_anew(&picture), key, "{kinds:?}");
        }
        assert!(!begins_anew(&[255, 255, 255, 255, 35 << 1]), "a length that is too long");
    }
}
