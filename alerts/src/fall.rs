//! What an alert says of how somebody fell, as it is stored and as it is sent.

use gridwatch_inference as inference;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A moment at which what is known of a person changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Transition {
    /// When, by the camera's pictures.
    pub at: Timestamp,
    /// To what.
    pub to: FallState,
    /// What was seen that led to it.
    pub because: Because,
    /// The share of the newest looks that showed the person down, 0 to 1, at that moment.
    pub share: f32,
    /// The best score of a lying box until then, 0 to 1; 0 while there was none.
    pub score: f32,
}

/// How somebody who falls is, one after the other and back again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FallState {
    /// Seen standing.
    Upright,
    /// Seen much lower than before.
    Collapsed,
    /// Not found any more where they stood.
    Vanished,
    /// Lies where lying is expected: on a bench, in a bed.
    Resting,
    /// Seen on the ground.
    Down,
    /// On the ground for long enough to look closer.
    Suspected,
    /// On the ground for long enough to tell people.
    Alert,
    /// On the ground for so long that it is urgent.
    LongLie,
    /// Seen standing again, not yet for long enough.
    UprightAgain,
    /// Over.
    Ended,
}

/// What was seen that changed a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// The upright pass saw somebody who stands.
    Stood,
    /// The same person's box is much lower than when they stood.
    MuchLower,
    /// The upright pass found nobody where somebody stood.
    NotFound,
    /// A turned view saw somebody lie where somebody stood a moment ago.
    LiesWhereStood,
    /// A turned view surely saw somebody lie, of whom nothing was known before.
    SurelyLies,
    /// Far too low for somebody who sits or squats, with the feet where they were: a fall along the line of sight.
    LowInPlace,
    /// It lies in a zone where lying is expected.
    Expected,
    /// It lies where lying is not expected any more: out of the zone, or its hours are over.
    NotExpected,
    /// It has lasted.
    Lasted,
    /// Somebody rose from the place.
    Rose,
    /// Nobody was seen there any more.
    NotSeen,
    /// It was an open alert before a restart.
    Resumed,
}

impl From<inference::Transition> for Transition {
    fn from(transition: inference::Transition) -> Self {
        let inference::Transition { at, to, because, share, score } = transition;
        Self { at, to: to.into(), because: because.into(), share: finite(share), score: finite(score) }
    }
}

/// A share from 0 to 1; 0 where it is no number, which JSON could not say.
fn finite(share: f32) -> f32 {
    if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
}

impl From<inference::FallState> for FallState {
    fn from(state: inference::FallState) -> Self {
        match state {
            inference::FallState::Upright => Self::Upright,
            inference::FallState::Collapsed => Self::Collapsed,
            inference::FallState::Vanished => Self::Vanished,
            inference::FallState::Resting => Self::Resting,
            inference::FallState::Down => Self::Down,
            inference::FallState::Suspected => Self::Suspected,
            inference::FallState::Alert => Self::Alert,
            inference::FallState::LongLie => Self::LongLie,
            inference::FallState::UprightAgain => Self::UprightAgain,
            inference::FallState::Ended => Self::Ended,
        }
    }
}

impl From<inference::Because> for Because {
    fn from(because: inference::Because) -> Self {
        match because {
            inference::Because::Stood => Self::Stood,
            inference::Because::MuchLower => Self::MuchLower,
            inference::Because::NotFound => Self::NotFound,
            inference::Because::LiesWhereStood => Self::LiesWhereStood,
            inference::Because::SurelyLies => Self::SurelyLies,
            inference::Because::LowInPlace => Self::LowInPlace,
            inference::Because::Expected => Self::Expected,
            inference::Because::NotExpected => Self::NotExpected,
            inference::Because::Lasted => Self::Lasted,
            inference::Because::Rose => Self::Rose,
            inference::Because::NotSeen => Self::NotSeen,
            inference::Because::Resumed => Self::Resumed,
        }
    }
}
