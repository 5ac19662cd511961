//! Coordinate systems: there and back, and finding the wrong one.

use gridwatch_grids::{
    Alternative, CoordinateSystem, GridTree, OUTSIDE_SHARE_MAX, demo_world, suspect_file, suspect_system,
};
use proptest::prelude::*;

use crate::support::{collection, feature};

/// Metres between two positions near each other, on a ball: good to half a per cent.
fn metres((lon, lat): (f64, f64), (other_lon, other_lat): (f64, f64)) -> f64 {
    const DEGREE_M: f64 = 111_320.0;
    ((lon - other_lon) * lat.to_radians().cos()).hypot(lat - other_lat) * DEGREE_M
}

#[test]
fn known_points_move_as_the_public_formula_says() {
    // In WGS-84 and in the other system: the first two computed apart from this crate, the others what other implementations
    // are tested with.
    let known = [
        (CoordinateSystem::Gcj02, (116.391_3, 39.907_5), (116.397_541_182, 39.908_901_276), 0.01),
        (CoordinateSystem::Bd09, (116.391_3, 39.907_5), (116.403_913_944, 39.915_244_664), 0.01),
        (CoordinateSystem::Gcj02, (121.527_210_6, 31.177_427_6), (121.531_541_859, 31.175_303_984), 0.05),
        (CoordinateSystem::Gcj02, (113.912_316, 22.543_847), (113.917_176_481, 22.540_796_132), 0.05),
        (CoordinateSystem::Gcj02, (116.377_817, 39.911_954), (116.384_047_225, 39.913_345_455), 0.05),
    ];
    for (system, wgs, moved, far) in known {
        assert!(metres(system.from_wgs84(wgs.0, wgs.1), moved) < far, "{system} of {wgs:?}");
        assert!(metres(system.to_wgs84(moved.0, moved.1), wgs) < far, "{system} back from {moved:?}");
    }
}

#[test]
fn outside_china_nothing_moves() {
    for system in CoordinateSystem::ALL {
        for at in [(2.35, 48.85), (-122.4, 37.8), (139.7, 35.7), (151.2, -33.9)] {
            assert_eq!(system.from_wgs84(at.0, at.1), at);
            assert_eq!(system.to_wgs84(at.0, at.1), at);
        }
    }
}

proptest! {
    #[test]
    fn there_and_back_is_the_same_place(lon in 75.0..134.0_f64, lat in 18.0..53.0_f64) {
        for system in CoordinateSystem::ALL {
            let (x, y) = system.from_wgs84(lon, lat);
            prop_assert!(metres(system.to_wgs84(x, y), (lon, lat)) < 0.01);
            let (x, y) = system.to_wgs84(lon, lat);
            prop_assert!(metres(system.from_wgs84(x, y), (lon, lat)) < 0.01);
        }
    }

    #[test]
    fn gcj_02_is_off_by_some_hundred_metres_and_bd_09_by_more(lon in 75.0..134.0_f64, lat in 18.0..53.0_f64) {
        let gcj = metres(CoordinateSystem::Gcj02.from_wgs84(lon, lat), (lon, lat));
        // In the desert west of 103° the formula comes down to 20 m.
        let least = if lon > 103.0 { 50.0 } else { 10.0 };
        prop_assert!((least..=700.0).contains(&gcj), "{gcj}");
        let bd = metres(CoordinateSystem::Bd09.from_wgs84(lon, lat), CoordinateSystem::Gcj02.from_wgs84(lon, lat));
        prop_assert!((300.0..=1_500.0).contains(&bd), "{bd}");
    }

    /// Positions of whatever numbers do not hang or stop the program.
    #[test]
    fn any_number_is_answered(lon in any::<f64>(), lat in any::<f64>()) {
        for system in CoordinateSystem::ALL {
            let _ = system.to_wgs84(lon, lat);
            let _ = system.from_wgs84(lon, lat);
        }
    }
}

