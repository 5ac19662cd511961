//! What goes with an alert: the judged picture at once, the clip as soon as its last second has come and heads are pixelated in it.

mod clip;
mod origin;
mod verify;

use std::sync::Arc;

use bytes::Bytes;
use gridwatch_alerts::{
    AlertId, Captured, EvidenceFailure, EvidenceKind, EvidenceOrder, EvidenceStore, Origin, Piece,
};
use gridwatch_inference::{Detectors, Judged, Observation, geometry::Rect};
use gridwatch_ingest::{Clock, Ingest};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;

pub use origin::Origins;
pub use verify::{EvidenceCommand, run};

/// How many alerts' evidence is made at one time; the others wait their turn. Most of the time each waits for its clip's last
/// second, or with the clip in memory for the turn to be masked.
const MAKING_MAX: usize = 16;

/// Makes evidence. Cheap to clone.
#[derive(Clone)]
pub struct Maker {
    /// Where clips come from.
    pub ingest: Ingest,
    /// Where evidence goes.
    pub store: EvidenceStore,
    /// Who finds the heads in clips. Without them no clip is kept.
    pub detectors: Option<Detectors>,
    /// By what alerts are judged.
    pub origins: Arc<Origins>,
    /// The time.
    pub clock: Clock,
    /// One clip is masked at a time.
    pub masking: Arc<Semaphore>,
}

/// One alert's evidence while it is made.
struct Made {
    alert: AlertId,
    origin: Arc<Origin>,
    observation: Observation,
    maker: Maker,
}

// === impl Maker ===

impl Maker {
    /// Makes the evidence that is ordered, until the sender is gone and all is made.
    pub async fn run(self, mut orders: mpsc::Receiver<EvidenceOrder>) {
        let tasks = TaskTracker::new();
        let making = Arc::new(Semaphore::new(MAKING_MAX));
        while let Some(EvidenceOrder { alert, pieces, observation }) = orders.recv().await {
            let Ok(turn) = making.clone().acquire_owned().await else { break };
            let origin = Arc::new(self.origins.of(&observation));
            let made = Made { alert, origin, observation, maker: self.clone() };
            tasks.spawn(async move {
                for kind in pieces {
                    match kind {
                        EvidenceKind::Snapshot | EvidenceKind::Step(_) => made.keep_picture(kind).await,
                        EvidenceKind::Clip => made.keep_clip().await,
                    }
                }
                drop(turn);
            });
        }
        tasks.close();
        tasks.wait().await;
    }
}

// === impl Made ===

impl Made {
    async fn keep_picture(&self, kind: EvidenceKind) {
        let Some(judged) = self.observation.judged.clone() else {
            return self.fail(kind, EvidenceFailure::NotRecorded).await;
        };
        let at = judged.frame.captured_at;
        match encode(judged, self.observation.place).await {
            Ok(picture) => self.keep(kind, picture.into(), Captured { from: at, to: at }).await,
            Err(what) => {
                tracing::error!(alert.id = %self.alert, error = what, "no picture of this alert");
                self.fail(kind, EvidenceFailure::WriteFailed).await;
            }
        }
    }

    async fn keep(&self, kind: EvidenceKind, bytes: Bytes, captured: Captured) {
        let piece = Piece { kind, bytes, captured: Some(captured), origin: Some(self.origin.clone()) };
        // The store says for itself what goes wrong with its place; what is left is the database.
        if let Err(error) = self.maker.store.store(self.alert, piece).await {
            tracing::error!(alert.id = %self.alert, ?kind, %error, "evidence could not be noted");
        }
    }

    async fn fail(&self, kind: EvidenceKind, why: EvidenceFailure) {
        if let Err(error) = self.maker.store.fail(self.alert, kind, why).await {
            tracing::error!(alert.id = %self.alert, ?kind, %error, "missing evidence could not be noted");
        }
    }
}

async fn encode(judged: Arc<Judged>, place: Rect) -> Result<Vec<u8>, String> {
    let encoded = tokio::task::spawn_blocking(move || gridwatch_inference::jpeg(&judged, &place)).await;
    encoded.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}
