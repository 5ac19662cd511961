//! Whether the chain works, end by end.

use axum::{Json, extract::State};
use gridwatch_alerts::Link;
use serde::Serialize;
use utoipa::ToSchema;

use crate::server::Shared;

/// All ends of the chain.
#[derive(Serialize, ToSchema)]
pub struct Links {
    /// The chain itself, channels, screens and phones.
    links: Vec<Link>,
}

/// When something last came through to each end of the chain. A synthetic event goes through all of it every minute.
#[utoipa::path(
    get, path = "/api/canary", tag = "handling", operation_id = "list_links",
    responses((status = 200, body = Links))
)]
pub async fn links(State(shared): State<Shared>) -> Json<Links> {
    Json(Links { links: shared.desk.links() })
}
