//! When somebody was last active in each grid: what 僵尸网格 is made of.

use std::collections::{BTreeMap, HashMap};

use gridwatch_grids::GridTree;
use gridwatch_reports::{GridActivity, Period};
use gridwatch_roster::{Position, Post, Roster};
use jiff::{SignedDuration, Timestamp};

use crate::{blocking::blocking, error::Error, registry::Registry};

/// How far back who was on duty, and what they did, is looked for: what the report says of idle grids.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Every grid that has a post in the roster and is in the tree, at the end of a period; of one that goes on, as of now.
///
/// Active is who was on duty there in the time before and acknowledged a message, and a worker or leader who made a move on one
/// of the grid's alerts. That a camera saw something there is nobody's activity.
pub(super) async fn of_grids(
    registry: &Registry,
    period: &Period,
    now: Timestamp,
) -> Result<Vec<GridActivity>, Error> {
    let to = period.to();
    let from = to.checked_sub(LOOKED_BACK).unwrap_or(Timestamp::MIN);
    let moves = registry.store().last_moves(from, to).await?;
    let acknowledgements = registry.store().last_acknowledgements(from, to).await?;
    let tree = registry.grids_at(to.min(now)).await;
    let directory = registry.directory().await;
    Ok(blocking(move || activity(&tree, directory.roster(), (from, to.min(now)), &moves, &acknowledgements))
        .await)
}

fn activity(
    tree: &GridTree,
    roster: &Roster,
    (from, to): (Timestamp, Timestamp),
    moves: &HashMap<String, Timestamp>,
    acknowledgements: &HashMap<String, Timestamp>,
) -> Vec<GridActivity> {
    let mut grids: BTreeMap<&str, (bool, Option<Timestamp>)> = BTreeMap::new();
    for post in roster.posts() {
        let Post::Grid { grid, position: Position::Primary | Position::Backup } = post else { continue };
        let (on_duty, last) = grids.entry(grid.as_str()).or_default();
        for span in roster.timeline(post, from, to) {
            *on_duty |= !span.people.is_empty();
            let seen = span.people.iter().filter_map(|person| acknowledgements.get(person.as_str()));
            *last = seen.copied().chain(*last).max();
        }
    }
    let in_tree = |(code, (on_duty, last)): (&str, (bool, Option<Timestamp>))| {
        let name = tree.by_code(code)?.name().to_owned();
        let last_activity_at = moves.get(code).copied().max(last);
        Some(GridActivity { grid: code.to_owned(), name, on_duty, last_activity_at })
    };
    grids.into_iter().filter_map(in_tree).collect()
}
