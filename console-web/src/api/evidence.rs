//! What people decide about evidence: holding it, and opening an original by two.

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::IntoResponse,
};
use gridwatch_alerts::{Alert, AlertId, OriginalLink};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    extract::{ApiJson, ApiPath},
    handling::actor,
};
use crate::{
    error::{ApiError, ErrorBody},
    server::Shared,
};

/// Who does something, and why.
#[derive(Deserialize, ToSchema)]
pub struct Reasoned {
    /// The id of the person who does it.
    by: String,
    /// Why.
    reason: String,
}

/// Who approves.
#[derive(Deserialize, ToSchema)]
pub struct Approval {
    /// The id of the person who approves: not the one who asked.
    by: String,
}

/// Holds an alert's evidence: it is not deleted before it is released.
#[utoipa::path(
    post, path = "/api/alerts/{id}/legal-hold", tag = "evidence", operation_id = "hold_evidence",
    params(("id" = i64, Path, description = "The alert's number")),
    request_body = Reasoned,
    responses((status = 200, body = Alert), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn hold(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    ApiPath(id): ApiPath<AlertId>,
    ApiJson(body): ApiJson<Reasoned>,
) -> Result<Json<Alert>, ApiError> {
    let by = actor(&shared, &body.by, peer).await?;
    Ok(Json(shared.evidence.hold(id, body.reason, by).await?))
}

/// Releases an alert's evidence: it is deleted when its time is over.
#[utoipa::path(
    post, path = "/api/alerts/{id}/legal-hold/release", tag = "evidence", operation_id = "release_evidence",
    params(("id" = i64, Path, description = "The alert's number")),
    request_body = Reasoned,
    responses((status = 200, body = Alert), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn release(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    ApiPath(id): ApiPath<AlertId>,
    ApiJson(body): ApiJson<Reasoned>,
) -> Result<Json<Alert>, ApiError> {
    let by = actor(&shared, &body.by, peer).await?;
    Ok(Json(shared.evidence.release(id, body.reason, by).await?))
}

/// Asks to see an alert's clip as the camera sent it. Somebody else has to approve.
#[utoipa::path(
    post, path = "/api/alerts/{id}/original-requests", tag = "evidence", operation_id = "request_original",
    params(("id" = i64, Path, description = "The alert's number")),
    request_body = Reasoned,
    responses(
        (status = 200, body = Alert, description = "The alert, with the request as the last of its original_requests"),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "It is not opened: why"),
    )
)]
pub async fn request_original(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    ApiPath(id): ApiPath<AlertId>,
    ApiJson(body): ApiJson<Reasoned>,
) -> Result<Json<Alert>, ApiError> {
    let by = actor(&shared, &body.by, peer).await?;
    Ok(Json(shared.evidence.request_original(id, body.reason, by).await?))
}

/// Approves somebody else's request. The link opens the original once, within 15 minutes.
#[utoipa::path(
    post, path = "/api/alerts/{id}/original-requests/{request}/approval", tag = "evidence",
    operation_id = "approve_original",
    params(
        ("id" = i64, Path, description = "The alert's number"),
        ("request" = u32, Path, description = "The request's number"),
    ),
    request_body = Approval,
    responses(
        (status = 200, body = OriginalLink),
        (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "It is not approved: why"),
    )
)]
pub async fn approve_original(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    ApiPath((id, request)): ApiPath<(AlertId, u32)>,
    ApiJson(body): ApiJson<Approval>,
) -> Result<impl IntoResponse, ApiError> {
    let by = actor(&shared, &body.by, peer).await?;
    let link = shared.evidence.approve_original(id, request, by).await?;
    Ok((NO_STORE, Json(link)))
}

/// Opens an original by its link, once: the clip as the camera sent it, **unmasked**.
#[utoipa::path(
    get, path = "/api/media/alerts/{id}/originals/{request}/{token}", tag = "media", operation_id = "open_original",
    params(
        ("id" = i64, Path, description = "The alert's number"),
        ("request" = u32, Path, description = "The request's number"),
        ("token" = String, Path, description = "What the approval gave"),
    ),
    responses(
        (status = 200, description = "The clip", content_type = "video/mp4"),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "It is not opened: why"),
    )
)]
pub async fn open_original(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    ApiPath((id, request, token)): ApiPath<(AlertId, u32, String)>,
) -> Result<impl IntoResponse, ApiError> {
    let from = peer.ip().to_string();
    let clip = shared.evidence.open_original(id, request, &token, &from).await?;
    tracing::warn!(alert.id = %id, request, peer = %peer, "an original was opened");
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("video/mp4"));
    Ok((StatusCode::OK, NO_STORE, headers, clip))
}

/// A link, and what it opens, are for one person and one time.
const NO_STORE: [(header::HeaderName, HeaderValue); 1] =
    [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
