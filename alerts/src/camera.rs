//! A camera as alerts know it: its names, its place on the map, and the grid that answers for it.

use std::collections::HashMap;

use gridwatch_ingest::CameraId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::grid::{GridRef, GridTree};

/// How many characters a short name has at most: what one line of a wall card holds.
pub const SHORT_NAME_CHARS_MAX: usize = 10;

/// How many digits a GB/T 28181 code has.
const CODE_DIGITS: usize = 20;

/// What somebody wrote down about a camera, not yet checked.
#[derive(Clone, Debug)]
pub struct CameraEntry {
    /// The camera's id.
    pub id: CameraId,
    /// Its full name.
    pub name: String,
    /// Its name of at most [`SHORT_NAME_CHARS_MAX`] characters; where absent the name's first characters.
    pub short_name: Option<String>,
    /// Its 20-digit GB/T 28181 code.
    pub code: Option<String>,
    /// Where it hangs.
    pub position: Option<Position>,
    /// The code of the grid that answers for it; where absent the deepest grid that holds the position.
    pub grid: Option<String>,
}

/// A point of the WGS-84 ellipsoid, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// Longitude, -180 to 180.
    pub lon: f64,
    /// Latitude, -90 to 90.
    pub lat: f64,
}

/// The earth's mean radius in metres (IUGG, R1).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// A camera's names and place, as an alert carries them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CameraRef {
    /// The camera's id.
    pub id: String,
    /// Its full name.
    pub name: String,
    /// Its name of at most 10 characters.
    pub short_name: String,
    /// Its 20-digit GB/T 28181 code, where it has one.
    #[serde(default)]
    #[schema(required)]
    pub code: Option<String>,
    /// Longitude, WGS-84 degrees.
    #[schema(required)]
    pub lon: Option<f64>,
    /// Latitude, WGS-84 degrees.
    #[schema(required)]
    pub lat: Option<f64>,
}

/// A checked camera together with the grid that answers for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    /// The id, as ingest and inference know it.
    pub id: CameraId,
    /// Names and place.
    pub camera: CameraRef,
    /// The way down the grid tree, street first, the grid that answers last; empty where there is none.
    pub grid_path: Vec<GridRef>,
    /// The grid that was named for it, wherever it hangs.
    named: Option<String>,
}

/// All registered cameras, in the order in which they were written down.
#[derive(Clone, Debug, Default)]
pub struct Cameras {
    in_order: Vec<Registration>,
    by_id: HashMap<CameraId, usize>,
}

/// Why a camera cannot be registered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CameraError {
    /// The id is taken.
    #[error("camera {camera}: the id is used twice; every camera needs its own")]
    DuplicateId {
        /// Which camera.
        camera: CameraId,
    },
    /// The name is empty.
    #[error("camera {camera}: the name is empty; a name of at least one character is needed")]
    EmptyName {
        /// Which camera.
        camera: CameraId,
    },
    /// The short name is empty or too long.
    #[error(
        "camera {camera}: the short name {found:?} has {chars} characters; 1 to {SHORT_NAME_CHARS_MAX} are allowed"
    )]
    ShortName {
        /// Which camera.
        camera: CameraId,
        /// What was written.
        found: String,
        /// How long it is, in characters.
        chars: usize,
    },
    /// The code is not a GB/T 28181 code.
    #[error(
        "camera {camera}: the code {found:?} is not allowed; a GB/T 28181 code has exactly {CODE_DIGITS} digits"
    )]
    Code {
        /// Which camera.
        camera: CameraId,
        /// What was written.
        found: String,
    },
    /// The position is not on the globe.
    #[error(
        "camera {camera}: the position {lon}, {lat} is not allowed; longitude is -180 to 180, latitude -90 to 90"
    )]
    Position {
        /// Which camera.
        camera: CameraId,
        /// Longitude in degrees.
        lon: f64,
        /// Latitude in degrees.
        lat: f64,
    },
    /// The grid code is not in the tree.
    #[error(
        "camera {camera}: grid {found:?} is not in the grid tree; use a code from the grid file, or leave it out"
    )]
    UnknownGrid {
        /// Which camera.
        camera: CameraId,
        /// What was written.
        found: String,
    },
}

// === impl Position ===

impl Position {
    /// How far it is to another point, in metres, on a sphere of the earth's mean radius (the haversine formula).
    pub fn meters_to(self, other: Self) -> f64 {
        let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
        let parallels = self.lat.to_radians().cos() * other.lat.to_radians().cos();
        let chord = half(self.lat, other.lat) + parallels * half(self.lon, other.lon);
        2.0 * EARTH_RADIUS_M * chord.sqrt().min(1.0).asin()
    }
}

// === impl CameraRef ===

impl CameraRef {
    /// Where it hangs, where that is known.
    pub fn position(&self) -> Option<Position> {
        Some(Position { lon: self.lon?, lat: self.lat? })
    }
}

