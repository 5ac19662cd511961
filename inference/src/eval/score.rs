//! The figures over all clips.

use std::path::PathBuf;

use serde::Serialize;

use super::{ClipReport, Outcome};

/// The score over all clips; one JSON line.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FallScore {
    /// Clips replayed.
    pub clips: usize,
    /// Falls that must be found; optional ones are not counted.
    pub falls: usize,
    /// Those that were found within [`FOUND_WITHIN_S`](super::FOUND_WITHIN_S).
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

/// What has been counted so far.
#[derive(Default)]
pub(super) struct Tally {
    score: FallScore,
    delays: Vec<f64>,
}

impl Tally {
    /// Counts one clip.
    pub(super) fn add(&mut self, report: &ClipReport) {
        let (score, file) = (&mut self.score, &report.clip.file);
        score.clips += 1;
        score.camera_seconds += report.length_s;
        for outcome in &report.outcomes {
            score.falls += usize::from(outcome.fall().is_some_and(|fall| !fall.optional));
            match outcome {
                Outcome::Duplicate { .. } | Outcome::False { .. } => {
                    score.false_alerts += 1;
                    score.false_in.push(file.clone());
                }
                _ if outcome.is_optional() => {}
                Outcome::Found { .. } => {
                    score.found += 1;
                    self.delays.extend(outcome.delay_s());
                }
                Outcome::Late { .. } | Outcome::Missed { .. } => score.missed.push(file.clone()),
            }
        }
    }

    pub(super) fn score(mut self) -> FallScore {
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
    use crate::eval::{LabelledClip, Truth, TruthKind, judge};

    type Case<'a> = (&'a [(f64, bool)], &'a [f64]);

    fn report((truth, alerts): Case<'_>) -> ClipReport {
        let truth = truth.iter().map(|(from_s, optional)| Truth {
            kind: TruthKind::Fall,
            from_s: *from_s,
            optional: *optional,
        });
        let truth: Vec<Truth> = truth.collect();
        ClipReport {
            outcomes: judge(&truth, alerts),
            clip: LabelledClip { file: "a.mp4".into(), truth, end_s: None, hold_last_s: 0.0, note: None },
            length_s: 10.0,
            marks: Vec::new(),
            shots: Vec::new(),
        }
    }

    fn scored(cases: &[Case<'_>]) -> (usize, usize, usize, usize) {
        let mut tally = Tally::default();
        for case in cases {
            tally.add(&report(*case));
        }
        let score = tally.score();
        assert_eq!(score.false_in.len(), score.false_alerts);
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
        assert_eq!(scored(&[(&[(2.0, true)], &[12.0, 40.0])]), (0, 0, 0, 1), "optional, found twice");
        assert_eq!(scored(&[(&[(2.0, false), (5.0, false)], &[13.0, 15.0])]), (2, 2, 0, 0), "two people");
    }

    #[test]
    fn the_line_of_json_has_these_keys() {
        let mut tally = Tally::default();
        tally.add(&report((&[(2.0, false)], &[13.5])));
        assert_eq!(
            serde_json::to_string(&tally.score()).unwrap(),
            "{\"clips\":1,\"falls\":1,\"found\":1,\"missed\":[],\"false_alerts\":0,\"false_in\":[],\
             \"camera_seconds\":10.0,\"delay_s\":{\"p50\":11.5,\"p95\":11.5}}"
        );
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
