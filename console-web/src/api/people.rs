//! People, the roster, and how long there is for what.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use gridwatch_alerts::{
    Directory, GridRef, Policy, blocking,
    roster::{EntryId, Name, Person, PersonId, Post, RosterEntry, RosterProblem, RungName, Uncovered},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{ApiJson, ApiQuery};
use crate::{
    error::{ApiError, ErrorBody, ErrorCode},
    server::Shared,
};

/// How far ahead coverage is asked for at most, in days.
const COVERAGE_DAYS_MAX: i64 = 35;

/// Everybody.
#[derive(Serialize, ToSchema)]
pub struct People {
    /// By id.
    people: Vec<Person>,
}

/// The whole roster.
#[derive(Serialize, ToSchema)]
pub struct RosterBody {
    /// The place's time zone.
    time_zone: String,
    /// By id.
    entries: Vec<RosterEntry>,
    /// What makes no sense in it.
    problems: Vec<RosterProblem>,
}

/// People to take in.
#[derive(Deserialize, ToSchema)]
pub struct NewPeople {
    /// Who changes it.
    by: PersonId,
    /// The people; one with the id of somebody takes their place.
    people: Vec<Person>,
}

/// Entries to write.
#[derive(Deserialize, ToSchema)]
pub struct NewEntries {
    /// Who changes it.
    by: PersonId,
    /// The entries; one with the id of another takes its place.
    entries: Vec<RosterEntry>,
}

/// Somebody who takes something away.
#[derive(Deserialize, ToSchema)]
pub struct By {
    /// Who changes it.
    pub by: PersonId,
}

/// A new policy.
#[derive(Deserialize, ToSchema)]
pub struct NewPolicy {
    /// Who changes it.
    by: PersonId,
    /// The policy.
    policy: Policy,
}

/// A span of time.
#[derive(Deserialize)]
pub struct SpanQuery {
    from: Timestamp,
    to: Timestamp,
}

/// A moment.
#[derive(Deserialize)]
pub struct AtQuery {
    at: Option<Timestamp>,
}

/// Who is on duty where.
#[derive(Serialize, ToSchema)]
pub struct OnDuty {
    /// When.
    at: Timestamp,
    /// Every post of the roster.
    posts: Vec<Manned>,
}

/// A post and who is there.
#[derive(Serialize, ToSchema)]
pub struct Manned {
    /// Which post.
    post: Post,
    /// Who.
    people: Vec<PersonId>,
}

/// Who is called for an alert in a grid.
#[derive(Serialize, ToSchema)]
pub struct LadderBody {
    /// When.
    at: Timestamp,
    /// In the order in which they are called; who is on several is on the first alone.
    rungs: Vec<LadderRung>,
}

/// A rung and who is on duty there.
#[derive(Serialize, ToSchema)]
pub struct LadderRung {
    /// Which rung.
    name: RungName,
    /// Who; where it is empty the rung is skipped.
    people: Vec<Callable>,
}

/// Somebody who may be called.
#[derive(Serialize, ToSchema)]
pub struct Callable {
    /// The person's id.
    id: PersonId,
    /// The person's name.
    name: Name,
}

/// Minutes in which nobody is where somebody should be.
#[derive(Serialize, ToSchema)]
pub struct Coverage {
    /// By post, then by time.
    uncovered: Vec<Uncovered>,
}

/// Everybody who works with alerts.
#[utoipa::path(
    get, path = "/api/people", tag = "people", operation_id = "list_people",
    responses((status = 200, body = People))
)]
pub async fn list(State(shared): State<Shared>) -> Json<People> {
    let directory = shared.registry.directory().await;
    Json(People { people: directory.roster().people().cloned().collect() })
}

/// Takes people in.
#[utoipa::path(
    post, path = "/api/people", tag = "people", operation_id = "put_people", request_body = NewPeople,
    responses((status = 204), (status = 400, body = ErrorBody))
)]
pub async fn put(
    State(shared): State<Shared>,
    ApiJson(body): ApiJson<NewPeople>,
) -> Result<StatusCode, ApiError> {
    shared.registry.put_people(&shared.desk, body.people, body.by.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The roster, and what makes no sense in it.
#[utoipa::path(
    get, path = "/api/roster", tag = "people", operation_id = "get_roster",
    responses((status = 200, body = RosterBody))
)]
pub async fn roster(State(shared): State<Shared>) -> Json<RosterBody> {
    let directory = shared.registry.directory().await;
    let roster = directory.roster();
    Json(RosterBody {
        time_zone: roster.zone().name().to_owned(),
        entries: roster.entries().cloned().collect(),
        problems: roster.problems(),
    })
}

