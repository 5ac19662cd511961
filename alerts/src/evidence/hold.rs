//! Legal hold: evidence that somebody needs for longer than it is kept.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::EvidenceStore;
use crate::{
    alert::{Alert, AlertId},
    error::Error,
    life::Actor,
    timeline::Happening,
};

/// Evidence is held: it is not deleted before somebody releases it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LegalHold {
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: Actor,
    /// Since when.
    pub at: Timestamp,
}

impl EvidenceStore {
    /// Holds an alert's evidence.
    ///
    /// # Errors
    /// [`Error::BadMove`] where the reason is none, or there is nothing to hold: it is held or deleted already.
    /// [`Error::UnknownAlert`], or the database fails.
    pub async fn hold(&self, id: AlertId, reason: String, by: Actor) -> Result<Alert, Error> {
        // What is being deleted is deleted first, and is then nothing to hold.
        let _turn = self.turn(id).await;
        let held = move |alert: &mut Alert, by: &Actor, at| {
            if alert.evidence_deleted_at.is_some() {
                return Err(Error::BadMove { field: "alert", must: "one whose evidence is not deleted" });
            }
            if alert.legal_hold.is_some() {
                return Err(Error::BadMove {
                    field: "alert",
                    must: "one whose evidence is not held already",
                });
            }
            alert.legal_hold = Some(LegalHold { reason: reason.clone(), by: by.clone(), at });
            Ok(Happening::EvidenceHeld { reason })
        };
        self.desk.note(id, by, held).await
    }

    /// Releases an alert's evidence; what is over its time is deleted with the next batch.
    ///
    /// # Errors
    /// [`Error::BadMove`] where the reason is none, or it is not held. [`Error::UnknownAlert`], or the database fails.
    pub async fn release(&self, id: AlertId, reason: String, by: Actor) -> Result<Alert, Error> {
        let released = move |alert: &mut Alert, _: &Actor, _| {
            let held = Error::BadMove { field: "alert", must: "one whose evidence is held" };
            alert.legal_hold.take().ok_or(held)?;
            Ok(Happening::EvidenceReleased { reason })
        };
        self.desk.note(id, by, released).await
    }
}
