//! Cameras and their states.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{cameras::Camera, server::Shared};

/// All cameras.
#[derive(Debug, Serialize, ToSchema)]
pub struct CameraList {
    /// The server's time.
    server_now: Timestamp,
    /// The cameras, in the order in which they are configured.
    cameras: Vec<Camera>,
}

/// All cameras with the state of this moment.
#[utoipa::path(
    get, path = "/api/cameras", tag = "cameras", operation_id = "list_cameras",
    responses((status = 200, body = CameraList))
)]
pub async fn list(State(shared): State<Shared>) -> Json<CameraList> {
    Json(CameraList { server_now: shared.clock.now(), cameras: shared.cameras.now() })
}
