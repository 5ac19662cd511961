//! The alert, as it is stored and as it is sent: one set of types from the database row to the screen.

use std::fmt;

use gridwatch_inference::{EndReason as RuleEnd, ObservationKind, geometry::Rect};
use gridwatch_ingest::CameraId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    camera::CameraRef,
    crowd::Crowd,
    evidence::{Evidence, EvidenceKind, LegalHold, OriginalRequest},
    fall::Transition,
    grid::GridRef,
    life::Life,
};

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
    /// What people do about it.
    #[serde(flatten)]
    pub life: Life,
    /// 演练: it is a drill, and outside every statistic.
    pub drill: bool,
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
    /// When it last rose to a higher level, if it has: people are then told again.
    #[serde(default)]
    #[schema(required)]
    pub raised_at: Option<Timestamp>,
    /// When the state was last seen.
    pub last_seen_at: Timestamp,
    /// When what it is about was over, once it is; people may have more to do.
    #[schema(required)]
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    #[schema(required)]
    pub end_reason: Option<EndReason>,
    /// How often the state was seen again since it was opened.
    #[schema(minimum = 0)]
    pub updates: u32,
    /// Of a fall, the best detection score so far, 0 to 1; null for a crowd.
    #[schema(required, minimum = 0, maximum = 1)]
    pub score: Option<f32>,
    /// Of a fall, how it came to this, oldest first; empty for a crowd, and for falls of versions that did not tell.
    #[serde(default)]
    #[schema(required)]
    pub transitions: Vec<Transition>,
    /// Of a crowd, how large it is and where; null for a fall.
    #[serde(default)]
    #[schema(required)]
    pub crowd: Option<Crowd>,
    /// Other alerts that may be about the same: of cameras near by, begun at nearly the same time. Merging them is up to people.
    #[serde(default)]
    pub merge_suggestions: Vec<AlertId>,
    /// Where in the picture.
    pub place: Place,
    /// The very picture that was judged.
    pub snapshot: Evidence,
    /// The moving picture around it.
    pub clip: Evidence,
    /// Who holds its evidence, so that it is not deleted when its time is over.
    #[serde(default)]
    pub legal_hold: Option<LegalHold>,
    /// When its evidence was deleted, because its time was over.
    #[serde(default)]
    pub evidence_deleted_at: Option<Timestamp>,
    /// Who asked to see its clip as the camera sent it, oldest first.
    #[serde(default)]
    pub original_requests: Vec<OriginalRequest>,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A person lies on the ground and does not get up.
    Fall,
    /// More people are in a zone than it can bear.
    Crowd,
}

/// How urgent an alert is: 1 (red), 2 (orange), 3 (yellow) or 4 (blue).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = u8, minimum = 1, maximum = 4)]
pub struct Level(u8);

/// How what an alert is about ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The person stands again.
    Upright,
    /// Nobody lies there any more.
    Gone,
    /// The crowd is no more.
    Dispersed,
    /// Nobody watches its zone any more.
    Unwatched,
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
    /// What it is about is over.
    Ended,
    /// Somebody, or the system, made a move.
    Moved,
}

// === impl Alert ===

impl Alert {
    /// Whether what it is about goes on.
    pub fn is_lasting(&self) -> bool {
        self.ended_at.is_none()
    }

    /// The camera's id, as ingest and inference know it; none where the stored text is no id of today's
    /// rules.
    pub fn camera_id(&self) -> Option<CameraId> {
        CameraId::new(&self.camera.id).ok()
    }

    /// The zone it is about, where its kind has zones.
    pub fn zone(&self) -> Option<&str> {
        self.crowd.as_ref().map(|crowd| crowd.zone.as_str())
    }

    /// All pieces of evidence there are or will be.
    pub fn evidence(&self) -> impl Iterator<Item = (EvidenceKind, &Evidence)> {
        let course = self.crowd.iter().flat_map(|crowd| (0..).zip(&crowd.course));
        let steps = course.filter_map(|(n, step)| Some((EvidenceKind::Step(n), step.snapshot.as_ref()?)));
        [(EvidenceKind::Snapshot, &self.snapshot), (EvidenceKind::Clip, &self.clip)].into_iter().chain(steps)
    }

    /// Where a piece of evidence is noted; none where the alert has no such piece.
    pub(crate) fn evidence_mut(&mut self, kind: EvidenceKind) -> Option<&mut Evidence> {
        match kind {
            EvidenceKind::Snapshot => Some(&mut self.snapshot),
            EvidenceKind::Clip => Some(&mut self.clip),
            EvidenceKind::Step(n) => self.crowd.as_mut()?.course.get_mut(usize::from(n))?.snapshot.as_mut(),
        }
    }
}

// === impl AlertKind ===

impl AlertKind {
    /// The name in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fall => "fall",
            Self::Crowd => "crowd",
        }
    }
}

impl From<ObservationKind> for AlertKind {
    fn from(kind: ObservationKind) -> Self {
        match kind {
            ObservationKind::Fall => Self::Fall,
            ObservationKind::Crowd => Self::Crowd,
        }
    }
}

// === impl Level ===

impl Level {
    /// Level 1: a long lie, a crowd that is 极危.
    pub const RED: Self = Self(1);
    /// Level 2: a fall, a crowd that is 危险.
    pub const ORANGE: Self = Self(2);
    /// Level 3: a crowd that is 预警.
    pub const YELLOW: Self = Self(3);
    /// Level 4: a crowd that is 关注, or a gathering.
    pub const BLUE: Self = Self(4);

    /// The level with this digit; none for another number.
    pub const fn new(digit: u8) -> Option<Self> {
        if digit >= 1 && digit <= 4 { Some(Self(digit)) } else { None }
    }

    /// The digit, 1 to 4.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether it is higher, and so more urgent, than `other`.
    pub const fn is_above(self, other: Self) -> bool {
        self.0 < other.0
    }
}

// === impl EndReason ===

impl From<RuleEnd> for EndReason {
    fn from(reason: RuleEnd) -> Self {
        match reason {
            RuleEnd::Upright => Self::Upright,
            RuleEnd::Gone => Self::Gone,
            RuleEnd::Dispersed => Self::Dispersed,
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
            Self::Ended => "ended",
            Self::Moved => "moved",
        }
    }
}
