//! Taking people and rotations in.

use axum::{Json, extract::State, http::HeaderMap};
use gridwatch_alerts::{
    RegistryError,
    roster::{FileProblem, Import, Language, Outcome, Person, RosterEntry, RowProblem},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{ImportProblem, Upload, coded, importer, intent};
use crate::{
    api::{
        extract::ApiQuery,
        language::{Asked, of_reader},
    },
    error::{ApiError, ErrorBody, ErrorCode},
    server::Shared,
};

/// How a table is to be taken in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableImportQuery {
    by: String,
    #[serde(default)]
    dry_run: bool,
    language: Option<Asked>,
}

/// What a table does, or would do.
#[derive(Serialize, ToSchema)]
pub struct TableImport {
    /// Whether it was a dry run: then nothing has changed.
    dry_run: bool,
    /// How many rows were read, without the header and rows that are blank.
    rows: usize,
    /// The ids that are new.
    added: Vec<String>,
    /// The ids of which something is replaced.
    changed: Vec<String>,
    /// How many are there already, just so.
    unchanged: usize,
    /// The ids that cannot be taken in; the problems say why.
    refused: Vec<String>,
    /// Everything that is wrong with the file. With anything but a column that is passed over, nothing is taken in.
    problems: Vec<ImportProblem>,
}

/// Takes people in from a table (`text/csv`, in UTF-8 or GBK), all or none. With `dry_run` it only says what that would do.
#[utoipa::path(
    post, path = "/api/people/import", tag = "people", operation_id = "import_people",
    params(
        ("by" = String, Query, description = "Who takes it in: the id of a person"),
        ("dry_run" = Option<bool>, Query, description = "Only says what would be done"),
        ("language" = Option<Asked>, Query, description = "Of the sentences; else the first that Accept-Language names"),
    ),
    request_body(content = String, content_type = "text/csv"),
    responses(
        (status = 200, body = TableImport),
        (status = 400, description = "Something is wrong with a parameter, or with the file: `problems`", body = ErrorBody),
        (status = 403, description = "The page is not of this server", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 429, description = "As many files are read already as can be at one time", body = ErrorBody),
    )
)]
pub async fn people(
    State(shared): State<Shared>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<TableImportQuery>,
    upload: Upload,
) -> Result<Json<TableImport>, ApiError> {
    let TableImportQuery { by, dry_run, language } = query;
    let (by, bytes) = (importer(&by)?, a_table(&upload)?);
    let import = shared.registry.import_people(&shared.desk, bytes, by, intent(dry_run)).await;
    let id = |person: &Person| person.id.to_string();
    answer(import, id, dry_run, of_reader(language, &headers).into())
}

/// Takes rotations of the roster in from a table (`text/csv`, in UTF-8 or GBK), all or none. With `dry_run` it only says what
/// that would do.
#[utoipa::path(
    post, path = "/api/roster/import", tag = "people", operation_id = "import_roster",
    params(
        ("by" = String, Query, description = "Who takes it in: the id of a person"),
        ("dry_run" = Option<bool>, Query, description = "Only says what would be done"),
        ("language" = Option<Asked>, Query, description = "Of the sentences; else the first that Accept-Language names"),
    ),
    request_body(content = String, content_type = "text/csv"),
    responses(
        (status = 200, body = TableImport),
        (status = 400, description = "Something is wrong with a parameter, or with the file: `problems`", body = ErrorBody),
        (status = 403, description = "The page is not of this server", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 429, description = "As many files are read already as can be at one time", body = ErrorBody),
    )
)]
pub async fn rotations(
    State(shared): State<Shared>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<TableImportQuery>,
    upload: Upload,
) -> Result<Json<TableImport>, ApiError> {
    let TableImportQuery { by, dry_run, language } = query;
    let (by, bytes) = (importer(&by)?, a_table(&upload)?);
    let import = shared.registry.import_rotations(&shared.desk, bytes, by, intent(dry_run)).await;
    let id = |entry: &RosterEntry| entry.id.to_string();
    answer(import, id, dry_run, of_reader(language, &headers).into())
}

fn a_table(upload: &Upload) -> Result<axum::body::Bytes, ApiError> {
    match upload.media_type.as_str() {
        "text/csv" => Ok(upload.bytes.clone()),
        _ => Err(ApiError::from(ErrorCode::UnsupportedMediaType).with("expected", "text/csv")),
    }
}

fn answer<T>(
    import: Result<Import<T>, RegistryError>,
    id: impl Fn(&T) -> String,
    dry_run: bool,
    language: Language,
) -> Result<Json<TableImport>, ApiError> {
    let import = match import {
        Err(RegistryError::File(problem)) => Err(problem),
        import => Ok(import?),
    };
    let answer = match &import {
        Ok(import) => {
            let ids = |outcome| {
                let such = import.accepted.iter().filter(move |one| one.outcome == outcome);
                such.map(|one| id(&one.value)).collect::<Vec<_>>()
            };
            TableImport {
                dry_run,
                rows: import.rows,
                added: ids(Outcome::Added),
                changed: ids(Outcome::Changed),
                unchanged: ids(Outcome::Unchanged).len(),
                refused: import.refused.clone(),
                problems: import.problems.iter().map(|problem| of_row(problem, language)).collect(),
            }
        }
        Err(problem) => TableImport {
            dry_run,
            rows: 0,
            added: Vec::new(),
            changed: Vec::new(),
            unchanged: 0,
            refused: Vec::new(),
            problems: vec![of_file(problem, language)],
        },
    };
    if dry_run || import.is_ok_and(|import| import.is_whole()) {
        Ok(Json(answer))
    } else {
        let refused = ApiError::from(ErrorCode::BadImport);
        Err(refused.with("problems", json!(answer.problems)).with("refused", json!(answer.refused)))
    }
}

fn of_row(problem: &RowProblem, language: Language) -> ImportProblem {
    let (code, params) = coded(&problem.fault);
    let column = problem.column.and_then(|column| json!(column).as_str().map(str::to_owned));
    let sentence = problem.sentence(language);
    ImportProblem { row: Some(problem.row), feature: None, column, id: None, code, params, sentence }
}

fn of_file(problem: &FileProblem, language: Language) -> ImportProblem {
    ImportProblem::of_file(problem, problem.sentence(language))
}
