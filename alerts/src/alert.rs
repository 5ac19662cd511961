//! The alert, as it is stored and as it is sent: one set of types from the database row to the screen.

use std::fmt;

use gridwatch_inference::{EndReason, ObservationKind, geometry::Rect};
use gridwatch_ingest::CameraId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{camera::CameraRef, evidence::Evidence, grid::GridRef};

/// Names one alert for ever; never used twice, also not after the alert is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = i64, minimum = 1)]
pub struct AlertId(pub i64);

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One event for people: opened once, updated in place, closed once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// Which alert.
    pub id: AlertId,
    /// The sequence number of its newest change.
    #[schema(minimum = 1)]
    pub seq: i64,
    /// What happens.
    pub kind: AlertKind,
    /// How urgent it is: 1 is the most urgent.
    pub level: Level,
    /// Whether it still lasts.
    pub state: AlertState,
    /// The camera that saw it, as it was registered then.
    pub camera: CameraRef,
    /// The grid that answers for the spot; none where the camera belongs to none.
    #[schema(required)]
    pub grid: Option<GridRef>,
    /// The way down the grid tree, street first, `grid` last; empty where there is none.
    pub grid_path: Vec<GridRef>,
    /// When the state began that led to this alert, by the camera's pictures.
    pub since: Timestamp,
    /// When the alert was opened.
    pub opened_at: Timestamp,
    /// When the state was last seen.
    pub last_seen_at: Timestamp,
    /// When it was closed, once it is.
    #[schema(required)]
    pub closed_at: Option<Timestamp>,
    /// Why it was closed, once it is.
    #[schema(required)]
    pub close_reason: Option<CloseReason>,
    /// How often the state was seen again since it was opened.
    #[schema(minimum = 0)]
    pub updates: u32,
    /// The best detection score so far, 0 to 1.
    pub score: f32,
    /// Where in the picture.
    pub place: Place,
    /// The very picture that was judged.
    pub snapshot: Evidence,
    /// The moving picture around it.
    pub clip: Evidence,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A person lies on the ground and does not get up.
    Fall,
}

/// Whether an alert still lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// It lasts.
    Open,
    /// It is over. A closed alert never opens again.
    Closed,
}

/// How urgent an alert is: 1 (red), 2 (orange), 3 (yellow) or 4 (blue).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = u8, minimum = 1, maximum = 4)]
pub struct Level(u8);

/// Why an alert was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// The person stands again.
    Upright,
    /// Nobody lies there any more.
    Gone,
}

/// A rectangle in the picture, as shares (0 to 1) of the picture's width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// What a persisted change did to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The alert was opened.
    Opened,
    /// Something about it changed.
    Updated,
    /// The alert was closed.
    Closed,
}

// === impl Alert ===

impl Alert {
    /// The camera's id, as ingest and inference know it; none where the stored text is no id of today's
    /// rules.
    pub fn camera_id(&self) -> Option<CameraId> {
        CameraId::new(&self.camera.id).ok()
    }
}

// === impl AlertKind ===

impl AlertKind {
    /// The name in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fall => "fall",
        }
    }

    /// The level an alert of this kind is opened with.
    pub const fn first_level(self) -> Level {
        match self {
            Self::Fall => Level::ORANGE,
        }
    }
}

impl From<ObservationKind> for AlertKind {
    fn from(kind: ObservationKind) -> Self {
        match kind {
            ObservationKind::Fall => Self::Fall,
        }
    }
}

// === impl AlertState ===

impl AlertState {
    /// The name in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

// === impl Level ===

impl Level {
    /// Level 1: a long lie, for one.
    pub const RED: Self = Self(1);
    /// Level 2: a fall, for one.
    pub const ORANGE: Self = Self(2);

    /// The digit, 1 to 4.
    pub const fn get(self) -> u8 {
        self.0
    }
}

// === impl CloseReason ===

impl From<EndReason> for CloseReason {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::Upright => Self::Upright,
            EndReason::Gone => Self::Gone,
        }
    }
}

// === impl Place ===

impl From<Rect> for Place {
    /// Takes shares; what reaches beyond the picture, or is no number, is cut off.
    fn from(rect: Rect) -> Self {
        let number = |value: f32| if value.is_nan() { 0.0 } else { value };
        let rect =
            Rect::new(number(rect.x1), number(rect.y1), number(rect.x2), number(rect.y2)).clamped(1.0, 1.0);
        Self { x: rect.x1, y: rect.y1, width: rect.width(), height: rect.height() }
    }
}

impl From<Place> for Rect {
    fn from(place: Place) -> Self {
        Self::new(place.x, place.y, place.x + place.width, place.y + place.height)
    }
}

// === impl Change ===

impl Change {
    /// The name in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Closed => "closed",
        }
    }
}
