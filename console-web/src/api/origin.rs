//! Pages of other servers are kept out.
//!
//! Browsers let any page open a socket to any server, and send it a POST; only the server can refuse. They name the page
//! in `Origin`, and ask beforehand where a body is said to be JSON, which nobody answers here.

use axum::{
    extract::Request,
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::error::{ApiError, ErrorCode};

/// What a file may be said to be. Browsers ask beforehand for these too.
const FILES: [&str; 3] = ["text/csv", "application/geo+json", "application/json"];

/// In front of what changes something or connects somewhere.
pub async fn own_pages_only(request: Request, next: Next) -> Response {
    only(&["application/json"], request, next).await
}

/// In front of what takes a file.
pub async fn own_files_only(request: Request, next: Next) -> Response {
    only(&FILES, request, next).await
}

async fn only(types: &[&str], request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !own_origin(headers) {
        return ApiError::from(ErrorCode::ForeignOrigin).into_response();
    }
    if !types.contains(&media_type(headers).as_str()) {
        return ApiError::from(ErrorCode::UnsupportedMediaType)
            .with("expected", types.join(" | "))
            .into_response();
    }
    next.run(request).await
}

/// Whether the request is of no page at all, or of a page that this server gave.
pub fn own_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let own = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let theirs =
        origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    matches!((own, theirs), (Some(own), Some(theirs)) if own.eq_ignore_ascii_case(theirs))
}

/// What the body is said to be, in lower case and without parameters; empty where that is not said.
pub fn media_type(headers: &HeaderMap) -> String {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split_once(';').map_or(content_type, |(essence, _)| essence);
    essence.trim().to_ascii_lowercase()
}
