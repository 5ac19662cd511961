//! From the file to a database that holds nothing yet, in one transaction.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};
use sqlx::{Any, AnyConnection, AssertSqlSafe, Connection, Transaction};
use tokio::sync::mpsc;

use super::{
    super::{Backend, Database, postgres, sqlite},
    BackupSummary, PARTS_MAX, Restored,
    catalogue::{Catalogue, Table},
    file::{self, Header, Part, TableHead},
    stopped,
};
use crate::error::{BackupError, OpenError};

/// Between the backup and its restoring, the server may have given numbers to rows that are lost, and told others of them:
/// a gateway that has seen a message's key would take the next one with it for a repetition. As many numbers a second are
/// left out, six times what 1,000 observations a minute need for alerts.
const NUMBERS_LEFT_OUT_PER_S: i64 = 100;

/// Makes a database of a backup. Server and restoring keep each other away.
///
/// A SQLite file that is there already is refused, or with `replace` kept beside the new one under another name; a
/// PostgreSQL database must have no tables.
///
/// # Errors
/// The file is no backup, cut off, changed or newer; the database is in use, not empty or fails. The database is then as it
/// was.
pub async fn restore(
    database: &Database,
    path: &Path,
    replace: bool,
    now: Timestamp,
) -> Result<Restored, BackupError> {
    sqlx::any::install_default_drivers();
    let header = checked(path).await?;
    match database {
        Database::Sqlite(target) => restore_file(database, target, path, &header, replace, now).await,
        Database::Postgres(url) => {
            let mut holder = postgres::lock(database, url).await?;
            match postgres::check_content(database, &mut holder).await {
                Ok(postgres::Content::Nothing) => {}
                Ok(postgres::Content::Ours)
                | Err(OpenError::NotADatabase { .. } | OpenError::Newer { .. }) => {
                    let remedy = "make an empty one, and name that";
                    return Err(BackupError::NotEmpty { database: database.clone(), remedy });
                }
                Err(error) => return Err(error.into()),
            }
            let load = Load { backend: Backend::Postgres, database, path, header: &header, now };
            let summary = load.run(url.as_str()).await?;
            // It would go by itself, a moment later.
            let _ = holder.close().await;
            Ok(Restored { backup: summary, kept: None })
        }
    }
}

/// Reads the file once to its end, before anything is touched.
async fn checked(path: &Path) -> Result<Header, BackupError> {
    let file = path.to_owned();
    let checked = tokio::task::spawn_blocking(move || {
        let header = file::read_header(&file)?;
        file::read(&file, |_| true)?;
        Ok(header)
    });
    checked.await.unwrap_or_else(|error| Err(stopped(path, error)))
}

/// Makes a new file beside the old one, and lets it take the old one's place when it is whole.
async fn restore_file(
    database: &Database,
    target: &Path,
    path: &Path,
    header: &Header,
    replace: bool,
    now: Timestamp,
) -> Result<Restored, BackupError> {
    let _holder = sqlite::lock(target)?;
    let failed = |source| BackupError::File { path: target.to_owned(), source };
    let there = match fs::metadata(target) {
        Ok(file) => file.len() > 0,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(source) => return Err(failed(source)),
    };
    if there && !replace {
        let remedy =
            "stop, and take --replace to keep it under another name, or name a file that is not there";
        return Err(BackupError::NotEmpty { database: database.clone(), remedy });
    }
    let unfinished = beside(target, ".unfinished");
    discard(&unfinished).map_err(failed)?;
    let url = sqlite::url(&unfinished, "rwc")?;
    let load = Load { backend: Backend::Sqlite, database, path, header, now };
    let loaded = load.run(url.as_str()).await;
    let placed = loaded.and_then(|summary| {
        let kept = put_in_place(&unfinished, target, there, now)?;
        Ok(Restored { backup: summary, kept })
    });
    if placed.is_err() {
        // Best effort: the first error is the one that matters.
        let _ = discard(&unfinished);
    }
    placed
}

