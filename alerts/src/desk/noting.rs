//! What is noted of an alert beside its life: its evidence, and what people decide about that.

use jiff::Timestamp;

use super::{Desk, acting::check_text, to_its_end};
use crate::{
    alert::{Alert, AlertId, Change},
    error::Error,
    evidence::{Evidence, EvidenceKind, EvidenceState, Seal},
    life::Actor,
    store::Draft,
    timeline::{Entry, Happening},
};

impl Desk {
    /// Notes what became of a picture or clip, to its end, even where the caller stops waiting half-way. With the last piece
    /// the timeline notes the manifest.
    ///
    /// # Errors
    /// The alert does not exist, or the database fails.
    pub(crate) async fn set_evidence(
        &self,
        id: AlertId,
        kind: EvidenceKind,
        evidence: Evidence,
        seal: Option<Seal>,
    ) -> Result<(), Error> {
        let desk = self.clone();
        to_its_end(async move { desk.settle(id, kind, evidence, seal).await }).await
    }

    async fn settle(
        &self,
        id: AlertId,
        kind: EvidenceKind,
        evidence: Evidence,
        seal: Option<Seal>,
    ) -> Result<(), Error> {
        let mut open = self.certain().await?;
        let mut alert = self.find(&open, id).await?;
        // A step that the alert does not have has nowhere to be noted, and nobody who asks for it.
        let Some(noted) = alert.evidence_mut(kind) else { return Ok(()) };
        *noted = evidence;
        let now = self.now();
        let is_settled = alert.evidence().all(|(_, evidence)| evidence.state != EvidenceState::Pending);
        let seal = seal.filter(|_| is_settled);
        let what = seal.map(|Seal { manifest, files }| Happening::EvidenceSealed { manifest, files });
        let entries = what.map(|what| Entry { at: now, by: Actor::system(), what }).into_iter().collect();
        let draft = Draft { entries, ..Draft::of(alert, Change::Updated) };
        self.write(&mut open, vec![draft], now).await.map(drop)
    }

    /// Changes what an alert notes, and the timeline with it in one transaction, to its end, even where the caller stops waiting
    /// half-way. `change` is given the alert, who changes it, and the time.
    ///
    /// # Errors
    /// What `change` refuses, [`Error::BadMove`] where a reason is none, [`Error::UnknownAlert`], or the database fails.
    pub(crate) async fn note(
        &self,
        id: AlertId,
        by: Actor,
        change: impl FnOnce(&mut Alert, &Actor, Timestamp) -> Result<Happening, Error> + Send + 'static,
    ) -> Result<Alert, Error> {
        let desk = self.clone();
        to_its_end(async move {
            let mut open = desk.certain().await?;
            let (mut alert, now) = (desk.find(&open, id).await?, desk.now());
            let what = change(&mut alert, &by, now)?;
            if let Some(reason) = what.reason() {
                check_text("reason", reason)?;
            }
            let entries = vec![Entry { at: now, by, what }];
            let draft = Draft { entries, ..Draft::of(alert, Change::Updated) };
            let written = desk.write(&mut open, vec![draft], now).await?;
            written.into_iter().next().ok_or(Error::UnknownAlert(id))
        })
        .await
    }
}
