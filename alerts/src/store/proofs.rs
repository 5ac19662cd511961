//! Canaries, and when each end of the chain was last proven.

use jiff::{SignedDuration, Timestamp};

use super::{Store, deliveries};
use crate::{canary::LinkKind, error::Error, outbox::NewDelivery};

/// How long the deliveries of canaries are kept: they are many and say little.
const CANARIES_KEPT: SignedDuration = SignedDuration::from_hours(24);

impl Store {
    /// When each end of the chain was last proven.
    pub(crate) async fn proofs(&self) -> Result<Vec<(LinkKind, String, Timestamp)>, Error> {
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT kind, name, at FROM proofs").fetch_all(&self.pool).await?;
        let read = |(kind, name, at): (String, String, i64)| {
            Some((LinkKind::named(&kind)?, name, Timestamp::from_millisecond(at).ok()?))
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// Writes the deliveries of a canary, and the proofs there are by now in the place of those there were.
    pub(crate) async fn write_canary(
        &self,
        new: &[NewDelivery],
        proofs: Option<&[(LinkKind, String, Timestamp)]>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM deliveries WHERE alert_id IS NULL AND why = 'canary' AND created_at < $1")
            .bind((now - CANARIES_KEPT).as_millisecond())
            .execute(&mut *transaction)
            .await?;
        for delivery in new {
            deliveries::insert(&mut transaction, None, delivery, now).await?;
        }
        if let Some(proofs) = proofs {
            sqlx::query("DELETE FROM proofs").execute(&mut *transaction).await?;
            for (kind, name, at) in proofs {
                sqlx::query("INSERT INTO proofs (kind, name, at) VALUES ($1, $2, $3)")
                    .bind(kind.as_str())
                    .bind(name)
                    .bind(at.as_millisecond())
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        Ok(transaction.commit().await?)
    }
}
