//! Parameters of a request, refused in the API's own words.

use axum::{
    extract::{FromRequestParts, Path, Query},
    http::request::Parts,
};
use gridwatch_alerts::AlertId;
use serde::de::DeserializeOwned;

use crate::error::{ApiError, ErrorCode};

/// The query of a request.
pub struct ApiQuery<T>(pub T);

/// The number of an alert in a path. Anything else names no alert, so the answer is that there is none.
pub struct AlertPath(pub AlertId);

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
