//! Writes evidence files and tells the alert what became of them.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::tz::TimeZone;

use super::{Evidence, EvidenceFailure, EvidenceKind, EvidenceState};
use crate::{
    alert::{Alert, AlertId},
    desk::Desk,
    error::{Error, OpenError},
    problems::{EVIDENCE_DISK_FULL, EVIDENCE_WRITE_FAILED, Problems},
};

/// The evidence folder: `<folder>/<year>-<month>/<alert>/snapshot.jpg`, `clip.mp4` and `step-<n>.jpg`. Cheap to clone.
#[derive(Clone)]
pub struct EvidenceStore {
    folder: Arc<Path>,
    desk: Desk,
    problems: Problems,
}

impl EvidenceStore {
    /// Uses `folder`, makes it where it is missing, and settles what the last run left open: a file that is
    /// there is whole, since it got its name last, and any other will not come any more.
    ///
    /// # Errors
    /// The folder cannot be made or written to, or the database fails.
    pub async fn open(folder: &Path, desk: Desk, problems: Problems) -> Result<Self, OpenError> {
        try_writing(folder).map_err(|source| OpenError::NotWritable { path: folder.to_owned(), source })?;
        let content = |source| OpenError::Content { database: desk.store().database().clone(), source };
        let store = Self { folder: folder.into(), desk: desk.clone(), problems };
        for alert in desk.store().alerts_awaiting_evidence().await.map_err(content)? {
            for (kind, evidence) in alert.evidence() {
                if evidence.state == EvidenceState::Pending {
                    let settled = match store.path(&alert, kind).is_file() {
                        true => Evidence::ready(alert.id, kind),
                        false => Evidence::failed(EvidenceFailure::NotRecorded),
                    };
                    desk.set_evidence(alert.id, kind, settled).await.map_err(content)?;
                }
            }
        }
        Ok(store)
    }

    /// Where a piece of evidence is, or would be. Made from the alert's number and month alone.
    pub fn path(&self, alert: &Alert, kind: EvidenceKind) -> PathBuf {
        let month = alert.opened_at.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string();
        self.folder.join(month).join(alert.id.to_string()).join(kind.file_name())
    }

    /// Writes a piece of evidence, whole or not at all, and marks the alert's evidence as ready, or as failed
    /// with the reason. A failed write is logged, is a problem on the board until the next write succeeds,
    /// and is no error here: the answer says what became of it.
    ///
    /// # Errors
    /// The alert does not exist, or the database fails; the file may be there all the same.
    pub async fn store(
        &self,
        id: AlertId,
        kind: EvidenceKind,
        bytes: Vec<u8>,
    ) -> Result<EvidenceState, Error> {
        let alert = self.desk.store().alert(id).await?.ok_or(Error::UnknownAlert(id))?;
        let path = self.path(&alert, kind);
        let written = tokio::task::spawn_blocking({
            let path = path.clone();
            move || write_whole(&path, &bytes)
        });
        let evidence = match written.await.unwrap_or_else(|stopped| Err(io::Error::other(stopped))) {
            Ok(()) => {
                self.problems.clear(EVIDENCE_DISK_FULL);
                self.problems.clear(EVIDENCE_WRITE_FAILED);
                Evidence::ready(id, kind)
            }
            Err(error) => {
                tracing::error!(alert.id = %id, path = %path.display(), %error, "evidence could not be written");
                let (code, why) = match error.kind() {
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                        (EVIDENCE_DISK_FULL, EvidenceFailure::DiskFull)
                    }
                    _ => (EVIDENCE_WRITE_FAILED, EvidenceFailure::WriteFailed),
                };
                self.problems.raise(code, self.folder.display().to_string());
                Evidence::failed(why)
            }
        };
        let state = evidence.state;
        self.desk.set_evidence(id, kind, evidence).await?;
        Ok(state)
    }

    /// Marks a piece of evidence that will never come.
    ///
    /// # Errors
    /// The alert does not exist, or the database fails.
    pub async fn fail(&self, id: AlertId, kind: EvidenceKind, why: EvidenceFailure) -> Result<(), Error> {
        self.desk.set_evidence(id, kind, Evidence::failed(why)).await
    }
}

/// Fails now rather than at the first alert. The name cannot meet a month's.
fn try_writing(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let probe = folder.join(".writable");
    File::create(&probe)?;
    fs::remove_file(&probe)
}

/// Writes under a name nobody looks for, makes sure of the disk, and gives the file its name last.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let unfinished = path.with_extension("unfinished");
    let written = write_and_sync(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // Best effort: the first error is the one that matters.
        let _ = fs::remove_file(&unfinished);
        return written;
    }
    File::open(folder)?.sync_all()
}

fn write_and_sync(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
