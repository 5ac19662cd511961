//! From access units to frames: decoder chains, and the small pool of threads that owns them.
//!
//! The pool takes jobs in the order of its line, as long as its budget lasts, to the best decoders that work here.

mod budget;
mod chain;
mod choice;
mod decoders;
mod line;
mod pool;

pub use chain::{DecodeError, DecoderChain};
pub(crate) use chain::{element, stream_caps};
pub use choice::{DecoderChoice, WhyNot};
pub use pool::{DecodePool, DecodePoolSettings};

/// The longer side of a frame is never larger than this; what the detectors take is no larger.
pub const FRAME_SIDE_MAX: u32 = 640;
