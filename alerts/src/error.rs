//! How this crate fails, without a word about HTTP.

use std::{io, path::PathBuf};

use crate::alert::AlertId;

/// Why work on alerts could not be done. What was asked for may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database did not do what was asked.
    #[error("alert store: {0}")]
    Store(#[from] sqlx::Error),
    /// A stored alert cannot be read, or an alert cannot be put into words.
    #[error("alert store: a stored alert is not as expected: {0}")]
    Format(#[from] serde_json::Error),
    /// No such alert.
    #[error("alert {0} does not exist")]
    UnknownAlert(AlertId),
    /// The recorder has ended and takes nothing more.
    #[error("the recorder has ended")]
    RecorderEnded,
}

/// Why the database or the evidence folder cannot be used. Files that were there are left as they were.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made or written to.
    #[error("{path} cannot be written: {source}; give the server a folder it may write to")]
    NotWritable {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has the database.
    #[error("database {path} is in use by another gridwatch; stop that one or name another file")]
    InUse {
        /// The database file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{path} is not a gridwatch database; name another file")]
    NotADatabase {
        /// The database file.
        path: PathBuf,
    },
    /// The file was a database and is damaged.
    #[error("database {path} is damaged ({detail}); restore it from a backup or move it away")]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What the check found first.
        detail: String,
    },
    /// A later version of the program wrote it.
    #[error(
        "database {path} has schema version {found}, this program knows up to {known}; use the newer program or restore an older backup"
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The schema could not be brought up to date.
    #[error("database {path} could not be brought up to date: {source}")]
    Migrate {
        /// The database file.
        path: PathBuf,
        /// What went wrong.
        source: sqlx::migrate::MigrateError,
    },
    /// Anything else the database said.
    #[error("database {path} could not be opened: {source}")]
    Database {
        /// The database file.
        path: PathBuf,
        /// What it said.
        source: sqlx::Error,
    },
    /// What is in the database could not be read.
    #[error("database {path}: {source}")]
    Content {
        /// The database file.
        path: PathBuf,
        /// What went wrong.
        source: Error,
    },
}
