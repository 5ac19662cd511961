//! Evidence is kept for a time and no longer, unless it is held.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use jiff::SignedDuration;
use object_store::path::Path as Key;

use super::{
    Evidence, EvidenceFailure, EvidenceState, EvidenceStore,
    store::{KEEP_DAYS_MIN, list},
};
use crate::{
    alert::{Alert, AlertId},
    error::Error,
    life::Actor,
    problems::EVIDENCE_NOT_DELETED,
    timeline::Happening,
};

/// How many alerts' evidence is deleted at one time: a small part of what a disk and a database do anyway.
pub const RETENTION_BATCH: u32 = 50;
/// How often. With the batch above this is 72,000 alerts a day.
const RETENTION_INTERVAL: Duration = Duration::from_secs(60);

/// Deletes evidence that is over its time, in small batches, until it is dropped. While that fails it is a problem on the board.
pub async fn run_retention(evidence: EvidenceStore) {
    loop {
        match evidence.delete_expired().await {
            Ok(0) => evidence.problems.clear(EVIDENCE_NOT_DELETED),
            Ok(deleted) => {
                tracing::info!(deleted, "evidence that was over its time is deleted");
                evidence.problems.clear(EVIDENCE_NOT_DELETED);
            }
            Err(error) => {
                tracing::error!(%error, "evidence that is over its time could not be deleted");
                evidence.problems.raise(EVIDENCE_NOT_DELETED, evidence.settings.place.to_string());
            }
        }
        tokio::time::sleep(RETENTION_INTERVAL).await;
    }
}

impl EvidenceStore {
    /// Deletes the evidence of the oldest alerts that are over their time, [`RETENTION_BATCH`] at most; alerts that are open, and
    /// evidence that is held, are left alone. Gives the number of alerts.
    ///
    /// # Errors
    /// The database or the place fails; what was deleted until then is noted.
    pub async fn delete_expired(&self) -> Result<usize, Error> {
        let keep = self.settings.keep.max(SignedDuration::from_hours(24 * KEEP_DAYS_MIN));
        let expired =
            self.desk.store().alerts_with_expired_evidence(self.now() - keep, RETENTION_BATCH).await?;
        let mut deleted = 0;
        for alert in expired {
            deleted += usize::from(self.delete(alert.id).await?);
        }
        Ok(deleted)
    }

    /// Deletes all of an alert's files, then notes it. Killed in between, the next batch finds nothing to delete and notes it.
    async fn delete(&self, id: AlertId) -> Result<bool, Error> {
        let _turn = self.turn(id).await;
        let alert = self.alert(id).await?;
        // Somebody may have held it a moment ago.
        if alert.legal_hold.is_some() || alert.evidence_deleted_at.is_some() {
            return Ok(false);
        }
        let files = list(&*self.objects, &alert).await?;
        let names = futures::stream::iter(files.into_iter().map(Ok)).boxed();
        let gone =
            |result: &object_store::Result<Key>| !matches!(result, Err(object_store::Error::NotFound { .. }));
        let files = self.objects.delete_stream(names).filter(|result| std::future::ready(gone(result)));
        let files = files.try_collect::<Vec<_>>().await.map_err(Error::Evidence)?.len();
        let deleted = move |alert: &mut Alert, _: &Actor, at| {
            let kinds: Vec<_> = alert.evidence().map(|(kind, evidence)| (kind, evidence.state)).collect();
            for (kind, _) in kinds.into_iter().filter(|(_, state)| *state == EvidenceState::Ready) {
                if let Some(noted) = alert.evidence_mut(kind) {
                    *noted = Evidence::failed(EvidenceFailure::Deleted);
                }
            }
            alert.evidence_deleted_at = Some(at);
            Ok(Happening::EvidenceDeleted { files })
        };
        self.desk.note(id, Actor::system(), deleted).await?;
        Ok(true)
    }
}
