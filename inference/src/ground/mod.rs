//! Where things of a picture are on the ground: zones of the picture, and what turns its points into metres.

mod calibration;
mod footprint;
#[cfg(test)]
pub(crate) mod testing;
mod zone;

pub use calibration::{Area, Calibration, CalibrationError, GroundPoint};
pub use footprint::{Footprint, GroundScale};
pub(crate) use zone::polygon;
pub use zone::{Zone, ZoneError};
