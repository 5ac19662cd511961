//! The demo world: a street of the right size, and plausible.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use geo::{BoundingRect, GeodesicArea};
use gridwatch_grids::{DemoWorld, GridLevel, GridTree, PlaceKind, demo_world};

/// Some seeds; whatever holds for these is not an accident of one.
static WORLDS: LazyLock<Vec<DemoWorld>> = LazyLock::new(|| (0..8).map(demo_world).collect());

#[test]
fn every_world_has_the_size_of_the_street() {
    for world in WORLDS.iter() {
        let count = |level| world.grids.iter().filter(|grid| grid.level() == level).count();
        let counts = [GridLevel::Street, GridLevel::Community, GridLevel::Base, GridLevel::Micro].map(count);
        assert_eq!((counts, world.grids.iter().len()), ([1, 13, 143, 351], 508));
        assert_eq!(world.cameras.len(), 1_200);
        let street = world.grids.iter().next().unwrap();
        assert_eq!(street.name(), "运河街道");
        let km2 = street.area().geodesic_area_unsigned() / 1e6;
        assert!((11.0..13.0).contains(&km2), "{km2}");
    }
}

#[test]
fn the_same_seed_gives_the_same_world_and_another_gives_another() {
    let (one, same, other) = (demo_world(5), demo_world(5), demo_world(6));
    assert_eq!(one.grids.to_geojson(), same.grids.to_geojson());
    assert_eq!(one.cameras, same.cameras);
    assert_ne!(one.grids.to_geojson(), other.grids.to_geojson());
    assert_ne!(one.cameras, other.cameras);
}

#[test]
fn it_is_a_file_that_can_be_imported() {
    for world in WORLDS.iter() {
        let file = world.grids.to_geojson();
        let read = GridTree::parse(file.to_string().as_bytes()).unwrap();
        assert_eq!(read.to_geojson(), file);
    }
}

#[test]
fn grids_are_shaped_like_blocks() {
    for world in WORLDS.iter() {
        for grid in world.grids.iter().filter(|grid| grid.level() >= GridLevel::Base) {
            let m2 = grid.area().geodesic_area_unsigned();
            let bounds = grid.area().bounding_rect().unwrap();
            let (width, height) = (bounds.width() * 91_700.0, bounds.height() * 110_900.0);
            assert!(m2 > 8_000.0, "{} has {m2} m²", grid.name());
            assert!(m2 / (width * height) > 0.3, "{} is a sliver", grid.name());
        }
    }
}

#[test]
fn households_and_people_add_up() {
    for world in WORLDS.iter() {
        let mut below: HashMap<&str, (u32, u32)> = HashMap::new();
        for grid in world.grids.iter() {
            let (households, people) = (grid.households().unwrap(), grid.people().unwrap());
            if let Some(parent) = grid.parent() {
                let sum = below.entry(parent).or_default();
                *sum = (sum.0 + households, sum.1 + people);
            }
            if grid.level() == GridLevel::Base {
                assert!((400..=800).contains(&households) && people <= 2_000);
            }
        }
        for (code, sum) in below {
            let grid = world.grids.by_code(code).unwrap();
            assert_eq!(sum, (grid.households().unwrap(), grid.people().unwrap()), "{}", grid.name());
        }
    }
}

#[test]
fn names_are_no_ones_twice() {
    for world in WORLDS.iter() {
        let names: HashSet<&str> = world.grids.iter().map(|grid| grid.name()).collect();
        assert_eq!(names.len(), world.grids.iter().len());
        let cameras: HashSet<&str> = world.cameras.iter().map(|camera| camera.name.as_str()).collect();
        let short: HashSet<&str> = world.cameras.iter().map(|camera| camera.short_name.as_str()).collect();
        assert_eq!((cameras.len(), short.len()), (1_200, 1_200));
        assert!(world.cameras.iter().all(|camera| camera.short_name.chars().count() <= 10));
    }
}

#[test]
fn every_camera_stands_in_a_micro_grid_and_has_a_code() {
    for world in WORLDS.iter() {
        let mut codes = HashSet::new();
        for camera in &world.cameras {
            let grid = world.grids.deepest_at(camera.lon, camera.lat).unwrap();
            assert_eq!(grid.level(), GridLevel::Micro, "{}", camera.name);
            let code = &camera.code20;
            assert!(code.len() == 20 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
            assert!(code.starts_with("370405") && ["131", "132"].contains(&&code[10..13]), "{code}");
            assert!(codes.insert(code));
        }
    }
}

#[test]
fn the_gate_of_an_estate_is_in_its_grid() {
    for world in WORLDS.iter() {
        for camera in world.cameras.iter().filter(|camera| camera.kind == PlaceKind::Entrance) {
            let grid = world.grids.deepest_at(camera.lon, camera.lat).unwrap();
            let base = world.grids.by_code(grid.parent().unwrap()).unwrap();
            let estate = base.name().trim_end_matches("网格");
            assert!(camera.name.starts_with(estate), "{} stands in {}", camera.name, base.name());
        }
    }
}

#[test]
fn cameras_watch_places_of_every_kind() {
    let world = demo_world(1);
    let count = |kind| world.cameras.iter().filter(|camera| camera.kind == kind).count();
    let crowded =
        [PlaceKind::Station, PlaceKind::Square, PlaceKind::Stadium, PlaceKind::Commercial, PlaceKind::School];
    assert!(crowded.into_iter().all(|kind| count(kind) > 0 && kind.position_type().is_some()));
    assert!(count(PlaceKind::Entrance) > 400 && count(PlaceKind::Crossing) > 200);
    assert_eq!(PlaceKind::Entrance.position_type(), None);
}

#[test]
fn neighbours_are_mutual() {
    let world = demo_world(1);
    for level in [GridLevel::Community, GridLevel::Base] {
        for grid in world.grids.iter().filter(|grid| grid.level() == level) {
            let neighbours = world.grids.neighbours(grid.code());
            assert!(!neighbours.is_empty(), "{} has none", grid.name());
            for neighbour in neighbours {
                let back = world.grids.neighbours(neighbour.code());
                assert!(back.iter().any(|other| other.code() == grid.code()));
            }
        }
    }
}
