//! Ingest: from a camera's address to small decoded frames, clips, and the truth about the camera.
//!
//! The path of one access unit: a [`session`] receives it, [`feed`] puts it into the camera's [`ring`] and asks the
//! [`sampler`] whether it is to be looked at; if so, it goes as a job to the [`decode`] pool, and the [`frame::Frame`]
//! that comes out waits in the camera's [`slot`] until inference takes it.
//!
//! Knows nothing of models, alerts or HTTP.

mod access_unit;
mod activity;
mod address;
mod backoff;
mod camera;
mod clip;
mod clock;
mod colour;
mod condition;
mod decode;
mod feed;
mod figures;
mod frame;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod health;
mod ingest;
mod live;
mod main_stream;
mod outage;
mod pace;
mod probe;
pub mod recording;
mod ring;
mod sampler;
mod session;
mod settings;
mod sight;
mod slot;
mod staleness;
mod supervisor;
#[cfg(test)]
mod testing;

pub use access_unit::{AccessUnit, Codec, StreamParameters};
pub use activity::Activity;
pub use address::{Address, AddressError, Credentials};
pub use camera::{CameraId, CameraSource, Generation, InvalidCameraId, Transport};
pub use clip::{ClipEncoder, ClipError, ClipPictures, mux};
pub use clock::Clock;
pub use colour::Colour;
pub use decode::{DecodeError, DecodePoolSettings, DecoderChain, DecoderChoice, WhyNot};
pub use feed::StreamFigures;
pub use frame::{Frame, Plane};
pub use health::{BLIP, CameraHealth, CameraState, Cause, HealthBoard, LEASE};
pub use ingest::{Ingest, IngestCounters, IngestError};
pub use live::{LiveError, LiveEvent, LiveView};
pub use outage::{Outage, OutageScope};
pub use pace::{Attention, Pace};
pub use probe::{ProbeFailure, ProbeLimits, ProbeReason, ProbeReport, probe};
pub use ring::{Ring, RingBudget, span};
pub use sampler::{DecodeJob, SamplePolicy, Sampler};
pub use session::SessionLimits;
pub use settings::IngestSettings;
pub use slot::FrameReceiver;
pub use staleness::Staleness;
