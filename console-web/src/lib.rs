//! The HTTP and WebSocket API, and the web app that is built into the binary.
//!
//! This crate shows what others decided: it owns routes, messages, headers and the media delivery, and it
//! must not know how an alert comes to be. The types of the API are Rust types; the OpenAPI document is made
//! from them, a snapshot of it lies beside this crate as `openapi.json`, and the web app's types are
//! generated from the snapshot.
//!
//! Invariants:
//! - No queue for each socket: a socket reads what came after its own sequence number, so a slow one delays
//!   nobody.
//! - A path on disk is never made from what a client sent, except for an alert's number.
//! - An answer carries codes and parameters, never a sentence to show; but for a probe, which says over the API what it
//!   says on the command line, and for what is wrong with a file that is taken in, which has far more words than the web app.

mod api;
mod cameras;
mod document;
mod error;
mod feed;
mod live;
mod messages;
mod outages;
pub mod probe;
mod range;
mod server;
mod sockets;
mod stream;
mod web_app;

pub use document::document;
pub use server::{Parts, serve};
