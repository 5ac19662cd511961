//! Whether a model's file is there, and is the right one.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{digest::Digest, lock::Lock, manifest::Entry};

/// How a model's file stands against the manifest.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It is there and the right one.
    Right,
    /// It is not there.
    Missing,
    /// It is there and another.
    Differs {
        /// Its digest.
        found: Digest,
        /// What it should be.
        expected: Expected,
    },
    /// It is there, and neither the manifest nor the lock file says what it should be.
    Unknown {
        /// Its digest.
        found: Digest,
    },
}

/// The digest that a file must have.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// The digest.
    pub digest: Digest,
    /// The lock file that says so; the manifest if there is none.
    pub recorded_in: Option<PathBuf>,
}

// === impl Standing ===

impl Standing {
    /// How the model's file in that folder stands.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn of(entry: &Entry, folder: &Path, lock: &Lock) -> io::Result<Self> {
        match Digest::of(&folder.join(&entry.file)) {
            Ok(found) => Ok(Self::of_digest(found, Expected::of(entry, lock))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::Missing),
            Err(error) => Err(error),
        }
    }

    /// How a file with that digest stands.
    pub fn of_digest(found: Digest, expected: Option<Expected>) -> Self {
        match expected {
            Some(expected) if expected.digest == found => Self::Right,
            Some(expected) => Self::Differs { found, expected },
            None => Self::Unknown { found },
        }
    }

    /// One word, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Right => "ok",
            Self::Missing => "missing",
            Self::Differs { .. } => "differs",
            Self::Unknown { .. } => "unknown",
        }
    }
}

// === impl Expected ===

impl Expected {
    /// What the manifest says, or else what was recorded when the model was first pulled.
    pub fn of(entry: &Entry, lock: &Lock) -> Option<Self> {
        let known = entry.sha256.map(|digest| Self { digest, recorded_in: None });
        known.or_else(|| {
            let digest = lock.digest(&entry.name)?;
            Some(Self { digest, recorded_in: Some(lock.file().to_owned()) })
        })
    }

    /// Who says so.
    pub fn origin(&self) -> String {
        match &self.recorded_in {
            Some(file) => format!("recorded in {} when it was first pulled", file.display()),
            None => "named by the manifest".to_owned(),
        }
    }
}
