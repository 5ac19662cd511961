//! Pictures and clips of alerts.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use gridwatch_alerts::{AlertId, Error, EvidenceKind, EvidenceState};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::extract::{AlertPath, StepPath};
use crate::{
    error::{ApiError, ErrorBody, ErrorCode},
    server::Shared,
};

/// Evidence never changes, so a client may keep it; only the client itself, and for a day, since evidence is
/// deleted some day.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("private, max-age=86400, immutable");

/// The picture that was judged.
#[utoipa::path(
    get, path = "/api/media/alerts/{id}/snapshot.jpg", tag = "media", operation_id = "get_snapshot",
    params(("id" = i64, Path, description = "The alert's number")),
    responses(
        (status = 200, description = "The picture", content_type = "image/jpeg"),
        (status = 404, body = ErrorBody),
    )
)]
pub async fn snapshot(
    State(shared): State<Shared>,
    AlertPath(id): AlertPath,
    request: Request,
) -> Result<Response, ApiError> {
    evidence(&shared, id, EvidenceKind::Snapshot, request).await
}

/// The picture that was judged when a crowd rose to a higher level.
#[utoipa::path(
    get, path = "/api/media/alerts/{id}/steps/{step}", tag = "media", operation_id = "get_step",
    params(
        ("id" = i64, Path, description = "The alert's number"),
        ("step" = u8, Path, description = "The step of the crowd's course, counted from 0"),
    ),
    responses(
        (status = 200, description = "The picture", content_type = "image/jpeg"),
        (status = 404, body = ErrorBody),
    )
)]
pub async fn step(
    State(shared): State<Shared>,
    StepPath(id, step): StepPath,
    request: Request,
) -> Result<Response, ApiError> {
    evidence(&shared, id, EvidenceKind::Step(step), request).await
}

/// The clip. Parts of it can be asked for with `Range`.
#[utoipa::path(
    get, path = "/api/media/alerts/{id}/clip.mp4", tag = "media", operation_id = "get_clip",
    params(("id" = i64, Path, description = "The alert's number")),
    responses(
        (status = 200, description = "The clip", content_type = "video/mp4"),
        (status = 206, description = "The part asked for", content_type = "video/mp4"),
        (status = 404, body = ErrorBody),
        (status = 416, description = "No such part"),
    )
)]
pub async fn clip(
    State(shared): State<Shared>,
    AlertPath(id): AlertPath,
    request: Request,
) -> Result<Response, ApiError> {
    evidence(&shared, id, EvidenceKind::Clip, request).await
}

async fn evidence(
    shared: &Shared,
    id: AlertId,
    kind: EvidenceKind,
    request: Request,
) -> Result<Response, ApiError> {
    let alert = shared.desk.store().alert(id).await?.ok_or(Error::UnknownAlert(id))?;
    let mut evidence = alert.evidence();
    if !evidence.any(|(of, evidence)| of == kind && evidence.state == EvidenceState::Ready) {
        return Err(ErrorCode::NotFound.into());
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    let file = ServeFile::new(shared.evidence.path(&alert, kind));
    let Ok(response) = file.oneshot(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        tracing::error!(alert.id = %id, file = kind.file_name(), "evidence is gone from the disk");
        return Err(ErrorCode::NotFound.into());
    }
    let mut response = response.map(Body::new).into_response();
    if response.status().is_success() {
        // Every view of video is on record; who the peer is, the proxy's log knows until people sign in here.
        tracing::info!(alert.id = %id, camera.id = alert.camera.id, file = kind.file_name(), peer = ?peer, "evidence viewed");
        response.headers_mut().insert(header::CACHE_CONTROL, CACHE_CONTROL);
    }
    Ok(response)
}
