//! Writes evidence with its manifest, tells the alert what became of it, and reads it back.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Weak},
    time::Duration,
};

use bytes::Bytes;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use object_store::{
    GetOptions, GetRange, GetResult, ObjectStore, ObjectStoreExt, PutPayload, path::Path as Key,
};
use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

use super::{
    Evidence, EvidenceFailure, EvidenceKind, EvidencePlace, EvidenceState,
    manifest::{Captured, JudgedFrame, MANIFEST, Manifest, ManifestFile, Origin, Seal, sha256},
    original::OriginalKey,
    place::is_full,
    space::FreeSpace,
};
use crate::{
    alert::{Alert, AlertId},
    desk::Desk,
    error::{Error, OpenError},
    problems::{EVIDENCE_DISK_FULL, EVIDENCE_WRITE_FAILED, Problems},
};

/// How long the first try of a storage may take at start. It may come later; alerts do not wait for it.
const PROBE_LIMIT: Duration = Duration::from_secs(10);
/// The name of what is written at start to see whether it can be. It cannot meet a month's.
const PROBE: &str = ".writable";
/// The least that evidence is kept: 《公共安全视频图像信息系统管理条例》 asks for 30 days.
pub const KEEP_DAYS_MIN: i64 = 30;
/// What is left free on the evidence's disk unless something else is said: the database may be on the same one.
pub const KEEP_FREE_BYTES: u64 = 1 << 30;

/// Where evidence is kept, for how long, and what else is decided about it.
#[derive(Clone, Debug)]
pub struct EvidenceSettings {
    /// Where.
    pub place: EvidencePlace,
    /// So many bytes are left free on the disk of a folder: evidence stops before the database has to.
    pub keep_free: u64,
    /// For how long evidence is kept; less than 30 days counts as 30.
    pub keep: SignedDuration,
    /// The key file for originals; where there is none, no original is kept.
    pub originals: Option<PathBuf>,
    /// How free space is told.
    pub free_space: FreeSpace,
}

/// A piece of evidence that is to be stored.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Which piece.
    pub kind: EvidenceKind,
    /// The file, heads pixelated.
    pub bytes: Bytes,
    /// What of the camera's pictures it shows, where that is known.
    pub captured: Option<Captured>,
    /// How the alert came to be, where that is known. The first that is told stands.
    pub origin: Option<Arc<Origin>>,
}

/// The evidence: `<year>-<month>/<alert>/` with `snapshot.jpg`, `clip.mp4`, `step-<n>.jpg`, `original.bin` and `manifest.json`, in a
/// folder or a bucket. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct EvidenceStore {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) settings: Arc<EvidenceSettings>,
    pub(super) desk: Desk,
    pub(super) problems: Problems,
    pub(super) key: Option<Arc<OriginalKey>>,
    turns: Arc<Mutex<HashMap<AlertId, Weak<tokio::sync::Mutex<()>>>>>,
}

