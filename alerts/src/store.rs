//! Alerts and their events in SQLite. A change of an alert and the event that tells of it are one
//! transaction.
//!
//! Statements use `$1` placeholders and nothing that PostgreSQL lacks, except in `open`.

mod open;

use std::{fs::File, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::{
    alert::{Alert, AlertId, AlertState, Change},
    error::Error,
    evidence::EvidenceState,
    hub::Event,
};

/// The database. Cheap to clone; all clones are the same database.
#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
    path: Arc<PathBuf>,
    /// Keeps a second process away for as long as any clone lives.
    _lock: Arc<File>,
}

/// Which alerts to list.
#[derive(Clone, Copy, Debug)]
pub struct AlertFilter {
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
        let statement = "SELECT alert FROM alerts WHERE ($1 IS NULL OR state = $1) AND ($2 IS NULL OR id < $2) \
                         ORDER BY id DESC LIMIT $3";
        let rows = sqlx::query_as(statement)
            .bind(filter.state.map(AlertState::as_str))
            .bind(filter.before.map(|id| id.0))
            .bind(i64::from(filter.limit))
            .fetch_all(&self.pool)
            .await?;
        read_alerts(rows)
    }

    /// All open alerts, oldest first.
    pub(crate) async fn open_alerts(&self) -> Result<Vec<Alert>, Error> {
        let statement = "SELECT alert FROM alerts WHERE state = 'open' ORDER BY id";
        read_alerts(sqlx::query_as(statement).fetch_all(&self.pool).await?)
    }

    /// All alerts whose picture or clip is still awaited, oldest first.
    pub(crate) async fn alerts_awaiting_evidence(&self) -> Result<Vec<Alert>, Error> {
        let statement = "SELECT alert FROM alerts WHERE evidence_pending ORDER BY id";
        read_alerts(sqlx::query_as(statement).fetch_all(&self.pool).await?)
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

    /// Puts a new alert into the database, gives it its id and sequence number, and returns the event that
    /// tells of it.
    pub(crate) async fn insert(&self, alert: &mut Alert, at: Timestamp) -> Result<Event, Error> {
        let mut transaction = self.begin().await?;
        let statement = "INSERT INTO alerts (seq, camera_id, kind, state, level, grid_code, opened_at, \
                         evidence_pending, alert, zone) VALUES (0, $1, $2, $3, $4, $5, $6, TRUE, '', $7) RETURNING id";
        let (id,): (i64,) = sqlx::query_as(statement)
            .bind(&alert.camera.id)
            .bind(alert.kind.as_str())
            .bind(alert.state.as_str())
            .bind(i64::from(alert.level.get()))
            .bind(alert.grid.as_ref().map(|grid| grid.code.as_str()))
            .bind(alert.opened_at.to_string())
            .bind(alert.zone())
            .fetch_one(&mut *transaction)
            .await?;
        alert.id = AlertId(id);
        let event = record(&mut transaction, alert, Change::Opened, at).await?;
        transaction.commit().await?;
        Ok(event)
    }

    /// Writes a changed alert, gives it its new sequence number, and returns the event that tells of it.
    pub(crate) async fn update(
        &self,
        alert: &mut Alert,
        change: Change,
        at: Timestamp,
    ) -> Result<Event, Error> {
        let mut transaction = self.begin().await?;
        let event = record(&mut transaction, alert, change, at).await?;
        transaction.commit().await?;
        Ok(event)
    }

    /// Waits until all connections are closed.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Takes the write lock at once: a transaction that reads first and then wants to write can fail
    /// half-way.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }
}

async fn record(
    transaction: &mut Transaction<'static, Sqlite>,
    alert: &mut Alert,
    change: Change,
    at: Timestamp,
) -> Result<Event, Error> {
    let statement = "INSERT INTO events (alert_id, change, at, alert) VALUES ($1, $2, $3, '') RETURNING seq";
    let (seq,): (i64,) = sqlx::query_as(statement)
        .bind(alert.id.0)
        .bind(change.as_str())
        .bind(at.to_string())
        .fetch_one(&mut **transaction)
        .await?;
    alert.seq = seq;
    let json = serde_json::to_string(alert)?;
    sqlx::query("UPDATE events SET alert = $1 WHERE seq = $2")
        .bind(&json)
        .bind(seq)
        .execute(&mut **transaction)
        .await?;
    let awaited = alert.evidence().any(|(_, evidence)| evidence.state == EvidenceState::Pending);
    let statement = "UPDATE alerts SET seq = $1, state = $2, level = $3, closed_at = $4, evidence_pending = $5, \
                     alert = $6 WHERE id = $7";
    sqlx::query(statement)
        .bind(seq)
        .bind(alert.state.as_str())
        .bind(i64::from(alert.level.get()))
        .bind(alert.closed_at.map(|at| at.to_string()))
        .bind(awaited)
        .bind(&json)
        .bind(alert.id.0)
        .execute(&mut **transaction)
        .await?;
    Ok(Event { seq, change, alert: json.into() })
}

fn read_alerts(rows: Vec<(String,)>) -> Result<Vec<Alert>, Error> {
    rows.into_iter().map(|(json,)| Ok(serde_json::from_str(&json)?)).collect()
}

fn read_event((seq, change, alert): EventRow) -> Result<Event, Error> {
    let change = serde_json::from_value(change.into())?;
    Ok(Event { seq, change, alert: alert.into() })
}
