//! Deliveries in the database: written with what causes them, leased by whoever sends them.

use jiff::Timestamp;
use sqlx::{Any, Row, Transaction, any::AnyRow};

use super::{Cancelled, Store};
use crate::{
    alert::AlertId,
    error::Error,
    outbox::{Delivery, DeliveryState, LEASE, Lease, NewDelivery, SendOutcome},
};

/// What the channel said is kept up to so many characters.
const ANSWER_CHARS_MAX: usize = 500;

pub(super) async fn insert(
    transaction: &mut Transaction<'static, Any>,
    alert: Option<AlertId>,
    new: &NewDelivery,
    at: Timestamp,
) -> Result<(), Error> {
    let statement = "INSERT INTO deliveries (key, alert_id, channel, recipient, person, why, urgency, state, notice, \
                     due_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', $8, $9, $10)";
    sqlx::query(statement)
        .bind(alert.map_or_else(|| new.key.clone(), |alert| format!("{alert}-{}", new.key)))
        .bind(alert.map(|alert| alert.0))
        .bind(&new.channel)
        .bind(&new.recipient)
        .bind(&new.person)
        .bind(new.why.name())
        .bind(i64::from(new.urgency))
        .bind(serde_json::to_string(&new.notice)?)
        .bind(new.due_at.as_millisecond())
        .bind(at.as_millisecond())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// What waits for people is not sent any more; what is on its way is followed by an all clear.
pub(super) async fn cancel(
    transaction: &mut Transaction<'static, Any>,
    alert: AlertId,
    cancelled: Cancelled,
    at: Timestamp,
) -> Result<(), Error> {
    let statement = "UPDATE deliveries SET state = 'cancelled', ended_at = $1 \
                     WHERE alert_id = $2 AND state = 'queued' AND person IS NOT NULL \
                     AND ($3 OR why IN ('dispatch', 'again', 'level_up', 'reopened', 'reinforce'))";
    sqlx::query(statement)
        .bind(at.as_millisecond())
        .bind(alert.0)
        .bind(cancelled == Cancelled::All)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Somebody who accepted has had every message about it.
pub(super) async fn accept(
    transaction: &mut Transaction<'static, Any>,
    alert: AlertId,
    person: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let statement = "UPDATE deliveries SET state = 'accepted', accepted_at = $1 WHERE alert_id = $2 AND person = $3 \
                     AND state IN ('queued', 'sent', 'delivered', 'seen') AND why IN ('dispatch', 'again', 'level_up', 'reopened')";
    sqlx::query(statement)
        .bind(at.as_millisecond())
        .bind(alert.0)
        .bind(person)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

impl Store {
    /// Takes up to `limit` deliveries of a channel that are due (see [`Store::next_delivery`]), the most urgent first, and keeps other senders away from
    /// them for 30 s.
    ///
    /// # Errors
    /// The database fails, or another process holds it.
    pub async fn lease_deliveries(
        &self,
        channel: &str,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<Lease>, Error> {
        let mut transaction = self.begin().await?;
        let statement = "UPDATE deliveries SET leased_until = $1, attempts = attempts + 1 WHERE id IN (\
                         SELECT id FROM deliveries WHERE channel = $2 AND state = 'queued' AND (due_at <= $3 OR created_at > $3) \
                         AND (leased_until IS NULL OR leased_until <= $3) ORDER BY urgency, id LIMIT $4) \
                         RETURNING id, key, alert_id, recipient, person, notice, attempts, urgency, created_at";
        let rows = sqlx::query(statement)
            .bind((now + LEASE).as_millisecond())
            .bind(channel)
            .bind(now.as_millisecond())
            .bind(i64::from(limit))
            .fetch_all(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let mut leases: Vec<(i64, Lease)> = rows.iter().map(read_lease).collect::<Result<_, Error>>()?;
        leases.sort_by_key(|(urgency, lease)| (*urgency, lease.id));
        Ok(leases.into_iter().map(|(_, lease)| lease).collect())
    }

    /// When the next delivery of a channel is due; none where none waits. One that was written later than `now` is due: the
    /// machine's time went back, and it would wait for as long.
    ///
    /// # Errors
    /// The database fails.
    pub async fn next_delivery(&self, channel: &str, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let statement = "SELECT min(CASE WHEN leased_until IS NOT NULL AND leased_until > due_at THEN leased_until \
                         WHEN created_at > $2 THEN $2 ELSE due_at END) \
                         FROM deliveries WHERE channel = $1 AND state = 'queued'";
        let query = sqlx::query_as(statement).bind(channel).bind(now.as_millisecond());
        let (due,): (Option<i64>,) = query.fetch_one(&self.pool).await?;
        Ok(due.and_then(|due| Timestamp::from_millisecond(due).ok()))
    }

    /// When messages went over a channel after a time, oldest first: what counts against its limit after a restart.
    ///
    /// # Errors
    /// The database fails.
    pub async fn sent_after(&self, channel: &str, after: Timestamp) -> Result<Vec<Timestamp>, Error> {
        let statement = "SELECT sent_at FROM deliveries WHERE channel = $1 AND sent_at > $2 ORDER BY sent_at";
        let rows: Vec<(i64,)> = sqlx::query_as(statement)
            .bind(channel)
            .bind(after.as_millisecond())
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().filter_map(|(at,)| Timestamp::from_millisecond(at).ok()).collect())
    }

    /// Notes what became of a try; `retry_after` is when it is tried again where that is worth while. What was cancelled or
    /// accepted meanwhile stays so.
    ///
    /// # Errors
    /// The database fails, or another process holds it.
    pub(crate) async fn settle_delivery(
        &self,
        id: i64,
        outcome: &SendOutcome,
        retry_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let now = now.as_millisecond();
        let (state, answer, sent, delivered, ended) = match outcome {
            SendOutcome::Sent { delivered: true, answer } => {
                (DeliveryState::Delivered, answer.as_str(), Some(now), Some(now), None)
            }
            SendOutcome::Sent { delivered: false, answer } => {
                (DeliveryState::Sent, answer.as_str(), Some(now), None, None)
            }
            SendOutcome::Later { answer, .. } if retry_at.is_some() => {
                (DeliveryState::Queued, answer.as_str(), None, None, None)
            }
            SendOutcome::Wait { .. } => {
                (DeliveryState::Queued, "waits for the channel's limit", None, None, None)
            }
            SendOutcome::Later { answer, .. } | SendOutcome::Never { answer } => {
                (DeliveryState::Failed, answer.as_str(), None, None, Some(now))
            }
        };
        let mut transaction = self.begin().await?;
        let statement = "UPDATE deliveries SET state = $1, answer = $2, leased_until = NULL, sent_at = $3, delivered_at = $4, \
                         ended_at = $5, due_at = CASE WHEN $6 > due_at THEN $6 ELSE due_at END, \
                         attempts = CASE WHEN $8 THEN attempts - 1 ELSE attempts END WHERE id = $7 AND state = 'queued'";
        sqlx::query(statement)
            .bind(state.as_str())
            .bind(readable(answer))
            .bind(sent)
            .bind(delivered)
            .bind(ended)
            .bind(retry_at.map_or(0, |at| at.as_millisecond()))
            .bind(id)
            .bind(matches!(outcome, SendOutcome::Wait { .. }))
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Notes that a person's device has a delivery, or that the person has looked at it. Answers whether it is one of the
    /// person's.
    ///
    /// # Errors
    /// The database fails, or another process holds it.
    pub async fn acknowledge(
        &self,
        id: i64,
        person: &str,
        seen: bool,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let now = now.as_millisecond();
        let mut transaction = self.begin().await?;
        let statement = "UPDATE deliveries SET state = CASE WHEN state IN ('accepted', 'cancelled') THEN state \
                         WHEN $1 THEN 'seen' WHEN state = 'seen' THEN 'seen' ELSE 'delivered' END, \
                         sent_at = COALESCE(sent_at, $2), delivered_at = COALESCE(delivered_at, $2), \
                         seen_at = CASE WHEN $1 THEN COALESCE(seen_at, $2) ELSE seen_at END WHERE id = $3 AND person = $4";
        let done = sqlx::query(statement)
            .bind(seen)
            .bind(now)
            .bind(id)
            .bind(person)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// All deliveries of an alert, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn deliveries(&self, alert: AlertId) -> Result<Vec<Delivery>, Error> {
        let statement = "SELECT * FROM deliveries WHERE alert_id = $1 ORDER BY id";
        let rows = sqlx::query(statement).bind(alert.0).fetch_all(&self.pool).await?;
        rows.iter().map(read_delivery).collect()
    }

    /// Deliveries over a channel to a person after a number, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn deliveries_to(
        &self,
        person: &str,
        channel: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Delivery>, Error> {
        let statement =
            "SELECT * FROM deliveries WHERE person = $1 AND channel = $2 AND id > $3 ORDER BY id LIMIT $4";
        self.read_to(statement, person, channel, after, limit).await
    }

    /// Deliveries over a channel to a person after a number that the person's device is not known to have, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn undelivered_to(
        &self,
        person: &str,
        channel: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Delivery>, Error> {
        let statement = "SELECT * FROM deliveries WHERE person = $1 AND channel = $2 AND id > $3 \
                         AND state IN ('queued', 'sent') ORDER BY id LIMIT $4";
        self.read_to(statement, person, channel, after, limit).await
    }

    async fn read_to(
        &self,
        statement: &'static str,
        person: &str,
        channel: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Delivery>, Error> {
        let rows = sqlx::query(statement)
            .bind(person)
            .bind(channel)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read_delivery).collect()
    }

    /// Notes that deliveries went out to their person's device. What has come farther meanwhile stays so.
    ///
    /// # Errors
    /// The database fails, or another process holds it.
    pub async fn note_sent(&self, deliveries: &[i64], now: Timestamp) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        for id in deliveries {
            let statement =
                "UPDATE deliveries SET state = 'sent', sent_at = $1 WHERE id = $2 AND state = 'queued'";
            sqlx::query(statement).bind(now.as_millisecond()).bind(id).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// What the channel said, without what PostgreSQL does not keep and no screen shows.
fn readable(answer: &str) -> String {
    let readable = |c: char| if c.is_control() { ' ' } else { c };
    answer.chars().take(ANSWER_CHARS_MAX).map(readable).collect()
}

fn read_lease(row: &AnyRow) -> Result<(i64, Lease), Error> {
    let attempts: i64 = row.try_get("attempts")?;
    let lease = Lease {
        id: row.try_get("id")?,
        key: row.try_get("key")?,
        alert: row.try_get::<Option<i64>, _>("alert_id")?.map(AlertId),
        recipient: row.try_get("recipient")?,
        person: row.try_get("person")?,
        notice: serde_json::from_str(row.try_get("notice")?)?,
        attempts: u32::try_from(attempts - 1).unwrap_or(0),
        created_at: Timestamp::from_millisecond(row.try_get("created_at")?).unwrap_or(Timestamp::UNIX_EPOCH),
    };
    Ok((row.try_get("urgency")?, lease))
}

fn read_delivery(row: &AnyRow) -> Result<Delivery, Error> {
    let time = |column: &str| -> Result<Option<Timestamp>, Error> {
        let at: Option<i64> = row.try_get(column)?;
        Ok(at.and_then(|at| Timestamp::from_millisecond(at).ok()))
    };
    let state: String = row.try_get("state")?;
    let attempts: i64 = row.try_get("attempts")?;
    Ok(Delivery {
        id: row.try_get("id")?,
        key: row.try_get("key")?,
        alert: row.try_get::<Option<i64>, _>("alert_id")?.map(AlertId),
        channel: row.try_get("channel")?,
        recipient: row.try_get("recipient")?,
        state: serde_json::from_value(state.into())?,
        notice: serde_json::from_str(row.try_get("notice")?)?,
        attempts: u32::try_from(attempts).unwrap_or(0),
        created_at: time("created_at")?.unwrap_or(Timestamp::UNIX_EPOCH),
        sent_at: time("sent_at")?,
        delivered_at: time("delivered_at")?,
        seen_at: time("seen_at")?,
        accepted_at: time("accepted_at")?,
        answer: row.try_get("answer")?,
    })
}
