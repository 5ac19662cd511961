//! Access units made by hand, for this crate's unit tests.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::{
    access_unit::{AccessUnit, Codec, StreamParameters},
    camera::{CameraId, Generation},
};

#[path = "../tests/common/mod.rs"]
pub(crate) mod video;

/// A ten-byte access unit of camera `cam` that arrived `at_s` seconds after the epoch.
pub(crate) fn unit(sequence: u64, at_s: f64, key: bool) -> Arc<AccessUnit> {
    Arc::new(AccessUnit {
        camera: CameraId::new("cam").unwrap(),
        generation: Generation(1),
        sequence,
        pts: Duration::from_secs_f64(at_s),
        received_at: Timestamp::UNIX_EPOCH + SignedDuration::from_millis((at_s * 1000.0) as i64),
        key,
        parameters: Arc::new(StreamParameters {
            codec: Codec::H264,
            configuration: Bytes::from_static(b"avcC"),
            width: 640,
            height: 360,
        }),
        data: Bytes::from_static(&[0; 10]),
    })
}
