//! What is PostgreSQL's own.

use sqlx::{Connection, PgConnection};
use url::Url;

use super::{Backend, Database};
use crate::error::OpenError;

/// The connection that holds the advisory lock.
pub(super) type Session = PgConnection;

/// "gridwatc" in ASCII: any number would do, as long as it is always the same.
const LOCK: i64 = 0x6772_6964_7761_7463;

/// Keeps other processes away from the database, and makes sure that it is empty or ours and not newer.
pub(super) async fn hold(database: &Database, url: &Url) -> Result<Session, OpenError> {
    let failed = |source| database.error(source);
    let mut session = PgConnection::connect(url.as_str()).await.map_err(failed)?;
    let (free,): (bool,) = sqlx::query_as("SELECT pg_try_advisory_lock($1)")
        .bind(LOCK)
        .fetch_one(&mut session)
        .await
        .map_err(failed)?;
    if !free {
        return Err(OpenError::InUse { database: database.clone() });
    }
    let tables = "SELECT count(*), count(*) FILTER (WHERE table_name = '_sqlx_migrations') \
                  FROM information_schema.tables WHERE table_schema = current_schema()";
    let (tables, ours): (i64, i64) = sqlx::query_as(tables).fetch_one(&mut session).await.map_err(failed)?;
    match (tables, ours) {
        (0, _) => return Ok(session),
        (_, 0) => return Err(OpenError::NotADatabase { database: database.clone() }),
        _ => {}
    }
    let (found,): (Option<i64>,) = sqlx::query_as("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&mut session)
        .await
        .map_err(failed)?;
    let known = Backend::Postgres.known_version();
    match found {
        Some(found) if found > known => Err(OpenError::Newer { database: database.clone(), found, known }),
        _ => Ok(session),
    }
}
