//! 坐标系可能选错: finds positions that were read in the wrong coordinate system.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{coordinates::CoordinateSystem, lang::Lang, tree::GridTree};

/// More than this share of the positions outside every grid is suspect.
pub const OUTSIDE_SHARE_MAX: f64 = 0.05;

/// Too many positions lie outside every grid: perhaps their coordinate system is another one than was named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WrongSystem {
    /// The system that was named.
    pub named: CoordinateSystem,
    /// The share of the positions that lie outside every grid under it, 0 to 1.
    pub outside_share: f64,
    /// The same for the other systems, the one with the fewest outside first.
    pub alternatives: Vec<Alternative>,
}

/// How the positions would lie in another coordinate system.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alternative {
    /// The system.
    pub system: CoordinateSystem,
    /// The share of the positions that would lie outside every grid, 0 to 1.
    pub outside_share: f64,
}

/// Looks whether positions (longitude and latitude as they stand in the file, in degrees of the system `named` there)
/// may belong to another system: none unless more than [`OUTSIDE_SHARE_MAX`] of them lie outside every grid, or where
/// there is nothing to compare.
pub fn suspect_system(
    cameras: &[(f64, f64)],
    named: CoordinateSystem,
    tree: &GridTree,
) -> Option<WrongSystem> {
    suspect(cameras, named, tree, |system, lon, lat| system.to_wgs84(lon, lat))
}

/// Looks whether the file of a tree may be in another system than `named`, as which it was read: none unless more than
/// [`OUTSIDE_SHARE_MAX`] of the cameras (longitude and latitude in WGS-84 degrees) lie outside every grid, or where there is
/// nothing to compare.
///
/// The file need not be read again: that a camera lies in a grid read as another system is the same as that the camera, moved
/// into the file by that system and out of it by the named one, lies in the grid as it was read.
pub fn suspect_file(cameras: &[(f64, f64)], named: CoordinateSystem, tree: &GridTree) -> Option<WrongSystem> {
    suspect(cameras, named, tree, |system, lon, lat| {
        let (lon, lat) = system.from_wgs84(lon, lat);
        named.to_wgs84(lon, lat)
    })
}

/// `place` gives where a position lies in the tree if it is of a system.
fn suspect(
    cameras: &[(f64, f64)],
    named: CoordinateSystem,
    tree: &GridTree,
    place: impl Fn(CoordinateSystem, f64, f64) -> (f64, f64),
) -> Option<WrongSystem> {
    if cameras.is_empty() || tree.iter().len() == 0 {
        return None;
    }
    let share = |system: CoordinateSystem| {
        let is_outside = |&&(lon, lat): &&(f64, f64)| {
            let (lon, lat) = place(system, lon, lat);
            tree.deepest_at(lon, lat).is_none()
        };
        cameras.iter().filter(is_outside).count() as f64 / cameras.len() as f64
    };
    let outside_share = share(named);
    if outside_share <= OUTSIDE_SHARE_MAX {
        return None;
    }
    let others = [CoordinateSystem::Wgs84, CoordinateSystem::Gcj02, CoordinateSystem::Bd09];
    let mut alternatives: Vec<Alternative> = others
        .into_iter()
        .filter(|system| !system.equals(named))
        .map(|system| Alternative { system, outside_share: share(system) })
        .collect();
    alternatives.sort_by(|a, b| a.outside_share.total_cmp(&b.outside_share));
    Some(WrongSystem { named, outside_share, alternatives })
}

// === impl WrongSystem ===

impl WrongSystem {
    /// What to tell people, with what to do next.
    pub fn describe(&self, lang: Lang) -> String {
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        let (outside, named) = (percent(self.outside_share), self.named.name(lang));
        let separator = if lang == Lang::ZhCn { "，" } else { ", " };
        let others: Vec<String> = self
            .alternatives
            .iter()
            .map(|other| match lang {
                Lang::ZhCn => {
                    format!("若为 {} 则为 {}", other.system.name(lang), percent(other.outside_share))
                }
                Lang::En => format!("{} as {}", percent(other.outside_share), other.system.name(lang)),
            })
            .collect();
        let others = others.join(separator);
        match lang {
            Lang::ZhCn => format!(
                "坐标系可能选错：按 {named} 读取时，{outside} 的点位不在任何网格内；{others}。请核对坐标系后重新导入。"
            ),
            Lang::En => format!(
                "the coordinate system may be wrong: read as {named}, {outside} of the positions lie outside every grid; {others}. Check the system and import again."
            ),
        }
    }
}
