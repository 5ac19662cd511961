//! Tries one camera.

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::HeaderMap,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use gridwatch_ingest::{Address, Credentials, ProbeLimits, Transport, probe as look};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{extract::ApiJson, language::accepted};
use crate::{
    error::{ApiError, ErrorBody, ErrorCode},
    probe::{Language, ProbeAnswer, hidden, invalid_address, may_hold_password, sentence},
    server::Shared,
};

/// How many cameras are tried at one time: each probe may take 10 s, and decodes a picture.
pub const PROBES_MAX: usize = 4;

/// Which camera to try.
// Without `Debug`: it holds a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeRequest {
    /// `rtsp://host:554/path`; user and password may stand in it, `user` and `password` go before them.
    url: String,
    /// The user name.
    user: Option<String>,
    /// The password. Needs a user.
    password: Option<String>,
    /// How the pictures are to travel: `tcp`, `udp`, `multicast`, `tls` or `http`. Unless given, `tcp` is tried, and
    /// others where the camera refuses it.
    transport: Option<String>,
}

/// What a probe found.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProbeResult {
    /// The same as `gridwatch cameras probe --json` prints.
    #[serde(flatten)]
    answer: ProbeAnswer,
    /// What the reason means and the next step, in the first of Chinese and English that `Accept-Language` names;
    /// Chinese where it names neither.
    #[schema(required)]
    sentence: Option<&'static str>,
    /// What the camera or the system said, for who knows these. Holds no credentials.
    #[schema(required)]
    detail: Option<String>,
    /// A picture of the camera as base64 of a JPEG, **as the camera sent it**: nobody in it is made unrecognisable.
    #[schema(required)]
    picture: Option<String>,
}

/// Connects to a camera once and says what it sends, or what to do next. Takes up to 10 s.
#[utoipa::path(
    post, path = "/api/cameras/probe", tag = "cameras", operation_id = "probe_camera",
    request_body = ProbeRequest,
    responses(
        (status = 200, description = "What was found; `ok` says whether the camera can be used", body = ProbeResult),
        (status = 400, body = ErrorBody),
        (status = 403, description = "The page is not of this server", body = ErrorBody),
        (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody),
        (status = 429, description = "As many cameras are tried already as can be at one time", body = ErrorBody,
            headers(("Retry-After" = u32, description = "In seconds"))),
    )
)]
pub async fn probe(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    ApiJson(request): ApiJson<ProbeRequest>,
) -> Result<Json<ProbeResult>, ApiError> {
    let transport = request.transport.as_deref().map(transport_named).transpose()?;
    let language = accepted(&headers);
    let address = match Address::parse(request.url.trim()) {
        Ok(address) => with_login(address, request.user, request.password)?,
        Err(error) => return Ok(Json(result(invalid_address(error.to_string()), language))),
    };
    let _permit = shared.probes.try_acquire().map_err(|_| ErrorCode::TooManyProbes)?;
    let mut report = look(&address, transport, ProbeLimits::default()).await;
    if may_hold_password(&address)
        && let Some(failure) = &mut report.failure
    {
        failure.detail = hidden(language).to_owned();
    }
    // Every view of video is on record; the address of a camera is known only as far as it can be read without doubt.
    let host = if may_hold_password(&address) { None } else { address.url().host_str() };
    let reason = report.failure.as_ref().map(|failure| failure.reason.code());
    tracing::info!(host, reason, picture = report.jpeg.is_some(), %peer, "a camera was tried");
    Ok(Json(result(report, language)))
}

fn transport_named(name: &str) -> Result<Transport, ApiError> {
    let known = || Transport::ALL.map(Transport::name).join(" | ");
    Transport::from_name(name).ok_or_else(|| ApiError::bad_parameter("transport", &known()))
}

/// User and password of the request go before those of the address.
fn with_login(address: Address, user: Option<String>, password: Option<String>) -> Result<Address, ApiError> {
    if user.is_none() && password.is_none() {
        return Ok(address);
    }
    let in_address = address.credentials().cloned();
    let (known_user, known_password) = in_address.map(|login| (login.user, login.password)).unzip();
    let user =
        user.or(known_user).ok_or_else(|| ApiError::bad_parameter("user", "given, as a password is"))?;
    let password = password.or(known_password).unwrap_or_default();
    Ok(address.with_credentials(Credentials { user, password }))
}

fn result(report: gridwatch_ingest::ProbeReport, language: Language) -> ProbeResult {
    ProbeResult {
        answer: ProbeAnswer::from(&report),
        sentence: report.failure.as_ref().map(|failure| sentence(failure.reason, language)),
        detail: report.failure.map(|failure| failure.detail),
        picture: report.jpeg.map(|jpeg| BASE64_STANDARD.encode(jpeg)),
    }
}
