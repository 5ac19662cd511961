//! Coordinate systems of Chinese maps. Everything is stored in WGS-84; a file names the system it is in.
//!
//! GCJ-02 moves every point in China by some hundred metres; its formula is not published by who made it, and here is the
//! one in public use (with the axis and eccentricity of Krasovsky's ellipsoid of 1940). BD-09 moves GCJ-02 once more.
//! Both ways back are found by iteration, for neither formula can be turned round.

use std::{f64::consts::PI, fmt};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::lang::Lang;

/// The half axis of Krasovsky's ellipsoid, in metres.
const AXIS_M: f64 = 6_378_245.0;
/// The square of its eccentricity.
const ECCENTRICITY_2: f64 = 0.006_693_421_622_965_943;

/// Where GCJ-02 and BD-09 move points: longitudes and latitudes around China. Elsewhere they are WGS-84.
const MOVED_LON: std::ops::RangeInclusive<f64> = 72.004..=137.8347;
const MOVED_LAT: std::ops::RangeInclusive<f64> = 0.8293..=55.8271;

/// What BD-09 adds to GCJ-02, in degrees: a shift, and a wave that grows with the coordinates.
const BD_SHIFT: (f64, f64) = (0.0065, 0.006);
const BD_WAVE: (f64, f64) = (0.000_02, 0.000_003);
const BD_TURN: f64 = PI * 3000.0 / 180.0;

/// The iteration back ends below this: 1e-9 degrees are a tenth of a millimetre.
const DEGREES_EXACT: f64 = 1e-9;
/// Each step is a hundred times nearer, so that this many always do.
const STEPS_MAX: usize = 20;

/// What longitudes and latitudes mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CoordinateSystem {
    /// WGS-84, the system of satellite receivers.
    #[default]
    Wgs84,
    /// CGCS2000 (国家 2000), China's survey system; equal to WGS-84 to a few centimetres, and taken as equal here.
    Cgcs2000,
    /// GCJ-02 (火星坐标), the system of 高德 and 腾讯.
    Gcj02,
    /// BD-09, the system of 百度.
    Bd09,
}

// === impl CoordinateSystem ===

impl CoordinateSystem {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Wgs84, Self::Cgcs2000, Self::Gcj02, Self::Bd09];

    /// The name for people.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Wgs84, _) => "WGS-84",
            (Self::Cgcs2000, _) => "CGCS2000",
            (Self::Gcj02, Lang::ZhCn) => "GCJ-02（高德、腾讯）",
            (Self::Gcj02, Lang::En) => "GCJ-02 (AMap, Tencent)",
            (Self::Bd09, Lang::ZhCn) => "BD-09（百度）",
            (Self::Bd09, Lang::En) => "BD-09 (Baidu)",
        }
    }

    /// A position of this system in WGS-84 degrees, to less than a centimetre.
    pub fn to_wgs84(self, lon: f64, lat: f64) -> (f64, f64) {
        match self {
            Self::Wgs84 | Self::Cgcs2000 => (lon, lat),
            Self::Gcj02 | Self::Bd09 if !is_moved(lon, lat) => (lon, lat),
            Self::Gcj02 => undo(gcj_of_wgs, (lon, lat)),
            Self::Bd09 => undo(gcj_of_wgs, undo(bd_of_gcj, (lon, lat))),
        }
    }

    /// A position in WGS-84 degrees in this system.
    pub fn from_wgs84(self, lon: f64, lat: f64) -> (f64, f64) {
        match self {
            Self::Wgs84 | Self::Cgcs2000 => (lon, lat),
            Self::Gcj02 | Self::Bd09 if !is_moved(lon, lat) => (lon, lat),
            Self::Gcj02 => gcj_of_wgs((lon, lat)),
            Self::Bd09 => bd_of_gcj(gcj_of_wgs((lon, lat))),
        }
    }

    /// Whether positions in both mean the same place.
    pub(crate) fn equals(self, other: Self) -> bool {
        let plain = |system| matches!(system, Self::Wgs84 | Self::Cgcs2000);
        self == other || plain(self) && plain(other)
    }
}

impl fmt::Display for CoordinateSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name(Lang::En))
    }
}

fn is_moved(lon: f64, lat: f64) -> bool {
    MOVED_LON.contains(&lon) && MOVED_LAT.contains(&lat)
}

fn gcj_of_wgs((lon, lat): (f64, f64)) -> (f64, f64) {
    let (x, y) = (lon - 105.0, lat - 35.0);
    let wave = |at: f64, share: f64| (at * share * PI).sin();
    let common = (20.0 * wave(x, 6.0) + 20.0 * wave(x, 2.0)) * 2.0 / 3.0;
    let root = x.abs().sqrt();
    let north_m = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + common
        + (20.0 * wave(y, 1.0) + 40.0 * wave(y, 1.0 / 3.0)) * 2.0 / 3.0
        + (160.0 * wave(y, 1.0 / 12.0) + 320.0 * wave(y, 1.0 / 30.0)) * 2.0 / 3.0;
    let east_m = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + common
        + (20.0 * wave(x, 1.0) + 40.0 * wave(x, 1.0 / 3.0)) * 2.0 / 3.0
        + (150.0 * wave(x, 1.0 / 12.0) + 300.0 * wave(x, 1.0 / 30.0)) * 2.0 / 3.0;
    let (sin, cos) = lat.to_radians().sin_cos();
    let flat = 1.0 - ECCENTRICITY_2 * sin * sin;
    let along_m = AXIS_M * (1.0 - ECCENTRICITY_2) / (flat * flat.sqrt());
    let across_m = AXIS_M / flat.sqrt();
    (lon + (east_m / (across_m * cos)).to_degrees(), lat + (north_m / along_m).to_degrees())
}

fn bd_of_gcj((lon, lat): (f64, f64)) -> (f64, f64) {
    let far = lon.hypot(lat) + BD_WAVE.0 * (lat * BD_TURN).sin();
    let angle = lat.atan2(lon) + BD_WAVE.1 * (lon * BD_TURN).cos();
    (far * angle.cos() + BD_SHIFT.0, far * angle.sin() + BD_SHIFT.1)
}

/// The point that `forward` moves to `target`.
fn undo(forward: fn((f64, f64)) -> (f64, f64), target: (f64, f64)) -> (f64, f64) {
    let mut from = target;
    for _ in 0..STEPS_MAX {
        let to = forward(from);
        let missed = (target.0 - to.0, target.1 - to.1);
        from = (from.0 + missed.0, from.1 + missed.1);
        if missed.0.abs().max(missed.1.abs()) < DEGREES_EXACT {
            break;
        }
    }
    from
}
