//! One camera's watcher: frame in, detectors asked, rules applied, observations out.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use gridwatch_ingest::{Attention, Frame, FrameReceiver, Ingest};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use crate::{
    batch::Seen,
    crowd::{Counting, CrowdWatch, OpenCrowd, Spoke},
    detection::{Detection, Head},
    detector::{DetectError, Detector, DetectorStatus},
    fall::{FallRule, FallStep, Look, Turned},
    geometry::{Part, Rect},
    held_back::HeldBack,
    observation::{FallFinding, Finding, Judged, Observation, Phase},
    scene::Scene,
    scheduler::{FloorLook, Seat},
    unchanged::{Blocks, Unchanged},
};

mod looked;

pub use looked::{InferenceCounters, Looked};

/// The models that look at every camera.
#[derive(Clone)]
pub struct Detectors {
    /// Sees upright people; looks at every frame.
    pub person: Detector,
    /// Sees people in any orientation; looks only where somebody may be down, or the floor is due.
    pub fallen: Detector,
    /// Counts people in crowd zones, by boxes or by heads, where something is to be counted; the first model does where
    /// there is none.
    pub crowd: Option<Detector>,
}

impl Detectors {
    /// How each of the models is doing.
    pub fn status(&self) -> Vec<DetectorStatus> {
        [Some(&self.person), Some(&self.fallen), self.crowd.as_ref()]
            .into_iter()
            .flatten()
            .map(Detector::status)
            .collect()
    }
}

/// How long an answer stands while the picture shows the same.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(10);

/// What the fallen model saw in a part of a picture taken at this time.
#[derive(Clone)]
struct SeenTurned {
    part: Part,
    seen: Seen,
    at: Timestamp,
}

/// Watches one camera.
pub struct Watcher {
    detectors: Detectors,
    rule: FallRule,
    crowds: CrowdWatch,
    /// What each model saw last.
    person: Unchanged<Seen>,
    fallen: Unchanged<SeenTurned>,
    /// Falls to go on with, once the first frame tells how large the picture is: where, in shares, and since when.
    resumed: Vec<(Rect, Timestamp)>,
    /// Where it is one of many; on its own it need not ask.
    seat: Option<Seat>,
}

impl Watcher {
    /// A watcher of a camera whose place is `scene`. `first_incident` must be larger than any that this camera used
    /// before.
    pub fn new(detectors: Detectors, scene: Arc<Scene>, first_incident: u64) -> Self {
        Self {
            detectors,
            crowds: CrowdWatch::new(scene.crowd_zones.clone(), first_incident),
            rule: FallRule::new(scene, first_incident),
            person: Unchanged::new(KEPT_FOR),
            fallen: Unchanged::new(KEPT_FOR),
            resumed: Vec::new(),
            seat: None,
        }
    }

    /// Goes on with a fall that was an open alert before a restart, so that its end is noticed too. `place` is in shares
    /// of the picture's width and height.
    pub fn resume(&mut self, place: Rect, since: Timestamp) {
        self.resumed.push((place, since));
    }

    /// Goes on with a crowd that was an open alert before a restart, so that its end is noticed too.
    pub fn resume_crowd(&mut self, open: OpenCrowd) {
        self.crowds.resume(open);
    }

    /// From now on it does what can wait as the scheduler lets it, in this seat.
    #[must_use]
    pub fn seated(self, seat: Seat) -> Self {
        Self { seat: Some(seat), ..self }
    }

