//! The demo world: 运河街道, a street to try gridwatch with. It is laid out freely around 台儿庄区 and is no survey; its
//! names, codes and positions are made up and say nothing about the real place.

mod cameras;
mod divide;
mod layout;
mod names;
mod plan;
mod street;

use rand::{SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::tree::GridTree;

/// A generated street with its cameras.
#[derive(Clone, Debug)]
pub struct DemoWorld {
    /// 1 street, 13 community grids, 143 base grids and 351 micro grids. Children fill their parents exactly.
    pub grids: GridTree,
    /// 1,200 cameras, each inside a micro grid.
    pub cameras: Vec<DemoCamera>,
}

/// A generated camera.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DemoCamera {
    /// The 20 digits of GB/T 28181, unique.
    pub code20: String,
    /// The name, unique.
    pub name: String,
    /// The name in at most ten characters, unique.
    pub short_name: String,
    /// Longitude in WGS-84 degrees.
    pub lon: f64,
    /// Latitude in WGS-84 degrees.
    pub lat: f64,
    /// What kind of place it watches.
    pub kind: PlaceKind,
}

/// What kind of place a camera watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// 小区出入口: the gate of an estate.
    Entrance,
    /// 路口: a road crossing.
    Crossing,
    /// 车站码头: a station or pier.
    Station,
    /// 广场: a square.
    Square,
    /// 体育场馆: a stadium.
    Stadium,
    /// 商业中心: a commercial centre.
    Commercial,
    /// 校园周边: the surroundings of a school.
    School,
}

// === impl PlaceKind ===

impl PlaceKind {
    /// The position type of GB/T 28181, where it is one of those at which crowds are to be expected.
    pub const fn position_type(self) -> Option<u8> {
        match self {
            Self::Entrance | Self::Crossing => None,
            Self::Station => Some(3),
            Self::Square => Some(4),
            Self::Stadium => Some(5),
            Self::Commercial => Some(6),
            Self::School => Some(8),
        }
    }
}

/// The demo world of this seed; the same seed gives the same world. Outline, main roads and communities are always the
/// same, all else differs.
pub fn demo_world(seed: u64) -> DemoWorld {
    let mut rng = StdRng::seed_from_u64(seed);
    loop {
        // Now and then no lane divides a block well; the next try draws other lanes.
        if let Some(world) = street::Street::draw(&mut rng).and_then(|street| street.into_world(&mut rng)) {
            return world;
        }
    }
}
