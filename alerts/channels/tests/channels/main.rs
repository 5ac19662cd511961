//! Every channel against a real receiver of its kind, which checks what it gets by the published rules and not by our code.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod config;
mod gb28181;
mod given;
mod hostile;
mod mqtt;
mod receiver;
mod robots;
mod rules;
mod secrets;
mod webhook;
mod webpush;