    /// Judges one frame, or none where the camera cannot see. Frames of one camera come in the order of their capture.
    ///
    /// # Errors
    /// When a detector fails; the rules then have not seen the frame.
    pub async fn look(&mut self, frame: Frame, held_back: Option<HeldBack>) -> Result<Looked, DetectError> {
        let at = frame.captured_at;
        let size = (frame.width as f32, frame.height as f32);
        for (place, since) in self.resumed.drain(..) {
            self.rule.resume(place.scaled(size.0, size.1), since, at);
        }
        if let Some(cause) = held_back {
            self.rule.hold_back(cause, at);
            let observations = self.crowds.hold_back(cause, &frame);
            let attention = self.rule.attention().max(self.crowds.attention());
            return Ok(Looked { observations, attention, held_back, ..Looked::default() });
        }
        let left_out_before = self.rule.left_out();
        let mut looked = Looked::default();
        let blocks = Blocks::of(&frame.planes()[0]);
        let person = self.ask_person(&frame, &blocks, &mut looked).await?;
        // Held until the frame has been judged.
        let _floor_look = self.floor_look(&frame, &blocks);
        let part = self.rule.wants_turned(&person.detections, size, at);
        let fallen = match part.map(|part| Part::covering(&part, frame.width, frame.height)) {
            Some(part) => Some(self.ask_fallen(&frame, part, blocks, &mut looked).await?),
            None => None,
        };
        let turned = fallen.as_ref().map(|SeenTurned { part, seen, at }| Turned {
            part: part.rect(),
            detections: &seen.detections,
            asked_at: *at,
        });
        let steps = self.rule.judge(Look { at, size, upright: &person.detections, turned });
        let fallen = fallen.map(|turned| turned.seen.detections).unwrap_or_default();
        let judged = Arc::new(Judged { frame, upright: person.detections, fallen, heads: Vec::new() });
        looked.observations = steps.into_iter().map(|step| observation(step, &judged)).collect();
        self.look_for_crowds(&judged, &mut looked).await;
        looked.attention = self.rule.attention().max(self.crowds.attention());
        looked.left_out = self.rule.left_out() - left_out_before;
        Ok(looked)
    }

    /// Reads the crowd zones. That a closer look at them fails spoils nothing that was seen of falls.
    async fn look_for_crowds(&mut self, judged: &Judged, looked: &mut Looked) {
        if let Some(seat) = &self.seat {
            self.crowds.stretch(seat.turned_stretch());
        }
        let is_same = !looked.person;
        let crowds = self.crowds.look(&judged.frame, &judged.upright, is_same, &self.detectors).await;
        looked.closer = crowds.passes;
        if let Some(error) = crowds.failed {
            looked.closer_failed = true;
            tracing::warn!(camera.id = %judged.frame.camera, %error, "crowd zones were not looked at closely");
        }
        looked.observations.extend(crowds.observations);
    }

    /// Asks the scheduler for the look of the turned views that is due though nobody is suspected, if one is and their
    /// answer is not known; where it refuses, this frame does without.
    fn floor_look(&mut self, frame: &Frame, blocks: &Blocks) -> Option<FloorLook> {
        let seat = self.seat.as_ref()?;
        self.rule.stretch_lost_looks(seat.turned_stretch());
        let at = frame.captured_at;
        let whole = Part::whole(frame.width, frame.height);
        let known = self.fallen.answer(blocks, at).is_some_and(|turned| turned.part == whole);
        if known || !self.rule.floor_is_due(at) {
            return None;
        }
        let look = seat.floor_look();
        if look.is_none() {
            self.rule.postpone_floor();
        }
        look
    }

    /// What the person model sees, or saw in a picture that shows the same.
    async fn ask_person(
        &mut self,
        frame: &Frame,
        blocks: &Blocks,
        looked: &mut Looked,
    ) -> Result<Seen, DetectError> {
        if let Some(seen) = self.person.answer(blocks, frame.captured_at) {
            looked.reused += 1;
            return Ok(seen.clone());
        }
        let seen = self.detectors.person.detect(frame).await?;
        looked.person = true;
        self.person.judged(blocks.clone(), frame.captured_at, seen.clone());
        Ok(seen)
    }

    /// What the fallen model sees in a part of the frame, or saw there in a picture that shows the same.
    async fn ask_fallen(
        &mut self,
        frame: &Frame,
        part: Part,
        blocks: Blocks,
        looked: &mut Looked,
    ) -> Result<SeenTurned, DetectError> {
        let at = frame.captured_at;
        let earlier = self.fallen.answer(&blocks, at).filter(|earlier| earlier.part == part);
        if let Some(earlier) = earlier.filter(|_| !self.rule.looks_for_lost()) {
            looked.reused += 1;
            return Ok(earlier.clone());
        }
        let (attention, floor) = (self.rule.attention(), self.rule.floor_is_due(at));
        tracing::debug!(camera.id = %frame.camera, ?part, ?attention, floor, "the turned views are asked");
        let seen = self.detectors.fallen.detect_part(frame, part).await?;
        looked.turned = true;
        let turned = SeenTurned { part, seen, at };
        self.fallen.judged(blocks, at, turned.clone());
        Ok(turned)
    }

