//! `gridwatch eval`: recorded clips, judged and scored.

mod report;
mod settings;
mod words;

use std::path::{Path, PathBuf};

use anyhow::bail;
use gridwatch_inference::{
    crowd::Tiles,
    eval::{FallEval, Labels},
    eval_crowd::{Counts, CrowdEval},
};
use gridwatch_ingest::{CameraId, Clock, Ingest, IngestSettings};
use report::Origin;

use crate::{
    app,
    cli::{EvalCrowdArgs, EvalFallsArgs, Language},
    config::Config,
};

/// Runs `gridwatch eval falls`.
///
/// # Errors
/// When labels, models or clips cannot be used, or the report cannot be written.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub async fn falls(args: EvalFallsArgs) -> anyhow::Result<()> {
    let labels = Labels::read(&labels_file(args.labels, &args.folder, "falls.json")?)?;
    let config = configuration(args.config.as_deref(), &args.folder)?;
    args.html.as_deref().map(report::check_place).transpose()?;
    let clock = Clock::system();
    // Starts GStreamer; no camera is added.
    Ingest::new(IngestSettings::default(), clock.clone())?;
    let eval = FallEval {
        camera: CameraId::new("clip")?,
        detectors: app::load_detectors(&config.models).await?,
        rule: config.fall,
        sampling: config.ingest.sampling,
        pictures: args.html.is_some(),
    };
    let mut clips = Vec::new();
    let score = eval
        .run(&args.folder, &labels, |clip| {
            if !args.json {
                println!("{}", words::clip(&clip));
            }
            clips.push(clip);
        })
        .await?;
    if let Some(file) = &args.html {
        let models = [("person", &config.models.person), ("fallen", &config.models.fallen)];
        let origin = Origin::new(clock.now(), std::env::args_os(), &models, settings::falls(&config))?;
        report::write(report::falls(language(args.lang), &score, &clips, &origin), file)?;
    }
    println!("{}", if args.json { serde_json::to_string(&score)? } else { words::falls(&score) });
    Ok(())
}

/// Runs `gridwatch eval crowd`.
///
/// # Errors
/// When counts, models or clips cannot be used, or the report cannot be written.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub async fn crowd(args: EvalCrowdArgs) -> anyhow::Result<()> {
    let counts = Counts::read(&labels_file(args.labels, &args.folder, "counts.json")?)?;
    let config = configuration(args.config.as_deref(), &args.folder)?;
    args.html.as_deref().map(report::check_place).transpose()?;
    let clock = Clock::system();
    // Starts GStreamer; no camera is added.
    Ingest::new(IngestSettings::default(), clock.clone())?;
    let eval = CrowdEval {
        camera: CameraId::new("clip")?,
        person: app::load_detectors(&config.models).await?.person,
        tiles: Tiles::default(),
        pictures: args.html.is_some(),
    };
    let mut pictures = Vec::new();
    let score = eval
        .run(&args.folder, &counts, |picture| {
            if !args.json {
                println!("{}", words::picture(&picture.score));
            }
            pictures.push(picture);
        })
        .await?;
    if let Some(file) = &args.html {
        let models = [("person", &config.models.person)];
        let origin = Origin::new(clock.now(), std::env::args_os(), &models, settings::crowd(&eval.tiles))?;
        report::write(report::crowd(language(args.lang), &score, &pictures, &origin), file)?;
    }
    println!("{}", if args.json { serde_json::to_string(&score)? } else { words::crowd(&score) });
    Ok(())
}

fn language(asked: Option<Language>) -> Language {
    asked.unwrap_or_else(Language::of_environment)
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
