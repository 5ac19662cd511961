//! From the database to the file, out of one snapshot.

use std::path::Path;

use futures::TryStreamExt;
use jiff::Timestamp;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Connection, Transaction};
use tokio::sync::mpsc;

use super::{
    super::{Backend, Database, postgres, sqlite},
    BackupSummary, PARTS_MAX,
    catalogue::{Catalogue, Table},
    file::{self, Header, Part, Rows, TableHead},
    stopped,
};
use crate::error::BackupError;

/// Writes all that a database holds into one file; a server may run meanwhile, and goes on writing.
///
/// The rows are those of one moment, a little after `now`. The file is of its owner alone, and has its name when it is whole.
///
/// # Errors
/// There is no database, it is not ours, damaged or newer, it fails, the file is there already or cannot be written. There
/// is then no file.
pub async fn backup(database: &Database, path: &Path, now: Timestamp) -> Result<BackupSummary, BackupError> {
    if path.try_exists().map_err(|source| BackupError::File { path: path.to_owned(), source })? {
        return Err(BackupError::Exists { path: path.to_owned() });
    }
    let failed = |source| BackupError::Database { database: database.clone(), source };
    let (backend, mut connection) = connect(database).await?;
    let mut snapshot = match backend {
        Backend::Sqlite => connection.begin().await,
        Backend::Postgres => connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await,
    }
    .map_err(failed)?;
    // The first statement takes the snapshot.
    let schema: i64 = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&mut *snapshot)
        .await
        .map_err(failed)?;
    let catalogue = Catalogue::read(backend, database, &mut snapshot).await?;

    let header = Header::new(schema, backend.name(), now);
    let (parts, to_write) = mpsc::channel(PARTS_MAX);
    let writing = tokio::task::spawn_blocking({
        let (path, header) = (path.to_owned(), header.clone());
        move || file::write(&path, &header, to_write)
    });
    let given = give_all(&catalogue, &mut snapshot, parts).await.map_err(failed);
    let written = writing.await.unwrap_or_else(|error| Err(stopped(path, error)));
    given?;
    let tables = written?;
    // Nothing was changed, so nothing is lost if this fails.
    let _ = snapshot.rollback().await;
    let _ = connection.close().await;
    Ok(BackupSummary { schema, program: header.program, database: header.database, at: now, tables })
}

/// A connection that only reads, to a database that is ours and not newer.
async fn connect(database: &Database) -> Result<(Backend, AnyConnection), BackupError> {
    sqlx::any::install_default_drivers();
    let no_database = || BackupError::NoDatabase { database: database.clone() };
    let failed = |source| database.error(source);
    let (backend, url) = match database {
        Database::Sqlite(path) => {
            if !std::fs::metadata(path).is_ok_and(|file| file.len() > 0) {
                return Err(no_database());
            }
            sqlite::check_magic(path)?;
            sqlite::check_content(path).await?;
            (Backend::Sqlite, sqlite::url(path, "ro")?)
        }
        Database::Postgres(url) => {
            let mut session = sqlx::PgConnection::connect(url.as_str()).await.map_err(failed)?;
            if postgres::check_content(database, &mut session).await? == postgres::Content::Nothing {
                return Err(no_database());
            }
            session.close().await.map_err(failed)?;
            (Backend::Postgres, url.as_ref().clone())
        }
    };
    let connection = AnyConnection::connect(url.as_str()).await.map_err(failed)?;
    Ok((backend, connection))
}

/// Gives all tables to whoever writes them. That one may have stopped: it says itself why.
async fn give_all(
    catalogue: &Catalogue,
    snapshot: &mut Transaction<'_, Any>,
    parts: mpsc::Sender<Part>,
) -> sqlx::Result<()> {
    for table in &catalogue.tables {
        if !give(catalogue, table, snapshot, &parts).await? {
            return Ok(());
        }
    }
    let _ = parts.send(Part::Done).await;
    Ok(())
}

/// Gives one table; says whether more is wanted.
async fn give(
    catalogue: &Catalogue,
    table: &Table,
    snapshot: &mut Transaction<'_, Any>,
    parts: &mpsc::Sender<Part>,
) -> sqlx::Result<bool> {
    let numbered_to = catalogue.numbered_to(table, snapshot).await?;
    let head = TableHead { table: table.name.clone(), columns: table.columns(), numbered_to };
    if parts.send(Part::Table(head)).await.is_err() {
        return Ok(false);
    }
    let mut rows = Rows::default();
    let mut stream = sqlx::query_scalar(AssertSqlSafe(catalogue.select(table))).fetch(&mut **snapshot);
    while let Some(row) = stream.try_next().await? {
        let row: String = row;
        rows.push(&row);
        if rows.is_full() && parts.send(Part::Rows(std::mem::take(&mut rows))).await.is_err() {
            return Ok(false);
        }
    }
    Ok(rows.is_empty() || parts.send(Part::Rows(rows)).await.is_ok())
}