    /// Watches until the receiver of observations is gone. A full queue makes this camera wait, and no other.
    pub async fn run(
        mut self,
        mut frames: FrameReceiver,
        ingest: Ingest,
        observations: mpsc::Sender<Observation>,
        counters: Arc<InferenceCounters>,
    ) {
        let (mut attention, mut held_back) = (Attention::None, None);
        loop {
            let frame = tokio::select! {
                () = observations.closed() => return,
                frame = frames.next() => frame,
            };
            let (camera, captured_at) = (frame.camera.clone(), frame.captured_at);
            let blind = why_blind(&ingest, &frame);
            let looked = match self.look(frame, blind).await {
                Ok(looked) => looked,
                Err(error) => {
                    counters.failed.fetch_add(1, Relaxed);
                    counters.failed_in_a_row.fetch_add(1, Relaxed);
                    tracing::warn!(camera.id = %camera, %error, "a frame was not judged");
                    continue;
                }
            };
            counters.add(&looked);
            if let Some(seat) = &self.seat {
                seat.judged(captured_at);
            }
            if looked.held_back != held_back {
                held_back = looked.held_back;
                match held_back {
                    Some(cause) => tracing::warn!(camera.id = %camera, ?cause, "rules are held back"),
                    None => tracing::info!(camera.id = %camera, "rules are applied again"),
                }
            }
            if looked.attention != attention {
                attention = looked.attention;
                ingest.attend(&camera, attention);
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

impl Counting for Detectors {
    async fn boxes(&self, frame: &Frame, part: Part) -> Result<Vec<Detection>, DetectError> {
        let by_boxes = self.crowd.as_ref().filter(|model| model.counts_by() == Spoke::Boxes);
        Ok(by_boxes.unwrap_or(&self.person).detect_part(frame, part).await?.detections)
    }

    fn has_own_boxes(&self) -> bool {
        self.crowd.as_ref().is_some_and(|model| model.counts_by() == Spoke::Boxes)
    }

    fn heads_by(&self) -> Option<Spoke> {
        self.crowd.as_ref().map(Detector::counts_by).filter(|spoke| *spoke != Spoke::Boxes)
    }

    async fn heads(&self, frame: &Frame) -> Result<Vec<Head>, DetectError> {
        match &self.crowd {
            Some(model) => Ok(model.detect(frame).await?.heads),
            None => Ok(Vec::new()),
        }
    }
}

/// Why the frame's camera cannot see, if it says so.
fn why_blind(ingest: &Ingest, frame: &Frame) -> Option<HeldBack> {
    HeldBack::of(&ingest.health().get(&frame.camera, frame.captured_at)?, frame.captured_at)
}

/// What is new is worth a line; that something goes on is not.
fn log(observation: &Observation) {
    let Observation { camera, incident, phase, since, finding, .. } = observation;
    if *phase == Phase::Ongoing {
        tracing::debug!(camera.id = %camera, incident, ?finding, "observation goes on");
    } else {
        tracing::info!(camera.id = %camera, incident, ?phase, %since, ?finding, "observation");
    }
}

fn observation(step: FallStep, judged: &Arc<Judged>) -> Observation {
    let frame = &judged.frame;
    Observation {
        camera: frame.camera.clone(),
        generation: frame.generation,
        finding: Finding::Fall(FallFinding {
            score: step.score,
            share: step.share,
            transitions: step.transitions,
        }),
        incident: step.incident,
        phase: step.phase,
        since: step.since,
        at: frame.captured_at,
        place: step.place.scaled(1.0 / frame.width as f32, 1.0 / frame.height as f32),
        judged: Some(judged.clone()),
        recorded: None,
    }
}

#[cfg(test)]
mod footage;
