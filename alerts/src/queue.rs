//! What waits for a duty officer's judgement, in the order in which to take it. In a flood it is grouped by grid, so that a
//! person can see it; nothing is left out.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    alert::{Alert, AlertId, Level},
    grid::GridRef,
    life::AlertState,
};

/// More new alerts than this in [`FLOOD_SPAN`], for each seat, are a flood.
const FLOOD_ALERTS_A_SEAT: usize = 10;

/// See [`FLOOD_ALERTS_A_SEAT`].
const FLOOD_SPAN: SignedDuration = SignedDuration::from_mins(10);

/// How deep the grid is by which a flood is grouped: 1 is the one below the street.
const GROUP_DEPTH: usize = 1;

/// What waits to be judged.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Queue {
    /// Whether more comes than the seats can take one by one.
    pub flood: bool,
    /// How many alerts were opened in the last 10 minutes.
    #[schema(minimum = 0)]
    pub opened_lately: usize,
    /// The most urgent first, of the same level the oldest first.
    pub entries: Vec<QueueEntry>,
}

/// An alert, or in a flood several of one grid.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QueueEntry {
    /// The highest level of its alerts.
    pub level: Level,
    /// When the oldest of them was opened.
    pub opened_at: Timestamp,
    /// Of a group, the grid that its alerts have in common; null for one alert, and for a group without a grid.
    #[schema(required)]
    pub grid: Option<GridRef>,
    /// Which alerts, the most urgent first.
    pub alerts: Vec<AlertId>,
}

// === impl Queue ===

impl Queue {
    /// The queue of some alerts, for so many seats. Alerts that are no longer to be judged, on hold or merged are not in it, but
    /// count where it is told how many were opened lately.
    pub fn of(alerts: &[Alert], seats: usize, now: Timestamp) -> Self {
        let lately = |alert: &&Alert| now.duration_since(alert.opened_at) < FLOOD_SPAN;
        let opened_lately = alerts.iter().filter(lately).count();
        let flood = opened_lately > FLOOD_ALERTS_A_SEAT * seats.max(1);
        let mut waiting: Vec<&Alert> = alerts.iter().filter(|alert| waits(alert)).collect();
        waiting.sort_by_key(|alert| (alert.level, alert.opened_at, alert.id));
        let mut entries: Vec<QueueEntry> = Vec::new();
        for alert in waiting {
            let grid = alert.grid_path.get(GROUP_DEPTH).or(alert.grid_path.last());
            // A long lie and the highest level of a crowd stand for themselves.
            let folds = flood && alert.level != Level::RED;
            let group =
                entries.iter_mut().find(|entry| entry.level != Level::RED && entry.grid.as_ref() == grid);
            match group {
                Some(group) if folds => {
                    group.opened_at = group.opened_at.min(alert.opened_at);
                    group.alerts.push(alert.id);
                }
                _ => entries.push(QueueEntry {
                    level: alert.level,
                    opened_at: alert.opened_at,
                    grid: grid.filter(|_| folds).cloned(),
                    alerts: vec![alert.id],
                }),
            }
        }
        Self { flood, opened_lately, entries }
    }
}

fn waits(alert: &Alert) -> bool {
    let life = &alert.life;
    life.is_open()
        && life.judged().is_none()
        && life.on_hold().is_none()
        && life.state() < AlertState::Reported
}
