//! Alerts, one by one and in lists.

use axum::{Json, extract::State};
use gridwatch_alerts::{Alert, AlertFilter, AlertId, AlertState, Error};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{ApiPath, ApiQuery};
use crate::{
    error::{ApiError, ErrorBody},
    server::Shared,
};

/// How many alerts one answer holds: unless asked for, and at most.
const LIMIT_DEFAULT: u32 = 100;
const LIMIT_MAX: u32 = 500;

/// Which alerts to list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertQuery {
    /// Only alerts in this state.
    open: Option<bool>,
    lasting: Option<bool>,
    state: Option<AlertState>,
    /// At most so many alerts; 100 unless given.
    limit: Option<u32>,
    /// Only alerts older than this one.
    before: Option<AlertId>,
}

/// A list of alerts.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertList {
    /// The sequence number of the newest change that is certainly in the list; changes after it follow by the
    /// socket.
    #[schema(minimum = 0)]
    seq: i64,
    /// The server's time.
    server_now: Timestamp,
    /// The alerts, newest first.
    alerts: Vec<Alert>,
}

/// Alerts, newest first.
#[utoipa::path(
    get, path = "/api/alerts", tag = "alerts", operation_id = "list_alerts",
    params(
        ("open" = Option<bool>, Query, description = "Only alerts about which something is left to do, or nothing"),
        ("lasting" = Option<bool>, Query, description = "Only alerts whose cause goes on, or is over"),
        ("state" = Option<AlertState>, Query, description = "Only alerts in this state"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "At most so many; 100 unless given"),
        ("before" = Option<i64>, Query, description = "Only alerts older than the one with this number"),
    ),
    responses((status = 200, body = AlertList), (status = 400, body = ErrorBody))
)]
pub async fn list(
    State(shared): State<Shared>,
    ApiQuery(query): ApiQuery<AlertQuery>,
) -> Result<Json<AlertList>, ApiError> {
    let limit = query.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(ApiError::bad_parameter("limit", "1..500").with("found", limit));
    }
    // Asked for before the list is read: what is committed in between is then sent twice rather than never.
    let seq = shared.desk.hub().newest();
    let filter = AlertFilter {
        open: query.open,
        lasting: query.lasting,
        state: query.state,
        before: query.before,
        limit,
    };
    let alerts = shared.desk.store().alerts(filter).await?;
    Ok(Json(AlertList { seq, server_now: shared.clock.now(), alerts }))
}

/// One alert.
#[utoipa::path(
    get, path = "/api/alerts/{id}", tag = "alerts", operation_id = "get_alert",
    params(("id" = i64, Path, description = "The alert's number")),
    responses((status = 200, body = Alert), (status = 404, body = ErrorBody))
)]
pub async fn one(
    State(shared): State<Shared>,
    ApiPath(id): ApiPath<AlertId>,
) -> Result<Json<Alert>, ApiError> {
    let alert = shared.desk.store().alert(id).await?;
    Ok(Json(alert.ok_or(Error::UnknownAlert(id))?))
}
