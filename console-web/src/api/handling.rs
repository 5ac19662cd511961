//! What people do with alerts: moves, what happened, and what was sent to whom.

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, Path, State},
};
use gridwatch_alerts::{APP_CHANNEL, Actor, Alert, AlertId, Delivery, Entry, Error, Move};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{ApiJson, ApiPath, ApiQuery};
use crate::{
    error::{ApiError, ErrorBody, ErrorCode},
    server::Shared,
};

/// How many deliveries one answer holds at most.
const DELIVERIES_MAX: u32 = 200;

/// A move, and who makes it.
#[derive(Deserialize, ToSchema)]
pub struct MoveBody {
    /// What is done.
    #[serde(flatten)]
    done: Move,
    /// The id of the person who does it.
    by: String,
    /// The number of moves (`step`) that the person knew of. Where another one was made meanwhile, this one is refused; without
    /// the number the last word wins.
    #[serde(default)]
    step: Option<u32>,
}

/// What happened to an alert.
#[derive(Serialize, ToSchema)]
pub struct Timeline {
    /// Oldest first.
    entries: Vec<Entry>,
}

/// What was sent.
#[derive(Serialize, ToSchema)]
pub struct DeliveryList {
    /// Oldest first.
    deliveries: Vec<Delivery>,
}

/// How far a delivery has come at its recipient.
#[derive(Deserialize, ToSchema)]
pub struct Acknowledgement {
    /// The recipient.
    by: String,
    /// Whether the recipient has looked at it, or only the device has it.
    seen: bool,
}

/// Which deliveries.
#[derive(Deserialize)]
pub struct DeliveryQuery {
    after: Option<i64>,
}

/// Does something with an alert.
#[utoipa::path(
    post, path = "/api/alerts/{id}/moves", tag = "handling", operation_id = "make_move",
    params(("id" = i64, Path, description = "The alert's number")),
    request_body = MoveBody,
    responses(
        (status = 200, body = Alert),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "The move is not allowed: why, what is, and who was first"),
    )
)]
pub async fn make_move(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    ApiPath(id): ApiPath<AlertId>,
    ApiJson(body): ApiJson<MoveBody>,
) -> Result<Json<Alert>, ApiError> {
    let by = actor(&shared, &body.by, peer).await?;
    Ok(Json(shared.desk.act(id, body.done, by, body.step).await?))
}

/// What happened to an alert, by whom and why.
#[utoipa::path(
    get, path = "/api/alerts/{id}/timeline", tag = "handling", operation_id = "get_timeline",
    params(("id" = i64, Path, description = "The alert's number")),
    responses((status = 200, body = Timeline), (status = 404, body = ErrorBody))
)]
pub async fn timeline(
    State(shared): State<Shared>,
    ApiPath(id): ApiPath<AlertId>,
) -> Result<Json<Timeline>, ApiError> {
    let entries = shared.desk.store().timeline(id).await?;
    if entries.is_empty() && shared.desk.store().alert(id).await?.is_none() {
        return Err(Error::UnknownAlert(id).into());
    }
    Ok(Json(Timeline { entries }))
}

/// What was sent about an alert, to whom, and how far each message has come.
#[utoipa::path(
    get, path = "/api/alerts/{id}/deliveries", tag = "handling", operation_id = "list_deliveries",
    params(("id" = i64, Path, description = "The alert's number")),
    responses((status = 200, body = DeliveryList))
)]
pub async fn deliveries(
    State(shared): State<Shared>,
    ApiPath(id): ApiPath<AlertId>,
) -> Result<Json<DeliveryList>, ApiError> {
    Ok(Json(DeliveryList { deliveries: shared.desk.store().deliveries(id).await? }))
}

/// What the app of a person shows: everything after a number, oldest first, 200 at most.
#[utoipa::path(
    get, path = "/api/people/{id}/deliveries", tag = "handling", operation_id = "list_deliveries_to",
    params(
        ("id" = String, Path, description = "The person's id"),
        ("after" = Option<i64>, Query, description = "Only deliveries with a higher number"),
    ),
    responses((status = 200, body = DeliveryList))
)]
pub async fn deliveries_to(
    State(shared): State<Shared>,
    Path(person): Path<String>,
    ApiQuery(query): ApiQuery<DeliveryQuery>,
) -> Result<Json<DeliveryList>, ApiError> {
    let after = query.after.unwrap_or(0);
    let deliveries = shared.desk.store().deliveries_to(&person, APP_CHANNEL, after, DELIVERIES_MAX).await?;
    Ok(Json(DeliveryList { deliveries }))
}

/// Says that a person's device has a delivery, or that the person has looked at it.
#[utoipa::path(
    post, path = "/api/deliveries/{id}/acknowledgements", tag = "handling", operation_id = "acknowledge_delivery",
    params(("id" = i64, Path, description = "The delivery's number")),
    request_body = Acknowledgement,
    responses((status = 204), (status = 404, body = ErrorBody))
)]
pub async fn acknowledge(
    State(shared): State<Shared>,
    Path(id): Path<i64>,
    ApiJson(body): ApiJson<Acknowledgement>,
) -> Result<axum::http::StatusCode, ApiError> {
    let is_theirs = shared.desk.store().acknowledge(id, &body.by, body.seen, shared.clock.now()).await?;
    if is_theirs { Ok(axum::http::StatusCode::NO_CONTENT) } else { Err(ErrorCode::NotFound.into()) }
}

/// Who acts, from where.
pub(super) async fn actor(shared: &Shared, person: &str, peer: SocketAddr) -> Result<Actor, ApiError> {
    let directory = shared.registry.directory().await;
    let actor = directory.actor(person, &peer.ip().to_string());
    actor.ok_or_else(|| ApiError::from(ErrorCode::UnknownPerson).with("person", person))
}
