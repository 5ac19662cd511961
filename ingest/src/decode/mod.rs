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

/// The longer side of a frame is never larger than this: that of the usual sub streams (704 × 576 among them), whose
/// pictures go to the detectors as they leave the decoder.
pub const FRAME_SIDE_MAX: u32 = 704;
/// What is larger is made this large; what the detectors take is no larger.
const SCALED_SIDE: u32 = 640;
