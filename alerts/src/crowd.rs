//! What an alert says of a crowd, as it is stored and as it is sent.

use gridwatch_inference::{self as inference, CrowdFinding, crowd};
use gridwatch_ingest::CameraHealth;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{alert::Level, evidence::Evidence};

/// A crowd in one zone of one camera.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Crowd {
    /// The name of the zone.
    pub zone: String,
    /// How bad it is; once it is over, the last it was.
    pub level: CrowdLevel,
    /// How much of it there is now, in `unit`.
    #[schema(minimum = 0)]
    pub amount: f64,
    /// What `amount`, `peak` and the forecast are counted in.
    pub unit: CrowdUnit,
    /// Everyone in the zone.
    #[schema(minimum = 0)]
    pub heads: u32,
    /// The most there has been, in `unit`.
    #[schema(minimum = 0)]
    pub peak: f64,
    /// Which kind of model counted.
    pub spoke: Spoke,
    /// Why the amount is to be taken with care; empty where it is not.
    pub doubts: Vec<Doubt>,
    /// Where it is going, if it is growing.
    #[schema(required)]
    pub forecast: Option<Forecast>,
    /// Why the zone is not judged at present: all else is then what was seen last.
    #[schema(required)]
    pub held_back: Option<HeldBack>,
    /// The levels it went through, oldest first: the first one, and each change; [`Crowd::COURSE_MAX`] at most.
    pub course: Vec<CourseStep>,
}

/// One level that a crowd was at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CourseStep {
    /// The level.
    pub level: CrowdLevel,
    /// When it came to it, by the camera's pictures.
    pub at: Timestamp,
    /// The very picture that was judged; null for the first level, whose picture is the alert's, and for lower ones.
    #[schema(required)]
    pub snapshot: Option<Evidence>,
}

/// How bad a crowd is, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CrowdLevel {
    /// 人员聚集: many heads, in a zone of which no more is known.
    Gathering,
    /// 关注.
    Attention,
    /// 预警.
    Warning,
    /// 危险.
    Danger,
    /// 极危.
    Critical,
}

/// What a crowd is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CrowdUnit {
    /// People in the zone: all that can be said of one without calibration.
    Heads,
    /// People per m², over the worst 9 m² of the zone.
    PerSquareMetre,
}

/// Which kind of model counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Spoke {
    /// Boxes round people.
    Boxes,
    /// A point on every head.
    Points,
    /// A map whose sum is the number of people.
    DensityMap,
}

/// Why an amount is to be taken with care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The zone is smaller than 20 m².
    SmallZone,
    /// Half of the people are less than 12 pixels high.
    SmallPeople,
    /// Boxes were counted where people hide each other: there are at least so many.
    BoxesHideBoxes,
}

/// Where a crowd is going if the last minute goes on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Forecast {
    /// By how much it grows in a minute.
    pub per_minute: f64,
    /// Where the next level begins.
    pub next_level: f64,
    /// Seconds until then.
    #[schema(minimum = 0)]
    pub next_level_s: f64,
    /// It grows by 1 person per m² or more in a minute and comes to 5 within 5 minutes.
    pub fast: bool,
}

/// Why a camera's pictures are not judged by any rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldBack {
    /// It looks somewhere else than it did.
    Moved,
    /// It is blurred.
    Blurred,
    /// Something is in front of the lens.
    Covered,
    /// Its pictures are black.
    Black,
    /// Its pictures stand still.
    Frozen,
}

// === impl Crowd ===

impl Crowd {
    /// The most levels that are kept of its course; later ones are not. A crowd that changes so often is one at the edge
    /// of a level, and its first hours tell that.
    pub const COURSE_MAX: usize = 16;

    /// What is known at first.
    pub(crate) fn new(found: &CrowdFinding, at: Timestamp) -> Self {
        let level = found.level.into();
        let mut crowd = Self {
            zone: found.zone.to_string(),
            level,
            amount: 0.0,
            unit: CrowdUnit::Heads,
            heads: 0,
            peak: 0.0,
            spoke: Spoke::Boxes,
            doubts: Vec::new(),
            forecast: None,
            held_back: None,
            course: vec![CourseStep { level, at, snapshot: None }],
        };
        crowd.take(found);
        crowd
    }

    /// Takes over what was found later. A new level becomes a step of the course, with a picture to come if it is higher;
    /// gives the number of that step. The same finding again gives the same step again.
    pub(crate) fn go_on(&mut self, found: &CrowdFinding, at: Timestamp) -> Option<u8> {
        let before = self.level;
        self.take(found);
        if self.level != before && self.course.len() < Self::COURSE_MAX {
            let snapshot = (self.level > before).then(Evidence::pending);
            self.course.push(CourseStep { level: self.level, at, snapshot });
        }
        let step = self.course.iter().position(|step| step.at == at && step.snapshot.is_some())?;
        u8::try_from(step).ok()
    }

