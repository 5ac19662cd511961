//! One camera's watcher: frame in, detectors asked, rule applied, observations out.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use gridwatch_ingest::{Frame, FrameReceiver, Ingest};
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::{
    detector::{DetectError, Detector},
    fall::{FallRule, FallStep, Look},
    geometry::Rect,
    observation::{Judged, Observation, ObservationKind, Phase},
};

/// The models that look at every camera.
#[derive(Clone)]
pub struct Detectors {
    /// Sees upright people; looks at every frame.
    pub person: Detector,
    /// Sees people in any orientation; looks only where somebody may be down, or the floor is due.
    pub fallen: Detector,
}

/// What inference has done so far. Counters only grow.
#[derive(Debug, Default)]
pub struct InferenceCounters {
    /// Frames that were judged.
    pub judged: AtomicU64,
    /// Frames for which the turned views were asked.
    pub turned: AtomicU64,
    /// Frames that a detector failed on or had no room for.
    pub failed: AtomicU64,
    /// Frames that failed since the last that was judged: more than a few mean that nobody is watching.
    pub failed_in_a_row: AtomicU64,
    /// Boxes that could have been the beginning of a fall and were left out, because a camera showed too many at once.
    pub left_out: AtomicU64,
}

/// Watches one camera.
pub struct Watcher {
    detectors: Detectors,
    rule: FallRule,
    /// Falls to go on with, once the first frame tells how large the picture is: where, in shares, and since when.
    resumed: Vec<(Rect, Timestamp)>,
}

/// What came of one frame.
#[derive(Debug, Default)]
pub struct Looked {
    /// What the rule concluded.
    pub observations: Vec<Observation>,
    /// Whether the camera is to be looked at several times a second now.
    pub burst: bool,
    /// Whether the turned views were asked.
    pub turned: bool,
    /// How many boxes were left out, because there were more than one camera can show people.
    pub left_out: u64,
}

impl Watcher {
    /// A watcher that applies `rule`.
    pub fn new(detectors: Detectors, rule: FallRule) -> Self {
        Self { detectors, rule, resumed: Vec::new() }
    }

    /// Goes on with a fall that was an open alert before a restart, so that its end is noticed too. `place` is in shares
    /// of the picture's width and height.
    pub fn resume(&mut self, place: Rect, since: Timestamp) {
        self.resumed.push((place, since));
    }

    /// Judges one frame. Frames of one camera come in the order of their capture.
    ///
    /// # Errors
    /// When a detector fails; the rule then has not seen the frame.
    pub async fn look(&mut self, frame: Frame) -> Result<Looked, DetectError> {
        let at = frame.captured_at;
        for (place, since) in self.resumed.drain(..) {
            self.rule.resume(place.scaled(frame.width as f32, frame.height as f32), since, at);
        }
        let left_out_before = self.rule.left_out();
        let upright = self.detectors.person.detect(&frame).await?.detections;
        let fallen = if self.rule.wants_turned(&upright, at) {
            Some(self.detectors.fallen.detect(&frame).await?.detections)
        } else {
            None
        };
        let steps = self.rule.judge(Look { at, upright: &upright, turned: fallen.as_deref() });
        let turned = fallen.is_some();
        let judged = Arc::new(Judged { frame, upright, fallen: fallen.unwrap_or_default() });
        let observations = steps.iter().map(|step| observation(step, &judged)).collect();
        let left_out = self.rule.left_out() - left_out_before;
        Ok(Looked { observations, burst: self.rule.wants_burst(), turned, left_out })
    }

    /// Watches until the receiver of observations is gone. A full queue makes this camera wait, and no other.
    pub async fn run(
        mut self,
        mut frames: FrameReceiver,
        ingest: Ingest,
        observations: mpsc::Sender<Observation>,
        counters: Arc<InferenceCounters>,
    ) {
        let mut burst = false;
        loop {
            let frame = tokio::select! {
                () = observations.closed() => return,
                frame = frames.next() => frame,
            };
            let camera = frame.camera.clone();
            let looked = match self.look(frame).await {
                Ok(looked) => looked,
                Err(error) => {
                    counters.failed.fetch_add(1, Relaxed);
                    counters.failed_in_a_row.fetch_add(1, Relaxed);
                    tracing::warn!(camera.id = %camera, %error, "a frame was not judged");
                    continue;
                }
            };
            counters.judged.fetch_add(1, Relaxed);
            counters.turned.fetch_add(u64::from(looked.turned), Relaxed);
            counters.failed_in_a_row.store(0, Relaxed);
            counters.left_out.fetch_add(looked.left_out, Relaxed);
            if looked.burst != burst {
                burst = looked.burst;
                ingest.burst(&camera, burst);
            }
            for observation in looked.observations {
                log(&observation);
                if observations.send(observation).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// What is new is worth a line; that something goes on is not.
fn log(observation: &Observation) {
    let Observation { camera, incident, phase, since, share, score, .. } = observation;
    if *phase == Phase::Ongoing {
        tracing::debug!(camera.id = %camera, incident, share, score, "observation goes on");
    } else {
        tracing::info!(camera.id = %camera, incident, ?phase, %since, share, score, "observation");
    }
}

fn observation(step: &FallStep, judged: &Arc<Judged>) -> Observation {
    let frame = &judged.frame;
    Observation {
        camera: frame.camera.clone(),
        generation: frame.generation,
        kind: ObservationKind::Fall,
        incident: step.incident,
        phase: step.phase,
        since: step.since,
        at: frame.captured_at,
        place: step.place.scaled(1.0 / frame.width as f32, 1.0 / frame.height as f32),
        score: step.score,
        share: step.share,
        judged: Some(judged.clone()),
    }
}
