//! Parameters of a request, refused in the API's own words.

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, request::Parts},
};
use gridwatch_alerts::Registration;
use gridwatch_ingest::CameraId;
use serde::de::DeserializeOwned;

use crate::{
    error::{ApiError, ErrorCode},
    server::Shared,
};

/// The query of a request.
pub struct ApiQuery<T>(pub T);

/// What a path names. Anything else names nothing, so the answer is that there is none.
pub struct ApiPath<T>(pub T);

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

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for ApiPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let named = Path::<T>::from_request_parts(parts, state).await;
        named.map(|Path(named)| Self(named)).map_err(|_| ErrorCode::NotFound.into())
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
