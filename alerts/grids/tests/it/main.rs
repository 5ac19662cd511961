//! What a place's grids are read from, say and remember.
#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic")]

mod coordinates;
mod demo;
mod history;
mod hostile;
mod import;
mod lint;
mod messages;
mod support;
mod tree;
