//! 静默: for a while nobody is called about what a camera or a grid shows, because somebody said so and answers for it.
//!
//! A silence refuses nothing. What is seen meanwhile becomes an alert that is on hold until the silence is over, at its end or
//! when it is lifted. What goes on then is told at once; what is over by then lapses.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    alert::{Alert, AlertKind},
    life::Actor,
};

/// The longest silence.
pub const SILENCE_MAX: SignedDuration = SignedDuration::from_hours(8);

/// A silence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Silence {
    /// Which one.
    pub id: String,
    /// About what.
    pub scope: Scope,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub by: Actor,
    /// Since when.
    pub from: Timestamp,
    /// Until when, at most 8 h later.
    pub until: Timestamp,
}

/// About what nobody is called: all that is given must be so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// What this camera shows.
    #[serde(default)]
    #[schema(required)]
    pub camera: Option<String>,
    /// What happens in this grid and those below it.
    #[serde(default)]
    #[schema(required)]
    pub grid: Option<String>,
    /// Only what is of this kind.
    #[serde(default)]
    #[schema(required)]
    pub kind: Option<AlertKind>,
}

// === impl Scope ===

impl Scope {
    /// Whether an alert is meant.
    pub fn holds(&self, alert: &Alert) -> bool {
        let in_grid = |code: &String| alert.grid_path.iter().any(|grid| grid.code == *code);
        self.camera.as_ref().is_none_or(|camera| alert.camera.id == *camera)
            && self.grid.as_ref().is_none_or(in_grid)
            && self.kind.is_none_or(|kind| alert.kind == kind)
    }

    /// Whether it names a place: nobody silences the whole street at once.
    pub fn names_a_place(&self) -> bool {
        self.camera.is_some() || self.grid.is_some()
    }
}
