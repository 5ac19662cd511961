//! Cameras, their states, and what can be asked of one.

use axum::{Json, extract::State, http::StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::CameraPath;
use crate::{cameras::Camera, error::ErrorBody, server::Shared, stream::Stream};

/// All cameras.
#[derive(Debug, Serialize, ToSchema)]
pub struct CameraList {
    /// The server's time.
    server_now: Timestamp,
    /// The cameras, in the order in which they are configured.
    cameras: Vec<Camera>,
}

/// One camera and what it sends.
#[derive(Debug, Serialize, ToSchema)]
pub struct CameraDetail {
    /// The camera as in the list.
    #[serde(flatten)]
    camera: Camera,
    /// What it sends, or sent last; null before its first picture.
    #[schema(required)]
    stream: Option<Stream>,
}

/// All cameras with the state of this moment.
#[utoipa::path(
    get, path = "/api/cameras", tag = "cameras", operation_id = "list_cameras",
    responses((status = 200, body = CameraList))
)]
pub async fn list(State(shared): State<Shared>) -> Json<CameraList> {
    Json(CameraList { server_now: shared.clock.now(), cameras: shared.cameras.now() })
}

/// One camera with the state of this moment and what it sends.
#[utoipa::path(
    get, path = "/api/cameras/{id}", tag = "cameras", operation_id = "get_camera",
    params(("id" = String, Path, description = "The camera's id")),
    responses((status = 200, body = CameraDetail), (status = 404, body = ErrorBody))
)]
pub async fn one(State(shared): State<Shared>, CameraPath(camera): CameraPath) -> Json<CameraDetail> {
    let stream = shared.ingest.figures(&camera.id).map(Stream::from);
    Json(CameraDetail { camera: shared.cameras.one(&camera), stream })
}

/// Tries a camera that waits for its next attempt at once. Nothing happens to one that plays, is connecting, or is
/// switched off.
#[utoipa::path(
    post, path = "/api/cameras/{id}/retry", tag = "cameras", operation_id = "retry_camera",
    params(("id" = String, Path, description = "The camera's id")),
    responses(
        (status = 202, description = "What comes of it is told as a change of its state"),
        (status = 403, description = "The page is not of this server", body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 415, description = "Not said to be JSON; there may be no body at all", body = ErrorBody),
    )
)]
pub async fn retry(State(shared): State<Shared>, CameraPath(camera): CameraPath) -> StatusCode {
    shared.ingest.retry_now(&camera.id);
    tracing::info!(camera.id = %camera.id, "somebody asked for an attempt at once");
    StatusCode::ACCEPTED
}

/// Says that a camera looks where it is meant to look: what it shows now is what later pictures are held against.
#[utoipa::path(
    post, path = "/api/cameras/{id}/accept-view", tag = "cameras", operation_id = "accept_view",
    params(("id" = String, Path, description = "The camera's id")),
    responses(
        (status = 202, description = "What comes of it is told as a change of its state"),
        (status = 403, description = "The page is not of this server", body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 415, description = "Not said to be JSON; there may be no body at all", body = ErrorBody),
    )
)]
pub async fn accept_view(State(shared): State<Shared>, CameraPath(camera): CameraPath) -> StatusCode {
    shared.ingest.accept_view(&camera.id);
    tracing::info!(camera.id = %camera.id, "somebody accepted the view");
    StatusCode::ACCEPTED
}