/// Gives the old files another name, where there are any, and the new file its own.
fn put_in_place(
    unfinished: &Path,
    target: &Path,
    there: bool,
    now: Timestamp,
) -> Result<Option<PathBuf>, BackupError> {
    let failed = |source| BackupError::File { path: target.to_owned(), source };
    File::open(unfinished).and_then(|file| file.sync_all()).map_err(failed)?;
    let date = now.to_zoned(TimeZone::UTC).strftime(".replaced-%Y%m%dT%H%M%SZ").to_string();
    let kept = beside(target, &date);
    if there && fs::exists(&kept).map_err(failed)? {
        return Err(BackupError::Exists { path: kept });
    }
    // The log belongs to its database: SQLite finds it by the name.
    for part in ["", "-wal", "-shm"] {
        match fs::rename(beside(target, part), beside(&kept, part)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    fs::rename(unfinished, target).map_err(failed)?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(there.then_some(kept))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// Removes a database file that nobody uses.
fn discard(path: &Path) -> io::Result<()> {
    for part in ["", "-journal", "-wal", "-shm"] {
        match fs::remove_file(beside(path, part)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// What is restored, and where.
struct Load<'a> {
    backend: Backend,
    database: &'a Database,
    path: &'a Path,
    header: &'a Header,
    now: Timestamp,
}

// === impl Load ===

impl Load<'_> {
    /// All or nothing.
    async fn run(&self, url: &str) -> Result<BackupSummary, BackupError> {
        let known = self.backend.known_version();
        let Header { program, schema, database, at, .. } = self.header.clone();
        let path = || self.path.to_owned();
        if schema > known {
            return Err(BackupError::Newer {
                path: path(),
                program,
                what: "schema version",
                found: schema,
                known,
            });
        }
        if let Some(oldest) = self.backend.oldest_version().filter(|oldest| schema < *oldest) {
            let database = self.database.clone();
            return Err(BackupError::TooOld { path: path(), database, found: schema, oldest });
        }
        let mut connection = AnyConnection::connect(url).await.map_err(|source| self.failed(source))?;
        let mut transaction = connection.begin().await.map_err(|source| self.failed(source))?;
        self.migrate(schema, &mut transaction).await?;
        let (tables, numbers) = self.load(&mut transaction).await?;
        self.migrate(known, &mut transaction).await?;
        self.number(&numbers, &mut transaction).await?;
        transaction.commit().await.map_err(|source| self.failed(source))?;
        connection.close().await.map_err(|source| self.failed(source))?;
        Ok(BackupSummary { schema, program, database, at, tables })
    }

    async fn migrate(&self, version: i64, transaction: &mut Transaction<'_, Any>) -> Result<(), BackupError> {
        let migrated = self.backend.migrations().run_direct(Some(version), &mut **transaction, false).await;
        let failed = |source| OpenError::Migrate { database: self.database.clone(), source };
        Ok(migrated.map_err(failed)?)
    }

    /// Reads the file and writes its rows; gives how many there are, and what the database had numbered up to where.
    async fn load(
        &self,
        transaction: &mut Transaction<'_, Any>,
    ) -> Result<(BTreeMap<String, u64>, HashMap<String, i64>), BackupError> {
        let catalogue = Catalogue::read(self.backend, self.database, transaction).await?;
        for table in catalogue.tables.iter().rev() {
            catalogue.clear(table, transaction).await.map_err(|source| self.failed(source))?;
        }
        let (parts, mut to_load) = mpsc::channel(PARTS_MAX);
        let reading = tokio::task::spawn_blocking({
            let path = self.path.to_owned();
            move || file::read(&path, |part| parts.blocking_send(part).is_ok())
        });
        let loaded = self.take_all(&catalogue, &mut to_load, transaction).await;
        drop(to_load);
        let read = reading.await.unwrap_or_else(|error| Err(stopped(self.path, error)));
        // A file that is not in order is the better reason.
        let tables = read?;
        Ok((tables, loaded?))
    }

    async fn take_all(
        &self,
        catalogue: &Catalogue,
        parts: &mut mpsc::Receiver<Part>,
        transaction: &mut Transaction<'_, Any>,
    ) -> Result<HashMap<String, i64>, BackupError> {
        let mut missing: HashSet<&str> = catalogue.tables.iter().map(|table| table.name.as_str()).collect();
        let (mut numbers, mut insert) = (HashMap::new(), String::new());
        while let Some(part) = parts.recv().await {
            match part {
                Part::Table(head) => {
                    missing.remove(head.table.as_str());
                    insert = self.insert(catalogue, &head)?;
                    numbers.extend(head.numbered_to.map(|number| (head.table, number)));
                }
                Part::Rows(rows) => {
                    let rows = sqlx::query(AssertSqlSafe(insert.clone())).bind(rows.to_json());
                    rows.execute(&mut **transaction).await.map_err(|source| self.failed(source))?;
                }
                Part::Done => {
                    let missing: Vec<_> = missing.into_iter().collect();
                    return match missing.is_empty() {
                        true => Ok(numbers),
                        false => Err(self.unsuitable(format!("tables are missing: {}", missing.join(", ")))),
                    };
                }
            }
        }
        // The reader says why it stopped.
        Ok(numbers)
    }

    /// The statement that writes rows of a table.
    fn insert(&self, catalogue: &Catalogue, head: &TableHead) -> Result<String, BackupError> {
        let table: Option<&Table> = catalogue.tables.iter().find(|table| table.name == head.table);
        let insert = table.and_then(|table| catalogue.insert(table, &head.columns));
        insert.ok_or_else(|| {
            self.unsuitable(format!(
                "table {} is not that of schema version {}",
                head.table, self.header.schema
            ))
        })
    }

    /// No number is given twice: neither one that is in the backup nor one that was given after it.
    async fn number(
        &self,
        numbers: &HashMap<String, i64>,
        transaction: &mut Transaction<'_, Any>,
    ) -> Result<(), BackupError> {
        let since = self.now.duration_since(self.header.at).as_secs().max(0);
        let left_out = since.saturating_mul(NUMBERS_LEFT_OUT_PER_S);
        let catalogue = Catalogue::read(self.backend, self.database, transaction).await?;
        for table in &catalogue.tables {
            let given =
                catalogue.numbered_to(table, transaction).await.map_err(|source| self.failed(source))?;
            let before = numbers.get(&table.name).copied().unwrap_or(0);
            let number = given.unwrap_or(0).max(before).saturating_add(left_out);
            let numbered = catalogue.number_from(table, number, transaction).await;
            numbered.map_err(|source| self.failed(source))?;
        }
        Ok(())
    }

    fn failed(&self, source: sqlx::Error) -> BackupError {
        BackupError::Database { database: self.database.clone(), source }
    }

    fn unsuitable(&self, what: String) -> BackupError {
        BackupError::Changed { path: self.path.to_owned(), line: 1, what }
    }
}
