//! Whether the server itself is in order.

use axum::{Json, extract::State};
use gridwatch_alerts::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use crate::server::{Shared, VERSION};

/// Whether the server is in order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// In one word.
    status: HealthStatus,
    /// The server's version.
    version: &'static str,
    /// What is wrong with it.
    problems: Vec<Problem>,
}

/// Whether the server is in order, in one word.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// It is.
    Ok,
    /// It works, but not in full.
    Degraded,
}

/// Whether the server is in order.
#[utoipa::path(
    get, path = "/api/health", tag = "meta", operation_id = "get_health",
    responses((status = 200, body = Health))
)]
pub async fn health(State(shared): State<Shared>) -> Json<Health> {
    let problems = shared.problems.list();
    let status = if problems.is_empty() { HealthStatus::Ok } else { HealthStatus::Degraded };
    Json(Health { status, version: VERSION, problems })
}
