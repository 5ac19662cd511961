//! 演练: recorded clips that go through the real chain.

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::StatusCode,
};
use gridwatch_alerts::{Drill, DrillReport};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    extract::{ApiJson, ApiPath},
    handling::actor,
};
use crate::{
    error::{ApiError, ErrorBody, ErrorCode},
    server::Shared,
};

/// What there is to practise with, and what was practised.
#[derive(Serialize, ToSchema)]
pub struct Drills {
    /// The names of the clips.
    clips: Vec<String>,
    /// All drills, the newest first.
    drills: Vec<Drill>,
}

/// A drill to begin.
#[derive(Deserialize, ToSchema)]
pub struct NewDrill {
    /// Who orders it: a duty officer or a shift lead.
    by: String,
    /// The id of the camera that is to see it.
    camera: String,
    /// The name of a clip.
    clip: String,
    /// What is practised.
    reason: String,
}

/// The clips there are, and all drills.
#[utoipa::path(
    get, path = "/api/drills", tag = "drills", operation_id = "list_drills",
    responses((status = 200, body = Drills))
)]
pub async fn list(State(shared): State<Shared>) -> Result<Json<Drills>, ApiError> {
    let clips = shared.drills.clips().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the folder of clips for drills cannot be read");
        Vec::new()
    });
    Ok(Json(Drills { clips, drills: shared.drills.all().await? }))
}

/// Begins a drill: a clip is played as if a camera saw it now. Its alerts go to the people on duty, say that they are a drill, and are
/// outside every statistic.
#[utoipa::path(
    post, path = "/api/drills", tag = "drills", operation_id = "begin_drill", request_body = NewDrill,
    responses(
        (status = 201, body = Drill), (status = 400, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "It does not begin: why"),
    )
)]
pub async fn begin(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    ApiJson(body): ApiJson<NewDrill>,
) -> Result<(StatusCode, Json<Drill>), ApiError> {
    let by = actor(&shared, &body.by, peer).await?;
    let drill = shared.drills.begin(body.camera, body.clip, body.reason, by).await?;
    Ok((StatusCode::CREATED, Json(drill)))
}

/// What became of a drill: every clock of each of its alerts, and who was told what.
#[utoipa::path(
    get, path = "/api/drills/{id}", tag = "drills", operation_id = "drill_report",
    params(("id" = String, Path, description = "The drill's id")),
    responses((status = 200, body = DrillReport), (status = 404, body = ErrorBody))
)]
pub async fn report(
    State(shared): State<Shared>,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<DrillReport>, ApiError> {
    Ok(Json(shared.drills.report(&id).await?.ok_or(ErrorCode::NotFound)?))
}
