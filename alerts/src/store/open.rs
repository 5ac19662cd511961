//! Opening the database: everything that may be wrong with the file is found before a byte of it is changed.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::Store;
use crate::error::OpenError;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The first bytes of every SQLite database that is not empty.
const SQLITE_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// One writer and a few readers: console requests and socket catch-up. A write-ahead log lets them work side
/// by side.
const CONNECTIONS_MAX: u32 = 4;

/// How long a statement waits for a lock, for instance of a backup that reads the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

impl Store {
    /// Opens the database at `path`, makes it (and its folder) where there is none, brings its schema up to
    /// date, and keeps other processes away by a lock on `<path>.lock` until the last clone is dropped.
    ///
    /// Commits reach the disk before they return, so neither a killed process nor a lost power supply takes
    /// one back.
    ///
    /// # Errors
    /// The folder cannot be written, another process has the database, or the file is no database, another
    /// program's, damaged, or of a newer version. The file is then as it was.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let lock = lock(path)?;
        check_magic(path)?;
        if fs::metadata(path).is_ok_and(|file| file.len() > 0) {
            check_content(path).await?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .connect_with(options)
            .await
            .map_err(|source| database_error(path, source))?;
        MIGRATIONS.run(&pool).await.map_err(|source| OpenError::Migrate { path: path.to_owned(), source })?;
        Ok(Self { pool, path: Arc::new(path.to_owned()), _lock: Arc::new(lock) })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn lock(path: &Path) -> Result<File, OpenError> {
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
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(not_writable(&lock_path, source)),
    }
}

fn check_magic(path: &Path) -> Result<(), OpenError> {
    let mut head = Vec::with_capacity(SQLITE_MAGIC.len());
    let read = |head: &mut Vec<u8>| File::open(path)?.take(SQLITE_MAGIC.len() as u64).read_to_end(head);
    match read(&mut head) {
        Ok(_) if head.is_empty() || head == SQLITE_MAGIC => Ok(()),
        Ok(_) => Err(OpenError::NotADatabase { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(OpenError::NotWritable { path: path.to_owned(), source }),
    }
}

/// Looks at a file that is there already, through a connection that cannot write.
async fn check_content(path: &Path) -> Result<(), OpenError> {
    let failed = |source| database_error(path, source);
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY_TIMEOUT);
    let mut connection = options.connect().await.map_err(failed)?;
    let verdict = check_connection(path, &mut connection).await;
    connection.close().await.map_err(failed)?;
    verdict
}

async fn check_connection(path: &Path, connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let failed = |source| database_error(path, source);
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
        return if empty { Ok(()) } else { Err(OpenError::NotADatabase { path: path.to_owned() }) };
    }
    let (found,): (Option<i64>,) = sqlx::query_as("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    match found {
        Some(found) if found > known => Err(OpenError::Newer { path: path.to_owned(), found, known }),
        _ => Ok(()),
    }
}

fn database_error(path: &Path, source: sqlx::Error) -> OpenError {
    let path = path.to_owned();
    // SQLite's primary result codes; the upper bits say more, which is not needed here.
    let code =
        source.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<i32>().ok());
    match code.map(|code| code & 0xff) {
        Some(11) => OpenError::Corrupt { path, detail: source.to_string() },
        Some(26) => OpenError::NotADatabase { path },
        Some(8 | 14) => OpenError::NotWritable { path, source: io::Error::other(source) },
        _ => OpenError::Database { path, source },
    }
}
