//! The clip of an alert: waited for, masked at a lower priority than watching, and never kept unmasked in the clear.

use std::{sync::Arc, thread, time::Duration};

use bytes::Bytes;
use gridwatch_alerts::{Captured, EvidenceFailure, EvidenceKind};
use gridwatch_inference::{ObservationKind, masked_clip};
use gridwatch_ingest::{AccessUnit, ClipError, mux};
use jiff::{SignedDuration, Timestamp};
use tokio::{runtime::Handle, sync::oneshot};

use super::Made;

/// A clip shows from this long before the person went down, or people were told of a crowd, …
const BEFORE: SignedDuration = SignedDuration::from_secs(5);
/// … to this long after.
const AFTER: SignedDuration = SignedDuration::from_secs(10);
/// Masking takes seconds; what takes this long hangs, and other clips wait for it.
const MASK_LIMIT: Duration = Duration::from_secs(120);
/// How much the thread that masks gives way to those that watch: half of what there is to give.
const NICE: i32 = 10;

impl Made {
    pub(super) async fn keep_clip(&self) {
        let observation = &self.observation;
        // A crowd may have grown for longer than pictures are kept.
        let begun = match observation.kind() {
            ObservationKind::Fall => observation.since,
            ObservationKind::Crowd => observation.at,
        };
        let (from, to) = (begun - BEFORE, begun + AFTER);
        let still_to_come = to.duration_since(self.maker.clock.now());
        tokio::time::sleep(Duration::try_from(still_to_come).unwrap_or_default()).await;
        let units = match self.span(from, to) {
            Ok(units) => units,
            Err(error) => {
                tracing::error!(alert.id = %self.alert, camera.id = %observation.camera, %error, "no clip of this alert");
                return self.fail(EvidenceKind::Clip, EvidenceFailure::NotRecorded).await;
            }
        };
        let captured = captured(&units, from, to);
        // First, because the clip completes the evidence.
        if self.maker.store.keeps_originals() {
            self.keep_original(units.clone(), captured).await;
        }
        match self.mask(units).await {
            Ok(clip) => self.keep(EvidenceKind::Clip, clip, captured).await,
            Err(error) => {
                tracing::error!(alert.id = %self.alert, camera.id = %observation.camera, %error, "no clip of this alert");
                self.fail(EvidenceKind::Clip, EvidenceFailure::MaskingFailed).await;
            }
        }
    }

    /// What the camera sent meanwhile, or seemed to.
    fn span(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Arc<AccessUnit>>, ClipError> {
        match &self.observation.recorded {
            Some(recorded) => {
                Some(recorded.span(from, to)).filter(|units| !units.is_empty()).ok_or(ClipError::NotRecorded)
            }
            None => self.maker.ingest.span(&self.observation.camera, from, to),
        }
    }

    async fn keep_original(&self, units: Vec<Arc<AccessUnit>>, captured: Captured) {
        let muxed = tokio::task::spawn_blocking(move || mux(&units)).await;
        let muxed = muxed.unwrap_or_else(|e| Err(ClipError::Mux { what: e.to_string() }));
        let kept = match muxed {
            Ok(clip) => self
                .maker
                .store
                .store_original(self.alert, clip, Some(captured))
                .await
                .map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = kept {
            tracing::error!(alert.id = %self.alert, error, "no original of this alert");
        }
    }

    /// The clip with heads pixelated; one at a time.
    async fn mask(&self, units: Vec<Arc<AccessUnit>>) -> Result<Bytes, String> {
        let detectors = self.maker.detectors.clone().ok_or("there are no models that find heads")?;
        let judged = self.observation.judged.clone();
        let _turn = self.maker.masking.acquire().await.map_err(|e| e.to_string())?;
        let (done, masked) = oneshot::channel();
        let runtime = Handle::current();
        let work = move || {
            give_way();
            // Nobody may wait for it any more.
            let _ = done.send(masked_clip(&units, &detectors, judged.as_deref(), &runtime));
        };
        thread::Builder::new().name("mask-clip".to_owned()).spawn(work).map_err(|e| e.to_string())?;
        match tokio::time::timeout(MASK_LIMIT, masked).await {
            Ok(Ok(masked)) => masked.map_err(|e| e.to_string()),
            Ok(Err(_)) => Err("masking ended half-way".to_owned()),
            Err(_) => Err("masking hangs".to_owned()),
        }
    }
}

/// Linux keeps a thread's niceness for itself, and so this is for the calling thread alone.
fn give_way() {
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "a clip is masked at the usual priority");
    }
}

/// What the clip shows: it begins at a key picture, and ends with what there is.
fn captured(units: &[Arc<AccessUnit>], from: Timestamp, to: Timestamp) -> Captured {
    let at = |unit: Option<&Arc<AccessUnit>>, otherwise| unit.map_or(otherwise, |unit| unit.received_at);
    Captured { from: at(units.first(), from), to: at(units.last(), to) }
}
