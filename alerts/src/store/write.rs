//! Writing changes of alerts: all that belongs to one, and all that happens at once, in one transaction.

use jiff::Timestamp;
use sqlx::{Any, Transaction};

use super::{Store, deliveries};
use crate::{
    alert::{Alert, AlertId, Change},
    error::Error,
    evidence::EvidenceState,
    hub::Event,
    outbox::NewDelivery,
    timeline::Entry,
};

/// A change of an alert that is not written yet.
pub(crate) struct Draft {
    /// The alert after the change; number 0 for one that is not there yet.
    pub alert: Alert,
    /// What the change does.
    pub change: Change,
    /// What happened.
    pub entries: Vec<Entry>,
    /// What is to be sent.
    pub deliveries: Vec<NewDelivery>,
    /// What waits to be sent for this alert and is not to be sent any more.
    pub cancelled: Option<Cancelled>,
    /// Who accepted, and so had the message.
    pub accepted_by: Option<String>,
}

/// Which waiting deliveries are not sent any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// Those that call people to the spot.
    Calls,
    /// All to people.
    All,
}

impl Draft {
    /// A change that only the alert tells of.
    pub(crate) fn of(alert: Alert, change: Change) -> Self {
        Self {
            alert,
            change,
            entries: Vec::new(),
            deliveries: Vec::new(),
            cancelled: None,
            accepted_by: None,
        }
    }
}

impl Store {
    /// Writes changes, gives new alerts their numbers and all their new sequence numbers, and returns the events that tell
    /// of them.
    pub(crate) async fn write(&self, drafts: &mut [Draft], at: Timestamp) -> Result<Vec<Event>, Error> {
        let mut transaction = self.begin().await?;
        let mut events = Vec::with_capacity(drafts.len());
        for draft in drafts {
            if draft.alert.id == AlertId(0) {
                draft.alert.id = insert(&mut transaction, &draft.alert).await?;
            }
            if let Some(person) = &draft.accepted_by {
                deliveries::accept(&mut transaction, draft.alert.id, person, at).await?;
            }
            if let Some(cancelled) = draft.cancelled {
                deliveries::cancel(&mut transaction, draft.alert.id, cancelled, at).await?;
            }
            for entry in &draft.entries {
                add_entry(&mut transaction, draft.alert.id, entry).await?;
            }
            for delivery in &draft.deliveries {
                deliveries::insert(&mut transaction, Some(draft.alert.id), delivery, at).await?;
            }
            set_clocks(&mut transaction, &draft.alert).await?;
            events.push(record(&mut transaction, &mut draft.alert, draft.change, at).await?);
        }
        transaction.commit().await?;
        Ok(events)
    }
}

async fn insert(transaction: &mut Transaction<'static, Any>, alert: &Alert) -> Result<AlertId, Error> {
    let statement = "INSERT INTO alerts (seq, camera_id, kind, state, level, grid_code, opened_at, \
                     evidence_pending, alert, zone, drill) VALUES (0, $1, $2, $3, $4, $5, $6, TRUE, '', $7, $8) RETURNING id";
    let (id,): (i64,) = sqlx::query_as(statement)
        .bind(&alert.camera.id)
        .bind(alert.kind.as_str())
        .bind(alert.life.state().as_str())
        .bind(i64::from(alert.level.get()))
        .bind(alert.grid.as_ref().map(|grid| grid.code.as_str()))
        .bind(alert.opened_at.to_string())
        .bind(alert.zone())
        .bind(alert.drill)
        .fetch_one(&mut **transaction)
        .await?;
    Ok(AlertId(id))
}

async fn add_entry(
    transaction: &mut Transaction<'static, Any>,
    alert: AlertId,
    entry: &Entry,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO timeline (alert_id, at, entry) VALUES ($1, $2, $3)")
        .bind(alert.0)
        .bind(entry.at.as_millisecond())
        .bind(serde_json::to_string(entry)?)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// The clocks that run are those of the alert.
async fn set_clocks(transaction: &mut Transaction<'static, Any>, alert: &Alert) -> Result<(), Error> {
    sqlx::query("DELETE FROM clocks WHERE alert_id = $1")
        .bind(alert.id.0)
        .execute(&mut **transaction)
        .await?;
    for clock in alert.life.clocks().iter().filter(|clock| clock.fired_at.is_none()) {
        sqlx::query("INSERT INTO clocks (alert_id, clock, due_at) VALUES ($1, $2, $3)")
            .bind(alert.id.0)
            .bind(clock.kind.name())
            .bind(clock.due_at.as_millisecond())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

async fn record(
    transaction: &mut Transaction<'static, Any>,
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
                     alert = $6, open = $7, lasting = $8, ended_at = $9, evidence_kept = $11, legal_hold = $12 WHERE id = $10";
    sqlx::query(statement)
        .bind(seq)
        .bind(alert.life.state().as_str())
        .bind(i64::from(alert.level.get()))
        .bind(alert.life.times().closed.map(|at| at.to_string()))
        .bind(awaited)
        .bind(&json)
        .bind(alert.life.is_open())
        .bind(alert.is_lasting())
        .bind(alert.ended_at.map(|at| at.to_string()))
        .bind(alert.id.0)
        .bind(alert.evidence_deleted_at.is_none())
        .bind(alert.legal_hold.is_some())
        .execute(&mut **transaction)
        .await?;
    Ok(Event { seq, change, alert: json.into() })
}
