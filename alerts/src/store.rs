//! Alerts and all that belongs to them in SQLite or PostgreSQL. A change of an alert, the event that tells of it, its timeline,
//! its clocks and the deliveries it causes are one transaction.
//!
//! Statements are the same for both databases; what only one of them has is in `sqlite` and `postgres`.

mod backup;
mod database;
mod deliveries;
mod documents;
mod grids;
mod open;
mod postgres;
mod proofs;
mod sqlite;
mod statistics;
mod write;

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::{Any, AnyPool, Transaction};

use crate::{
    alert::{Alert, AlertId},
    error::Error,
    hub::Event,
    life::AlertState,
    timeline::Entry,
};

pub use backup::{BackupSummary, Restored, backup, restore};
pub use database::{BadDatabase, Database};
pub use documents::{Document, DocumentKind};
pub use grids::GridTakeover;
pub(crate) use write::{Cancelled, Draft};

/// The database. Cheap to clone; all clones are the same database.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    backend: Backend,
    database: Arc<Database>,
    /// What this process counted the database's holder up to.
    epoch: i64,
    /// Keeps a second process away for as long as any clone lives.
    _holder: Arc<open::Holder>,
}

/// Which of the two databases it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backend {
    Sqlite,
    Postgres,
}

/// Which alerts to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlertFilter {
    /// Only alerts about which something is left to do, or nothing.
    pub open: Option<bool>,
    /// Only alerts whose cause goes on, or is over.
    pub lasting: Option<bool>,
    /// Only alerts in this state.
    pub state: Option<AlertState>,
    /// Only alerts older than this one.
    pub before: Option<AlertId>,
    /// At most so many.
    pub limit: u32,
}

type EventRow = (i64, String, String);

// === impl Store ===

impl Store {
    /// One alert.
    ///
    /// # Errors
    /// The database fails.
    pub async fn alert(&self, id: AlertId) -> Result<Option<Alert>, Error> {
        let row: Option<(String,)> = sqlx::query_as("SELECT alert FROM alerts WHERE id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|(json,)| serde_json::from_str(&json)).transpose()?)
    }

    /// Alerts, newest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn alerts(&self, filter: AlertFilter) -> Result<Vec<Alert>, Error> {
        let statement = "SELECT alert FROM alerts WHERE (CAST($1 AS BOOLEAN) IS NULL OR open = $1) \
                         AND (CAST($2 AS TEXT) IS NULL OR state = $2) AND (CAST($5 AS BOOLEAN) IS NULL OR lasting = $5) \
                         AND id < $3 ORDER BY id DESC LIMIT $4";
        let rows = sqlx::query_as(statement)
            .bind(filter.open)
            .bind(filter.state.map(AlertState::as_str))
            .bind(filter.before.map_or(i64::MAX, |id| id.0))
            .bind(i64::from(filter.limit))
            .bind(filter.lasting)
            .fetch_all(&self.pool)
            .await?;
        read_alerts(rows)
    }

    /// What happened to an alert, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn timeline(&self, id: AlertId) -> Result<Vec<Entry>, Error> {
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT entry FROM timeline WHERE alert_id = $1 ORDER BY id")
                .bind(id.0)
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter().map(|(json,)| Ok(serde_json::from_str(&json)?)).collect()
    }

    /// At most `limit` alerts about which something is left to do, the most urgent first, then the oldest; and how many there are.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_alerts(&self, limit: u32) -> Result<(Vec<Alert>, u64), Error> {
        let (count,): (i64,) =
            sqlx::query_as("SELECT count(*) FROM alerts WHERE open").fetch_one(&self.pool).await?;
        let statement = "SELECT alert FROM alerts WHERE open ORDER BY level, id LIMIT $1";
        let rows = sqlx::query_as(statement).bind(i64::from(limit)).fetch_all(&self.pool).await?;
        Ok((read_alerts(rows)?, u64::try_from(count).unwrap_or(0)))
    }

    /// All alerts that are open, or whose cause lasts, oldest first.
    pub(crate) async fn watched_alerts(&self) -> Result<Vec<Alert>, Error> {
        let statement = "SELECT alert FROM alerts WHERE open OR lasting ORDER BY id";
        read_alerts(sqlx::query_as(statement).fetch_all(&self.pool).await?)
    }

    /// All alerts whose picture or clip is still awaited, oldest first.
    pub(crate) async fn alerts_awaiting_evidence(&self) -> Result<Vec<Alert>, Error> {
        let statement = "SELECT alert FROM alerts WHERE evidence_pending ORDER BY id";
        read_alerts(sqlx::query_as(statement).fetch_all(&self.pool).await?)
    }

    /// The oldest alerts that were opened before then, whose evidence is there, and that nobody works with or holds.
    pub(crate) async fn alerts_with_expired_evidence(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Alert>, Error> {
        let statement = "SELECT alert FROM alerts WHERE evidence_kept AND NOT legal_hold AND NOT open AND NOT lasting \
                         AND opened_at < $1 ORDER BY opened_at LIMIT $2";
        let rows = sqlx::query_as(statement).bind(before.to_string()).bind(i64::from(limit));
        read_alerts(rows.fetch_all(&self.pool).await?)
    }

    /// At most `limit` events with sequence numbers above `seq`, in order.
    pub(crate) async fn events_after(&self, seq: i64, limit: u32) -> Result<Vec<Event>, Error> {
        let rows: Vec<EventRow> =
            sqlx::query_as("SELECT seq, change, alert FROM events WHERE seq > $1 ORDER BY seq LIMIT $2")
                .bind(seq)
                .bind(i64::from(limit))
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter().map(read_event).collect()
    }

    /// The oldest and the newest sequence number there is.
    pub(crate) async fn bounds(&self) -> Result<Option<(i64, i64)>, Error> {
        let row: (Option<i64>, Option<i64>) =
            sqlx::query_as("SELECT min(seq), max(seq) FROM events").fetch_one(&self.pool).await?;
        Ok(row.0.zip(row.1))
    }

    /// Waits until all connections are closed.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins to write, unless another process holds the database by now.
    async fn begin(&self) -> Result<Transaction<'static, Any>, Error> {
        let mut transaction = match self.backend {
            // Takes the write lock at once: a transaction that reads first and then wants to write can fail half-way.
            Backend::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            Backend::Postgres => self.pool.begin().await?,
        };
        let statement = match self.backend {
            Backend::Sqlite => "SELECT epoch FROM holder",
            // Whoever takes the database over waits for the end of this transaction, and so sees what it wrote.
            Backend::Postgres => "SELECT epoch FROM holder FOR SHARE",
        };
        let (epoch,): (i64,) = sqlx::query_as(statement).fetch_one(&mut *transaction).await?;
        if epoch == self.epoch { Ok(transaction) } else { Err(Error::Superseded) }
    }
}

fn read_alerts(rows: Vec<(String,)>) -> Result<Vec<Alert>, Error> {
    rows.into_iter().map(|(json,)| Ok(serde_json::from_str(&json)?)).collect()
}

fn read_event((seq, change, alert): EventRow) -> Result<Event, Error> {
    let change = serde_json::from_value(change.into())?;
    Ok(Event { seq, change, alert: alert.into() })
}
