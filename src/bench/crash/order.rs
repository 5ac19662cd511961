//! What the two processes of `bench crash` say to each other: an order a line, an answer a line.

use std::sync::Arc;

use gridwatch_alerts::{Actor, Alert, AlertId, AlertKind, Move};
use gridwatch_inference::{
    CrowdFinding, EndReason, FallFinding, Finding, Observation, Phase,
    crowd::{Amount, CrowdLevel, Spoke},
    geometry::Rect,
};
use gridwatch_ingest::Generation;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::world;

/// How many places side by side a picture has, and how many one above the other.
const PLACES: usize = 4;
/// How many places there are in a camera's picture.
pub const PLACES_OF_CAMERA: usize = PLACES * PLACES;
/// How large a place is; what lies between places keeps one from being taken for the other.
const PLACE_SIZE: f32 = 0.1;

/// Something to do. Given again with the same number until it is answered, also after a crash.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Which one; never the same for two.
    pub n: u64,
    /// Whether it may have been done already.
    pub again: bool,
    /// What to do.
    pub deed: Deed,
}

/// What to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    /// The desk is given an observation.
    Observe(Sight),
    /// Somebody makes a move.
    Act {
        /// Of which alert.
        alert: AlertId,
        /// Which.
        mv: Move,
        /// Who. From where is the order's number.
        by: Actor,
    },
    /// It is said whether anything is left that happens by itself: a clock that runs, a message that waits.
    Settled,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Which order.
    pub n: u64,
    /// How it went.
    pub done: Verdict,
    /// The alert of an observation.
    pub alert: Option<AlertId>,
}

/// How an order went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is done.
    #[default]
    Done,
    /// The move is not allowed.
    Refused,
    /// The database failed, or nothing has settled yet: it is to be asked again.
    NotYet,
}

/// Something that is seen, in short.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Sight {
    /// Where.
    pub spot: Spot,
    /// The incident.
    pub incident: u64,
    /// How far it has come.
    pub stage: Stage,
    /// Since when.
    pub since: Timestamp,
    /// When it was seen.
    pub at: Timestamp,
}

/// Where something is seen; never two incidents at one spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spot {
    /// The camera, counted from 0.
    pub camera: usize,
    /// The place in its picture, counted from 0.
    pub place: usize,
    /// Whether it is a crowd.
    pub is_crowd: bool,
}

/// How far an incident has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is told of.
    Begun,
    /// It goes on.
    On,
    /// It is worse: people are called without anybody's word.
    Worse,
    /// It is over.
    Over,
}

// === impl Sight ===

impl Sight {
    /// The observation.
    ///
    /// # Errors
    /// None that is known.
    pub fn observation(&self) -> anyhow::Result<Observation> {
        let Self { spot, incident, stage, since, at } = *self;
        let phase = match (stage, spot.is_crowd) {
            (Stage::Begun, _) => Phase::Alert,
            (Stage::On, _) => Phase::Ongoing,
            (Stage::Worse, false) => Phase::LongLie,
            (Stage::Worse, true) => Phase::LevelUp,
            (Stage::Over, false) => Phase::Ended(EndReason::Upright),
            (Stage::Over, true) => Phase::Ended(EndReason::Dispersed),
        };
        let camera = world::camera(spot.camera)?;
        let (finding, place) = (spot.finding(stage), spot.place());
        let generation = Generation(1);
        Ok(Observation {
            camera,
            generation,
            finding,
            incident,
            phase,
            since,
            at,
            place,
            judged: None,
            recorded: None,
        })
    }
}

// === impl Spot ===

impl Spot {
    /// The spot of an alert; none for one that is at no spot of ours.
    pub fn of(alert: &Alert) -> Option<Self> {
        let camera = world::number_of(&alert.camera.id)?;
        let along = |share: f32| (share * PLACES as f32) as usize;
        let place = along(alert.place.y) * PLACES + along(alert.place.x);
        Some(Self { camera, place, is_crowd: alert.kind == AlertKind::Crowd })
    }

    fn place(self) -> Rect {
        let edge = |n: usize| (n as f32 + 0.3) / PLACES as f32;
        let (x, y) = (edge(self.place % PLACES), edge(self.place / PLACES));
        Rect::new(x, y, x + PLACE_SIZE, y + PLACE_SIZE)
    }

    fn finding(self, stage: Stage) -> Finding {
        if !self.is_crowd {
            return Finding::Fall(FallFinding { score: 0.8, share: 0.9, transitions: Vec::new() });
        }
        let (level, density) = match stage {
            Stage::Worse => (CrowdLevel::Danger, 5.5),
            _ => (CrowdLevel::Attention, 3.2),
        };
        Finding::Crowd(CrowdFinding {
            zone: Arc::from(format!("zone {}", self.place)),
            level,
            amount: Amount::PerSquareMetre(density),
            heads: 40,
            peak: density,
            spoke: Spoke::Boxes,
            doubts: Vec::new(),
            forecast: None,
            held_back: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_place_is_another_one() {
        let all = || (0..PLACES_OF_CAMERA).map(|place| Spot { camera: 3, place, is_crowd: false });
        for one in all() {
            for other in all().filter(|other| *other != one) {
                assert!(one.place().iou(&other.place()) == 0.0, "{one:?} {other:?}");
            }
            assert!(one.place().x2 <= 1.0 && one.place().y2 <= 1.0);
        }
    }

    #[test]
    fn an_order_is_one_line() {
        let spot = Spot { camera: 1, place: 2, is_crowd: true };
        let at = Timestamp::UNIX_EPOCH;
        let sight = Sight { spot, incident: 7, stage: Stage::Worse, since: at, at };
        let order = Order { n: 1, again: true, deed: Deed::Observe(sight) };
        let line = serde_json::to_string(&order).unwrap();
        assert!(!line.contains('\n'));
        let Deed::Observe(read) = serde_json::from_str::<Order>(&line).unwrap().deed else {
            panic!("{line}")
        };
        assert_eq!(read.observation().unwrap().phase, Phase::LevelUp);
    }
}
