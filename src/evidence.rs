//! What goes with an alert: the judged picture at once, the clip as soon as its last second has come.

use std::{sync::Arc, time::Duration};

use gridwatch_alerts::{AlertId, EvidenceFailure, EvidenceKind, EvidenceOrder, EvidenceStore};
use gridwatch_inference::{Judged, Observation, ObservationKind, geometry::Rect};
use gridwatch_ingest::{ClipError, Clock, Ingest};
use jiff::SignedDuration;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;

/// A clip shows from this long before the person went down, or people were told of a crowd, …
const BEFORE: SignedDuration = SignedDuration::from_secs(5);
/// … to this long after.
const AFTER: SignedDuration = SignedDuration::from_secs(10);
/// How many alerts' evidence is made at one time; the others wait their turn.
const MAKING_MAX: usize = 4;

/// Makes the evidence that is ordered, until the sender is gone and all is made.
pub async fn run(
    mut orders: mpsc::Receiver<EvidenceOrder>,
    ingest: Ingest,
    store: EvidenceStore,
    clock: Clock,
) {
    let tasks = TaskTracker::new();
    let making = Arc::new(Semaphore::new(MAKING_MAX));
    while let Some(EvidenceOrder { alert, pieces, observation }) = orders.recv().await {
        let Ok(turn) = making.clone().acquire_owned().await else { break };
        let (ingest, store, clock) = (ingest.clone(), store.clone(), clock.clone());
        tasks.spawn(async move {
            for kind in pieces {
                match kind {
                    EvidenceKind::Snapshot | EvidenceKind::Step(_) => {
                        keep_picture(alert, kind, &observation, &store).await;
                    }
                    EvidenceKind::Clip => keep_clip(alert, &observation, &ingest, &store, &clock).await,
                }
            }
            drop(turn);
        });
    }
    tasks.close();
    tasks.wait().await;
}

async fn keep_picture(alert: AlertId, kind: EvidenceKind, observation: &Observation, store: &EvidenceStore) {
    let Some(judged) = observation.judged.clone() else {
        return fail(alert, kind, EvidenceFailure::NotRecorded, store).await;
    };
    match encode(judged, observation.place).await {
        Ok(picture) => keep(alert, kind, picture, store).await,
        Err(what) => {
            tracing::error!(alert.id = %alert, error = what, "no picture of this alert");
            fail(alert, kind, EvidenceFailure::WriteFailed, store).await;
        }
    }
}

async fn encode(judged: Arc<Judged>, place: Rect) -> Result<Vec<u8>, String> {
    let encoded = tokio::task::spawn_blocking(move || gridwatch_inference::jpeg(&judged, &place)).await;
    encoded.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}

async fn keep_clip(
    alert: AlertId,
    observation: &Observation,
    ingest: &Ingest,
    store: &EvidenceStore,
    clock: &Clock,
) {
    // A crowd may have grown for longer than pictures are kept.
    let begun = match observation.kind() {
        ObservationKind::Fall => observation.since,
        ObservationKind::Crowd => observation.at,
    };
    let (from, to) = (begun - BEFORE, begun + AFTER);
    let still_to_come = Duration::try_from(to.duration_since(clock.now())).unwrap_or_default();
    tokio::time::sleep(still_to_come).await;
    match ingest.clip(&observation.camera, from, to).await {
        Ok(clip) => keep(alert, EvidenceKind::Clip, clip.into(), store).await,
        Err(error) => {
            tracing::error!(alert.id = %alert, camera.id = %observation.camera, %error, "no clip of this alert");
            let why = match error {
                ClipError::NotRecorded | ClipError::NoSuchCamera => EvidenceFailure::NotRecorded,
                ClipError::Element(_) | ClipError::Mux { .. } => EvidenceFailure::NoVideo,
            };
            fail(alert, EvidenceKind::Clip, why, store).await;
        }
    }
}

async fn keep(alert: AlertId, kind: EvidenceKind, file: Vec<u8>, store: &EvidenceStore) {
    // The store says for itself what goes wrong with its disk; what is left is the database.
    if let Err(error) = store.store(alert, kind, file).await {
        tracing::error!(alert.id = %alert, ?kind, %error, "evidence could not be noted");
    }
}

async fn fail(alert: AlertId, kind: EvidenceKind, why: EvidenceFailure, store: &EvidenceStore) {
    if let Err(error) = store.fail(alert, kind, why).await {
        tracing::error!(alert.id = %alert, ?kind, %error, "missing evidence could not be noted");
    }
}
