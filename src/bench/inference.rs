//! `gridwatch bench inference`: how fast what runs the models is, how much of that is left from frame to boxes, and
//! whether the boxes are the same.

use std::{
    num::NonZero,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use gridwatch_inference::{
    Detector, Engine, EngineChoice, ModelError, ModelSpec, Precision, Provider, Refusal, Role, Runtime,
    measure::{Agreement, SessionsOnly, pictures, pictures_per_s},
};
use gridwatch_ingest::{Clock, Frame, Ingest, IngestSettings};
use serde::Serialize;

use super::{report::rounded, usage};
use crate::bench::args::BenchInferenceArgs;

/// What is shown to the models again and again: people who walk by, 768 by 432 pixels.
const CLIP: &str = "clips/intel/one-by-one-person-detection.mp4";
const FRAMES: usize = 64;
/// So many pictures of every clip are shown to two engines, to see whether they see the same.
const COMPARED: usize = 8;
/// How long each measurement of a round takes. They take turns, for what else the machine does changes.
const ROUND: Duration = Duration::from_secs(1);

/// What was measured. Every field is explained in `docs/performance.md`.
#[derive(Debug, Serialize)]
struct Report {
    library: PathBuf,
    cores: usize,
    /// Of the last minute, before anything was measured.
    load_average: f64,
    models: Vec<ModelReport>,
}

#[derive(Debug, Serialize)]
struct ModelReport {
    file: String,
    role: Role,
    providers: Vec<EngineReport>,
    /// What cannot be had here, and why.
    refused: Vec<Refusal>,
}

#[derive(Debug, Serialize)]
struct EngineReport {
    #[serde(flatten)]
    engine: Engine,
    sessions: usize,
    pictures_per_s: f64,
    session_only_per_s: f64,
    ratio: f64,
    /// The same ratio of pictures per CPU second: what else runs on the machine does not change it.
    cpu_ratio: f64,
    /// CPU seconds a second, of this process, from frame to boxes.
    cores: f64,
    /// With the processor in f32, which is believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<Agreement>,
}

/// Measures and prints.
///
/// # Errors
/// When footage, ONNX Runtime or a model cannot be used, or one fails.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub fn run(args: &BenchInferenceArgs) -> anyhow::Result<()> {
    let tokio = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = tokio.block_on(measure(args))?;
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        println!("{}", report.in_words());
    }
    Ok(())
}

async fn measure(args: &BenchInferenceArgs) -> anyhow::Result<Report> {
    let load_average = usage::load_average()?;
    let runtime = Runtime::load(None)?;
    // Starts GStreamer; no camera is added.
    Ingest::new(IngestSettings::default(), Clock::system())?;
    let frames = pictures(&args.data.join(CLIP), FRAMES)?;
    let mut compared = Vec::new();
    for clip in all_clips(&args.data)? {
        compared.append(&mut pictures(&clip, COMPARED)?);
    }
    let bench = Bench { args, runtime, frames, compared };
    let mut models = Vec::new();
    for model in &args.models {
        models.push(bench.model(model).await?);
    }
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let library = bench.runtime.path().to_owned();
    Ok(Report { library, cores, load_average: rounded(load_average, 2), models })
}

struct Bench<'a> {
    args: &'a BenchInferenceArgs,
    runtime: Runtime,
    frames: Vec<Frame>,
    compared: Vec<Frame>,
}

