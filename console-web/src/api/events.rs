//! The WebSocket of changes.

use axum::{
    extract::{State, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::HeaderMap,
    response::Response,
};
use gridwatch_alerts::LinkKind;
use serde::Deserialize;

use super::{extract::ApiQuery, origin::own_origin};
use crate::{
    error::{ApiError, ErrorBody, ErrorCode},
    messages::ServerMessage,
    server::Shared,
    sockets,
};

/// Clients have nothing to say but what has come; what they send anyway is read up to this size and thrown away.
const CLIENT_MESSAGE_BYTES_MAX: usize = 4096;

/// How long the name of a screen may be.
const NAME_CHARS_MAX: usize = 40;

/// From where on changes are wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// Every change after this sequence number is sent, then what happens live; without it, only what happens
    /// live.
    after: Option<i64>,
    /// The name of the screen.
    screen: Option<String>,
    /// Whose phone it is.
    person: Option<String>,
}

/// A WebSocket over which the server tells of every change as it happens.
#[utoipa::path(
    get, path = "/api/events", tag = "events", operation_id = "events",
    params(
        (
            "after" = Option<i64>, Query, minimum = 0,
            description = "Every change after this sequence number is sent, then what happens live; without it, only the latter"
        ),
        ("screen" = Option<String>, Query, description = "The screen's name, 1 to 40 characters: it answers canaries"),
        ("person" = Option<String>, Query, description = "The id of the person whose phone it is: it is given the person's deliveries and answers them, and canaries"),
    ),
    responses(
        (status = 101, description = "Text messages follow, each one a `ServerMessage`", body = ServerMessage),
        (status = 400, body = ErrorBody),
        (status = 403, description = "The page is not of this server", body = ErrorBody),
        (status = 503, description = "Too many clients", body = ErrorBody),
    )
)]
pub async fn events(
    State(shared): State<Shared>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<EventQuery>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    if !own_origin(&headers) {
        return Err(ErrorCode::ForeignOrigin.into());
    }
    if query.after.is_some_and(i64::is_negative) {
        return Err(ApiError::bad_parameter("after", "0.."));
    }
    let name = match (query.screen, query.person) {
        (Some(screen), None) => Some((LinkKind::Screen, screen)),
        (None, Some(person)) => Some((LinkKind::Phone, person)),
        (None, None) => None,
        (Some(_), Some(_)) => return Err(ApiError::bad_parameter("screen", "not together with person")),
    };
    let is_name =
        |name: &str| (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.contains(char::is_control);
    if name.as_ref().is_some_and(|(_, name)| !is_name(name)) {
        return Err(ApiError::bad_parameter(
            "screen",
            "1 to 40 characters, none of them a control character",
        ));
    }
    let upgrade = upgrade
        .map_err(|refused| ApiError::from(ErrorCode::BadRequest).with("reason", refused.body_text()))?;
    let permit = shared.sockets.clone().try_acquire_owned().map_err(|_| ErrorCode::TooManyClients)?;
    Ok(upgrade.max_message_size(CLIENT_MESSAGE_BYTES_MAX).on_upgrade(async move |socket| {
        sockets::talk(shared, socket, query.after, name).await;
        drop(permit);
    }))
}
