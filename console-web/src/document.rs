//! The OpenAPI document, made from the routes and types of this crate.

use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    api::{self, Asked, PostKind, ReportFormat},
    error::ErrorBody,
    live::LiveMessage,
    messages::ServerMessage,
    server::Shared,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "gridwatch console",
        description = "Alerts, cameras and grids of one place. Times are RFC 3339 in UTC; positions are WGS-84 degrees.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    // Those that no answer names: messages of sockets, and what only parameters are.
    components(schemas(ErrorBody, LiveMessage, ServerMessage, Asked, PostKind, ReportFormat))
)]
struct Document;

/// The document of the API that this crate serves. WebSocket messages are the schemas `ServerMessage` and
/// `LiveMessage` in it.
pub fn document() -> utoipa::openapi::OpenApi {
    OpenApiRouter::<Shared>::with_openapi(Document::openapi()).merge(api::routes()).split_for_parts().1
}
