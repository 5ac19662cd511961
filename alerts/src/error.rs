//! How this crate fails, without a word about HTTP.

use std::{io, path::PathBuf};

use crate::{alert::AlertId, life::Refused, store::Database};

/// Why work on alerts could not be done. What was asked for may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database did not do what was asked.
    #[error("alert store: {0}")]
    Store(#[from] sqlx::Error),
    /// A stored alert cannot be read, or an alert cannot be put into words.
    #[error("alert store: a stored alert is not as expected: {0}")]
    Format(#[from] serde_json::Error),
    /// What is stored makes no sense.
    #[error("alert store: {0}")]
    Content(String),
    /// No such alert.
    #[error("alert {0} does not exist")]
    UnknownAlert(AlertId),
    /// The move is not allowed.
    #[error("alert {0}: {1}")]
    Refused(AlertId, Box<Refused>),
    /// What a move carries is not as it must be.
    #[error("{field} is not as it must be: {must}")]
    BadMove {
        /// What of it.
        field: &'static str,
        /// What is allowed.
        must: &'static str,
    },
    /// Another process has taken the database over; this one writes nothing more.
    #[error("another gridwatch has taken over the database; this one writes nothing more")]
    Superseded,
    /// As many observations wait for the recorder as may.
    #[error("the recorder is busy: its queue is full")]
    RecorderBusy,
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
    #[error("database {database} is in use by another gridwatch; stop that one or name another database")]
    InUse {
        /// The database.
        database: Database,
    },
    /// It is something else.
    #[error("{database} is not a gridwatch database; name another one")]
    NotADatabase {
        /// The database.
        database: Database,
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
        "database {database} has schema version {found}, this program knows up to {known}; use the newer program or restore an older backup"
    )]
    Newer {
        /// The database.
        database: Database,
        /// The version in the database.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The schema could not be brought up to date.
    #[error("database {database} could not be brought up to date: {source}")]
    Migrate {
        /// The database.
        database: Database,
        /// What went wrong.
        source: sqlx::migrate::MigrateError,
    },
    /// Anything else the database said.
    #[error("database {database} could not be opened: {source}")]
    Database {
        /// The database.
        database: Database,
        /// What it said.
        source: sqlx::Error,
    },
    /// What is in the database could not be read.
    #[error("database {database}: {source}")]
    Content {
        /// The database.
        database: Database,
        /// What went wrong.
        source: Error,
    },
}
