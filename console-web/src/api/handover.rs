//! The hand-over sheet of a shift.

use axum::{Json, extract::State};
use gridwatch_alerts::{
    Alert, blocking,
    roster::{GridCode, HandoverSheet, Name, Position, Post},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::ApiQuery;
use crate::{
    error::{ApiError, ErrorBody, ErrorCode},
    server::Shared,
};

/// How many open alerts a sheet lists: more than a shift can hand over, and some megabytes.
const OPEN_MAX: u32 = 1000;

/// Which shift of which post.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoverQuery {
    at: Option<Timestamp>,
    post: Option<PostKind>,
    name: Option<Name>,
    department: Option<Name>,
    grid: Option<GridCode>,
    position: Option<Position>,
}

/// What kind of post it is.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostKind {
    /// 值班长; the one unless another is named.
    ShiftLead,
    /// 席位: needs `name`.
    Seat,
    /// Needs `grid`, and `position` where it is not the primary one.
    Grid,
    /// 巡逻队: needs `grid`.
    PatrolPool,
    /// 警务室: needs `grid`.
    PolicePost,
    /// 部门联络员: needs `department`.
    Liaison,
}

/// What one shift leaves to the next.
#[derive(Serialize, ToSchema)]
pub struct HandoverBody {
    /// The shifts, and the open alerts, the most urgent first: of a grid's post those of the grid and below, else all.
    #[serde(flatten)]
    sheet: HandoverSheet<Alert>,
    /// How many alerts are open in the whole place. The sheet is cut at 1,000.
    open_in_all: u64,
}

/// The hand-over sheet of the shift that is on at a moment: who goes, who comes, where nobody will be, what changed, and the
/// alerts that are open now.
#[utoipa::path(
    get, path = "/api/handover", tag = "people", operation_id = "get_handover",
    params(
        ("at" = Option<Timestamp>, Query, description = "During which shift; now unless given"),
        ("post" = Option<PostKind>, Query, description = "Of which kind of post; of the shift lead unless given"),
        ("name" = Option<String>, Query, description = "Of a seat, what it is called"),
        ("department" = Option<String>, Query, description = "Of a liaison, the department"),
        ("grid" = Option<String>, Query, description = "Of a grid, patrol pool or police post, the code of the grid"),
        ("position" = Option<Position>, Query, description = "Of a grid; the primary one unless given"),
    ),
    responses(
        (status = 200, body = HandoverBody),
        (status = 400, body = ErrorBody),
        (status = 404, description = "Nobody comes or goes at that post within eight days", body = ErrorBody),
    )
)]
pub async fn handover(
    State(shared): State<Shared>,
    ApiQuery(query): ApiQuery<HandoverQuery>,
) -> Result<Json<HandoverBody>, ApiError> {
    let at = query.at.unwrap_or_else(|| shared.clock.now());
    let post = query.post()?;
    let grid = match &post {
        Post::Grid { grid, .. } | Post::PatrolPool { grid } | Post::PolicePost { grid } => {
            Some(grid.to_string())
        }
        _ => None,
    };
    let directory = shared.registry.directory().await;
    let handover = blocking(move || {
        let roster = directory.roster();
        // Who leads or sits at a seat has to know of every post, who works in a grid of their own.
        let required: Vec<Post> = match &post {
            Post::Grid { .. } | Post::PatrolPool { .. } | Post::PolicePost { .. } | Post::Liaison { .. } => {
                vec![post.clone()]
            }
            Post::Seat { .. } | Post::ShiftLead => roster.posts().into_iter().cloned().collect(),
        };
        roster.handover(&post, &required, at)
    });
    let handover = handover.await.ok_or(ErrorCode::NotFound)?;
    let (mut open, open_in_all) = shared.desk.store().open_alerts(OPEN_MAX).await?;
    if let Some(grid) = grid {
        open.retain(|alert| alert.grid_path.iter().any(|above| above.code == grid));
    }
    Ok(Json(HandoverBody { sheet: HandoverSheet { handover, open }, open_in_all }))
}

// === impl HandoverQuery ===

impl HandoverQuery {
    fn post(&self) -> Result<Post, ApiError> {
        let needed = |parameter| move || ApiError::bad_parameter(parameter, "given for this kind of post");
        let grid = || self.grid.clone().ok_or_else(needed("grid"));
        Ok(match self.post.unwrap_or(PostKind::ShiftLead) {
            PostKind::ShiftLead => Post::ShiftLead,
            PostKind::Seat => Post::Seat { name: self.name.clone().ok_or_else(needed("name"))? },
            PostKind::Grid => {
                Post::Grid { grid: grid()?, position: self.position.unwrap_or(Position::Primary) }
            }
            PostKind::PatrolPool => Post::PatrolPool { grid: grid()? },
            PostKind::PolicePost => Post::PolicePost { grid: grid()? },
            PostKind::Liaison => {
                Post::Liaison { department: self.department.clone().ok_or_else(needed("department"))? }
            }
        })
    }
}
