//! The crowd rule and its geometry: where people stand, how close together, and for how long.
//!
//! ```text
//! boxes ──▶ foot points ──▶ metres ──▶ worst 9 m² of the zone ──▶ levels with dwell and hysteresis ──▶ steps
//!  tiles      zone         calibration        density                          rule
//! ```
//!
//! All of it is pure: boxes, numbers and the frames' own times in, steps out. Without a calibration nothing is said of
//! people per square metre: the zone has a head count and no more.

mod calibration;
mod density;
mod rule;
mod tiles;
mod zone;

pub use calibration::{Area, Calibration, CalibrationError, GroundPoint};
pub use density::{Amount, CrowdZone, Doubt, Reading, Spoke};
pub use rule::{
    CrowdIncident, CrowdLevel, CrowdLook, CrowdPhase, CrowdRule, CrowdSettings, CrowdStep, Flow, Forecast,
    HeldBack,
};
pub use tiles::{Tile, Tiles, people_are_small};
pub use zone::{Zone, ZoneError};
