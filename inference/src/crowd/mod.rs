//! Crowds: where people stand, how close together, and for how long.
//!
//! ```text
//! boxes, heads ──▶ foot points ──▶ metres ──▶ worst 9 m² of the zone ──▶ levels with dwell and hysteresis ──▶ steps
//!  counting       zone, heads    calibration     density, window                      rule
//! ```
//!
//! All of that is pure: boxes, numbers and the frames' own times in, steps out. Without a calibration nothing is said of
//! people per square metre: the zone has a head count and no more. `watch` ties it to one camera: which look is worth its
//! price, and what of a step is told.

mod counting;
mod density;
mod flow;
mod heads;
mod place;
mod rule;
mod tiles;
mod watch;
mod window;

pub(crate) use counting::Counting;
pub use density::{Amount, CrowdZone, Doubt, Reading, Spoke};
pub use place::CrowdPlace;
pub use rule::{
    CrowdIncident, CrowdLevel, CrowdLook, CrowdPhase, CrowdRule, CrowdSettings, CrowdStep, Flow, Forecast,
};
pub use tiles::{Tiles, people_are_small};
pub(crate) use watch::CrowdWatch;
pub use watch::OpenCrowd;
