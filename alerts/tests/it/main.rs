//! Alerts on real files: one binary, so that it is linked once.
#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic")]

mod crowds;
mod desk;
mod evidence;
mod grid;
mod hub;
mod recorder;
mod sequences;
mod store;
mod support;
