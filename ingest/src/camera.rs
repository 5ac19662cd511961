//! What a camera is to ingest: a name, an address, and which version of its configuration is meant.

use std::{fmt, sync::Arc};

use crate::address::Address;

/// A registered feed's id: unique in one configuration, stable for ever, safe in a file name or a URL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CameraId(Arc<str>);

impl CameraId {
    /// Takes 1 to 64 ASCII letters, digits, `-`, `_` or `.`, the first a letter or digit.
    ///
    /// # Errors
    /// Anything else, with the sentence that says what is allowed.
    pub fn new(id: &str) -> Result<Self, InvalidCameraId> {
        let starts_well = id.starts_with(|c: char| c.is_ascii_alphanumeric());
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if starts_well && id.len() <= 64 && id.chars().all(allowed) {
            Ok(Self(id.into()))
        } else {
            Err(InvalidCameraId(id.to_owned()))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CameraId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A camera id that would not be safe as a key, a file name or part of a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "camera id {0:?} is not allowed: use 1 to 64 ASCII letters, digits, '-', '_' or '.', the first a letter or digit"
)]
pub struct InvalidCameraId(String);

/// Counts the versions of one camera's configuration.
///
/// Every access unit and frame carries the generation it was received under, so that after a change of
/// address nothing of the old camera is ever shown or judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Generation(pub u32);

/// What ingest needs to pull one camera.
#[derive(Clone, Debug)]
pub struct CameraSource {
    /// Whose pictures these are.
    pub id: CameraId,
    /// Which version of the configuration this is.
    pub generation: Generation,
    /// Where the stream is, with its credentials kept apart.
    pub address: Address,
}
