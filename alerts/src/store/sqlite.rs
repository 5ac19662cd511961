//! What is SQLite's own.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use url::Url;

use super::{Backend, Database};
use crate::error::OpenError;

/// The first bytes of every SQLite database that is not empty.
const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// How long a statement waits for a lock, for instance of a backup that reads the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A write-ahead log lets readers and the writer work side by side; its commits are synced. The time-out is the one above.
pub(super) const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";

/// Every column of every table, in order: table, column, type, and whether the database numbers the rows by it.
pub(super) const COLUMNS: &str = "SELECT t.name, c.name, lower(c.type), \
    CASE WHEN c.pk = 1 AND t.sql LIKE '%AUTOINCREMENT%' THEN 1 ELSE 0 END \
    FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c \
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!' AND t.name <> '_sqlx_migrations' ORDER BY t.name, c.cid";

/// Which table refers to which.
pub(super) const REFERENCES: &str = "SELECT t.name, r.\"table\" FROM sqlite_schema AS t \
    JOIN pragma_foreign_key_list(t.name) AS r WHERE t.type = 'table'";

/// Locks `<path>.lock`, makes the folder where it is missing, and makes sure that the file is absent, empty or ours and not
/// newer.
pub(super) async fn hold(path: &Path) -> Result<File, OpenError> {
    let lock = lock(path)?;
    check_magic(path)?;
    if fs::metadata(path).is_ok_and(|file| file.len() > 0) {
        check_content(path).await?;
    }
    Ok(lock)
}

/// The address of the file, to be opened in this mode: `rwc` makes it where it is missing, `rw` and `ro` do not.
pub(super) fn url(path: &Path, mode: &str) -> Result<Url, OpenError> {
    let not_writable = |source| OpenError::NotWritable { path: path.to_owned(), source };
    let absolute = std::path::absolute(path).map_err(not_writable)?;
    let mut url = Url::from_file_path(absolute)
        .map_err(|()| not_writable(io::Error::from(io::ErrorKind::InvalidFilename)))?;
    // The path part is escaped alike for both schemes, but one of the two is special and cannot become the other.
    url.set_query(Some(&format!("mode={mode}")));
    let sqlite = url.as_str().replacen("file://", "sqlite://", 1);
    Url::parse(&sqlite).map_err(|error| not_writable(io::Error::other(error)))
}

/// Locks `<path>.lock` and makes the folder where it is missing.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let not_writable = |path: &Path, source| OpenError::NotWritable { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|source| not_writable(folder, source))?;
    }
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let lock_path = PathBuf::from(lock_path);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(|source| not_writable(&lock_path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { database: path.into() }),
        Err(TryLockError::Error(source)) => Err(not_writable(&lock_path, source)),
    }
}

/// Makes sure that the file is absent, empty or a SQLite database.
pub(super) fn check_magic(path: &Path) -> Result<(), OpenError> {
    let mut head = Vec::with_capacity(SQLITE_MAGIC.len());
    let read = |head: &mut Vec<u8>| File::open(path)?.take(SQLITE_MAGIC.len() as u64).read_to_end(head);
    match read(&mut head) {
        Ok(_) if head.is_empty() || head == SQLITE_MAGIC => Ok(()),
        Ok(_) => Err(OpenError::NotADatabase { database: path.into() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(OpenError::NotWritable { path: path.to_owned(), source }),
    }
}

/// Looks at a file that is there already, through a connection that cannot write.
pub(super) async fn check_content(path: &Path) -> Result<(), OpenError> {
    let failed = |source| Database::from(path).error(source);
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY_TIMEOUT);
    let mut connection = options.connect().await.map_err(failed)?;
    let verdict = check_connection(path, &mut connection).await;
    connection.close().await.map_err(failed)?;
    verdict
}

async fn check_connection(path: &Path, connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let failed = |source| Database::from(path).error(source);
    let (verdict,): (String,) =
        sqlx::query_as("PRAGMA quick_check(1)").fetch_one(&mut *connection).await.map_err(failed)?;
    if verdict != "ok" {
        return Err(OpenError::Corrupt { path: path.to_owned(), detail: verdict });
    }
    let (tables, ours): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(CASE WHEN name = '_sqlx_migrations' THEN 1 END) FROM sqlite_schema WHERE type = 'table'",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(failed)?;
    if ours == 0 {
        let empty = tables == 0;
        return if empty { Ok(()) } else { Err(OpenError::NotADatabase { database: path.into() }) };
    }
    let (found,): (Option<i64>,) = sqlx::query_as("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    let known = Backend::Sqlite.known_version();
    match found {
        Some(found) if found > known => Err(OpenError::Newer { database: path.into(), found, known }),
        _ => Ok(()),
    }
}
