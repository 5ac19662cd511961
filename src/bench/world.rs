//! The demo world as a server's configuration, for measurements that need no pictures.

use std::{fmt::Write as _, path::Path};

use anyhow::Context;
use gridwatch_alerts::{
    Desk, Grid, Registry,
    grids::{GridLevel, demo_world},
    roster::{DemoGrid, DemoLevel, demo_people},
};
use gridwatch_ingest::CameraId;

/// The demo world is always the same.
const SEED: u64 = 1;

/// Writes the grids into `folder`, and gives the text of a configuration there: with this database and the first so many
/// cameras, none of which is pulled.
///
/// # Errors
/// The folder cannot be written.
pub fn configuration(folder: &Path, database: &str, cameras: usize) -> anyhow::Result<String> {
    let world = demo_world(SEED);
    std::fs::write(folder.join("grids.geojson"), world.grids.to_geojson().to_string())?;
    let database = toml_edit::Value::from(database);
    let mut text = format!(
        "[grids]\nfile = \"grids.geojson\"\n[store]\ndatabase = {database}\nevidence = \"evidence\"\n[place]\ntime_zone = \"Asia/Shanghai\"\n",
    );
    for (n, camera) in world.cameras.iter().enumerate().take(cameras) {
        writeln!(
            text,
            "[[camera]]\nid = \"cam-{n}\"\nname = \"{}\"\nurl = \"rtsp://127.0.0.1:1/{n}\"\nlongitude = {}\nlatitude = {}\nenabled = false",
            camera.name, camera.lon, camera.lat
        )?;
    }
    Ok(text)
}

/// The id of a camera, counted from 0.
///
/// # Errors
/// None that is known: every such id is one.
pub fn camera(n: usize) -> anyhow::Result<CameraId> {
    Ok(CameraId::new(&format!("cam-{n}"))?)
}

/// Puts the people and rosters of the demo world in.
///
/// # Errors
/// The database fails, or a grid's code is none of the roster's.
pub async fn staff(registry: &Registry, desk: &Desk) -> anyhow::Result<()> {
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
    registry.put_people(desk, demo.people, "bench").await?;
    registry.put_entries(desk, demo.entries, "bench").await?;
    Ok(())
}
