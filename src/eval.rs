//! `gridwatch eval`: recorded clips, judged and scored.

use std::path::{Path, PathBuf};

use anyhow::bail;
use gridwatch_inference::eval::{FallEval, FallScore, Labels};
use gridwatch_ingest::{CameraId, Clock, Ingest, IngestSettings};

use crate::{app, cli::EvalFallsArgs, config::Config};

/// Runs `gridwatch eval falls`.
///
/// # Errors
/// When labels, models or clips cannot be used.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub async fn falls(args: EvalFallsArgs) -> anyhow::Result<()> {
    let labels = Labels::read(&labels_file(&args)?)?;
    let config = match &args.config {
        Some(file) => Config::read(file)?,
        None => Config::parse("", &args.folder)
            .map_err(|_| anyhow::anyhow!("the default configuration is broken"))?,
    };
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

fn labels_file(args: &EvalFallsArgs) -> anyhow::Result<PathBuf> {
    if let Some(file) = &args.labels {
        return Ok(file.clone());
    }
    let places = ["falls.json", "labels/falls.json"].map(|name| args.folder.join(name));
    let found = places.iter().find(|place| Path::is_file(place));
    let Some(found) = found else {
        bail!(
            "there is no falls.json and no labels/falls.json in {}; name the file with --labels",
            args.folder.display()
        )
    };
    Ok(found.clone())
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