/// Why something was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error("less would be free than is kept for the database")]
    NoRoom,
    #[error(transparent)]
    Storage(#[from] object_store::Error),
    #[error("the manifest: {0}")]
    Manifest(#[from] serde_json::Error),
}

// === impl EvidenceSettings ===

impl EvidenceSettings {
    /// This place, and all else at its default.
    pub fn at(place: EvidencePlace) -> Self {
        Self {
            place,
            keep_free: KEEP_FREE_BYTES,
            keep: SignedDuration::from_hours(24 * KEEP_DAYS_MIN),
            originals: None,
            free_space: FreeSpace::system(),
        }
    }
}

// === impl Piece ===

impl Piece {
    /// A piece of which nothing else is known.
    pub fn new(kind: EvidenceKind, bytes: impl Into<Bytes>) -> Self {
        Self { kind, bytes: bytes.into(), captured: None, origin: None }
    }
}

// === impl EvidenceStore ===

impl EvidenceStore {
    /// Opens the place, and settles what the last run left open: a file that is there is whole, since it got its name last, and
    /// any other will not come any more. A storage that cannot be reached yet is a problem on the board, and no error.
    ///
    /// # Errors
    /// A folder cannot be made or written to, a key file cannot be used, or the database fails.
    pub async fn open(settings: EvidenceSettings, desk: Desk, problems: Problems) -> Result<Self, OpenError> {
        let refused = |what: String| OpenError::Evidence { place: settings.place.to_string(), what };
        let key = match &settings.originals {
            Some(file) => Some(Arc::new(
                OriginalKey::read(file).map_err(|error| refused(format!("{}: {error}", file.display())))?,
            )),
            None => None,
        };
        settings.place.make()?;
        let objects = settings.place.open()?;
        let (settings, turns) = (Arc::new(settings), Arc::default());
        let store = Self { objects, settings, desk, problems, key, turns };
        match (store.try_writing().await, store.settings.place.folder()) {
            (Ok(()), _) => {
                let database = store.desk.store().database().clone();
                store.settle().await.map_err(|source| OpenError::Content { database, source })?;
            }
            (Err(error), Some(folder)) => {
                let source = std::io::Error::other(error);
                return Err(OpenError::NotWritable { path: folder.to_owned(), source });
            }
            (Err(error), None) => drop(store.failure(&error)),
        }
        Ok(store)
    }

    /// Fails now rather than at the first alert.
    async fn try_writing(&self) -> Result<(), WriteError> {
        let probe = Key::from(PROBE);
        let tried = async {
            self.objects.put(&probe, PutPayload::new()).await?;
            self.objects.delete(&probe).await
        };
        match tokio::time::timeout(PROBE_LIMIT, tried).await {
            Ok(tried) => Ok(tried?),
            Err(late) => Err(object_store::Error::Generic { store: "evidence", source: late.into() }.into()),
        }
    }

    async fn settle(&self) -> Result<(), Error> {
        for alert in self.desk.store().alerts_awaiting_evidence().await? {
            let awaited = alert.evidence().filter(|(_, evidence)| evidence.state == EvidenceState::Pending);
            for (kind, _) in awaited {
                let settled = match self.read_whole(&alert, &kind.file_name()).await {
                    Ok(Some(bytes)) => self.store(alert.id, Piece::new(kind, bytes)).await.map(drop),
                    Ok(None) => self.fail(alert.id, kind, EvidenceFailure::NotRecorded).await,
                    // It may be there: the next start asks again.
                    Err(error) => {
                        tracing::warn!(alert.id = %alert.id, %error, "evidence of the last run cannot be read");
                        Ok(())
                    }
                };
                settled?;
            }
        }
        Ok(())
    }

    /// Writes a piece of evidence, whole or not at all, names it in the manifest, and marks the alert's evidence as ready, or as
    /// failed with the reason. A failed write is logged, is a problem on the board until the next write succeeds,
    /// and is no error here: the answer says what became of it.
    ///
    /// # Errors
    /// The alert does not exist, or the database fails; the file may be there all the same.
    pub async fn store(&self, id: AlertId, piece: Piece) -> Result<EvidenceState, Error> {
        let alert = self.alert(id).await?;
        let _turn = self.turn(id).await;
        let (kind, name) = (piece.kind, piece.kind.file_name());
        let (evidence, seal) = match self.write(&alert, &name, piece).await {
            Ok(seal) => {
                self.problems.clear(EVIDENCE_DISK_FULL);
                self.problems.clear(EVIDENCE_WRITE_FAILED);
                (Evidence::ready(id, kind), Some(seal))
            }
            Err(error) => {
                tracing::error!(alert.id = %id, file = name, %error, "evidence could not be written");
                (Evidence::failed(self.failure(&error)), self.seal(&alert).await)
            }
        };
        let state = evidence.state;
        self.desk.set_evidence(id, kind, evidence, seal).await?;
        Ok(state)
    }

    /// Marks a piece of evidence that will never come.
    ///
    /// # Errors
    /// The alert does not exist, or the database fails.
    pub async fn fail(&self, id: AlertId, kind: EvidenceKind, why: EvidenceFailure) -> Result<(), Error> {
        let alert = self.alert(id).await?;
        let _turn = self.turn(id).await;
        let seal = self.seal(&alert).await;
        self.desk.set_evidence(id, kind, Evidence::failed(why), seal).await
    }

    /// The manifest of an alert's evidence as it is stored; none where nothing was written.
    ///
    /// # Errors
    /// The alert does not exist, or its evidence cannot be read.
    pub async fn manifest(&self, id: AlertId) -> Result<Option<Manifest>, Error> {
        let alert = self.alert(id).await?;
        let file = self.read_whole(&alert, MANIFEST).await?;
        Ok(file.map(|file| serde_json::from_slice(&file)).transpose()?)
    }

    /// How large a piece of evidence is, in bytes; none where it is not there.
    ///
    /// # Errors
    /// The place cannot be read.
    pub async fn size(&self, alert: &Alert, kind: EvidenceKind) -> Result<Option<u64>, Error> {
        let there = self.objects.head(&key(alert, &kind.file_name())).await;
        Ok(found(there)?.map(|file| file.size))
    }

    /// A part of a piece of evidence, from one byte to before another, as a stream; none where it is not there.
    ///
    /// # Errors
    /// The place cannot be read, or the piece has no such part.
    pub async fn part(
        &self,
        alert: &Alert,
        kind: EvidenceKind,
        part: std::ops::Range<u64>,
    ) -> Result<Option<GetResult>, Error> {
        // A part of nothing cannot be asked for.
        let range = (!part.is_empty()).then_some(GetRange::Bounded(part));
        let options = GetOptions { range, ..GetOptions::default() };
        found(self.objects.get_opts(&key(alert, &kind.file_name()), options).await)
    }

    pub(super) async fn read_whole(&self, alert: &Alert, name: &str) -> Result<Option<Bytes>, Error> {
        read_whole(&*self.objects, alert, name).await
    }

    pub(super) async fn alert(&self, id: AlertId) -> Result<Alert, Error> {
        self.desk.store().alert(id).await?.ok_or(Error::UnknownAlert(id))
    }

    /// What changes an alert's files waits for whatever else does.
    pub(super) async fn turn(&self, id: AlertId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock();
            turns.retain(|_, turn| turn.strong_count() > 0);
            let turn = turns.get(&id).and_then(Weak::upgrade).unwrap_or_default();
            turns.insert(id, Arc::downgrade(&turn));
            turn
        };
        turn.lock_owned().await
    }

    /// Writes a file and the manifest that names it. A file whose manifest could not be written is taken away again.
    pub(super) async fn write(&self, alert: &Alert, name: &str, piece: Piece) -> Result<Seal, WriteError> {
        let Piece { bytes, captured, origin, .. } = piece;
        if !self.has_room(bytes.len() as u64).await {
            return Err(WriteError::NoRoom);
        }
        let mut manifest = match found_raw(self.objects.get(&key(alert, MANIFEST)).await)? {
            Some(file) => serde_json::from_slice(&file.bytes().await?)?,
            None => Manifest::new(alert),
        };
        let file = ManifestFile {
            name: name.to_owned(),
            bytes: bytes.len() as u64,
            sha256: sha256(&bytes),
            written_at: self.now(),
            captured,
        };
        if let (true, Some(captured)) = (name == EvidenceKind::Snapshot.file_name(), captured) {
            let (file, sha256) = (file.name.clone(), file.sha256.clone());
            manifest.judged = Some(JudgedFrame { captured_at: captured.to, file, sha256 });
        }
        manifest.origin = manifest.origin.or_else(|| origin.map(Arc::unwrap_or_clone));
        manifest.add(file);
        let (text, seal) = manifest.to_file()?;
        self.objects.put(&key(alert, name), bytes.into()).await?;
        if let Err(error) = self.objects.put(&key(alert, MANIFEST), text.into()).await {
            // Best effort: the first error is the one that matters.
            let _ = self.objects.delete(&key(alert, name)).await;
            return Err(error.into());
        }
        Ok(seal)
    }

    /// What the timeline would note of the manifest as it is. One that cannot be read is found when it is verified.
    async fn seal(&self, alert: &Alert) -> Option<Seal> {
        let text = self.read_whole(alert, MANIFEST).await.ok()??;
        let manifest: Manifest = serde_json::from_slice(&text).ok()?;
        Some(Seal { manifest: sha256(&text), files: manifest.files.len() })
    }

    async fn has_room(&self, bytes: u64) -> bool {
        let settings = self.settings.clone();
        let told = tokio::task::spawn_blocking(move || match settings.place.folder() {
            Some(folder) => settings.free_space.has_room(folder, bytes, settings.keep_free),
            None => true,
        });
        told.await.unwrap_or(true)
    }

    /// Puts it on the board, and says what the alert is told.
    pub(super) fn failure(&self, error: &WriteError) -> EvidenceFailure {
        let full = match error {
            WriteError::NoRoom => true,
            WriteError::Storage(error) => is_full(error),
            WriteError::Manifest(_) => false,
        };
        let (code, why) = match full {
            true => (EVIDENCE_DISK_FULL, EvidenceFailure::DiskFull),
            false => (EVIDENCE_WRITE_FAILED, EvidenceFailure::WriteFailed),
        };
        self.problems.raise(code, self.settings.place.to_string());
        why
    }

    pub(super) fn now(&self) -> Timestamp {
        self.desk.now()
    }
}

