//! Taking grids in.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use gridwatch_alerts::{
    Desk, GridError, GridRef, GridTree, blocking,
    grids::{
        Changes, CodeScheme, CoordinateSystem, Field, Lang, Lint, Lints, Place, WrongSystem, lint,
        suspect_file,
    },
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{ImportProblem, Upload, coded, importer};
use crate::{
    api::{
        extract::ApiQuery,
        grids::GridCollection,
        language::{Asked, of_reader},
    },
    error::{ApiError, ErrorBody, ErrorCode},
    server::Shared,
};

/// How far ahead a tree may be planned. What is planned cannot be taken back, so a year that was mistyped must not stand.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24 * 366);

/// How a file of grids is to be taken in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridImportQuery {
    system: CoordinateSystem,
    by: String,
    valid_from: Option<Timestamp>,
    #[serde(default)]
    dry_run: bool,
    language: Option<Asked>,
}

/// What a file of grids does, or would do.
#[derive(Serialize, ToSchema)]
pub struct GridImport {
    /// Whether it was a dry run: then nothing has changed.
    dry_run: bool,
    /// From when on the grids are valid.
    valid_from: Timestamp,
    /// How many grids the file has; 0 where something is wrong with it.
    grids: usize,
    /// What differs from the grids before; null where something is wrong with the file.
    #[schema(required)]
    changes: Option<GridChanges>,
    /// Everything that is wrong with the file, at most 1,000.
    problems: Vec<ImportProblem>,
    /// How many more problems there are.
    more_problems: usize,
    /// What looks odd; grids with lints work.
    lints: Vec<GridLint>,
    /// Whether there was too much to look at all of it.
    lints_cut_short: bool,
    /// 坐标系可能选错: why the file may be in another coordinate system than was named; null where nothing points to it.
    #[schema(required)]
    wrong_system: Option<SuspectedSystem>,
}

/// What differs between two trees.
#[derive(Serialize, ToSchema)]
pub struct GridChanges {
    /// Grids that begin.
    added: Vec<GridRef>,
    /// Grids that go on in another way.
    changed: Vec<GridChange>,
    /// Grids that end.
    ended: Vec<GridRef>,
    /// How many grids go on as they are.
    unchanged: usize,
}

/// A grid that goes on in another way.
#[derive(Serialize, ToSchema)]
pub struct GridChange {
    /// The grid as it was.
    before: GridRef,
    /// The grid as it will be.
    after: GridRef,
    /// What differs.
    #[schema(value_type = Vec<String>, example = json!(["name", "area"]))]
    fields: Vec<Field>,
}

/// What looks odd at one grid: a code with parameters, and a sentence.
#[derive(Serialize, ToSchema)]
pub struct GridLint {
    /// The grid's code.
    grid: String,
    /// Its name.
    name: String,
    /// What looks odd.
    code: String,
    /// What the code needs.
    params: Map<String, Value>,
    /// What looks odd and what to do, in the reader's language.
    sentence: String,
}

/// Too many cameras lie outside every grid.
#[derive(Serialize, ToSchema)]
pub struct SuspectedSystem {
    /// The share of the cameras outside every grid, as the file was read and under each other system.
    #[serde(flatten)]
    found: WrongSystem,
    /// The same in the reader's language, with what to do.
    sentence: String,
}

/// What was read.
struct Read {
    tree: Arc<GridTree>,
    lints: Lints,
    wrong_system: Option<WrongSystem>,
}

