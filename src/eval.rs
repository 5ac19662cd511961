//! `gridwatch eval`: recorded clips, judged and scored.

use std::path::{Path, PathBuf};

use anyhow::bail;
use gridwatch_inference::{
    crowd::Tiles,
    eval::{FallEval, FallScore, Labels},
    eval_crowd::{Counts, CrowdEval, CrowdScore, PictureScore},
};
use gridwatch_ingest::{CameraId, Clock, Ingest, IngestSettings};

use crate::{
    app,
    cli::{EvalCrowdArgs, EvalFallsArgs},
    config::Config,
};

/// Runs `gridwatch eval falls`.
///
/// # Errors
/// When labels, models or clips cannot be used.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub async fn falls(args: EvalFallsArgs) -> anyhow::Result<()> {
    let labels = Labels::read(&labels_file(args.labels, &args.folder, "falls.json")?)?;
    let config = configuration(args.config.as_deref(), &args.folder)?;
    // Starts GStreamer; no camera is added.
    Ingest::new(IngestSettings::default(), Clock::system())?;
    let detectors = app::load_detectors(&config.models).await?;
    let sampling = config.ingest.sampling;
    let eval = FallEval { camera: CameraId::new("clip")?, detectors, rule: config.fall, sampling };
    let score = eval
        .run(&args.folder, &labels, |file, alerts| {
            if !args.json {
                println!("{}: {}", file.display(), in_words(alerts));
            }
        })
        .await?;
    if args.json {
        println!("{}", serde_json::to_string(&score)?);
    } else {
        println!("{}", summary(&score));
    }
    Ok(())
}

/// Runs `gridwatch eval crowd`.
///
/// # Errors
/// When counts, models or clips cannot be used.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub async fn crowd(args: EvalCrowdArgs) -> anyhow::Result<()> {
    let counts = Counts::read(&labels_file(args.labels, &args.folder, "counts.json")?)?;
    let config = configuration(args.config.as_deref(), &args.folder)?;
    // Starts GStreamer; no camera is added.
    Ingest::new(IngestSettings::default(), Clock::system())?;
    let person = app::load_detectors(&config.models).await?.person;
    let eval = CrowdEval { camera: CameraId::new("clip")?, person, tiles: Tiles::default() };
    let score = eval
        .run(&args.folder, &counts, |picture| {
            if !args.json {
                println!("{}", crowd_in_words(picture));
            }
        })
        .await?;
    if args.json {
        println!("{}", serde_json::to_string(&score)?);
    } else {
        println!("{}", crowd_summary(&score));
    }
    Ok(())
}

fn configuration(file: Option<&Path>, folder: &Path) -> anyhow::Result<Config> {
    match file {
        Some(file) => Ok(Config::read(file)?),
        None => Config::parse("", folder).map_err(|_| anyhow::anyhow!("the default configuration is broken")),
    }
}

/// The file that was named, or the one of this name where it usually lies.
fn labels_file(named: Option<PathBuf>, folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    if let Some(file) = named {
        return Ok(file);
    }
    let places = [folder.join(name), folder.join("labels").join(name)];
    let found = places.into_iter().find(|place| place.is_file());
    let Some(found) = found else {
        bail!("there is no {name} and no labels/{name} in {}; name the file with --labels", folder.display())
    };
    Ok(found)
}

fn in_words(alerts: &[f64]) -> String {
    if alerts.is_empty() {
        return "no alert".to_owned();
    }
    let times: Vec<String> = alerts.iter().map(|at| format!("{at:.1} s")).collect();
    format!("alert at {}", times.join(", "))
}

fn summary(score: &FallScore) -> String {
    let seconds = |value: Option<f64>| value.map_or("-".to_owned(), |s| format!("{s:.1} s"));
    format!(
        "{} of {} falls found, {} false alert(s) in {:.0} camera seconds; delay p50 {}, p95 {}",
        score.found,
        score.falls,
        score.false_alerts,
        score.camera_seconds,
        seconds(score.delay_s.p50),
        seconds(score.delay_s.p95)
    )
}

fn crowd_in_words(picture: &PictureScore) -> String {
    let PictureScore { counted, truth, at_s, .. } = picture;
    let tiles = if picture.tiles { ", in tiles too" } else { "" };
    format!("{} at {at_s:.1} s: {counted} counted of {truth}{tiles}", picture.picture.display())
}

fn crowd_summary(score: &CrowdScore) -> String {
    let people = score.mae.map_or("-".to_owned(), |mae| format!("{mae:.1} people"));
    let share = score.mape.map_or("-".to_owned(), |mape| format!("{:.1} %", 100.0 * mape));
    format!("{} picture(s); wrong by {people} in the mean, {share} of those who are there", score.pictures)
}
