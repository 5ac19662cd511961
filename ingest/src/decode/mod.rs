//! From access units to frames: decoder chains, and the small pool of threads that owns them.

mod chain;
mod pool;

pub use chain::{DecodeError, DecoderChain};
pub(crate) use chain::{element, stream_caps};
pub use pool::{DecodePool, DecodePoolSettings};

/// The longer side of a frame is never larger than this; what the detectors take is no larger.
pub const FRAME_SIDE_MAX: u32 = 640;
