//! What is told to somebody, before it is put into words.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

/// One message to one recipient. It is stored as JSON until it is sent, and holds no secret but its short-lived links.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// The idempotency key, the same for every try.
    pub key: String,
    /// To whom.
    pub recipient: Recipient,
    /// In which language it is put into words.
    pub language: Language,
    /// 演练: it belongs to a drill, and every text of it says so first.
    #[serde(default)]
    pub drill: bool,
    /// When what it tells of took place. Where a channel keeps a state, an older message never replaces a newer one.
    pub at: Timestamp,
    /// What it tells.
    #[serde(flatten)]
    pub content: Content,
    /// What somebody added, or why it is sent.
    #[serde(default)]
    pub note: Option<String>,
    /// A short-lived link to what it is about.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "uri")]
    pub link: Option<Url>,
    /// A short-lived link to a pixelated thumbnail.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "uri")]
    pub thumbnail_link: Option<Url>,
}

/// To whom a message goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Recipient {
    /// A person. Only channels that reach people one by one look at the telephone number.
    Person {
        /// The person's id.
        id: String,
        /// The person's name.
        name: String,
        /// The person's telephone number, where it is known.
        #[serde(default)]
        phone: Option<String>,
    },
    /// A group of people, or another system.
    Group {
        /// What it is called.
        name: String,
    },
}

/// A language that messages are put into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Language {
    /// 简体中文.
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

/// What a message tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "about", rename_all = "snake_case")]
pub enum Content {
    /// There is an alert.
    Ping(AlertSummary),
    /// It is worse than it was.
    LevelUp(AlertSummary),
    /// A clock ran out.
    Overdue(AlertSummary),
    /// 督办.
    Supervise(AlertSummary),
    /// It is over, or nobody needs to go any more.
    AllClear(AlertSummary),
    /// Messages that were merged, because the channel does not bear more.
    Digest(Digest),
    /// Nothing happened: it proves that the chain works.
    Canary,
    /// A drill begins or ends; the note says which.
    Drill,
}

/// What a message says about one alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertSummary {
    /// Which alert.
    #[schema(minimum = 1)]
    pub id: i64,
    /// What happens.
    pub kind: AlertKind,
    /// How urgent it is.
    pub level: Level,
    /// The grid that answers for the spot, where one does.
    #[serde(default)]
    pub grid: Option<Grid>,
    /// Where: the address, or the camera's name.
    pub place: String,
    /// The camera's GB/T 28181 code, 20 digits, where it has one.
    #[serde(default)]
    pub camera_code: Option<String>,
    /// Where on the earth, where it is known.
    #[serde(default)]
    pub position: Option<Position>,
    /// When the alert was opened.
    pub opened_at: Timestamp,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// A person lies on the ground and does not get up.
    Fall,
    /// More people are in a zone than it can bear.
    Crowd,
}

/// How urgent an alert is: 1 (red), 2 (orange), 3 (yellow) or 4 (blue). The smaller is the more urgent, and sorts first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "u8", into = "u8")]
#[schema(value_type = u8, minimum = 1, maximum = 4)]
pub struct Level(u8);

/// The number is no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a level is 1 to 4, not {0}")]
pub struct LevelError(pub u8);

/// A grid, as a message names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Grid {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A place on the earth, in degrees, WGS-84.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Position {
    /// Longitude, -180 to 180.
    pub longitude: f64,
    /// Latitude, -90 to 90.
    pub latitude: f64,
}

/// Several messages in one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Digest {
    /// How many messages it stands for.
    #[schema(minimum = 1)]
    pub messages: u32,
    /// The alerts that are named, the most urgent first: the most urgent of all, and every one of level 1.
    pub named: Vec<Named>,
    /// How many alerts there are of each kind and level, the named ones among them, the most urgent first.
    pub counts: Vec<Count>,
    /// How many of the messages are about no alert.
    pub others: u32,
}

/// An alert that a digest names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Named {
    /// What there is to say about it.
    pub alert: AlertSummary,
    /// Whether it belongs to a drill.
    pub drill: bool,
    /// Whether it is over already.
    pub over: bool,
}

/// How many alerts of one sort a digest stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Count {
    /// Whether they are over already.
    pub over: bool,
    /// Whether they belong to a drill.
    pub drill: bool,
    /// How urgent they are.
    pub level: Level,
    /// What they are about.
    pub kind: AlertKind,
    /// How many.
    #[schema(minimum = 1)]
    pub alerts: u32,
}

// === impl Message ===

impl Message {
    /// The one alert it is about, if it is about one.
    pub fn alert(&self) -> Option<&AlertSummary> {
        self.content.alert()
    }
}

// === impl Content ===

impl Content {
    /// The name on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Ping(_) => "ping",
            Self::LevelUp(_) => "level_up",
            Self::Overdue(_) => "overdue",
            Self::Supervise(_) => "supervise",
            Self::AllClear(_) => "all_clear",
            Self::Digest(_) => "digest",
            Self::Canary => "canary",
            Self::Drill => "drill",
        }
    }

    /// The one alert it is about, if it is about one.
    pub const fn alert(&self) -> Option<&AlertSummary> {
        match self {
            Self::Ping(alert)
            | Self::LevelUp(alert)
            | Self::Overdue(alert)
            | Self::Supervise(alert)
            | Self::AllClear(alert) => Some(alert),
            Self::Digest(_) | Self::Canary | Self::Drill => None,
        }
    }

    /// How urgent it is; none where it calls nobody.
    pub(crate) fn level(&self) -> Option<Level> {
        match self {
            Self::Ping(alert) | Self::LevelUp(alert) | Self::Overdue(alert) | Self::Supervise(alert) => {
                Some(alert.level)
            }
            Self::Digest(digest) => {
                digest.counts.iter().filter(|count| !count.over).map(|count| count.level).min()
            }
            Self::AllClear(_) | Self::Canary | Self::Drill => None,
        }
    }
}

// === impl Level ===

impl Level {
    /// Level 1: such an alert is always named, never only counted.
    pub const RED: Self = Self(1);

    /// The digit, 1 to 4.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Level {
    type Error = LevelError;

    fn try_from(level: u8) -> Result<Self, LevelError> {
        if (1..=4).contains(&level) { Ok(Self(level)) } else { Err(LevelError(level)) }
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level.0
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
