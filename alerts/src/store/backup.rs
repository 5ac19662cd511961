//! One portable file of all that a database holds, and a database made of such a file, of either kind.
//!
//! Rows stream: what is in memory at one time is bounded, however large the database.

mod catalogue;
mod file;
mod restore;
mod save;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::Serialize;
use tokio::task::JoinError;

use crate::error::BackupError;

pub use restore::restore;
pub use save::backup;

/// Between the database and the file so many parts may wait, of about 256 KiB each; then the faster of the two waits.
const PARTS_MAX: usize = 4;

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackupSummary {
    /// The version of the schema that it is of.
    pub schema: i64,
    /// The version of the program that made it.
    pub program: String,
    /// Which kind of database it was made of: `sqlite` or `postgres`.
    pub database: String,
    /// When it was begun.
    pub at: Timestamp,
    /// How many rows each table has.
    pub tables: BTreeMap<String, u64>,
}

/// What became of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// What was restored.
    #[serde(flatten)]
    pub backup: BackupSummary,
    /// Where the SQLite file is now that was there before, if there was one.
    pub kept: Option<PathBuf>,
}

/// The thread that reads or writes the file has panicked.
fn stopped(path: &Path, error: JoinError) -> BackupError {
    BackupError::File { path: path.to_owned(), source: io::Error::other(error) }
}