#[test]
fn the_planted_wrong_system_is_found() {
    let world = demo_world(3);
    let moved = |system: CoordinateSystem| -> Vec<(f64, f64)> {
        world.cameras.iter().map(|camera| system.from_wgs84(camera.lon, camera.lat)).collect()
    };
    let systems = [CoordinateSystem::Wgs84, CoordinateSystem::Gcj02, CoordinateSystem::Bd09];
    for planted in systems {
        let cameras = moved(planted);
        assert_eq!(suspect_system(&cameras, planted, &world.grids), None, "{planted} is right");
        for named in systems.into_iter().filter(|&named| named != planted) {
            let wrong = suspect_system(&cameras, named, &world.grids).unwrap();
            assert!(wrong.outside_share > 0.05, "{wrong:?}");
            assert_eq!((wrong.alternatives[0].system, wrong.alternatives[0].outside_share), (planted, 0.0));
            assert!(wrong.alternatives.iter().all(|other| other.system != named));
        }
    }
    let wrong = suspect_system(&moved(CoordinateSystem::Gcj02), CoordinateSystem::Cgcs2000, &world.grids);
    assert_eq!(wrong.unwrap().alternatives.len(), 2, "WGS-84 is no alternative to CGCS2000");
}

#[test]
fn without_cameras_or_grids_nothing_is_suspect() {
    let world = demo_world(3);
    assert_eq!(suspect_system(&[], CoordinateSystem::Wgs84, &world.grids), None);
    assert_eq!(suspect_system(&[(0.0, 0.0)], CoordinateSystem::Wgs84, &GridTree::default()), None);
}

#[test]
fn one_outside_in_twenty_is_not_yet_suspect() {
    let tree = GridTree::parse(&collection(&[feature("s", "street", None, [0.0, 0.0, 8.0, 8.0])]));
    let tree = tree.unwrap();
    let mut cameras = vec![(1.0, 1.0); 19];
    cameras.push((9.0, 9.0));
    assert_eq!(suspect_system(&cameras, CoordinateSystem::Wgs84, &tree), None);
    cameras.push((9.0, 9.0));
    assert!(suspect_system(&cameras, CoordinateSystem::Wgs84, &tree).is_some());
}

/// Cameras are where they are; it is the file of the grids that was named wrongly.
#[test]
fn a_file_read_in_the_wrong_system_is_suspect_and_the_right_one_comes_first() {
    let world = demo_world(3);
    let cameras: Vec<(f64, f64)> = world.cameras.iter().map(|camera| (camera.lon, camera.lat)).collect();
    for (written, named) in [
        (CoordinateSystem::Gcj02, CoordinateSystem::Wgs84),
        (CoordinateSystem::Bd09, CoordinateSystem::Gcj02),
        (CoordinateSystem::Wgs84, CoordinateSystem::Bd09),
    ] {
        let file = written_in(&world.grids, written).to_string();
        let right = GridTree::from_geojson(file.as_bytes(), written).unwrap();
        assert_eq!(suspect_file(&cameras, written, &right), None);
        let wrong = GridTree::from_geojson(file.as_bytes(), named).unwrap();
        let found = suspect_file(&cameras, named, &wrong).unwrap();
        assert_eq!((found.named, found.alternatives[0].system), (named, written));
        assert!(
            found.outside_share > OUTSIDE_SHARE_MAX && found.alternatives[0].outside_share == 0.0,
            "{found:?}"
        );
        // As if the file were read again.
        for Alternative { system, outside_share } in found.alternatives {
            let tree = GridTree::from_geojson(file.as_bytes(), system).unwrap();
            let outside = cameras.iter().filter(|(lon, lat)| tree.deepest_at(*lon, *lat).is_none()).count();
            assert!((outside as f64 / cameras.len() as f64 - outside_share).abs() < 0.01, "{system}");
        }
    }
}

fn written_in(tree: &GridTree, system: CoordinateSystem) -> serde_json::Value {
    let mut file = tree.to_geojson();
    for feature in file["features"].as_array_mut().unwrap() {
        for at in feature["geometry"]["coordinates"][0].as_array_mut().unwrap() {
            let (lon, lat) = system.from_wgs84(at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
            *at = serde_json::json!([lon, lat]);
        }
    }
    file
}

/// A file in another system becomes the same tree, to a centimetre.
#[test]
fn an_import_names_its_system_and_is_converted() {
    let world = demo_world(3);
    for system in CoordinateSystem::ALL {
        let file = written_in(&world.grids, system);
        let tree = GridTree::from_geojson(file.to_string().as_bytes(), system).unwrap();
        for (read, grid) in tree.iter().zip(world.grids.iter()) {
            let corners = |grid: &gridwatch_grids::Grid| grid.area().0[0].exterior().clone();
            for (one, other) in corners(read).coords().zip(corners(grid).coords()) {
                assert!(metres((one.x, one.y), (other.x, other.y)) < 0.01);
            }
        }
    }
}
