//! One encoded picture as it came from the camera, and what a decoder must know to read it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;

use crate::camera::{CameraId, Generation};

/// The video codecs that gridwatch reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// H.264 (AVC).
    H264,
    /// H.265 (HEVC).
    H265,
}

/// What a decoder or a muxer must know before the first picture of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StreamParameters {
    /// The codec.
    pub codec: Codec,
    /// The decoder configuration record: `avcC` for H.264, `hvcC` for H.265.
    pub configuration: Bytes,
    /// Width of the picture in pixels.
    pub width: u32,
    /// Height of the picture in pixels.
    pub height: u32,
}

/// A picture is shown at most so much earlier than one that came before it; what is further back is another time.
pub(crate) const REORDER_MAX: Duration = Duration::from_secs(1);

/// One encoded picture.
#[derive(Clone, Debug)]
pub struct AccessUnit {
    /// Whose picture this is.
    pub camera: CameraId,
    /// The version of the camera's configuration it was received under.
    pub generation: Generation,
    /// Counts the access units of one camera, without gaps, across reconnects.
    pub sequence: u64,
    /// Presentation time, since the stream began.
    pub pts: Duration,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Whether a decoder can begin here.
    pub key: bool,
    /// How to read `data`.
    pub parameters: Arc<StreamParameters>,
    /// The NAL units, each behind its length in four bytes.
    pub data: Bytes,
}
