//! The web app, as it was built into the binary.

use axum::{
    Router,
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use tower_http::compression::CompressionLayer;

use crate::error::{ApiError, ErrorCode};

/// What `make ui` made; empty where it was not run before this crate was built.
#[derive(RustEmbed)]
#[folder = "ui/dist"]
struct Built;

/// The page of the app.
const PAGE: &str = "index.html";

/// The phone's page: the same app, with what makes it one that can be installed. Its addresses are `/m` and below.
const PHONE_PAGE: &str = "m.html";

/// What stands in the page for the nonce of one answer.
const NONCE_MARK: &str = "__CSP_NONCE__";

/// Files under this path carry a digest of their content in their name.
const ASSETS: &str = "assets/";

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>gridwatch</title>\
<h1>The web app was not built</h1>\
<p>This gridwatch was compiled without its web app. Run <code>make ui</code>, then build again. \
The API under <code>/api</code> works.</p></html>";

/// Serves the app's files, and its page for every other path, since the app has routes of its own.
pub fn service() -> Router {
    Router::new().fallback(answer).layer(CompressionLayer::new())
}

async fn answer(method: Method, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return ApiError::from(ErrorCode::NotFound).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return ApiError::from(ErrorCode::MethodNotAllowed).into_response();
    }
    match Built::get(path) {
        Some(file) if path != PAGE && path != PHONE_PAGE => asset(path, file),
        None if path.starts_with(ASSETS) => ApiError::from(ErrorCode::NotFound).into_response(),
        _ => page(if is_phone(path) { PHONE_PAGE } else { PAGE }),
    }
}

fn is_phone(path: &str) -> bool {
    path == "m" || path.starts_with("m/") || path == PHONE_PAGE
}

fn asset(path: &str, file: EmbeddedFile) -> Response {
    let caching = if path.starts_with(ASSETS) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = file.metadata.mimetype().to_owned();
    ([(header::CONTENT_TYPE, kind.as_str()), (header::CACHE_CONTROL, caching)], file.data.into_owned())
        .into_response()
}

/// A page with a nonce of its own: only styles that carry it are taken by the browser.
fn page(name: &str) -> Response {
    let nonce = format!("{:032x}", rand::random::<u128>());
    let (status, html) = match Built::get(name) {
        Some(file) => (StatusCode::OK, String::from_utf8_lossy(&file.data).replace(NONCE_MARK, &nonce)),
        None => (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT.to_owned()),
    };
    let mut response = (status, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response();
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(&nonce)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' blob: data:; \
         media-src 'self' blob:; worker-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}