// === impl Registration ===

impl Registration {
    /// Checks one entry and finds the grid that answers for the camera.
    ///
    /// # Errors
    /// Everything that is wrong with the entry.
    pub fn new(entry: CameraEntry, grids: &GridTree) -> Result<Self, Vec<CameraError>> {
        let errors = faults_of(&entry, grids);
        if !errors.is_empty() {
            return Err(errors);
        }
        let CameraEntry { id, name, short_name, code, position, grid } = entry;
        let grid_path = answering(grids, grid.as_deref(), position);
        let short_name = short_name.unwrap_or_else(|| first_chars(&name));
        let (lon, lat) = (position.map(|at| at.lon), position.map(|at| at.lat));
        let camera = CameraRef { id: id.to_string(), name, short_name, code, lon, lat };
        Ok(Self { id, camera, grid_path, named: grid })
    }

    /// What is known of a camera that nobody registered: its id. Its alerts are shown all the same.
    pub fn unregistered(id: &CameraId) -> Self {
        let name = id.to_string();
        let short_name = first_chars(&name);
        let camera = CameraRef { id: name.clone(), short_name, name, code: None, lon: None, lat: None };
        Self { id: id.clone(), camera, grid_path: Vec::new(), named: None }
    }

    /// The grid that answers for the camera, if one does.
    pub fn grid(&self) -> Option<&GridRef> {
        self.grid_path.last()
    }
}

/// The way down to the grid that answers: the one that was named, or the deepest at the position.
fn answering(grids: &GridTree, named: Option<&str>, position: Option<Position>) -> Vec<GridRef> {
    let named = named.and_then(|code| grids.by_code(code));
    let found = named.or_else(|| position.and_then(|at| grids.deepest_at(at.lon, at.lat)));
    found.map(|grid| grids.path(grid.code()).into_iter().map(GridRef::from).collect()).unwrap_or_default()
}

fn faults_of(entry: &CameraEntry, grids: &GridTree) -> Vec<CameraError> {
    let camera = || entry.id.clone();
    let mut errors = Vec::new();
    if entry.name.trim().is_empty() {
        errors.push(CameraError::EmptyName { camera: camera() });
    }
    if let Some(found) = &entry.short_name {
        let chars = found.chars().count();
        if found.trim().is_empty() || chars > SHORT_NAME_CHARS_MAX {
            errors.push(CameraError::ShortName { camera: camera(), found: found.clone(), chars });
        }
    }
    if let Some(found) = &entry.code
        && (found.len() != CODE_DIGITS || !found.bytes().all(|digit| digit.is_ascii_digit()))
    {
        errors.push(CameraError::Code { camera: camera(), found: found.clone() });
    }
    if let Some(Position { lon, lat }) = entry.position
        && !((-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat))
    {
        errors.push(CameraError::Position { camera: camera(), lon, lat });
    }
    if let Some(found) = &entry.grid
        && grids.by_code(found).is_none()
    {
        errors.push(CameraError::UnknownGrid { camera: camera(), found: found.clone() });
    }
    errors
}

fn first_chars(name: &str) -> String {
    name.chars().take(SHORT_NAME_CHARS_MAX).collect()
}

// === impl Cameras ===

impl Cameras {
    /// Checks all entries and finds the grid that answers for each.
    ///
    /// # Errors
    /// Everything that is wrong with any of them, in their order.
    pub fn register(
        entries: impl IntoIterator<Item = CameraEntry>,
        grids: &GridTree,
    ) -> Result<Self, Vec<CameraError>> {
        let mut cameras = Self::default();
        let mut errors = Vec::new();
        for entry in entries {
            let id = entry.id.clone();
            match Registration::new(entry, grids) {
                Ok(registration) => {
                    if cameras.by_id.insert(id.clone(), cameras.in_order.len()).is_some() {
                        errors.push(CameraError::DuplicateId { camera: id });
                    }
                    cameras.in_order.push(registration);
                }
                Err(found) => errors.extend(found),
            }
        }
        if errors.is_empty() { Ok(cameras) } else { Err(errors) }
    }

    /// The same cameras in another tree. One whose named grid is no more belongs to the deepest at its position.
    pub(crate) fn regrid(&self, grids: &GridTree) -> Self {
        let mut cameras = self.clone();
        for registration in &mut cameras.in_order {
            let camera = &registration.camera;
            let position = camera.lon.zip(camera.lat).map(|(lon, lat)| Position { lon, lat });
            registration.grid_path = answering(grids, registration.named.as_deref(), position);
        }
        cameras
    }

    /// The registration of `id`, if there is one.
    pub fn get(&self, id: &CameraId) -> Option<&Registration> {
        self.by_id.get(id).map(|&index| &self.in_order[index])
    }

    /// All registrations, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Registration> {
        self.in_order.iter()
    }
}
