//! What is PostgreSQL's own.

use sqlx::{Connection, PgConnection};
use url::Url;

use super::{Backend, Database};
use crate::error::OpenError;

/// The connection that holds the advisory lock.
pub(super) type Session = PgConnection;

/// "gridwatc" in ASCII: any number would do, as long as it is always the same.
const LOCK: i64 = 0x6772_6964_7761_7463;

/// Every column of every table, in order: table, column, type, and whether the database numbers the rows by it.
pub(super) const COLUMNS: &str = "SELECT c.table_name::TEXT, c.column_name::TEXT, c.data_type::TEXT, \
    CASE WHEN c.is_identity = 'YES' THEN 1 ELSE 0 END \
    FROM information_schema.columns AS c JOIN information_schema.tables AS t USING (table_schema, table_name) \
    WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.table_name <> '_sqlx_migrations' \
    ORDER BY c.table_name, c.ordinal_position";

/// Which table refers to which.
pub(super) const REFERENCES: &str = "SELECT t.relname::TEXT, r.relname::TEXT FROM pg_constraint AS k \
    JOIN pg_class AS t ON t.oid = k.conrelid JOIN pg_class AS r ON r.oid = k.confrelid \
    WHERE k.contype = 'f' AND k.connamespace = current_schema()::REGNAMESPACE";

/// What is in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// No table.
    Nothing,
    /// Our tables, of a version that is known.
    Ours,
}

/// Keeps other processes away from the database, and makes sure that it is empty or ours and not newer.
pub(super) async fn hold(database: &Database, url: &Url) -> Result<Session, OpenError> {
    let mut session = lock(database, url).await?;
    check_content(database, &mut session).await?;
    Ok(session)
}

/// Keeps other processes away from the database for as long as the session lives.
pub(super) async fn lock(database: &Database, url: &Url) -> Result<Session, OpenError> {
    let failed = |source| database.error(source);
    let mut session = PgConnection::connect(url.as_str()).await.map_err(failed)?;
    let (free,): (bool,) = sqlx::query_as("SELECT pg_try_advisory_lock($1)")
        .bind(LOCK)
        .fetch_one(&mut session)
        .await
        .map_err(failed)?;
    if free { Ok(session) } else { Err(OpenError::InUse { database: database.clone() }) }
}

/// Makes sure that a database is empty or ours and not newer.
pub(super) async fn check_content(
    database: &Database,
    session: &mut PgConnection,
) -> Result<Content, OpenError> {
    let failed = |source| database.error(source);
    let tables = "SELECT count(*), count(*) FILTER (WHERE table_name = '_sqlx_migrations') \
                  FROM information_schema.tables WHERE table_schema = current_schema()";
    let (tables, ours): (i64, i64) = sqlx::query_as(tables).fetch_one(&mut *session).await.map_err(failed)?;
    match (tables, ours) {
        (0, _) => return Ok(Content::Nothing),
        (_, 0) => return Err(OpenError::NotADatabase { database: database.clone() }),
        _ => {}
    }
    let (found,): (Option<i64>,) = sqlx::query_as("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&mut *session)
        .await
        .map_err(failed)?;
    let known = Backend::Postgres.known_version();
    match found {
        Some(found) if found > known => Err(OpenError::Newer { database: database.clone(), found, known }),
        _ => Ok(Content::Ours),
    }
}