/// Writes entries of the roster, all or none.
#[utoipa::path(
    post, path = "/api/roster", tag = "people", operation_id = "put_roster", request_body = NewEntries,
    responses((status = 204), (status = 400, body = ErrorBody))
)]
pub async fn put_roster(
    State(shared): State<Shared>,
    ApiJson(body): ApiJson<NewEntries>,
) -> Result<StatusCode, ApiError> {
    shared.registry.put_entries(&shared.desk, body.entries, body.by.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an entry of the roster away.
#[utoipa::path(
    post, path = "/api/roster/{id}/removal", tag = "people", operation_id = "remove_roster_entry",
    params(("id" = String, Path, description = "The entry's id")), request_body = By,
    responses((status = 204), (status = 404, body = ErrorBody))
)]
pub async fn remove_entry(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    ApiJson(body): ApiJson<By>,
) -> Result<StatusCode, ApiError> {
    let id = EntryId::new(&id).map_err(|_| ErrorCode::NotFound)?;
    let was_there = shared.registry.remove_entry(&shared.desk, &id, body.by.as_str()).await?;
    if was_there { Ok(StatusCode::NO_CONTENT) } else { Err(ErrorCode::NotFound.into()) }
}

/// Who is on duty, now or at another time.
#[utoipa::path(
    get, path = "/api/duty", tag = "people", operation_id = "list_duty",
    params(("at" = Option<Timestamp>, Query, description = "When; now unless given")),
    responses((status = 200, body = OnDuty), (status = 400, body = ErrorBody))
)]
pub async fn duty(State(shared): State<Shared>, ApiQuery(query): ApiQuery<AtQuery>) -> Json<OnDuty> {
    let at = query.at.unwrap_or_else(|| shared.clock.now());
    let directory = shared.registry.directory().await;
    let roster = directory.roster();
    let manned = |post: &Post| Manned { post: post.clone(), people: roster.on_duty(post, at) };
    Json(OnDuty { at, posts: roster.posts().into_iter().map(manned).collect() })
}

/// Who is called for an alert in a grid, now or at another time. An alert's policy may leave rungs out.
#[utoipa::path(
    get, path = "/api/grids/{code}/ladder", tag = "people", operation_id = "get_ladder",
    params(
        ("code" = String, Path, description = "The grid's code"),
        ("at" = Option<Timestamp>, Query, description = "When; now unless given"),
    ),
    responses((status = 200, body = LadderBody), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn ladder(
    State(shared): State<Shared>,
    Path(code): Path<String>,
    ApiQuery(query): ApiQuery<AtQuery>,
) -> Result<Json<LadderBody>, ApiError> {
    let at = query.at.unwrap_or_else(|| shared.clock.now());
    let directory = shared.registry.directory().await;
    let path: Vec<GridRef> = directory.grids().path(&code).into_iter().map(GridRef::from).collect();
    if path.is_empty() {
        return Err(ErrorCode::NotFound.into());
    }
    // Which grids are neighbours takes geometry.
    Ok(Json(blocking(move || LadderBody { at, rungs: rungs(&directory, &path, at) }).await))
}

fn rungs(directory: &Directory, path: &[GridRef], at: Timestamp) -> Vec<LadderRung> {
    let callable = |id: PersonId| {
        let name = directory.roster().person(&id)?.name.clone();
        Some(Callable { id, name })
    };
    let ladder = directory.ladder(path, at).into_iter();
    ladder
        .map(|rung| LadderRung {
            name: rung.name,
            people: rung.people.into_iter().filter_map(callable).collect(),
        })
        .collect()
}

/// Every minute in which a post of the roster has nobody, over at most 35 days.
#[utoipa::path(
    get, path = "/api/coverage", tag = "people", operation_id = "list_uncovered",
    params(
        ("from" = Timestamp, Query, description = "From when"),
        ("to" = Timestamp, Query, description = "Until when"),
    ),
    responses((status = 200, body = Coverage), (status = 400, body = ErrorBody))
)]
pub async fn coverage(
    State(shared): State<Shared>,
    ApiQuery(query): ApiQuery<SpanQuery>,
) -> Result<Json<Coverage>, ApiError> {
    let SpanQuery { from, to } = query;
    if from >= to || to.duration_since(from).as_hours() > COVERAGE_DAYS_MAX * 24 {
        return Err(ApiError::bad_parameter("to", "a time after from, at most 35 days later"));
    }
    let directory = shared.registry.directory().await;
    let roster = directory.roster();
    let posts: Vec<Post> = roster.posts().into_iter().cloned().collect();
    Ok(Json(Coverage { uncovered: roster.uncovered(&posts, from, to) }))
}

/// How long there is for what, and who is called in which order.
#[utoipa::path(
    get, path = "/api/policy", tag = "people", operation_id = "get_policy",
    responses((status = 200, body = Policy))
)]
pub async fn policy(State(shared): State<Shared>) -> Json<Policy> {
    Json(Policy::clone(&*shared.registry.policy().await))
}

/// Changes how long there is for what; clocks that run go on as they are.
#[utoipa::path(
    post, path = "/api/policy", tag = "people", operation_id = "put_policy", request_body = NewPolicy,
    responses((status = 204), (status = 400, body = ErrorBody))
)]
pub async fn put_policy(
    State(shared): State<Shared>,
    ApiJson(body): ApiJson<NewPolicy>,
) -> Result<StatusCode, ApiError> {
    shared.registry.put_policy(&shared.desk, body.policy, body.by.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}
