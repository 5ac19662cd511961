//! `gridwatch demo`: the main job on simulated cameras, with nothing to configure.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use anyhow::Context;
use camera_farm::{Clip, Encoding, Farm, Pattern, RunningFarm};
use gridwatch_ingest::Clock;
use tokio_util::sync::CancellationToken;

use crate::{app, cli::DemoArgs, config::Config, world};

/// Where the demo plays: before this camera of the demo world and those around it. Ids say which of the 1,200 they are.
const MIDDLE: &str = "板桥文化广场 舞台 01";
/// How many cameras play.
const CAMERAS: usize = 16;

/// The clips in which somebody falls, and for how many seconds their first picture stands still before: the second fall
/// comes when the first has been seen.
const FALLS: [(&str, f64); 2] =
    [("clips/gmdcsa24/S1_Fall_15.mp4", 8.0), ("clips/gmdcsa24/S3_Fall_16.mp4", 20.0)];
/// Clips of daily life, in which nothing happens.
const DAILY_LIFE: [&str; 7] = [
    "clips/gmdcsa24/S1_ADL_10.mp4",
    "clips/intel/one-by-one-person-detection.mp4",
    "clips/gmdcsa24/S3_ADL_07.mp4",
    "clips/intel/people-detection.mp4",
    "clips/gmdcsa24/S3_ADL_19.mp4",
    "clips/intel/classroom.mp4",
    "clips/gmdcsa24/S2_ADL_23.mp4",
];
/// Clips for drills.
const DRILLS: &str = "clips/gmdcsa24";
/// Which cameras see the falls, counted from 0 by how far they are from the middle: the gates of two estates at the rim, where
/// their names have room on the map.
const FALL_CAMERAS: [usize; 2] = [14, 15];

/// Runs the demo until `stop`.
///
/// # Errors
/// When the folder cannot be written, ffmpeg is missing, or the parts do not start.
#[expect(clippy::print_stdout, reason = "the demo tells whoever runs it what it does")]
pub async fn run(args: DemoArgs, stop: CancellationToken) -> anyhow::Result<()> {
    begin_anew(&args.folder)?;
    let (data, folder) = (args.data.clone(), args.folder.clone());
    println!("demo: preparing the simulated cameras (some seconds the first time)");
    let street = tokio::task::spawn_blocking(move || Street::prepare(data.as_deref(), &folder)).await??;
    let farm = street.start()?;
    let config = config(&args, &street, &farm)?;
    staff(&config).await?;
    let detectors = match &args.data {
        Some(_) => Some(app::load_detectors(&config.models).await?),
        None => None,
    };
    let next = match detectors {
        Some(_) => "the first fall comes within half a minute",
        None => {
            "GRIDWATCH_DATA names no folder with footage and models, so the cameras show a test picture and nobody is watched"
        }
    };
    println!("demo: {} cameras play; open http://{}/ ({next})", config.cameras.len(), args.listen);
    app::run_with(config, detectors, stop).await
}

/// Removes what an earlier demo left: its alerts are over. Prepared clips stay.
fn begin_anew(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for entry in std::fs::read_dir(folder)?.flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with("demo.db") {
            std::fs::remove_file(entry.path())?;
        } else if name == "evidence" {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// The clips that the cameras play, and which camera plays which.
struct Street {
    clips: Vec<Arc<Clip>>,
    paths: Vec<String>,
}

impl Street {
    fn prepare(data: Option<&Path>, folder: &Path) -> anyhow::Result<Self> {
        let cache = folder.join("clips");
        std::fs::create_dir_all(&cache)?;
        let Some(data) = data else {
            let clip = Clip::of_pattern("test", &Pattern::default(), &Encoding::default(), &cache)?;
            let paths = (1..=CAMERAS).map(|n| format!("/clip/test/{n}")).collect();
            return Ok(Self { clips: vec![Arc::new(clip)], paths });
        };
        let mut clips = Vec::new();
        for (n, (file, lead_in_s)) in FALLS.iter().enumerate() {
            let encoding = Encoding { lead_in_s: *lead_in_s, ..Encoding::default() };
            let name = format!("fall{n}");
            clips.push(Arc::new(Clip::from_video_cached(&name, &data.join(file), &encoding, &cache)?));
        }
        for (n, file) in DAILY_LIFE.iter().enumerate() {
            let name = format!("day{n}");
            let encoding = Encoding::default();
            clips.push(Arc::new(Clip::from_video_cached(&name, &data.join(file), &encoding, &cache)?));
        }
        let path = |camera: usize| match FALL_CAMERAS.iter().position(|fall| *fall == camera) {
            Some(fall) => format!("/clip/fall{fall}/{}?once", camera + 1),
            None => format!("/clip/day{}/{}", camera % DAILY_LIFE.len(), camera + 1),
        };
        Ok(Self { clips, paths: (0..CAMERAS).map(path).collect() })
    }

    fn start(&self) -> anyhow::Result<RunningFarm> {
        let farm = self.clips.iter().fold(Farm::builder(), |farm, clip| farm.clip(clip.clone()));
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Ok(farm.cameras(self.paths.len()).start(any_port)?)
    }
}

/// The demo's configuration: everything at its default, the demo world's grids, and each camera at its simulated address.
fn config(args: &DemoArgs, street: &Street, farm: &RunningFarm) -> anyhow::Result<Config> {
    let folder = std::path::absolute(&args.folder)?;
    let world = world::world();
    world::write_grids(&world, &folder)?;
    let cameras = world::cameras_around(&world, MIDDLE, CAMERAS)?.into_iter().zip(&street.paths);
    let block = |(n, path): (usize, &String)| world::camera_block(n, &world.cameras[n], &farm.url(path));
    let blocks: String = cameras.map(block).collect();
    let data = std::path::absolute(args.data.as_deref().unwrap_or(&args.folder))?;
    let [models, drills] =
        ["models", DRILLS].map(|within| toml_edit::Value::from(data.join(within).display().to_string()));
    let text = format!(
        "[server]\nlisten = \"{}\"\n[store]\ndatabase = \"demo.db\"\nevidence = \"evidence\"\n\
         [grids]\nfile = \"{}\"\n[models]\nfolder = {models}\n[drills]\nclips = {drills}\n{blocks}",
        args.listen,
        world::GRIDS,
    );
    Config::parse(&text, &folder).map_err(|mistakes| {
        let all: String = mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect();
        anyhow::anyhow!("the demo's own configuration is broken:{all}")
    })
}

/// Puts people and their shifts in before anybody watches: for the first alert there is somebody to call.
async fn staff(config: &Config) -> anyhow::Result<()> {
    let (desk, registry) = app::open_desk(config, Clock::system()).await?;
    world::staff(&registry, &desk, "demo").await?;
    desk.store().close().await;
    Ok(())
}
