//! Reports as others use them: one binary, so that it is linked once.
#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic")]

mod figures;
mod properties;
mod stars;
mod support;
mod written;