/// Takes over the grids of a file, from now on or from a time to come; grids that are not in it end. With `dry_run` it only
/// says what that would do.
///
/// The file is GeoJSON (`application/geo+json`, `application/json`) or a table (`text/csv`, in UTF-8 or GBK), 32 MiB at most.
#[utoipa::path(
    post, path = "/api/grids/import", tag = "grids", operation_id = "import_grids",
    params(
        ("system" = CoordinateSystem, Query, description = "The coordinate system of the file"),
        ("by" = String, Query, description = "Who takes it in: the id of a person"),
        ("valid_from" = Option<Timestamp>, Query, description = "From when on the grids are valid, at most 366 days ahead; from now on unless given"),
        ("dry_run" = Option<bool>, Query, description = "Only says what would be done"),
        ("language" = Option<Asked>, Query, description = "Of the sentences; else the first that Accept-Language names"),
    ),
    request_body(content((GridCollection = "application/geo+json"), (String = "text/csv"))),
    responses(
        (status = 200, body = GridImport),
        (status = 400, description = "Something is wrong with a parameter, or with the file: `problems`", body = ErrorBody),
        (status = 403, description = "The page is not of this server", body = ErrorBody),
        (status = 409, description = "Grids change at that time or later already: name a later one", body = ErrorBody),
        (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody),
        (status = 429, description = "As many files are read already as can be at one time", body = ErrorBody),
    )
)]
pub async fn import(
    State(shared): State<Shared>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<GridImportQuery>,
    upload: Upload,
) -> Result<Json<GridImport>, ApiError> {
    let GridImportQuery { system, by, valid_from, dry_run, language } = query;
    let (by, now) = (importer(&by)?, shared.clock.now());
    if valid_from.is_some_and(|at| at < now || at.duration_since(now) > AHEAD_MAX) {
        return Err(ApiError::bad_parameter("valid_from", "a time to come, at most 366 days from now"));
    }
    let valid_from = valid_from.unwrap_or(now);
    let lang = Lang::from(of_reader(language, &headers));
    let cameras = positions(&shared.desk);
    let read = blocking(move || read(&upload, system, &cameras)).await;
    let answer = |read: Read, changes: &Changes| {
        let Read { tree, lints, wrong_system } = read;
        let suspected = |found: WrongSystem| SuspectedSystem { sentence: found.describe(lang), found };
        GridImport {
            dry_run,
            valid_from,
            grids: tree.iter().len(),
            changes: Some(GridChanges::from(changes)),
            problems: Vec::new(),
            more_problems: 0,
            lints: lints.found.iter().map(|lint| GridLint::new(lint, lang)).collect(),
            lints_cut_short: lints.cut_short,
            wrong_system: wrong_system.map(suspected),
        }
    };
    match read {
        Ok(read) if dry_run => {
            let changes = shared.registry.plan_grids(Arc::clone(&read.tree), valid_from).await?;
            Ok(Json(answer(read, &changes)))
        }
        Ok(read) => {
            let tree = Arc::clone(&read.tree);
            let changes = shared.registry.put_grids(&shared.desk, tree, valid_from, by.as_str()).await?;
            tracing::info!(%by, %valid_from, grids = read.tree.iter().len(), "grids were taken over");
            Ok(Json(answer(read, &changes)))
        }
        Err(error) => {
            let (problems, more_problems) = problems(&error, lang);
            if !dry_run {
                let refused = ApiError::from(ErrorCode::BadImport);
                return Err(refused.with("problems", json!(problems)).with("more", more_problems));
            }
            Ok(Json(GridImport {
                dry_run,
                valid_from,
                grids: 0,
                changes: None,
                problems,
                more_problems,
                lints: Vec::new(),
                lints_cut_short: false,
                wrong_system: None,
            }))
        }
    }
}

fn read(upload: &Upload, system: CoordinateSystem, cameras: &[(f64, f64)]) -> Result<Read, GridError> {
    let tree = match upload.media_type.as_str() {
        "text/csv" => GridTree::from_csv(&upload.bytes, system)?,
        _ => GridTree::from_geojson(&upload.bytes, system)?,
    };
    let lints = lint(&tree, &CodeScheme::default());
    let wrong_system = suspect_file(cameras, system, &tree);
    Ok(Read { tree: Arc::new(tree), lints, wrong_system })
}

/// Where the cameras hang, as far as that is known.
fn positions(desk: &Desk) -> Vec<(f64, f64)> {
    desk.cameras().iter().filter_map(|camera| camera.camera.lon.zip(camera.camera.lat)).collect()
}

fn problems(error: &GridError, lang: Lang) -> (Vec<ImportProblem>, usize) {
    let GridError::Problems { problems, more } = error else {
        let fault = json!({ "code": error.code() });
        return (vec![ImportProblem::of_file(&fault, error.describe(lang))], 0);
    };
    let problem = |problem: &gridwatch_alerts::GridProblem| {
        let (code, params) = coded(&problem.fault);
        let number = |number: usize| u64::try_from(number).ok();
        let (row, feature) = match problem.place {
            Place::Row(row) => (number(row), None),
            Place::Feature(feature) => (None, number(feature)),
        };
        let (id, sentence) = (problem.grid.clone(), problem.describe(lang));
        ImportProblem { row, feature, column: None, id, code, params, sentence }
    };
    (problems.iter().map(problem).collect(), *more)
}

// === impl GridChanges ===

impl From<&Changes> for GridChanges {
    fn from(changes: &Changes) -> Self {
        let changed = changes.changed.iter().map(|change| GridChange {
            before: GridRef::from(&change.before),
            after: GridRef::from(&change.after),
            fields: change.fields.clone(),
        });
        Self {
            added: changes.added.iter().map(GridRef::from).collect(),
            changed: changed.collect(),
            ended: changes.ended.iter().map(GridRef::from).collect(),
            unchanged: changes.unchanged,
        }
    }
}

// === impl GridLint ===

impl GridLint {
    fn new(lint: &Lint, lang: Lang) -> Self {
        let (code, params) = coded(&lint.finding);
        let (grid, name) = (lint.grid.clone(), lint.name.clone());
        Self { grid, name, code, params, sentence: lint.finding.describe(lang) }
    }
}