    fn take(&mut self, found: &CrowdFinding) {
        self.level = found.level.into();
        self.unit = found.amount.into();
        self.amount = hundredths(found.amount.value());
        self.heads = u32::try_from(found.heads).unwrap_or(u32::MAX);
        self.peak = self.peak.max(hundredths(found.peak));
        self.spoke = found.spoke.into();
        self.doubts = found.doubts.iter().copied().map(Doubt::from).collect();
        self.forecast = found.forecast.and_then(Forecast::new);
        self.held_back = found.held_back.map(HeldBack::from);
    }
}

/// To a hundredth, and nothing that JSON cannot say.
fn hundredths(amount: f64) -> f64 {
    if amount.is_finite() { (100.0 * amount).round() / 100.0 } else { 0.0 }
}

// === impl CrowdLevel ===

impl From<crowd::CrowdLevel> for CrowdLevel {
    fn from(level: crowd::CrowdLevel) -> Self {
        match level {
            crowd::CrowdLevel::Gathering => Self::Gathering,
            crowd::CrowdLevel::Attention => Self::Attention,
            crowd::CrowdLevel::Warning => Self::Warning,
            crowd::CrowdLevel::Danger => Self::Danger,
            crowd::CrowdLevel::Critical => Self::Critical,
        }
    }
}

impl From<CrowdLevel> for crowd::CrowdLevel {
    fn from(level: CrowdLevel) -> Self {
        match level {
            CrowdLevel::Gathering => Self::Gathering,
            CrowdLevel::Attention => Self::Attention,
            CrowdLevel::Warning => Self::Warning,
            CrowdLevel::Danger => Self::Danger,
            CrowdLevel::Critical => Self::Critical,
        }
    }
}

impl From<CrowdLevel> for Level {
    /// A gathering is no more than something to look at: of how close people stand, a head count says nothing.
    fn from(level: CrowdLevel) -> Self {
        match level {
            CrowdLevel::Gathering | CrowdLevel::Attention => Self::BLUE,
            CrowdLevel::Warning => Self::YELLOW,
            CrowdLevel::Danger => Self::ORANGE,
            CrowdLevel::Critical => Self::RED,
        }
    }
}

// === impl CrowdUnit ===

impl From<crowd::Amount> for CrowdUnit {
    fn from(amount: crowd::Amount) -> Self {
        match amount {
            crowd::Amount::Heads(_) => Self::Heads,
            crowd::Amount::PerSquareMetre(_) => Self::PerSquareMetre,
        }
    }
}

// === impl Spoke ===

impl From<crowd::Spoke> for Spoke {
    fn from(spoke: crowd::Spoke) -> Self {
        match spoke {
            crowd::Spoke::Boxes => Self::Boxes,
            crowd::Spoke::Points => Self::Points,
            crowd::Spoke::DensityMap => Self::DensityMap,
        }
    }
}

// === impl Doubt ===

impl From<crowd::Doubt> for Doubt {
    fn from(doubt: crowd::Doubt) -> Self {
        match doubt {
            crowd::Doubt::SmallZone => Self::SmallZone,
            crowd::Doubt::SmallPeople => Self::SmallPeople,
            crowd::Doubt::BoxesHideBoxes => Self::BoxesHideBoxes,
        }
    }
}

// === impl Forecast ===

impl Forecast {
    /// None where it has no numbers.
    fn new(forecast: crowd::Forecast) -> Option<Self> {
        let crowd::Forecast { per_minute, next_level, next_level_s, fast } = forecast;
        let numbers = [per_minute, next_level, next_level_s];
        numbers.iter().all(|number| number.is_finite()).then(|| Self {
            per_minute: hundredths(per_minute),
            next_level: hundredths(next_level),
            next_level_s: next_level_s.round(),
            fast,
        })
    }
}

// === impl HeldBack ===

impl HeldBack {
    /// Why this camera's pictures are not judged at `now`, if they are not.
    pub fn of(health: &CameraHealth, now: Timestamp) -> Option<Self> {
        inference::HeldBack::of(health, now).map(Self::from)
    }
}

impl From<inference::HeldBack> for HeldBack {
    fn from(why: inference::HeldBack) -> Self {
        match why {
            inference::HeldBack::Moved => Self::Moved,
            inference::HeldBack::Blurred => Self::Blurred,
            inference::HeldBack::Covered => Self::Covered,
            inference::HeldBack::Black => Self::Black,
            inference::HeldBack::Frozen => Self::Frozen,
        }
    }
}
