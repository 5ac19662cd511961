//! The WebSocket of a camera's live video.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::HeaderMap,
    response::Response,
};
use gridwatch_ingest::LiveError;

use super::{extract::CameraPath, origin::own_origin};
use crate::{
    error::{ApiError, ErrorBody, ErrorCode},
    live::{self, LiveMessage, Viewing},
    server::Shared,
};

/// Clients have nothing to say; what they send anyway is read up to this size and thrown away.
const CLIENT_MESSAGE_BYTES_MAX: usize = 4096;

/// A camera's video as it comes, beginning at its last key picture.
#[utoipa::path(
    get, path = "/api/cameras/{id}/live", tag = "cameras", operation_id = "view_camera",
    params(("id" = String, Path, description = "The camera's id")),
    responses(
        (
            status = 101, body = LiveMessage,
            description = "A WebSocket. Text messages are each one a `LiveMessage`; binary messages are fragmented \
                           MP4: after every `start` the initialisation segment, then fragments",
        ),
        (status = 400, body = ErrorBody),
        (status = 403, description = "The page is not of this server", body = ErrorBody),
        (status = 404, description = "No such camera, or it is switched off", body = ErrorBody),
        (status = 503, description = "Too many clients, or too many cameras are viewed", body = ErrorBody),
    )
)]
pub async fn view(
    State(shared): State<Shared>,
    CameraPath(camera): CameraPath,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    if !own_origin(&headers) {
        return Err(ErrorCode::ForeignOrigin.into());
    }
    let upgrade = upgrade
        .map_err(|refused| ApiError::from(ErrorCode::BadRequest).with("reason", refused.body_text()))?;
    let permit = shared.sockets.clone().try_acquire_owned().map_err(|_| ErrorCode::TooManyClients)?;
    let camera = camera.id;
    let view = shared.ingest.live(&camera).map_err(|error| match error {
        LiveError::NoSuchCamera => ErrorCode::NotFound.into(),
        LiveError::TooManyCameras { max } => ApiError::from(ErrorCode::TooManyViewed).with("max", max),
        LiveError::Mux { what } => {
            tracing::error!(camera.id = %camera, what, "a camera cannot be viewed");
            ErrorCode::Internal.into()
        }
    })?;
    Ok(upgrade.max_message_size(CLIENT_MESSAGE_BYTES_MAX).on_upgrade(async move |socket| {
        let viewing = Viewing::begin(camera, peer, shared.clock.clone());
        live::show(shared.shutdown, socket, view, viewing).await;
        drop(permit);
    }))
}
