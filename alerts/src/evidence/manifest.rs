//! What stands behind an alert's evidence: every file with its hash, and how it came to be.
//!
//! The manifest is written anew, whole, with each piece. When all pieces of an alert are settled, the SHA-256 of the manifest
//! goes into the timeline, which nobody can change: who exchanges a file has to change its hash in the manifest, and who
//! changes the manifest is told by the timeline.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::alert::{Alert, AlertId, AlertKind};

/// The name of the manifest's file.
pub(super) const MANIFEST: &str = "manifest.json";

/// The form of the manifest that this program writes.
const FORMAT: u32 = 1;

/// Everything that is known of an alert's evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Manifest {
    /// The form of this document.
    pub format: u32,
    /// Of which alert.
    pub alert: AlertId,
    /// What the alert is about.
    pub kind: AlertKind,
    /// The camera's id.
    pub camera: String,
    /// When the state began that led to the alert, by the camera's pictures.
    pub since: Timestamp,
    /// When the alert was opened.
    pub opened_at: Timestamp,
    /// How the alert came to be; none where the first piece did not tell.
    pub origin: Option<Origin>,
    /// The picture that was judged, once it is stored.
    pub judged: Option<JudgedFrame>,
    /// All files, by name.
    pub files: Vec<ManifestFile>,
}

/// By what an alert was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Origin {
    /// The version of the camera's configuration under which it was seen.
    pub generation: u32,
    /// The models that looked.
    pub models: Vec<ModelUsed>,
    /// The rule that judged.
    pub rule: RuleUsed,
    /// SHA-256 of the configuration that was in force, defaults included and secrets left out.
    pub configuration: String,
    /// The program's version.
    pub program: String,
}

/// A model that looked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelUsed {
    /// What it is for.
    pub role: String,
    /// The name of its file.
    pub file: String,
    /// SHA-256 of its file, when it was loaded.
    pub sha256: String,
}

/// A rule and how it was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleUsed {
    /// Which rule.
    pub name: String,
    /// Its settings at this camera, and in this zone where it has zones; durations as ISO 8601.
    #[schema(value_type = Object)]
    pub settings: serde_json::Value,
}

/// The picture that was judged, as it is stored: with heads pixelated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JudgedFrame {
    /// When it was captured.
    pub captured_at: Timestamp,
    /// Its file.
    pub file: String,
    /// SHA-256 of its file.
    pub sha256: String,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ManifestFile {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
    /// When it was written.
    pub written_at: Timestamp,
    /// What of the camera's pictures it shows, where that is known.
    pub captured: Option<Captured>,
}

/// A span of a camera's pictures, by when they were captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Captured {
    /// The first.
    pub from: Timestamp,
    /// The last.
    pub to: Timestamp,
}

/// What the timeline notes of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    /// SHA-256 of the manifest's file.
    pub(crate) manifest: String,
    /// How many files it names.
    pub(crate) files: usize,
}

// === impl Manifest ===

impl Manifest {
    /// A manifest that names no file yet.
    pub(super) fn new(alert: &Alert) -> Self {
        Self {
            format: FORMAT,
            alert: alert.id,
            kind: alert.kind,
            camera: alert.camera.id.clone(),
            since: alert.since,
            opened_at: alert.opened_at,
            origin: None,
            judged: None,
            files: Vec::new(),
        }
    }

    /// Names a file, instead of the one of that name if there is one.
    pub(super) fn add(&mut self, file: ManifestFile) {
        self.files.retain(|other| other.name != file.name);
        self.files.push(file);
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// The file of that name.
    pub fn file(&self, name: &str) -> Option<&ManifestFile> {
        self.files.iter().find(|file| file.name == name)
    }

    /// The manifest as it is stored, and what the timeline notes of it.
    pub(super) fn to_file(&self) -> Result<(Vec<u8>, Seal), serde_json::Error> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        let seal = Seal { manifest: sha256(&text), files: self.files.len() };
        Ok((text, seal))
    }
}

/// The SHA-256 of these bytes, as 64 hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as hexadecimal digits, two each.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