/// Where a file of an alert is, or would be. Made from the alert's number and month alone.
fn key(alert: &Alert, name: &str) -> Key {
    Key::from(format!("{}/{name}", folder(alert)))
}

/// Where all files of an alert are.
fn folder(alert: &Alert) -> String {
    let month = alert.opened_at.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string();
    format!("{month}/{}", alert.id)
}

/// A file of an alert; none where it is not there.
pub(super) async fn read_whole(
    objects: &dyn ObjectStore,
    alert: &Alert,
    name: &str,
) -> Result<Option<Bytes>, Error> {
    match found(objects.get(&key(alert, name)).await)? {
        Some(file) => Ok(Some(file.bytes().await.map_err(Error::Evidence)?)),
        None => Ok(None),
    }
}

/// All files that an alert has.
pub(super) async fn list(objects: &dyn ObjectStore, alert: &Alert) -> Result<Vec<Key>, Error> {
    let files = objects.list(Some(&Key::from(folder(alert)))).map_ok(|file| file.location);
    files.try_collect().await.map_err(Error::Evidence)
}

fn found<T>(result: object_store::Result<T>) -> Result<Option<T>, Error> {
    found_raw(result).map_err(Error::Evidence)
}

fn found_raw<T>(result: object_store::Result<T>) -> object_store::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
