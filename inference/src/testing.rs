//! Frames made by hand, and the one ONNX Runtime, for this crate's unit tests.

use std::sync::LazyLock;

use gridwatch_ingest::{CameraId, Frame, Generation};
use jiff::Timestamp;

use crate::runtime::Runtime;

/// A frame of one colour.
pub(crate) fn frame(camera: &str, width: u32, height: u32, bgr: [u8; 3]) -> Frame {
    Frame {
        camera: CameraId::new(camera).unwrap(),
        generation: Generation(1),
        captured_at: Timestamp::UNIX_EPOCH,
        width,
        height,
        bgr: bgr.iter().copied().cycle().take((width * height * 3) as usize).collect(),
    }
}

/// ONNX Runtime, which a process can load once.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::load(None).unwrap());
    &RUNTIME
}
