//! How this crate fails, without a word about HTTP.

use std::{io, path::PathBuf};

use crate::{alert::AlertId, drill::DrillRefused, evidence::OriginalRefused, life::Refused, store::Database};

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
    /// The place of the evidence did not do what was asked.
    #[error("evidence: {0}")]
    Evidence(object_store::Error),
    /// An original is not opened.
    #[error("alert {0}: the original is not opened: {1:?}")]
    OriginalRefused(AlertId, OriginalRefused),
    /// No drill begins.
    #[error("no drill begins: {0:?}")]
    DrillRefused(DrillRefused),
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
    /// Evidence cannot be kept there.
    #[error("evidence in {place}: {what}")]
    Evidence {
        /// Where.
        place: String,
        /// What is wrong.
        what: String,
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
    /// It is of another version of the program, and is only to be read.
    #[error(
        "database {database} has schema version {found}, this program reads {known}; start the server with this program once"
    )]
    Older {
        /// The database.
        database: Database,
        /// The version in the database.
        found: i64,
        /// The version this program reads.
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

/// Why a backup could not be made or restored. A database that was there is left as it was.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is no database yet.
    #[error("database {database} does not exist or holds nothing yet; there is nothing to back up")]
    NoDatabase {
        /// The database.
        database: Database,
    },
    /// A file is in the way.
    #[error("{path} exists already and is not overwritten; name another file")]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database to restore into holds something.
    #[error("database {database} is not empty; {remedy}")]
    NotEmpty {
        /// The database.
        database: Database,
        /// What can be done.
        remedy: &'static str,
    },
    /// The file is something else.
    #[error("{path} is not a backup that gridwatch has made")]
    NotABackup {
        /// Which file.
        path: PathBuf,
    },
    /// A later version of the program made it.
    #[error(
        "{path} was made by gridwatch {program}, which is newer: {what} {found}, this program knows up to {known}; restore it with that version"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Which program made it.
        program: String,
        /// What of it is newer.
        what: &'static str,
        /// Its version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// It is older than this kind of database.
    #[error(
        "{path} has schema version {found}, {database} begins with {oldest}; restore it into a SQLite file, back that up, and restore the new backup"
    )]
    TooOld {
        /// Which file.
        path: PathBuf,
        /// The database to restore into.
        database: Database,
        /// The version in the file.
        found: i64,
        /// The oldest version the database can have.
        oldest: i64,
    },
    /// The end of the file is missing.
    #[error("{path} is cut off in line {line}; nothing was restored")]
    CutOff {
        /// Which file.
        path: PathBuf,
        /// In which line of the unpacked text, from 1.
        line: u64,
    },
    /// The file is not as it was written.
    #[error("{path} is not as it was written: {what}, found in line {line}; nothing was restored")]
    Changed {
        /// Which file.
        path: PathBuf,
        /// In which line of the unpacked text, from 1, that was found.
        line: u64,
        /// What is not as it must be.
        what: String,
    },
    /// A backup cannot hold what is in the database.
    #[error("database {database}: {what}")]
    Unsupported {
        /// The database.
        database: Database,
        /// What it cannot hold.
        what: String,
    },
    /// The database did not do what was asked.
    #[error("database {database}: {source}")]
    Database {
        /// The database.
        database: Database,
        /// What it said.
        source: sqlx::Error,
    },
}