impl Bench<'_> {
    async fn model(&self, name: &str) -> anyhow::Result<ModelReport> {
        let (file, role) = match name.strip_suffix(":fallen") {
            Some(file) => (file, Role::Fallen),
            None => (name, Role::Person),
        };
        let believed = self.detector(&self.spec(file, role, Provider::Cpu, true))?;
        let mut report =
            ModelReport { file: file.to_owned(), role, providers: Vec::new(), refused: Vec::new() };
        for (provider, f32_only) in Provider::ALL.into_iter().flat_map(|p| [(p, false), (p, true)]) {
            let spec = self.spec(file, role, provider, f32_only);
            match self.detector(&spec) {
                // What cannot do with fewer bits has been measured by now.
                Ok(detector) if report.has(detector.status().engine) => {}
                Ok(detector) => report.providers.push(self.engine(&spec, &detector, &believed).await?),
                Err(error) => match error.downcast::<ModelError>()? {
                    ModelError::Refused { refusals, .. } => {
                        let new = refusals.into_iter().filter(|refusal| !report.refused.contains(refusal));
                        report.refused.extend(new.collect::<Vec<_>>());
                    }
                    other => bail!(other),
                },
            }
        }
        Ok(report)
    }

    fn spec(&self, file: &str, role: Role, provider: Provider, f32_only: bool) -> ModelSpec {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        ModelSpec {
            file: self.args.data.join("models").join(file),
            role,
            score_min: if role == Role::Fallen { 0.2 } else { 0.3 },
            iou_max: 0.45,
            threads: 1,
            sessions: self.args.sessions.unwrap_or(cores),
            engine: EngineChoice {
                provider: Some(provider),
                f32_only,
                cache: self.args.engine_cache.clone(),
            },
        }
    }

    fn detector(&self, spec: &ModelSpec) -> anyhow::Result<Detector> {
        Ok(Detector::start(&self.runtime, spec)?)
    }

    async fn engine(
        &self,
        spec: &ModelSpec,
        detector: &Detector,
        believed: &Detector,
    ) -> anyhow::Result<EngineReport> {
        let engine = detector.status().engine;
        let frame = self.frames.first().context("the clip has no picture")?;
        let mut sessions = SessionsOnly::open(&self.runtime, spec, engine, frame)?;
        // Warms up; so does the comparison below.
        sessions.pictures_per_s(ROUND / 4).map_err(anyhow::Error::msg)?;
        let full = Engine { provider: Provider::Cpu, precision: Precision::F32 };
        let agreement = match engine == full {
            true => None,
            false => Some(Agreement::between(believed, detector, &self.compared).await?),
        };
        let (mut whole, mut alone, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        let (mut cores, mut cpu_ratios) = (Vec::new(), Vec::new());
        for _ in 0..self.args.rounds {
            let begin = usage::cpu_s(std::process::id())?;
            let sessions_rate = sessions.pictures_per_s(ROUND).map_err(anyhow::Error::msg)?;
            let middle = usage::cpu_s(std::process::id())?;
            let whole_rate = pictures_per_s(detector, &self.frames, ROUND).await?;
            let end = usage::cpu_s(std::process::id())?;
            ratios.push(whole_rate / sessions_rate);
            cpu_ratios.push(whole_rate / (end - middle) * (middle - begin) / sessions_rate);
            cores.push((end - middle) / ROUND.as_secs_f64());
            whole.push(whole_rate);
            alone.push(sessions_rate);
        }
        Ok(EngineReport {
            engine,
            sessions: spec.sessions,
            pictures_per_s: rounded(median(whole), 1),
            session_only_per_s: rounded(median(alone), 1),
            ratio: rounded(median(ratios), 3),
            cpu_ratio: rounded(median(cpu_ratios), 3),
            cores: rounded(median(cores), 2),
            agreement,
        })
    }
}

fn all_clips(data: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut clips = Vec::new();
    let folder = data.join("clips");
    for folder in std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let folder = folder?.path();
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&folder)? {
            clips.push(file?.path());
        }
    }
    clips.retain(|clip| clip.extension().is_some_and(|extension| extension == "mp4"));
    clips.sort();
    Ok(clips)
}

/// The middle one; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

impl ModelReport {
    fn has(&self, engine: Engine) -> bool {
        self.providers.iter().any(|report| report.engine == engine)
    }
}

impl Report {
    /// A line for each engine, for people.
    fn in_words(&self) -> String {
        let Self { library, cores, .. } = self;
        let mut text = format!("{} on {cores} cores", library.display());
        for model in &self.models {
            for report in &model.providers {
                text += &format!(
                    "\n{}: {}: {:.0} pictures a second from frame to boxes, {:.0} by the sessions alone ({:.2})",
                    model.file, report.engine, report.pictures_per_s, report.session_only_per_s, report.ratio
                );
                if let Some(a) = &report.agreement {
                    text += &format!(
                        "; of {} boxes in f32 it finds {}, of its {} f32 finds {}; scores differ by {:.3}, at most {:.3}",
                        a.boxes, a.found, a.other_boxes, a.other_found, a.score_mean, a.score_max
                    );
                }
            }
            for refusal in &model.refused {
                text += &format!("\n{}: {refusal}", model.file);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0]), 4.0);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
