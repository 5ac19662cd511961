//! The console over real sockets: one binary, so that it is linked once.
#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic")]

mod cameras;
mod drills;
mod evidence;
mod handling;
mod hostile;
mod imports;
mod media;
mod openapi;
mod push;
mod reports;
mod routes;
mod sockets;
mod support;
mod web_app;
