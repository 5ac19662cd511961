//! The routes under `/api`.

mod alerts;
mod cameras;
mod canary;
mod drills;
mod events;
mod evidence;
mod extract;
mod grids;
mod handling;
mod handover;
mod health;
mod import;
mod ingest;
mod language;
mod live;
mod media;
mod origin;
mod people;
mod probe;
mod push;
mod reports;
mod silences;

use std::sync::LazyLock;

use axum::{Json, extract::DefaultBodyLimit, middleware, response::IntoResponse};
use tower_http::compression::CompressionLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::{handover::PostKind, language::Asked, probe::PROBES_MAX, reports::ReportFormat};

use crate::{document::document, server::Shared};

/// All routes of the API with their description.
pub fn routes() -> OpenApiRouter<Shared> {
    let texts = OpenApiRouter::new()
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::one))
        .routes(routes!(cameras::list))
        .routes(routes!(cameras::one))
        .routes(routes!(grids::tree))
        .routes(routes!(grids::versions))
        .routes(routes!(handling::timeline))
        .routes(routes!(handling::deliveries))
        .routes(routes!(handling::deliveries_to))
        .routes(routes!(people::list))
        .routes(routes!(people::roster))
        .routes(routes!(people::duty))
        .routes(routes!(people::ladder))
        .routes(routes!(people::coverage))
        .routes(routes!(handover::handover))
        .routes(routes!(reports::daily))
        .routes(routes!(reports::monthly))
        .routes(routes!(reports::quarterly))
        .routes(routes!(people::policy))
        .routes(routes!(canary::links))
        .routes(routes!(silences::list))
        .routes(routes!(silences::queue))
        .routes(routes!(drills::list))
        .routes(routes!(push::key))
        .routes(routes!(drills::report))
        .routes(routes!(health::health))
        .routes(routes!(media::manifest))
        .routes(routes!(ingest::status))
        .routes(routes!(openapi))
        .layer(CompressionLayer::new());
    // Pictures are compressed already, and a part of a file is a part of the file as it is on disk.
    let streams = OpenApiRouter::new()
        .routes(routes!(media::snapshot))
        .routes(routes!(media::clip))
        .routes(routes!(media::step))
        .routes(routes!(media::linked))
        .routes(routes!(evidence::open_original))
        .routes(routes!(events::events))
        .routes(routes!(live::view));
    let acts = OpenApiRouter::new()
        .routes(routes!(cameras::retry))
        .routes(routes!(cameras::accept_view))
        .routes(routes!(handling::make_move))
        .routes(routes!(handling::acknowledge))
        .routes(routes!(evidence::hold))
        .routes(routes!(evidence::release))
        .routes(routes!(evidence::request_original))
        .routes(routes!(evidence::approve_original))
        .routes(routes!(people::put))
        .routes(routes!(people::put_roster))
        .routes(routes!(people::remove_entry))
        .routes(routes!(people::put_policy))
        .routes(routes!(silences::make))
        .routes(routes!(silences::lift))
        .routes(routes!(drills::begin))
        .routes(routes!(push::add))
        .routes(routes!(push::remove))
        .routes(routes!(probe::probe))
        .layer(middleware::from_fn(origin::own_pages_only));
    let files = OpenApiRouter::new()
        .routes(routes!(import::grids::import))
        .routes(routes!(import::people::people))
        .routes(routes!(import::people::rotations))
        .layer(DefaultBodyLimit::max(import::FILE_BYTES_MAX))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(origin::own_files_only));
    texts.merge(streams).merge(acts).merge(files)
}

/// The OpenAPI document of this API.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "meta",
    responses((status = 200, description = "The document", content_type = "application/json"))
)]
async fn openapi() -> impl IntoResponse {
    /// It changes with the program only.
    static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(document);
    Json(&*DOCUMENT)
}
