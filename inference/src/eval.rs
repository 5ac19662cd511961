//! How well falls are found: recorded clips with known truth, replayed and scored.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use gridwatch_ingest::CameraId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    fall::{FallRule, FallSettings},
    observation::{ObservationKind, Phase},
    replay::{ReplayError, ReplayPlan, replay},
    watcher::{Detectors, Watcher},
};

/// A fall counts as found when its alert comes within this time of the start of the fallen state.
pub const FOUND_WITHIN_S: f64 = 15.0;

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
#[derive(Clone, Debug, Deserialize)]
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

/// The score over all clips; one JSON line.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FallScore {
    /// Clips replayed.
    pub clips: usize,
    /// Falls that must be found; optional ones are not counted.
    pub falls: usize,
    /// Those that were found within [`FOUND_WITHIN_S`].
    pub found: usize,
    /// The files of those that were not.
    pub missed: Vec<PathBuf>,
    /// Alerts that stand for no fall, or for one that had its alert already.
    pub false_alerts: usize,
    /// The files they were raised in.
    pub false_in: Vec<PathBuf>,
    /// Camera time that was watched, in seconds.
    pub camera_seconds: f64,
    /// From the start of the fallen state to the alert, over the falls that were found.
    pub delay_s: Delay,
}

/// Percentiles of the delay in seconds; nothing where nothing was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Delay {
    /// The median.
    pub p50: Option<f64>,
    /// Nineteen of twenty are no later.
    pub p95: Option<f64>,
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
}

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
}

impl FallEval {
    /// Replays all clips of `labels`, whose paths are relative to `folder`, and scores them. `each` hears of every clip
    /// when it is done: its file and the times of its alerts in seconds.
    ///
    /// # Errors
    /// When a clip cannot be read, decoded or judged.
    pub async fn run(
        &self,
        folder: &Path,
        labels: &Labels,
        mut each: impl FnMut(&Path, &[f64]),
    ) -> Result<FallScore, EvalError> {
        let mut tally = Tally::default();
        for clip in &labels.clips {
            let (alerts, length) = self.alerts_in(&folder.join(&clip.file), clip).await?;
            each(&clip.file, &alerts);
            tally.add(clip, &alerts, length);
        }
        Ok(tally.score())
    }

    async fn alerts_in(&self, path: &Path, clip: &LabelledClip) -> Result<(Vec<f64>, Duration), EvalError> {
        let seconds = |s: f64| Duration::try_from_secs_f64(s).unwrap_or_default();
        let plan = ReplayPlan {
            end: clip.end_s.map(seconds),
            hold_last: seconds(clip.hold_last_s),
            sampling: self.sampling,
        };
        let mut watcher = Watcher::new(self.detectors.clone(), FallRule::new(self.rule, 1));
        let replayed = replay(path, &self.camera, &mut watcher, plan).await?;
        let alerts = replayed
            .observations
            .iter()
            .filter(|o| o.phase == Phase::Alert && o.kind == ObservationKind::Fall);
        let times = alerts.map(|o| o.at.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64());
        Ok((times.collect(), replayed.length))
    }
}

/// What has been counted so far.
#[derive(Default)]
struct Tally {
    score: FallScore,
    delays: Vec<f64>,
}

impl Tally {
    /// Counts one clip. Each alert stands for the latest fall that had begun by then and has no alert yet.
    fn add(&mut self, clip: &LabelledClip, alerts: &[f64], length: Duration) {
        let score = &mut self.score;
        score.clips += 1;
        score.camera_seconds += length.as_secs_f64();
        score.falls += clip.truth.iter().filter(|t| !t.optional).count();
        let mut open: Vec<&Truth> = clip.truth.iter().collect();
        for alert in alerts {
            let begun = |t: &&Truth| t.from_s <= *alert;
            let latest = (0..open.len())
                .filter(|i| begun(&open[*i]))
                .max_by(|a, b| open[*a].from_s.total_cmp(&open[*b].from_s));
            let Some(truth) = latest.map(|i| open.swap_remove(i)) else {
                score.false_alerts += 1;
                score.false_in.push(clip.file.clone());
                continue;
            };
            let delay = alert - truth.from_s;
            match (truth.optional, delay <= FOUND_WITHIN_S) {
                (true, _) => {}
                (false, true) => {
                    score.found += 1;
                    self.delays.push(delay);
                }
                // Too late to count as found, but no false alert either.
                (false, false) => score.missed.push(clip.file.clone()),
            }
        }
        score.missed.extend(open.iter().filter(|t| !t.optional).map(|_| clip.file.clone()));
    }

    fn score(mut self) -> FallScore {
        self.delays.sort_by(f64::total_cmp);
        self.score.delay_s =
            Delay { p50: percentile(&self.delays, 0.50), p95: percentile(&self.delays, 0.95) };
        self.score.camera_seconds = (self.score.camera_seconds * 10.0).round() / 10.0;
        self.score
    }
}

/// The nearest-rank percentile of sorted values, to a hundredth.
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).map(|value| (value * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(truth: &[(f64, bool)]) -> LabelledClip {
        let truth = truth.iter().map(|(from_s, optional)| Truth {
            kind: TruthKind::Fall,
            from_s: *from_s,
            optional: *optional,
        });
        LabelledClip {
            file: "a.mp4".into(),
            truth: truth.collect(),
            end_s: None,
            hold_last_s: 0.0,
            note: None,
        }
    }

    type Case<'a> = (&'a [(f64, bool)], &'a [f64]);

    fn scored(cases: &[Case<'_>]) -> (usize, usize, usize, usize) {
        let mut tally = Tally::default();
        for (truth, alerts) in cases {
            tally.add(&clip(truth), alerts, Duration::from_secs(10));
        }
        let score = tally.score();
        (score.falls, score.found, score.missed.len(), score.false_alerts)
    }

    #[test]
    fn alerts_are_held_against_the_truth() {
        assert_eq!(scored(&[(&[(2.0, false)], &[13.0])]), (1, 1, 0, 0), "in time");
        assert_eq!(scored(&[(&[(2.0, false)], &[18.0])]), (1, 0, 1, 0), "too late");
        assert_eq!(scored(&[(&[(2.0, false)], &[])]), (1, 0, 1, 0), "never");
        assert_eq!(scored(&[(&[(2.0, false)], &[1.0])]), (1, 0, 1, 1), "before it happened");
        assert_eq!(scored(&[(&[(2.0, false)], &[12.5, 14.0])]), (1, 1, 0, 1), "twice");
        assert_eq!(scored(&[(&[], &[9.0])]), (0, 0, 0, 1), "nothing happened");
        assert_eq!(scored(&[(&[(2.0, true)], &[])]), (0, 0, 0, 0), "optional, not found");
        assert_eq!(scored(&[(&[(2.0, true)], &[40.0])]), (0, 0, 0, 0), "optional, found late");
        assert_eq!(scored(&[(&[(2.0, false), (5.0, false)], &[13.0, 15.0])]), (2, 2, 0, 0), "two people");
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(percentile(&values, 0.5), Some(10.0));
        assert_eq!(percentile(&values, 0.95), Some(19.0));
        assert_eq!(percentile(&[3.0], 0.95), Some(3.0));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
