//! Pictures and clips of alerts: files in a folder or a bucket, written whole or not at all, each named with its hash in a
//! manifest whose own hash is in the timeline.

mod hold;
mod link;
mod manifest;
mod original;
mod place;
mod request;
mod retention;
mod space;
mod store;
mod token;
mod verify;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::alert::AlertId;

pub use hold::LegalHold;
pub use link::{PICTURE_LINK_VALID, PictureLinks};
pub use manifest::{Captured, JudgedFrame, Manifest, ManifestFile, ModelUsed, Origin, RuleUsed};
pub(crate) use manifest::{Seal, hex};
pub use place::{Bucket, EvidencePlace};
pub use request::{LINK_VALID, OriginalLink, OriginalRefused, OriginalRequest};
pub use retention::{RETENTION_BATCH, run_retention};
pub use space::FreeSpace;
pub use store::{EvidenceSettings, EvidenceStore, KEEP_DAYS_MIN, KEEP_FREE_BYTES, Piece};
pub use verify::{Difference, Verdict, Verifier};

/// Whether a picture or clip of an alert can be looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// Whether it is there.
    pub state: EvidenceState,
    /// Where the console serves it, once it is ready.
    #[schema(required)]
    pub url: Option<String>,
    /// Why it will never come, once that is known.
    #[schema(required)]
    pub error: Option<EvidenceFailure>,
}

/// How far a piece of evidence has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceState {
    /// It may still come.
    Pending,
    /// It is there.
    Ready,
    /// It will not come, or is there no more.
    Failed,
}

/// Why a piece of evidence will never come, or is there no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceFailure {
    /// No space left where evidence is kept.
    DiskFull,
    /// It could not be written for another reason, which the log names.
    WriteFailed,
    /// The camera's pictures of that time are no longer in memory, or never were.
    NoVideo,
    /// The server stopped before it was recorded.
    NotRecorded,
    /// People's heads could not be pixelated in it, and so it was not kept.
    MaskingFailed,
    /// It was kept for as long as it is to be, and then deleted.
    Deleted,
}

/// A piece of evidence: every alert has a picture and a clip, that of a crowd a picture for each time it rose too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EvidenceKind {
    /// The very picture that was judged, with its boxes: JPEG.
    Snapshot,
    /// From some seconds before to some seconds after: fragmented MP4.
    Clip,
    /// The picture that was judged when a crowd came to this step of its course, counted from 0.
    Step(u8),
}

// === impl Evidence ===

impl Evidence {
    /// Not there yet.
    pub const fn pending() -> Self {
        Self { state: EvidenceState::Pending, url: None, error: None }
    }

    /// There.
    pub fn ready(alert: AlertId, kind: EvidenceKind) -> Self {
        Self { state: EvidenceState::Ready, url: Some(kind.url(alert)), error: None }
    }

    /// Will not come.
    pub const fn failed(why: EvidenceFailure) -> Self {
        Self { state: EvidenceState::Failed, url: None, error: Some(why) }
    }
}

// === impl EvidenceKind ===

impl EvidenceKind {
    /// What every alert has.
    pub const OF_EVERY_ALERT: [Self; 2] = [Self::Snapshot, Self::Clip];

    /// The name of the file on disk.
    pub fn file_name(self) -> String {
        match self {
            Self::Snapshot => "snapshot.jpg".to_owned(),
            Self::Clip => "clip.mp4".to_owned(),
            Self::Step(n) => format!("step-{n}.jpg"),
        }
    }

    /// The path under which the console serves it. It is part of the alert, because the alert goes to clients
    /// exactly as it is stored.
    pub fn url(self, alert: AlertId) -> String {
        match self {
            Self::Snapshot => format!("/api/media/alerts/{alert}/snapshot.jpg"),
            Self::Clip => format!("/api/media/alerts/{alert}/clip.mp4"),
            Self::Step(n) => format!("/api/media/alerts/{alert}/steps/{n}"),
        }
    }
}
