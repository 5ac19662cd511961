//! The place's time zone, and when a moment of its clocks is.

use std::fmt;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, Offset, TimeZone},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The place's time zone, by its name in the IANA database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "Asia/Shanghai")]
pub struct Zone(TimeZone);

/// A name that is no time zone on this machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("time zone {0:?} is not known here; a name such as Asia/Shanghai is needed")]
pub struct UnknownZone(String);

// === impl Zone ===

impl Zone {
    const SHANGHAI: &str = "Asia/Shanghai";

    /// The time zone of this name.
    ///
    /// # Errors
    /// The machine's time zone database does not have it.
    pub fn new(name: &str) -> Result<Self, UnknownZone> {
        TimeZone::get(name).map(Self).map_err(|_| UnknownZone(name.chars().take(64).collect()))
    }

    /// The name.
    pub fn name(&self) -> &str {
        // Only the default can be without one.
        self.0.iana_name().unwrap_or(Self::SHANGHAI)
    }

    /// The zone itself.
    pub fn time_zone(&self) -> &TimeZone {
        &self.0
    }

    /// What the place's calendar shows at a moment.
    pub(crate) fn date(&self, at: Timestamp) -> Date {
        self.0.to_datetime(at).date()
    }

    /// The first moment at which the place's clocks show this time or a later one. None beyond the year 9999.
    ///
    /// A later time never comes at an earlier moment, so shifts that follow one another on the clock follow one another
    /// in truth: where clocks are put forward, what was to begin in the hour that is left out begins when they are put
    /// forward; where they are put back, it begins when they show the time at first.
    pub(crate) fn first_moment(&self, time: DateTime) -> Option<Timestamp> {
        match self.0.to_ambiguous_timestamp(time).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                offset.to_timestamp(time).ok()
            }
            AmbiguousOffset::Gap { after, .. } => {
                let just_before = after.to_timestamp(time).ok()?;
                self.0.following(just_before).next().map(|change| change.timestamp())
            }
        }
    }
}

impl Default for Zone {
    /// Asia/Shanghai, also where the machine has no time zone database: China has kept UTC+8 all year since 1992.
    fn default() -> Self {
        Self::new(Self::SHANGHAI).unwrap_or_else(|_| Self(TimeZone::fixed(Offset::constant(8))))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl TryFrom<String> for Zone {
    type Error = UnknownZone;

    fn try_from(name: String) -> Result<Self, UnknownZone> {
        Self::new(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}
