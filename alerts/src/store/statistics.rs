//! What reports are made of, read from the database.

use std::collections::HashMap;

use gridwatch_reports::CameraTime;
use jiff::{Timestamp, civil::Date};

use super::{Store, read_alerts};
use crate::{
    alert::{Alert, AlertId},
    camera_days::CameraDay,
    error::Error,
    timeline::Entry,
};

/// For how many days the time of cameras is kept.
const CAMERA_DAYS_MAX: i32 = 400;

impl Store {
    /// At most `limit` alerts after a number that were opened within whole seconds of time, by number.
    pub(crate) async fn alerts_opened(
        &self,
        from: Timestamp,
        to: Timestamp,
        after: AlertId,
        limit: u32,
    ) -> Result<Vec<Alert>, Error> {
        let statement = "SELECT alert FROM alerts WHERE opened_at >= $1 AND opened_at < $2 AND id > $3 ORDER BY id LIMIT $4";
        let rows = sqlx::query_as(statement)
            .bind(second(from))
            .bind(second(to))
            .bind(after.0)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        crate::blocking(move || read_alerts(rows)).await
    }

    /// The moves of every alert opened within whole seconds of time that was ever on hold, oldest first.
    pub(crate) async fn moves_of_held(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(AlertId, Entry)>, Error> {
        // A quotation mark within a text is escaped in JSON, so these words are the entry's own.
        let statement = "SELECT alert_id, entry FROM timeline WHERE entry LIKE '%\"what\":\"moved\"%' AND alert_id IN \
                         (SELECT t.alert_id FROM alerts AS a JOIN timeline AS t ON t.alert_id = a.id \
                         WHERE a.opened_at >= $1 AND a.opened_at < $2 AND t.entry LIKE '%\"move\":\"hold\"%') ORDER BY id";
        let rows: Vec<(i64, String)> =
            sqlx::query_as(statement).bind(second(from)).bind(second(to)).fetch_all(&self.pool).await?;
        rows.into_iter().map(|(alert, json)| Ok((AlertId(alert), serde_json::from_str(&json)?))).collect()
    }

    /// When a worker or leader last made a move on an alert of each grid, within a time.
    pub(crate) async fn last_moves(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<HashMap<String, Timestamp>, Error> {
        let statement = "SELECT a.grid_code, max(t.at) FROM timeline AS t JOIN alerts AS a ON a.id = t.alert_id \
                         WHERE t.at >= $1 AND t.at < $2 AND a.grid_code IS NOT NULL AND NOT a.drill \
                         AND t.entry LIKE '%\"what\":\"moved\"%' \
                         AND (t.entry LIKE '%\"role\":\"grid_worker\"%' OR t.entry LIKE '%\"role\":\"grid_leader\"%') \
                         GROUP BY a.grid_code";
        self.last_times(statement, from, to).await
    }

    /// When each person last acknowledged a message that was made within a time.
    pub(crate) async fn last_acknowledgements(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<HashMap<String, Timestamp>, Error> {
        let statement = "SELECT person, max(COALESCE(accepted_at, seen_at)) FROM deliveries \
                         WHERE created_at >= $1 AND created_at < $2 AND person IS NOT NULL \
                         AND (accepted_at IS NOT NULL OR seen_at IS NOT NULL) GROUP BY person";
        self.last_times(statement, from, to).await
    }

    async fn last_times(
        &self,
        statement: &'static str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<HashMap<String, Timestamp>, Error> {
        let rows: Vec<(String, i64)> = sqlx::query_as(statement)
            .bind(from.as_millisecond())
            .bind(to.as_millisecond())
            .fetch_all(&self.pool)
            .await?;
        let time = |(of, at): (String, i64)| Some((of, Timestamp::from_millisecond(at).ok()?));
        Ok(rows.into_iter().filter_map(time).collect())
    }

    /// Adds to the time of cameras, and drops what is older than 400 days.
    ///
    /// # Errors
    /// The database fails, or another process holds it; nothing is added then.
    pub async fn add_camera_days(&self, days: &[CameraDay], today: Date) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        for CameraDay { camera, day, watched, online, usable } in days {
            let statement = "INSERT INTO camera_days (camera_id, day, watched_ms, online_ms, usable_ms) VALUES ($1, $2, $3, $4, $5) \
                             ON CONFLICT (day, camera_id) DO UPDATE SET watched_ms = camera_days.watched_ms + excluded.watched_ms, \
                             online_ms = camera_days.online_ms + excluded.online_ms, \
                             usable_ms = camera_days.usable_ms + excluded.usable_ms";
            let ms = |time: &jiff::SignedDuration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
            sqlx::query(statement)
                .bind(camera.as_str())
                .bind(day.to_string())
                .bind(ms(watched))
                .bind(ms(online))
                .bind(ms(usable))
                .execute(&mut *transaction)
                .await?;
        }
        let first_kept = today.checked_sub(jiff::Span::new().days(CAMERA_DAYS_MAX)).unwrap_or(Date::MIN);
        sqlx::query("DELETE FROM camera_days WHERE day < $1")
            .bind(first_kept.to_string())
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// For how long each camera was watched on the days from one to another, both included, by id. Grids are not told.
    ///
    /// # Errors
    /// The database fails.
    pub async fn camera_times(&self, first: Date, last: Date) -> Result<Vec<CameraTime>, Error> {
        // The sum of BIGINT is another type in PostgreSQL.
        let statement = "SELECT camera_id, CAST(sum(watched_ms) AS BIGINT), CAST(sum(online_ms) AS BIGINT), CAST(sum(usable_ms) AS BIGINT) \
                         FROM camera_days WHERE day >= $1 AND day <= $2 GROUP BY camera_id ORDER BY camera_id";
        let rows: Vec<(String, i64, i64, i64)> = sqlx::query_as(statement)
            .bind(first.to_string())
            .bind(last.to_string())
            .fetch_all(&self.pool)
            .await?;
        let seconds = |ms: i64| u64::try_from(ms / 1000).unwrap_or(0);
        let time = |(id, watched, online, usable)| CameraTime {
            id,
            grid: None,
            watched_s: seconds(watched),
            online_s: seconds(online),
            usable_s: seconds(usable),
        };
        Ok(rows.into_iter().map(time).collect())
    }
}

/// The second in which a moment lies, as the column has it but for what follows the second: less than every text of that second
/// and later ones, and more than every text before.
fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
