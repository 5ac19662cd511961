//! How well falls are found: recorded clips with known truth, replayed and scored.

mod score;
mod shot;
mod verdict;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use gridwatch_ingest::CameraId;
use jiff::Timestamp;
use serde::Deserialize;

use self::{score::Tally, shot::Shooter};
pub use self::{
    score::{Delay, FallScore},
    shot::{PRIVATE_FOLDER, Shot, Shows, may_be_shown},
    verdict::{FOUND_WITHIN_S, Outcome, judge},
};
use crate::{
    fall::FallSettings,
    observation::{Observation, ObservationKind, Phase},
    picture::PictureError,
    replay::{Replay, ReplayError, ReplayPlan, replay},
    scene::Scene,
    watcher::{Detectors, Watcher},
};

/// Clips and what really happens in them; the layout of `falls.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// The clips.
    pub clips: Vec<LabelledClip>,
}

/// One clip and its truth.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelledClip {
    /// The file, relative to the folder that is evaluated.
    pub file: PathBuf,
    /// What happens in it. A clip with an empty truth must raise nothing.
    pub truth: Vec<Truth>,
    /// Stop here.
    #[serde(default)]
    pub end_s: Option<f64>,
    /// Repeat the last picture for this long, because clips end soon after the fall while the person still lies there.
    #[serde(default)]
    pub hold_last_s: f64,
    /// Something for the reader.
    #[serde(default)]
    pub note: Option<String>,
}

/// One thing that really happens.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// What.
    pub kind: TruthKind,
    /// When the fallen state starts, in seconds of the clip.
    pub from_s: f64,
    /// Neither a miss when it is not found, nor a false alert when it is.
    #[serde(default)]
    pub optional: bool,
}

/// The kinds of truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TruthKind {
    /// A person falls and stays down.
    Fall,
}

/// What came of one clip, for whoever wants to know more than the score.
#[derive(Clone, Debug)]
pub struct ClipReport {
    /// The clip and its truth.
    pub clip: LabelledClip,
    /// How much camera time was seen, in seconds, the held picture included.
    pub length_s: f64,
    /// Every fall and every alert once, in the order of their times.
    pub outcomes: Vec<Outcome>,
    /// What the rule said, in the order of time.
    pub marks: Vec<Mark>,
    /// Pictures of what matters, in the order of time; none unless they were asked for.
    pub shots: Vec<Shot>,
}

/// One step that the rule took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Steps of one fall share it.
    pub incident: u64,
    /// When, in seconds of the clip.
    pub at_s: f64,
    /// What was reached; never [`Phase::Ongoing`].
    pub phase: Phase,
}

/// Why an evaluation cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The labels are not there or may not be read.
    #[error("cannot read the labels {path}: {source}")]
    LabelsFile {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The labels are not of the layout.
    #[error("{path} is no list of labelled clips: {source}")]
    LabelsFormat {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// A clip cannot be run.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A picture for the report cannot be made.
    #[error("{clip}: {source}")]
    Picture {
        /// Of which clip.
        clip: PathBuf,
        /// Why.
        source: PictureError,
    },
}

/// How clips are run and judged.
#[derive(Clone)]
pub struct FallEval {
    /// What the camera is called while a clip plays.
    pub camera: CameraId,
    /// The models.
    pub detectors: Detectors,
    /// The rule's thresholds.
    pub rule: FallSettings,
    /// How often the camera is looked at.
    pub sampling: gridwatch_ingest::SamplePolicy,
    /// Whether reports have pictures; to make them costs a few looks of the models for each clip.
    pub pictures: bool,
}

// === impl Labels ===

impl Labels {
    /// Reads labels from a file.
    ///
    /// # Errors
    /// When it cannot be read, or is not of the layout.
    pub fn read(path: &Path) -> Result<Self, EvalError> {
        let text =
            std::fs::read(path).map_err(|source| EvalError::LabelsFile { path: path.to_owned(), source })?;
        serde_json::from_slice(&text)
            .map_err(|source| EvalError::LabelsFormat { path: path.to_owned(), source })
    }
}

// === impl FallEval ===

impl FallEval {
    /// Replays all clips of `labels`, whose paths are relative to `folder`, and scores them. `each` is given the report
    /// of every clip when it is done.
    ///
    /// # Errors
    /// When a clip cannot be read, decoded or judged, or a picture of it not be made.
    pub async fn run(
        &self,
        folder: &Path,
        labels: &Labels,
        mut each: impl FnMut(ClipReport),
    ) -> Result<FallScore, EvalError> {
        let mut tally = Tally::default();
        for clip in &labels.clips {
            let report = self.report(&folder.join(&clip.file), clip).await?;
            tally.add(&report);
            each(report);
        }
        Ok(tally.score())
    }

    async fn report(&self, path: &Path, clip: &LabelledClip) -> Result<ClipReport, EvalError> {
        let seconds = |s: f64| Duration::try_from_secs_f64(s).unwrap_or_default();
        let plan = ReplayPlan {
            end: clip.end_s.map(seconds),
            hold_last: seconds(clip.hold_last_s),
            sampling: self.sampling,
        };
        let scene = Scene { fall: self.rule, ..Scene::default() };
        let mut watcher = Watcher::new(self.detectors.clone(), Arc::new(scene), 1);
        let Replay { mut observations, length, work } =
            replay(path, &self.camera, &mut watcher, plan).await?;
        tracing::info!(clip = %path.display(), ?length, ?work, "a clip was judged");
        observations.retain(|seen| seen.kind() == ObservationKind::Fall && seen.phase != Phase::Ongoing);
        let of = |phase| observations.iter().filter(move |seen| phase == seen.phase);
        let alerts: Vec<f64> = of(Phase::Alert).map(at_s).collect();
        let outcomes = judge(&clip.truth, &alerts);
        let shots = if self.pictures {
            let shooter =
                Shooter { path, end_s: clip.end_s, camera: &self.camera, detectors: &self.detectors };
            shooter.shots(&outcomes, of(Phase::Alert)).await?
        } else {
            Vec::new()
        };
        let mark = |seen: &Observation| Mark { incident: seen.incident, at_s: at_s(seen), phase: seen.phase };
        Ok(ClipReport {
            clip: clip.clone(),
            length_s: length.as_secs_f64(),
            outcomes,
            marks: observations.iter().map(mark).collect(),
            shots,
        })
    }
}

/// When something was seen, in seconds of the clip.
fn at_s(seen: &Observation) -> f64 {
    seen.at.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64()
}
