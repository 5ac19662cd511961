//! The demo world as a server's configuration: 运河街道 with its grids, its 1,200 cameras and its people.

use std::{collections::HashSet, fmt::Write as _, path::Path};

use anyhow::Context;
use gridwatch_alerts::{
    Desk, Grid, Position, Registry,
    grids::{DemoCamera, DemoWorld, GridLevel, demo_world},
    roster::{DemoGrid, DemoLevel, demo_people},
};
use gridwatch_ingest::CameraId;

/// The demo world is always the same.
const SEED: u64 = 1;

/// Where its grids are written, in the folder of a configuration.
pub const GRIDS: &str = "grids.geojson";

/// The grids and cameras.
pub fn world() -> DemoWorld {
    demo_world(SEED)
}

/// Writes the grids into `folder`, as [`GRIDS`].
///
/// # Errors
/// The folder cannot be written.
pub fn write_grids(world: &DemoWorld, folder: &Path) -> anyhow::Result<()> {
    let file = folder.join(GRIDS);
    std::fs::write(&file, world.grids.to_geojson().to_string())
        .with_context(|| format!("cannot write {}", file.display()))
}

/// Writes the grids into `folder`, and gives the text of a configuration there: with this database and the first so many
/// cameras, none of which is pulled.
///
/// # Errors
/// The folder cannot be written.
pub fn configuration(folder: &Path, database: &str, cameras: usize) -> anyhow::Result<String> {
    let world = world();
    write_grids(&world, folder)?;
    let database = toml_edit::Value::from(database);
    let mut text = format!(
        "[grids]\nfile = \"{GRIDS}\"\n[store]\ndatabase = {database}\nevidence = \"evidence\"\n[place]\ntime_zone = \"Asia/Shanghai\"\n",
    );
    for (n, camera) in world.cameras.iter().enumerate().take(cameras) {
        writeln!(text, "{}enabled = false", camera_block(n, camera, &format!("rtsp://127.0.0.1:1/{n}")))?;
    }
    Ok(text)
}

/// A camera of the world, counted from 0, as a `[[camera]]` block to which more may be added.
pub fn camera_block(n: usize, camera: &DemoCamera, url: &str) -> String {
    let DemoCamera { code20, name, short_name, lon, lat, .. } = camera;
    let id = id_text(n);
    format!(
        "[[camera]]\nid = \"{id}\"\nname = \"{name}\"\nshort_name = \"{short_name}\"\ncode = \"{code20}\"\n\
         longitude = {lon}\nlatitude = {lat}\nurl = \"{url}\"\n"
    )
}

/// The id of a camera of the world, counted from 0.
///
/// # Errors
/// None that is known: every such id is one.
pub fn camera(n: usize) -> anyhow::Result<CameraId> {
    Ok(CameraId::new(&id_text(n))?)
}

/// Which camera of the world it is, counted from 0; none for an id that is not of this world.
pub fn number_of(id: &str) -> Option<usize> {
    id.strip_prefix("cam-")?.parse::<usize>().ok()?.checked_sub(1)
}

/// The number in an id is the one at the end of the camera's GB/T 28181 code: it says which of the 1,200 it is.
fn id_text(n: usize) -> String {
    format!("cam-{:04}", n + 1)
}

/// So many cameras of the world, counted from 0, each in a base grid of its own: the one of this name, then outwards from it the
/// nearest of every further grid.
///
/// # Errors
/// There is no camera of this name.
pub fn cameras_around(world: &DemoWorld, name: &str, count: usize) -> anyhow::Result<Vec<usize>> {
    let position = |camera: &DemoCamera| Position { lon: camera.lon, lat: camera.lat };
    let middle = world.cameras.iter().find(|camera| camera.name == name);
    let middle = position(middle.with_context(|| format!("the demo world has no camera {name}"))?);
    let away_m = |n: usize| position(&world.cameras[n]).meters_to(middle);
    let base_grid = |n: usize| {
        let camera = &world.cameras[n];
        world.grids.deepest_at(camera.lon, camera.lat).and_then(Grid::parent)
    };
    let mut cameras: Vec<usize> = (0..world.cameras.len()).collect();
    cameras.sort_by(|a, b| away_m(*a).total_cmp(&away_m(*b)));
    let mut grids = HashSet::new();
    Ok(cameras.into_iter().filter(|n| grids.insert(base_grid(*n))).take(count).collect())
}

/// Puts the people and rosters of the demo world in, in the name of `by`.
///
/// # Errors
/// The database fails, or a grid's code is none of the roster's.
pub async fn staff(registry: &Registry, desk: &Desk, by: &str) -> anyhow::Result<()> {
    let directory = registry.directory().await;
    let level = |level: GridLevel| match level {
        GridLevel::Street => Some(DemoLevel::Street),
        GridLevel::Community => Some(DemoLevel::Community),
        GridLevel::Base => Some(DemoLevel::Base),
        GridLevel::Micro => Some(DemoLevel::Micro),
        _ => None,
    };
    let grid = |grid: &Grid| (grid.code().to_owned(), level(grid.level()), grid.parent().map(str::to_owned));
    let grids: Vec<_> = directory.grids().iter().map(grid).collect();
    let grids: Vec<DemoGrid<'_>> = grids
        .iter()
        .filter_map(|(code, level, parent)| {
            Some(DemoGrid { code, level: (*level)?, parent: parent.as_deref() })
        })
        .collect();
    let demo = demo_people(&grids).context("the demo world's people cannot be made")?;
    registry.put_people(desk, demo.people, by).await?;
    registry.put_entries(desk, demo.entries, by).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_camera_is_its_number() {
        for (n, of_world) in world().cameras.iter().enumerate() {
            let id = camera(n).unwrap();
            assert_eq!(number_of(id.as_str()), Some(n));
            assert!(of_world.code20.ends_with(id.as_str().trim_start_matches("cam-")));
        }
        assert_eq!((number_of("cam-0000"), number_of("gate-east")), (None, None));
    }

    #[test]
    fn cameras_are_taken_outwards_one_of_each_base_grid() {
        let world = world();
        let first = &world.cameras[700];
        let cameras = cameras_around(&world, &first.name, 16).unwrap();
        assert_eq!((cameras.len(), cameras[0]), (16, 700));
        let grid = |n: &usize| {
            let camera = &world.cameras[*n];
            world.grids.deepest_at(camera.lon, camera.lat).unwrap().parent().unwrap()
        };
        assert_eq!(cameras.iter().map(grid).collect::<HashSet<_>>().len(), 16);
        assert!(cameras_around(&world, "nowhere", 16).is_err());
    }
}
