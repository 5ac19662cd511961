//! Files that are taken in: the upload, and what is said of what is wrong with one.
//!
//! A dry run (`dry_run=true`) answers 200 and says everything that it finds. Without, a file is taken in whole, or refused whole
//! with the same problems.

pub mod grids;
pub mod people;

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use gridwatch_alerts::{Intent, roster::PersonId};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;

use super::origin::media_type;
use crate::{
    error::{ApiError, ErrorCode},
    server::Shared,
};

/// The largest file: what the grids' reader takes, ten times what 10,000 grids need.
pub const FILE_BYTES_MAX: usize = 32 << 20;

/// How long a file may take to come, so that a stalled one does not keep others away.
const UPLOAD_MAX: Duration = Duration::from_secs(120);

/// Something that is wrong with a file: a code with parameters, where it is, and a sentence for who mends it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportProblem {
    /// The row of a table, the header being row 1; null where it is not one row.
    #[schema(required)]
    row: Option<u64>,
    /// The feature of a GeoJSON file, the first being 0.
    #[schema(required)]
    feature: Option<u64>,
    /// The column of a table.
    #[schema(required)]
    column: Option<String>,
    /// The id or code that the row or feature has.
    #[schema(required)]
    id: Option<String>,
    /// What is wrong.
    code: String,
    /// What the code needs.
    params: Map<String, Value>,
    /// Where it is, what is wrong and what to do, in the reader's language.
    sentence: String,
}

/// A file that came, with the right to be worked on.
pub struct Upload {
    /// What it is said to be.
    pub media_type: String,
    /// The file.
    pub bytes: Bytes,
    _permit: OwnedSemaphorePermit,
}

// === impl ImportProblem ===

impl ImportProblem {
    /// Something wrong with the file as a whole.
    fn of_file(fault: &impl Serialize, sentence: String) -> Self {
        let (code, params) = coded(fault);
        Self { row: None, feature: None, column: None, id: None, code, params, sentence }
    }
}

/// The code of something that is put into words as a code with parameters, and the parameters.
fn coded(fault: &impl Serialize) -> (String, Map<String, Value>) {
    let Ok(Value::Object(mut all)) = serde_json::to_value(fault) else { return Default::default() };
    let code = all.remove("code").and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default();
    match all.remove("params") {
        Some(Value::Object(params)) => (code, params),
        _ => (code, all),
    }
}

/// Who takes a file in.
fn importer(by: &str) -> Result<PersonId, ApiError> {
    PersonId::new(by).map_err(|_| ApiError::bad_parameter("by", "the id of a person"))
}

fn intent(dry_run: bool) -> Intent {
    if dry_run { Intent::DryRun } else { Intent::TakeIn }
}

// === impl Upload ===

impl FromRequest<Shared> for Upload {
    type Rejection = ApiError;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, ApiError> {
        let media_type = media_type(request.headers());
        let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if length.and_then(|length| length.parse().ok()).is_some_and(|length: usize| length > FILE_BYTES_MAX)
        {
            return Err(too_large());
        }
        // Taken before the file is read: what waits holds no memory.
        let permit = shared.heavy.clone().try_acquire_owned().map_err(|_| ErrorCode::Busy)?;
        let reading = tokio::time::timeout(UPLOAD_MAX, Bytes::from_request(request, shared));
        match reading.await {
            Ok(Ok(bytes)) => Ok(Self { media_type, bytes, _permit: permit }),
            Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_large()),
            Ok(Err(_)) | Err(_) => {
                Err(ApiError::bad_parameter("body", "a file that comes whole within 2 minutes"))
            }
        }
    }
}

fn too_large() -> ApiError {
    ApiError::from(ErrorCode::BodyTooLarge).with("bytes_max", FILE_BYTES_MAX)
}
