//! Parameters of a request, refused in the API's own words.

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, request::Parts},
};
use gridwatch_alerts::{AlertId, Registration};
use gridwatch_ingest::CameraId;
use serde::de::DeserializeOwned;

use crate::{
    error::{ApiError, ErrorCode},
    server::Shared,
};

/// The query of a request.
pub struct ApiQuery<T>(pub T);

/// The number of an alert in a path. Anything else names no alert, so the answer is that there is none.
pub struct AlertPath(pub AlertId);

/// The number of an alert and of a step of its course in a path. Anything else names none.
pub struct StepPath(pub AlertId, pub u8);

/// The number of an alert and of a request to open its original in a path. Anything else names none.
pub struct RequestPath(pub AlertId, pub u32);

/// What a link to a picture consists of. Anything else opens nothing.
pub struct LinkPath {
    pub alert: AlertId,
    pub until: i64,
    pub token: String,
}

/// The camera that a path names by its id.
pub struct CameraPath(pub Registration);

/// The body of a request. What is wrong with it is not said in detail: a password may stand in it.
pub struct ApiJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => {
                Err(ApiError::from(ErrorCode::BadRequest).with("reason", rejection.body_text()))
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AlertPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let number = Path::<i64>::from_request_parts(parts, state).await;
        number.map(|Path(number)| Self(AlertId(number))).map_err(|_| ErrorCode::NotFound.into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for StepPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let numbers = Path::<(i64, u8)>::from_request_parts(parts, state).await;
        let numbers = numbers.map(|Path((alert, step))| Self(AlertId(alert), step));
        numbers.map_err(|_| ErrorCode::NotFound.into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let numbers = Path::<(i64, u32)>::from_request_parts(parts, state).await;
        let numbers = numbers.map(|Path((alert, request))| Self(AlertId(alert), request));
        numbers.map_err(|_| ErrorCode::NotFound.into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for LinkPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let link = Path::<(i64, i64, String)>::from_request_parts(parts, state).await;
        let link = link.map(|Path((alert, until, token))| Self { alert: AlertId(alert), until, token });
        link.map_err(|_| ErrorCode::NotFound.into())
    }
}

impl FromRequestParts<Shared> for CameraPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, ApiError> {
        let id = Path::<String>::from_request_parts(parts, shared).await;
        let id = id.ok().and_then(|Path(id)| CameraId::new(&id).ok());
        let camera = id.and_then(|id| shared.desk.cameras().get(&id).cloned());
        camera.map(Self).ok_or_else(|| ErrorCode::NotFound.into())
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for ApiJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(ErrorCode::BodyTooLarge.into())
            }
            Err(_) => Err(ApiError::from(ErrorCode::BadRequest).with("parameter", "body")),
        }
    }
}
