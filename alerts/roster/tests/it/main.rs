//! Rosters as others use them: one binary, so that it is linked once.
#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic")]

mod clocks;
mod coverage;
mod demo;
mod duty;
mod handover;
mod import;
mod ladder;
mod minutes;
mod problems;
mod support;
mod wire;
