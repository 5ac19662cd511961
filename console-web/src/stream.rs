//! What a camera sends, as the console shows it.

use gridwatch_ingest::{Codec as IngestCodec, StreamFigures};
use serde::Serialize;
use utoipa::ToSchema;

/// What a camera sends, measured over its last seconds.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Stream {
    /// How its pictures are encoded.
    pub codec: Codec,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Pictures a second.
    #[schema(required)]
    pub fps: Option<f64>,
    /// The longest time between two key pictures, in seconds.
    #[schema(required)]
    pub gop_s: Option<f64>,
    /// Without `gop_s`: that time is longer than this, in seconds.
    #[schema(required)]
    pub gop_over_s: Option<f64>,
    /// In 1000 bits a second.
    #[schema(required)]
    pub bitrate_kbps: Option<u64>,
    /// How the pictures travel: `tcp`, `udp`, `multicast`, `tls` or `http`.
    pub transport: &'static str,
    /// RTP packets lost since the server was started or the camera was changed.
    pub lost_packets: u64,
    /// How far the camera's clock is ahead of the server's, in seconds, less the time a picture takes; null where
    /// the camera does not tell its time.
    #[schema(required)]
    pub clock_offset_s: Option<f64>,
}

/// How pictures are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// H.264, also called AVC.
    H264,
    /// H.265, also called HEVC.
    H265,
}

// === impl Stream ===

impl From<StreamFigures> for Stream {
    fn from(figures: StreamFigures) -> Self {
        Self {
            codec: figures.parameters.codec.into(),
            width: figures.parameters.width,
            height: figures.parameters.height,
            fps: figures.fps.map(hundredths),
            gop_s: figures.gop_s.map(hundredths),
            gop_over_s: figures.gop_over_s.filter(|_| figures.gop_s.is_none()).map(hundredths),
            bitrate_kbps: figures.bitrate_kbps.map(whole),
            transport: figures.transport.name(),
            lost_packets: figures.lost_packets,
            clock_offset_s: figures.clock_offset.map(|offset| hundredths(offset.as_secs_f64())),
        }
    }
}

// === impl Codec ===

impl From<IngestCodec> for Codec {
    fn from(codec: IngestCodec) -> Self {
        match codec {
            IngestCodec::H264 => Self::H264,
            IngestCodec::H265 => Self::H265,
        }
    }
}

/// Rounded to what means something: two digits behind the point.
pub fn hundredths(value: f64) -> f64 {
    // Zero has no sign here.
    (value * 100.0).round() / 100.0 + 0.0
}

/// Rounded to a whole number; nothing here is negative.
pub fn whole(value: f64) -> u64 {
    value.round() as u64
}
