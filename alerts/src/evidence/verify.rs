//! Whether evidence is what was written: files against manifest, manifest against timeline.

use std::sync::Arc;

use object_store::ObjectStore;
use serde::Serialize;

use super::{
    EvidencePlace, EvidenceState,
    manifest::{MANIFEST, Manifest, sha256},
    store::{list, read_whole},
};
use crate::{
    alert::{Alert, AlertId},
    error::{Error, OpenError},
    store::{AlertFilter, Store},
    timeline::Happening,
};

/// How many alerts are read at one time.
const PAGE: u32 = 200;

/// What is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Difference {
    /// The timeline knows of a manifest, and there is none.
    ManifestMissing,
    /// The manifest is not the one that the timeline knows.
    ManifestExchanged {
        /// SHA-256 by the timeline.
        expected: String,
        /// SHA-256 of what is there.
        found: String,
    },
    /// There is a manifest, all evidence is settled, and the timeline knows of none.
    NotInTimeline,
    /// The manifest cannot be read, or is another alert's.
    ManifestUnreadable,
    /// A file that the manifest names is not there.
    FileMissing {
        /// Its name.
        name: String,
    },
    /// A file is not what the manifest says.
    FileDiffers {
        /// Its name.
        name: String,
        /// SHA-256 by the manifest.
        expected: String,
        /// SHA-256 of what is there.
        found: String,
    },
    /// A file is there that the manifest does not name.
    FileNotNamed {
        /// Its name.
        name: String,
    },
    /// The alert says that a piece is ready, and the manifest does not name it.
    PieceNotNamed {
        /// Its name.
        name: String,
    },
}

/// What became of one alert's evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Which alert.
    pub alert: AlertId,
    /// How many files were held against the manifest.
    pub files: usize,
    /// Whether it has no manifest and should have none: it is of a version that wrote none.
    pub without_manifest: bool,
    /// All that is not as it was written; empty where all is.
    pub differences: Vec<Difference>,
}

/// Reads evidence and holds it against what was noted of it. Changes nothing, and works beside a running server.
pub struct Verifier {
    objects: Arc<dyn ObjectStore>,
    store: Store,
}

impl Verifier {
    /// A verifier of what is kept there, by the alerts of this database.
    ///
    /// # Errors
    /// The place cannot be used.
    pub fn new(place: &EvidencePlace, store: Store) -> Result<Self, OpenError> {
        Ok(Self { objects: place.open()?, store })
    }

    /// Verifies the evidence of one alert.
    ///
    /// # Errors
    /// No such alert, or the database or the place fails.
    pub async fn verify(&self, id: AlertId) -> Result<Verdict, Error> {
        let alert = self.store.alert(id).await?.ok_or(Error::UnknownAlert(id))?;
        self.verify_alert(&alert).await
    }

    /// Verifies the evidence of all alerts whose evidence is not deleted, newest first, and hands each verdict to `tell`.
    ///
    /// # Errors
    /// The database or the place fails.
    pub async fn verify_all(&self, mut tell: impl FnMut(Verdict)) -> Result<(), Error> {
        let mut filter = AlertFilter { limit: PAGE, ..AlertFilter::default() };
        loop {
            let alerts = self.store.alerts(filter).await?;
            let Some(last) = alerts.last() else { return Ok(()) };
            filter.before = Some(last.id);
            for alert in alerts.iter().filter(|alert| alert.evidence_deleted_at.is_none()) {
                tell(self.verify_alert(alert).await?);
            }
        }
    }

    async fn verify_alert(&self, alert: &Alert) -> Result<Verdict, Error> {
        let mut verdict =
            Verdict { alert: alert.id, files: 0, without_manifest: false, differences: Vec::new() };
        // What the timeline noted last is what counts: each piece that came later was noted again.
        let timeline = self.store.timeline(alert.id).await?;
        let sealed = timeline.into_iter().rev().find_map(|entry| match entry.what {
            Happening::EvidenceSealed { manifest, .. } => Some(manifest),
            _ => None,
        });
        let text = read_whole(&*self.objects, alert, MANIFEST).await?;
        let is_settled = alert.evidence().all(|(_, evidence)| evidence.state != EvidenceState::Pending);
        let text = match (text, sealed) {
            (None, None) => {
                verdict.without_manifest = true;
                return Ok(verdict);
            }
            (None, Some(_)) => {
                verdict.differences.push(Difference::ManifestMissing);
                return Ok(verdict);
            }
            (Some(text), sealed) => {
                match sealed {
                    // While a piece is still to come, the manifest is ahead of the timeline.
                    _ if !is_settled => {}
                    Some(expected) if expected != sha256(&text) => {
                        let found = sha256(&text);
                        verdict.differences.push(Difference::ManifestExchanged { expected, found });
                    }
                    Some(_) => {}
                    None => verdict.differences.push(Difference::NotInTimeline),
                }
                text
            }
        };
        match serde_json::from_slice::<Manifest>(&text) {
            Ok(manifest) if manifest.alert == alert.id => {
                self.compare(alert, &manifest, &mut verdict).await?
            }
            _ => verdict.differences.push(Difference::ManifestUnreadable),
        }
        Ok(verdict)
    }

    async fn compare(&self, alert: &Alert, manifest: &Manifest, verdict: &mut Verdict) -> Result<(), Error> {
        for file in &manifest.files {
            verdict.files += 1;
            let (name, expected) = (file.name.clone(), file.sha256.clone());
            match read_whole(&*self.objects, alert, &name).await?.map(|bytes| sha256(&bytes)) {
                None => verdict.differences.push(Difference::FileMissing { name }),
                Some(found) if found != expected => {
                    verdict.differences.push(Difference::FileDiffers { name, expected, found });
                }
                Some(_) => {}
            }
        }
        let names = |name: &str| name == MANIFEST || manifest.file(name).is_some();
        let ready = alert.evidence().filter(|(_, evidence)| evidence.state == EvidenceState::Ready);
        let unnamed = ready.map(|(kind, _)| kind.file_name()).filter(|name| !names(name));
        verdict.differences.extend(unnamed.map(|name| Difference::PieceNotNamed { name }));
        let there = list(&*self.objects, alert).await?;
        let there = there.iter().map(|file| file.filename().unwrap_or_default().to_owned());
        let others = there.filter(|name| !names(name));
        verdict.differences.extend(others.map(|name| Difference::FileNotNamed { name }));
        Ok(())
    }
}
