//! Browsers that ask for pushes.

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, State},
    http::StatusCode,
};
use gridwatch_channels::Subscription;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    extract::{ApiJson, ApiPath},
    handling::actor,
    people::By,
};
use crate::{
    error::{ApiError, ErrorBody, ErrorCode},
    server::Shared,
};

/// What a browser needs to ask for pushes.
#[derive(Serialize, ToSchema)]
pub struct PushBody {
    /// Our public key, which a browser takes as `applicationServerKey`; null where pushes are not set up.
    #[schema(required)]
    public_key: Option<String>,
}

/// A browser that asks for pushes.
#[derive(Deserialize, ToSchema)]
pub struct NewBrowser {
    /// Whose it is.
    by: String,
    /// What the browser's `PushSubscription.toJSON()` gives.
    #[schema(value_type = Object)]
    subscription: Value,
}

/// A browser that is pushed to from now on.
#[derive(Serialize, ToSchema)]
pub struct BrowserBody {
    /// Its id.
    id: String,
}

/// Whether pushes are set up, and our public key.
#[utoipa::path(
    get, path = "/api/push", tag = "push", operation_id = "get_push",
    responses((status = 200, body = PushBody))
)]
pub async fn key(State(shared): State<Shared>) -> Json<PushBody> {
    Json(PushBody { public_key: shared.push.as_ref().map(|push| push.public_key()) })
}

/// Takes in a browser of a person: whatever the person is called for is pushed to it, too.
#[utoipa::path(
    post, path = "/api/push/browsers", tag = "push", operation_id = "add_browser", request_body = NewBrowser,
    responses(
        (status = 201, body = BrowserBody), (status = 400, body = ErrorBody),
        (status = 404, description = "Pushes are not set up", body = ErrorBody),
    )
)]
pub async fn add(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    ApiJson(body): ApiJson<NewBrowser>,
) -> Result<(StatusCode, Json<BrowserBody>), ApiError> {
    let push = shared.push.as_ref().ok_or(ErrorCode::NotFound)?;
    let person = actor(&shared, &body.by, peer).await?.person.ok_or(ErrorCode::UnknownPerson)?;
    let refused = || {
        ApiError::bad_parameter("subscription", "what the browser gave, of a push service that may be used")
    };
    // What is wrong with it is not said in detail: it is a secret.
    let subscription: Subscription =
        serde_json::from_value(body.subscription.clone()).map_err(|_| refused())?;
    push.to(&subscription).map_err(|_| refused())?;
    let endpoint = subscription.endpoint.expose();
    let browser = shared.registry.put_browser(&person, endpoint, body.subscription).await?;
    Ok((StatusCode::CREATED, Json(BrowserBody { id: browser.id })))
}

/// Forgets a browser.
#[utoipa::path(
    post, path = "/api/push/browsers/{id}/removal", tag = "push", operation_id = "remove_browser",
    params(("id" = String, Path, description = "The browser's id")),
    request_body = By,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn remove(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    ApiPath(id): ApiPath<String>,
    ApiJson(body): ApiJson<By>,
) -> Result<StatusCode, ApiError> {
    let person = actor(&shared, body.by.as_str(), peer).await?.person.ok_or(ErrorCode::UnknownPerson)?;
    // Nobody takes away another one's.
    let is_theirs = shared.registry.browsers_of(&person).await?.iter().any(|browser| browser.id == id);
    if is_theirs && shared.registry.remove_browser(&id, &person).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ErrorCode::NotFound.into())
    }
}
