//! Inference: from frames to observations.
//!
//! The path of one frame: a camera's [`Watcher`] asks the person [`Detector`], whose thread looks at frames of many
//! cameras in one batch; the [`FallRule`] decides from the boxes whether the turned views are to be asked too, and what
//! all of it means; what it concludes leaves as an [`Observation`] with the very frame that was judged.
//!
//! Nothing here knows who anybody is: tracks are boxes of one camera that live for seconds. Knows nothing of databases,
//! people or HTTP.

mod batch;
mod canary;
pub mod crowd;
mod detection;
mod detector;
pub mod eval;
pub mod eval_crowd;
mod fall;
mod family;
pub mod geometry;
pub mod ground;
mod held_back;
mod inspect;
mod letterbox;
pub mod measure;
mod model;
mod nms;
mod observation;
mod picture;
mod pool;
mod preprocess;
mod provider;
mod replay;
mod runtime;
mod scene;
pub mod scheduler;
mod shrink;
#[cfg(test)]
mod testing;
mod tracks;
mod turned;
mod unchanged;
mod watcher;
mod worker;

pub use batch::Seen;
pub use detection::{Detection, Head, KEYPOINTS, Keypoint, Pose, View};
pub use detector::{DetectError, Detector, DetectorStatus};
pub use fall::{Because, FallRule, FallSettings, FallState, FallStep, Look, Transition, Turned};
pub use held_back::HeldBack;
pub use inspect::{Inspection, inspect};
pub use letterbox::{InputSize, Letterbox};
pub use model::{ModelError, ModelSpec, Role};
pub use nms::suppress;
pub use observation::{
    CrowdFinding, EndReason, FallFinding, Finding, Judged, Observation, ObservationKind, Phase,
};
pub use picture::{MaskError, PictureError, jpeg, masked_clip};
pub use provider::{Engine, EngineChoice, Precision, Provider, Refusal};
pub use replay::{Player, Recorded, Replay, ReplayError, ReplayPlan, Work, replay};
pub use runtime::{Runtime, RuntimeError};
pub use scene::{Hours, LyingPlace, LyingZone, Scene};
pub use scheduler::{Scheduler, Seat};
pub use watcher::{Detectors, InferenceCounters, Looked, Watcher};
