//! Silences, and what waits to be judged.

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, Path, State},
    http::StatusCode,
};
use gridwatch_alerts::{Queue, Scope, Silence, roster::Post};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{extract::ApiJson, handling::actor, people::By};
use crate::{
    error::{ApiError, ErrorBody, ErrorCode},
    server::Shared,
};

/// The silences at work.
#[derive(Serialize, ToSchema)]
pub struct Silences {
    /// The one that ends first before the others.
    silences: Vec<Silence>,
}

/// A silence to make.
#[derive(Deserialize, ToSchema)]
pub struct NewSilence {
    /// Who answers for it: a duty officer or a shift lead.
    by: String,
    /// About what nobody is called.
    scope: Scope,
    /// Why.
    reason: String,
    /// Until when, at most 8 h from now.
    until: Timestamp,
}

/// What is silenced now.
#[utoipa::path(
    get, path = "/api/silences", tag = "handling", operation_id = "list_silences",
    responses((status = 200, body = Silences))
)]
pub async fn list(State(shared): State<Shared>) -> Json<Silences> {
    Json(Silences { silences: shared.desk.silences() })
}

/// Silences a camera or a grid from now on. What is seen there meanwhile becomes an alert that is on hold; what goes on when the
/// silence is over is told at once.
#[utoipa::path(
    post, path = "/api/silences", tag = "handling", operation_id = "make_silence", request_body = NewSilence,
    responses((status = 201, body = Silence), (status = 400, body = ErrorBody))
)]
pub async fn make(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    ApiJson(body): ApiJson<NewSilence>,
) -> Result<(StatusCode, Json<Silence>), ApiError> {
    let by = actor(&shared, &body.by, peer).await?;
    let silence = shared.desk.silence(body.scope, body.reason, body.until, by).await?;
    Ok((StatusCode::CREATED, Json(silence)))
}

/// Ends a silence before its time.
#[utoipa::path(
    post, path = "/api/silences/{id}/lifting", tag = "handling", operation_id = "lift_silence",
    params(("id" = String, Path, description = "The silence's id")),
    request_body = By,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn lift(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<By>,
) -> Result<StatusCode, ApiError> {
    let by = actor(&shared, body.by.as_str(), peer).await?;
    let was_there = shared.desk.lift_silence(&id, by).await?;
    if was_there { Ok(StatusCode::NO_CONTENT) } else { Err(ErrorCode::NotFound.into()) }
}

/// What waits to be judged, in the order in which to take it; more than 10 new alerts in 10 minutes for each seat on duty are grouped by grid.
#[utoipa::path(
    get, path = "/api/queue", tag = "handling", operation_id = "get_queue",
    responses((status = 200, body = Queue))
)]
pub async fn queue(State(shared): State<Shared>) -> Result<Json<Queue>, ApiError> {
    let directory = shared.registry.directory().await;
    let roster = directory.roster();
    let now = shared.clock.now();
    let is_manned =
        |post: &&&Post| matches!(post, Post::Seat { .. }) && !roster.on_duty(post, now).is_empty();
    let seats = roster.posts().iter().filter(is_manned).count();
    Ok(Json(shared.desk.queue(seats).await?))
}
