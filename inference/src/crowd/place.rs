//! A crowd zone of a camera, as it is set.

use std::sync::Arc;

use super::{CrowdSettings, CrowdZone};

/// A part of the picture in which people are not to crowd.
#[derive(Clone, Debug, PartialEq)]
pub struct CrowdPlace {
    /// Its name, of which there is one at each camera.
    pub name: Arc<str>,
    /// Where it is.
    pub zone: CrowdZone,
    /// From when on people crowd there.
    pub settings: CrowdSettings,
}
