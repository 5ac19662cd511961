//! One figure: its value, what it was worked out of, and its definition.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    fact::Case,
    language::{Language, Words},
};

/// One figure, traceable to the alerts that it counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Figure {
    /// Which figure.
    pub name: FigureName,
    /// Its name for people.
    pub label: Words,
    /// The value; none where there is nothing to count among.
    #[schema(required)]
    pub value: Option<f64>,
    /// The unit of the value.
    pub unit: Unit,
    /// What is counted; camera-hours of cameras. Of a median or a percentile: the rank of the value, from 1.
    pub numerator: f64,
    /// What is counted among; camera-hours of cameras, camera-days of nuisance alerts.
    pub denominator: f64,
    /// Of nuisance alerts: what the true value is not above, with 95 % confidence.
    #[schema(required)]
    pub upper_95: Option<f64>,
    /// The alerts that are counted, by id. Of a median or a percentile: those up to the rank, quickest first, so that the last
    /// one is the one whose time is the value.
    pub alerts: Vec<i64>,
    /// The alerts that are counted among, by id. Empty where it is not alerts that are counted among.
    pub of: Vec<i64>,
    /// How it is worked out, in a sentence.
    pub definition: Words,
}

/// Names a figure for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FigureName {
    /// 结案率
    Closed,
    /// 重开率
    Reopened,
    /// 按时办结率
    ClosedInTime,
    /// 签收及时率
    AcceptedInTime,
    /// 到场及时率
    ArrivedInTime,
    /// 误报率
    False,
    /// 签收用时中位数
    AcceptMedian,
    /// 签收用时 P95
    AcceptP95,
    /// 到场用时中位数
    ArriveMedian,
    /// 到场用时 P95
    ArriveP95,
    /// 结案用时中位数
    CloseMedian,
    /// 结案用时 P95
    CloseP95,
    /// 摄像机在线率
    CamerasOnline,
    /// 摄像机完好率
    CamerasUsable,
    /// 每摄像机日误报数
    Nuisance,
    /// 每摄像机日误报数（跌倒）
    NuisanceFalls,
    /// 每摄像机日误报数（聚集）
    NuisanceCrowds,
    /// 僵尸网格占比
    IdleGrids,
}

/// The unit of a figure's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A share, 0 to 1.
    Share,
    /// Seconds.
    Seconds,
    /// Alerts per camera-day.
    PerCameraDay,
}

// === impl Figure ===

impl Figure {
    /// The share of those among `of` that `counts` holds for.
    pub(crate) fn share(
        name: FigureName,
        of: &[&Case],
        counts: impl Fn(&Case) -> bool,
        definition: Words,
    ) -> Self {
        let counted = of.iter().filter(|case| counts(case)).map(|case| case.id).collect::<Vec<_>>();
        let (numerator, denominator) = (counted.len() as f64, of.len() as f64);
        Self {
            alerts: counted,
            of: of.iter().map(|case| case.id).collect(),
            ..Self::ratio(name, Unit::Share, numerator, denominator, definition)
        }
    }

    /// A ratio of something else than alerts.
    pub(crate) fn ratio(
        name: FigureName,
        unit: Unit,
        numerator: f64,
        denominator: f64,
        definition: Words,
    ) -> Self {
        Self {
            name,
            label: name.label(),
            value: (denominator > 0.0).then(|| numerator / denominator),
            unit,
            numerator,
            denominator,
            upper_95: None,
            alerts: Vec::new(),
            of: Vec::new(),
            definition,
        }
    }
}

// === impl FigureName ===

impl FigureName {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::ClosedInTime => "closed_in_time",
            Self::AcceptedInTime => "accepted_in_time",
            Self::ArrivedInTime => "arrived_in_time",
            Self::False => "false",
            Self::AcceptMedian => "accept_median",
            Self::AcceptP95 => "accept_p95",
            Self::ArriveMedian => "arrive_median",
            Self::ArriveP95 => "arrive_p95",
            Self::CloseMedian => "close_median",
            Self::CloseP95 => "close_p95",
            Self::CamerasOnline => "cameras_online",
            Self::CamerasUsable => "cameras_usable",
            Self::Nuisance => "nuisance",
            Self::NuisanceFalls => "nuisance_falls",
            Self::NuisanceCrowds => "nuisance_crowds",
            Self::IdleGrids => "idle_grids",
        }
    }

    /// The name for people.
    pub fn label(self) -> Words {
        let (zh, en) = match self {
            Self::Closed => ("结案率", "Closed"),
            Self::Reopened => ("重开率", "Reopened"),
            Self::ClosedInTime => ("按时办结率", "Closed in time"),
            Self::AcceptedInTime => ("签收及时率", "Accepted in time"),
            Self::ArrivedInTime => ("到场及时率", "Arrived in time"),
            Self::False => ("误报率", "False alarms"),
            Self::AcceptMedian => ("签收用时中位数", "Time to accept, median"),
            Self::AcceptP95 => ("签收用时 P95", "Time to accept, p95"),
            Self::ArriveMedian => ("到场用时中位数", "Time to arrive, median"),
            Self::ArriveP95 => ("到场用时 P95", "Time to arrive, p95"),
            Self::CloseMedian => ("结案用时中位数", "Time to close, median"),
            Self::CloseP95 => ("结案用时 P95", "Time to close, p95"),
            Self::CamerasOnline => ("摄像机在线率", "Cameras online"),
            Self::CamerasUsable => ("摄像机完好率", "Cameras usable"),
            Self::Nuisance => ("每摄像机日误报数", "Nuisance alerts per camera-day"),
            Self::NuisanceFalls => ("每摄像机日误报数（跌倒）", "Nuisance alerts per camera-day, falls"),
            Self::NuisanceCrowds => ("每摄像机日误报数（聚集）", "Nuisance alerts per camera-day, crowds"),
            Self::IdleGrids => ("僵尸网格占比", "Idle grids"),
        };
        Words::new(zh, en)
    }
}

// === impl Unit ===

impl Unit {
    /// The unit for people.
    pub fn label(self, language: Language) -> &'static str {
        match self {
            Self::Share => language.pick("比例", "share"),
            Self::Seconds => language.pick("秒", "seconds"),
            Self::PerCameraDay => language.pick("起/摄像机日", "alerts per camera-day"),
        }
    }
}
