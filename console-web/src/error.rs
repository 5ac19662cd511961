//! How the API says no: a status, a code that clients have a sentence for, and parameters.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use gridwatch_alerts::{Error, Refused, RegistryError, StatisticsError, grids::HistoryError};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// What is sent instead of an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    error: ErrorContent,
}

/// What went wrong, for a program to put into words.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorContent {
    /// Which kind of error.
    code: ErrorCode,
    /// What the sentence needs.
    params: Map<String, Value>,
}

/// The kinds of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request cannot be understood.
    BadRequest,
    /// The request comes from a page of another server.
    ForeignOrigin,
    /// There is no such thing.
    NotFound,
    /// The path exists, but not with this method.
    MethodNotAllowed,
    /// The body of the request is too long.
    BodyTooLarge,
    /// The request is not said to be JSON.
    UnsupportedMediaType,
    /// As many clients are connected as the server serves.
    TooManyClients,
    /// As many cameras are tried already as can be at one time.
    TooManyProbes,
    /// As many cameras are viewed as can be at one time.
    TooManyViewed,
    /// The alert's state, the person's role, or somebody who was quicker does not allow the move.
    MoveRefused,
    /// An original is not opened; `why` says why not.
    OriginalRefused,
    /// No drill begins; `why` says why not.
    DrillRefused,
    /// Entries of the roster make no sense.
    BadRoster,
    /// Something is wrong with a file, so nothing of it was taken in.
    BadImport,
    /// Grids change at that time or later already.
    GridsChangeLater,
    /// As many files are read and reports worked out already as can be at one time.
    Busy,
    /// Nobody with this id works with alerts.
    UnknownPerson,
    /// The server could not do it; its log says why.
    Internal,
}

/// An error on its way out.
#[derive(Debug)]
pub struct ApiError {
    code: ErrorCode,
    params: Map<String, Value>,
}

// === impl ErrorCode ===

impl ErrorCode {
    const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::MoveRefused | Self::GridsChangeLater | Self::OriginalRefused | Self::DrillRefused => {
                StatusCode::CONFLICT
            }
            Self::BadRoster | Self::BadImport | Self::UnknownPerson => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyClients | Self::TooManyViewed => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooManyProbes | Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// After how many seconds it is worth while to ask again, where that is known.
    const fn retry_after_s(self) -> Option<u32> {
        match self {
            // A probe takes no longer, and hardly a file or a report.
            Self::TooManyProbes | Self::Busy => Some(10),
            _ => None,
        }
    }
}

// === impl ApiError ===

impl ApiError {
    /// A parameter that is not as it must be, and what is allowed.
    pub fn bad_parameter(parameter: &str, allowed: &str) -> Self {
        Self::from(ErrorCode::BadRequest).with("parameter", parameter).with("allowed", allowed)
    }

    /// The same error with one more parameter.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self { code, params: Map::new() }
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::UnknownAlert(id) => Self::from(ErrorCode::NotFound).with("alert", json!(id)),
            Error::Refused(id, refused) => {
                let Refused { why, state, step, allowed, last_move, .. } = *refused;
                Self::from(ErrorCode::MoveRefused)
                    .with("alert", json!(id))
                    .with("why", json!(why))
                    .with("state", json!(state))
                    .with("step", step)
                    .with("allowed", json!(allowed))
                    .with("last_move", json!(last_move))
            }
            Error::OriginalRefused(id, why) => {
                Self::from(ErrorCode::OriginalRefused).with("alert", json!(id)).with("why", json!(why))
            }
            Error::DrillRefused(why) => Self::from(ErrorCode::DrillRefused).with("why", json!(why)),
            Error::BadMove { field, must } => Self::bad_parameter(field, must),
            Error::Evidence(_)
            | Error::Store(_)
            | Error::Format(_)
            | Error::Content(_)
            | Error::Superseded
            | Error::RecorderBusy
            | Error::RecorderEnded => {
                tracing::error!(%error, "request failed");
                Self::from(ErrorCode::Internal)
            }
        }
    }
}

impl From<RegistryError> for ApiError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Roster(problems) => {
                Self::from(ErrorCode::BadRoster).with("problems", json!(problems))
            }
            RegistryError::Grids(error) => error.into(),
            RegistryError::File(problem) => Self::from(ErrorCode::BadImport).with("problem", json!(problem)),
            RegistryError::Store(error) => error.into(),
        }
    }
}

impl From<StatisticsError> for ApiError {
    fn from(error: StatisticsError) -> Self {
        match error {
            StatisticsError::Store(error) => error.into(),
            StatisticsError::Report(error) => {
                tracing::error!(%error, "a report could not be made");
                Self::from(ErrorCode::Internal)
            }
        }
    }
}

impl From<HistoryError> for ApiError {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::TimeNotIncreasing { at, latest } => Self::from(ErrorCode::GridsChangeLater)
                .with("valid_from", at.to_string())
                .with("latest", latest.to_string()),
            _ => {
                tracing::error!(%error, "grids could not be taken over");
                Self::from(ErrorCode::Internal)
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody { error: ErrorContent { code: self.code, params: self.params } };
        let retry_after =
            self.code.retry_after_s().map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        (self.code.status(), retry_after, Json(body)).into_response()
    }
}
