//! Frames made by hand, and the one ONNX Runtime, for this crate's unit tests.

use std::sync::LazyLock;

use gridwatch_ingest::{CameraId, Frame, Generation};
use jiff::Timestamp;

use crate::runtime::Runtime;

/// A frame of one colour.
pub(crate) fn frame(camera: &str, width: u32, height: u32, bgr: [u8; 3]) -> Frame {
    picture(camera, width, height, &bgr.repeat((width * height) as usize))
}

/// A frame of these pixels.
pub(crate) fn picture(camera: &str, width: u32, height: u32, bgr: &[u8]) -> Frame {
    let camera = CameraId::new(camera).unwrap();
    Frame::from_bgr(camera, Generation(1), Timestamp::UNIX_EPOCH, (width, height), bgr).unwrap()
}

/// ONNX Runtime, which a process can load once.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::load(None).unwrap());
    &RUNTIME
}
