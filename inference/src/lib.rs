//! Inference: from frames to observations.
//!
//! The path of one frame: a camera's [`Watcher`] asks the person [`Detector`], whose thread looks at frames of many
//! cameras in one batch; the [`FallRule`] decides from the boxes whether the turned views are to be asked too, and what
//! all of it means; what it concludes leaves as an [`Observation`] with the very frame that was judged.
//!
//! Nothing here knows who anybody is: tracks are boxes of one camera that live for seconds. Knows nothing of databases,
//! people or HTTP.

mod batch;
pub mod crowd;
mod detection;
mod detector;
pub mod eval;
pub mod eval_crowd;
mod fall;
mod family;
pub mod geometry;
mod letterbox;
mod model;
mod nms;
mod observation;
mod picture;
mod replay;
mod runtime;
#[cfg(test)]
mod testing;
mod tracks;
mod turned;
mod watcher;

pub use batch::Seen;
pub use detection::{Detection, View};
pub use detector::{BatchPolicy, DetectError, Detector};
pub use fall::{FallRule, FallSettings, FallStep, Look};
pub use letterbox::{InputSize, Letterbox};
pub use model::{ModelError, ModelSpec, Role};
pub use nms::suppress;
pub use observation::{EndReason, Judged, Observation, ObservationKind, Phase};
pub use picture::{PictureError, jpeg};
pub use replay::{Replay, ReplayError, ReplayPlan, replay};
pub use runtime::{Runtime, RuntimeError};
pub use watcher::{Detectors, InferenceCounters, Looked, Watcher};
