//! One decoded picture, small, on its way to the detectors.

use std::sync::Arc;

use jiff::Timestamp;

use crate::camera::{CameraId, Generation};

/// One decoded picture: packed BGR, 8 bits each, rows top to bottom without padding. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Whose picture this is.
    pub camera: CameraId,
    /// The version of the camera's configuration it was received under.
    pub generation: Generation,
    /// When its access unit arrived.
    pub captured_at: Timestamp,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `height * width * 3` bytes: B, G, R of each pixel.
    pub bgr: Arc<[u8]>,
}
