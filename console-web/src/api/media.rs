//! Pictures and clips of alerts.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Json,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use gridwatch_alerts::{AlertId, Error, EvidenceKind, EvidenceState, Manifest};

use super::extract::ApiPath;
use crate::{
    error::{ApiError, ErrorBody, ErrorCode},
    range::Asked,
    server::Shared,
};

/// Evidence never changes, so a client may keep it; only the client itself, and for a day, since evidence is
/// deleted some day.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("private, max-age=86400, immutable");

/// How long whoever follows a link waits for the picture.
const PICTURE_WAIT: Duration = Duration::from_secs(5);

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
    ApiPath(id): ApiPath<AlertId>,
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
    ApiPath((id, step)): ApiPath<(AlertId, u8)>,
    request: Request,
) -> Result<Response, ApiError> {
    evidence(&shared, id, EvidenceKind::Step(step), request).await
}

/// The picture that was judged, by a link of a message: without signing in, for 15 minutes. A message may be read before the
/// picture is stored, so it is waited for.
#[utoipa::path(
    get, path = "/api/media/links/{id}/{until}/{token}", tag = "media", operation_id = "get_linked_snapshot",
    params(
        ("id" = i64, Path, description = "The alert's number"),
        ("until" = i64, Path, description = "Until when, in seconds since 1970"),
        ("token" = String, Path, description = "What the link ends in"),
    ),
    responses(
        (status = 200, description = "The picture", content_type = "image/jpeg"),
        (status = 404, body = ErrorBody),
    )
)]
pub async fn linked(
    State(shared): State<Shared>,
    ApiPath((alert, until, token)): ApiPath<(AlertId, i64, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    if !shared.links.opens(alert, until, &token, shared.clock.now()) {
        return Err(ErrorCode::NotFound.into());
    }
    let mut changes = shared.desk.hub().subscribe();
    let stored = async {
        loop {
            let known = shared.desk.store().alert(alert).await?.ok_or(Error::UnknownAlert(alert))?;
            if known.snapshot.state != EvidenceState::Pending || changes.changed().await.is_err() {
                return Ok::<(), Error>(());
            }
        }
    };
    // After that time it is told as missing.
    if let Ok(stored) = tokio::time::timeout(PICTURE_WAIT, stored).await {
        stored?;
    }
    evidence(&shared, alert, EvidenceKind::Snapshot, request).await
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
    ApiPath(id): ApiPath<AlertId>,
    request: Request,
) -> Result<Response, ApiError> {
    evidence(&shared, id, EvidenceKind::Clip, request).await
}

/// The manifest: every file with its hash, and by what the alert was judged.
#[utoipa::path(
    get, path = "/api/media/alerts/{id}/manifest.json", tag = "media", operation_id = "get_manifest",
    params(("id" = i64, Path, description = "The alert's number")),
    responses((status = 200, body = Manifest), (status = 404, body = ErrorBody))
)]
pub async fn manifest(
    State(shared): State<Shared>,
    ApiPath(id): ApiPath<AlertId>,
) -> Result<Json<Manifest>, ApiError> {
    let manifest = shared.evidence.manifest(id).await?;
    manifest.map(Json).ok_or_else(|| ErrorCode::NotFound.into())
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
    let gone = || {
        tracing::error!(alert.id = %id, file = kind.file_name(), "evidence is gone from where it was written");
        ApiError::from(ErrorCode::NotFound)
    };
    let size = shared.evidence.size(&alert, kind).await?.ok_or_else(gone)?;
    let range = request.headers().get(header::RANGE).and_then(|range| range.to_str().ok());
    let (status, part) = match Asked::read(range, size) {
        Asked::Whole => (StatusCode::OK, 0..size),
        Asked::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Asked::None => {
            let range = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, range).into_response());
        }
    };
    let headers = [
        (header::CONTENT_TYPE, content_type(kind)),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::CONTENT_LENGTH, HeaderValue::from(part.end - part.start)),
        (header::CACHE_CONTROL, CACHE_CONTROL),
    ];
    let range = (status == StatusCode::PARTIAL_CONTENT)
        .then(|| [(header::CONTENT_RANGE, format!("bytes {}-{}/{size}", part.start, part.end - 1))]);
    // Every view of video is on record; who the peer is, the proxy's log knows until people sign in here.
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    tracing::info!(alert.id = %id, camera.id = alert.camera.id, file = kind.file_name(), peer = ?peer, "evidence viewed");
    let found = shared.evidence.part(&alert, kind, part).await?.ok_or_else(gone)?;
    Ok((status, headers, range, Body::from_stream(found.into_stream())).into_response())
}

const fn content_type(kind: EvidenceKind) -> HeaderValue {
    match kind {
        EvidenceKind::Snapshot | EvidenceKind::Step(_) => HeaderValue::from_static("image/jpeg"),
        EvidenceKind::Clip => HeaderValue::from_static("video/mp4"),
    }
}
