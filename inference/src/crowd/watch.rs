//! One camera's crowds: each look is read in each zone, more closely where that is due, and judged by the zone's rule.
//!
//! The person model looks at every frame, and what it sees is read for nothing. A closer look costs: the frame's tiles
//! where people are small, the model for crowds where there is one. It is taken only where a zone is [`CLOSER_SHARE`] of
//! the way to its first level or beyond, and where small people were not looked at closely for [`CLOSER_FLOOR`]; never
//! more often than every [`CLOSER_EVERY`]. So an empty square costs nothing, and a full one at most the passes of one
//! closer look in two seconds.
//!
//! A zone that is looked at closely is judged by those looks alone: what is seen between them with less care would be a
//! crowd that comes and goes.

use std::sync::Arc;

use gridwatch_ingest::{Attention, Frame};
use jiff::{SignedDuration, Timestamp};

use super::{
    Amount, CrowdLevel, CrowdLook, CrowdPhase, CrowdPlace, CrowdRule, CrowdStep, Flow, Reading,
    counting::{self, Closer, Counting},
    density::BOXES_MAX,
    flow::FlowMeter,
};
use crate::{
    detection::Detection,
    detector::DetectError,
    geometry::Rect,
    held_back::HeldBack,
    observation::{CrowdFinding, EndReason, Finding, Judged, Observation, Phase},
};

/// From this share of the first level on a closer look is worth its price.
const CLOSER_SHARE: f64 = 0.4;
/// No more often than this.
const CLOSER_EVERY: SignedDuration = SignedDuration::from_secs(2);
/// Where people are so small that some may not be seen at all, at least so often.
const CLOSER_FLOOR: SignedDuration = SignedDuration::from_secs(60);
/// In a zone without calibration boxes are trusted up to so many heads: counters of boxes saturate there.
const BOXES_MAX_HEADS: f64 = 20.0;
/// Who counts people by heads goes back to boxes below this share of what made them do so.
const BACK_SHARE: f64 = 0.8;

/// An open crowd from before a restart.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenCrowd {
    /// The name of its zone.
    pub zone: String,
    /// Its level.
    pub level: CrowdLevel,
    /// Since when it has been a crowd.
    pub since: Timestamp,
    /// The most there has been.
    pub peak: f64,
}

/// Watches the crowd zones of one camera.
pub(crate) struct CrowdWatch {
    places: Vec<CrowdPlace>,
    zones: Vec<ZoneWatch>,
    /// What the newest closer look saw, while the picture stays as it was then.
    closer: Option<Closer>,
    closely_at: Option<Timestamp>,
    /// People were so small at that look that it was taken in tiles.
    small: bool,
    /// Closer looks are rarer by this factor.
    stretch: f64,
    resumed: Vec<OpenCrowd>,
}

/// What came of one frame.
#[derive(Debug, Default)]
pub(crate) struct CrowdsLooked {
    /// What the rules concluded.
    pub(crate) observations: Vec<Observation>,
    /// How often a model was asked for a closer look.
    pub(crate) passes: u64,
    /// Why the closer look that was due failed, if it did. Zones that need one were then not judged.
    pub(crate) failed: Option<DetectError>,
}

struct ZoneWatch {
    rule: CrowdRule,
    flow: FlowMeter,
    /// Judged by closer looks alone.
    closely: bool,
    /// So full that heads are counted, where there is a model for it.
    dense: bool,
    /// What was read last.
    reading: Option<Reading>,
}

impl CrowdWatch {
    /// A watch of these zones. `first_incident` must be larger than any that this camera used before.
    pub(crate) fn new(places: Vec<CrowdPlace>, first_incident: u64) -> Self {
        let zone = |place: &CrowdPlace| ZoneWatch {
            rule: CrowdRule::new(place.settings, first_incident),
            flow: FlowMeter::default(),
            closely: false,
            dense: false,
            reading: None,
        };
        let zones = places.iter().map(zone).collect();
        Self {
            places,
            zones,
            closer: None,
            closely_at: None,
            small: false,
            stretch: 1.0,
            resumed: Vec::new(),
        }
    }

    /// Goes on with a crowd that was an open alert before a restart, so that its end is noticed too.
    pub(crate) fn resume(&mut self, open: OpenCrowd) {
        self.resumed.push(open);
    }

    /// Looks closely more rarely by this factor, 1 or more: for a machine that has too much to do.
    pub(crate) fn stretch(&mut self, factor: f32) {
        self.stretch = f64::from(factor).clamp(1.0, 10.0);
    }

    /// How closely the camera is to be looked at for the sake of its crowds.
    pub(crate) fn attention(&self) -> Attention {
        let attention = |zone: &ZoneWatch| match zone.rule.level() {
            Some(_) => Attention::Alarm,
            None if zone.rule.is_undecided() => Attention::Track,
            None => Attention::None,
        };
        self.zones.iter().map(attention).max().unwrap_or_default()
    }

    /// Judges nothing, because the camera cannot see. An open crowd stays open as it was, and says so.
    pub(crate) fn hold_back(&mut self, why: HeldBack, frame: &Frame) -> Vec<Observation> {
        self.take_up(frame.captured_at);
        self.closer = None;
        let mut observations = Vec::new();
        for (place, zone) in self.places.iter().zip(&mut self.zones) {
            zone.flow.clear();
            let nothing = place.zone.read(&[], (frame.width, frame.height));
            let reading = zone.reading.clone().unwrap_or(nothing);
            let look = CrowdLook {
                at: frame.captured_at,
                reading: &reading,
                flow: Flow::Standing,
                held_back: Some(why),
            };
            let is_news = !zone.rule.judge(look).is_empty();
            let incident = zone.rule.incident(reading.amount).filter(|_| is_news);
            let step = incident.map(CrowdStep::Crowd);
            observations
                .extend(step.and_then(|step| observation(place, step, &reading, Some(why), frame, None)));
        }
        observations
    }

    /// Judges one frame, in which the model that looks at every frame saw `whole`. `is_same` says that it shows the same as
    /// the one before.
    pub(crate) async fn look(
        &mut self,
        frame: &Frame,
        whole: &[Detection],
        is_same: bool,
        models: &impl Counting,
    ) -> CrowdsLooked {
        let mut looked = CrowdsLooked::default();
        if self.zones.is_empty() {
            return looked;
        }
        let (at, size) = (frame.captured_at, (frame.width, frame.height));
        self.take_up(at);
        if !is_same {
            self.closer = None;
        }
        if self.closer.is_none() && self.wants_closer(whole, size, at, models) {
            self.closely_at = Some(at);
            match self.look_closer(frame, whole, models).await {
                Ok(closer) => {
                    looked.passes = closer.passes;
                    self.closer = Some(closer);
                }
                Err(error) => looked.failed = Some(error),
            }
        }
        let judged = Arc::new(self.judged(frame, whole));
        for (place, zone) in self.places.iter().zip(&mut self.zones) {
            let Some(reading) = zone.read(place, whole, self.closer.as_ref(), size) else { continue };
            let people = self.closer.as_ref().map_or(whole, |closer| &closer.people);
            let feet: Vec<Rect> = place.zone.within(people, size).map(|person| person.rect).collect();
            let flow = zone.flow.look(at, &feet);
            let steps = zone.rule.judge(CrowdLook { at, reading: &reading, flow, held_back: None });
            let said = steps.iter().any(|step| matches!(step, CrowdStep::Crowd(_)));
            for step in steps {
                // That it is judged again is told with the crowd there is, if the rule says nothing of it itself.
                let step = match step {
                    CrowdStep::SeesAgain if !said => zone.rule.incident(reading.amount).map(CrowdStep::Crowd),
                    step => Some(step),
                };
                let picture = Some(judged.clone());
                let told = step.and_then(|step| observation(place, step, &reading, None, frame, picture));
                looked.observations.extend(told);
            }
            zone.reading = Some(reading);
        }
        looked
    }

    /// Gives each open crowd from before a restart to its zone.
    fn take_up(&mut self, now: Timestamp) {
        for open in self.resumed.drain(..) {
            let zone = self.places.iter().position(|place| *place.name == *open.zone);
            if let Some(zone) = zone {
                self.zones[zone].rule.resume(open.level, open.since, open.peak, now);
            }
        }
    }

    /// Whether a closer look is due.
    fn wants_closer(
        &self,
        whole: &[Detection],
        size: (u32, u32),
        at: Timestamp,
        models: &impl Counting,
    ) -> bool {
        let passed = self.closely_at.map(|last| at.duration_since(last));
        let every = |interval: SignedDuration| {
            let interval = SignedDuration::from_secs_f64(interval.as_secs_f64() * self.stretch);
            passed.is_none_or(|passed| passed >= interval)
        };
        if !every(CLOSER_EVERY) {
            return false;
        }
        let has_model = models.has_own_boxes() || models.heads_by().is_some();
        self.places.iter().zip(&self.zones).any(|(place, zone)| {
            let small = counting::are_small_in(std::slice::from_ref(place), whole, size);
            let is_near = zone.is_near(place.zone.read(whole, size).amount);
            // A zone that is open, or was full at the last closer look, is looked at until it is not.
            let may_be_more = small || has_model;
            zone.closely || (may_be_more && is_near) || (small && every(CLOSER_FLOOR))
        })
    }

    async fn look_closer(
        &mut self,
        frame: &Frame,
        whole: &[Detection],
        models: &impl Counting,
    ) -> Result<Closer, DetectError> {
        let size = (frame.width, frame.height);
        let were_small = self.small && self.zones.iter().any(|zone| zone.closely);
        let mut closer = counting::boxes(frame, whole, were_small, &self.places, models).await?;
        self.small = closer.small;
        for (place, zone) in self.places.iter().zip(&mut self.zones) {
            zone.fill(place.zone.read(&closer.people, size).amount);
        }
        if let Some(spoke) = models.heads_by().filter(|_| self.zones.iter().any(|zone| zone.dense)) {
            closer.heads = Some((spoke, models.heads(frame).await?));
            closer.passes += 1;
        }
        Ok(closer)
    }

    /// The picture that goes with what is said, and everyone whose head is to be made unreadable in it.
    fn judged(&self, frame: &Frame, whole: &[Detection]) -> Judged {
        let people = self.closer.as_ref().map_or(whole, |closer| &closer.people);
        let heads =
            self.closer.iter().filter_map(|closer| closer.heads.as_ref()).flat_map(|(_, heads)| heads);
        let heads = heads.map(|head| head.rect_in(frame.height as f32));
        Judged { frame: frame.clone(), upright: people.to_vec(), fallen: Vec::new(), heads: heads.collect() }
    }
}

impl ZoneWatch {
    /// Whether so much makes a closer look worth while.
    fn is_near(&self, amount: Amount) -> bool {
        amount.value() >= CLOSER_SHARE * self.rule.first_enter(amount)
    }

    /// Takes what boxes say at a closer look: whether heads are to be counted.
    fn fill(&mut self, amount: Amount) {
        let full = match amount {
            Amount::Heads(_) => BOXES_MAX_HEADS,
            Amount::PerSquareMetre(_) => BOXES_MAX,
        };
        let from = if self.dense { BACK_SHARE * full } else { full };
        self.dense = amount.value() >= from;
    }

    /// Reads the zone. None where it waits for a closer look.
    fn read(
        &mut self,
        place: &CrowdPlace,
        whole: &[Detection],
        closer: Option<&Closer>,
        size: (u32, u32),
    ) -> Option<Reading> {
        let Some(closer) = closer else {
            return (!self.closely).then(|| place.zone.read(whole, size));
        };
        let boxes = place.zone.read(&closer.people, size);
        let heads = closer.heads.as_ref().filter(|_| self.dense);
        let heads = heads.map(|(spoke, heads)| place.zone.read_heads(heads, *spoke, size));
        // Who has a box is there: a model that sees fewer heads than that is wrong.
        let reading = match heads {
            Some(heads) if heads.amount.value() >= boxes.amount.value() => heads,
            _ => boxes,
        };
        self.closely = self.is_near(reading.amount) || self.rule.level().is_some();
        Some(reading)
    }
}

/// What a step of a zone's rule means to the outside; None where it is about no crowd.
fn observation(
    place: &CrowdPlace,
    step: CrowdStep,
    reading: &Reading,
    held_back: Option<HeldBack>,
    frame: &Frame,
    judged: Option<Arc<Judged>>,
) -> Option<Observation> {
    let CrowdStep::Crowd(crowd) = step else { return None };
    let phase = match crowd.phase {
        CrowdPhase::Alert => Phase::Alert,
        CrowdPhase::LevelUp => Phase::LevelUp,
        CrowdPhase::LevelDown => Phase::LevelDown,
        CrowdPhase::Ongoing => Phase::Ongoing,
        CrowdPhase::Ended => Phase::Ended(EndReason::Dispersed),
    };
    let finding = CrowdFinding {
        zone: place.name.clone(),
        level: crowd.level,
        amount: crowd.amount,
        heads: reading.heads,
        peak: crowd.peak,
        spoke: reading.spoke,
        doubts: reading.doubts.clone(),
        forecast: crowd.forecast,
        held_back,
    };
    Some(Observation {
        camera: frame.camera.clone(),
        generation: frame.generation,
        finding: Finding::Crowd(finding),
        incident: crowd.incident,
        phase,
        since: crowd.since,
        at: frame.captured_at,
        place: crowd.place.unwrap_or_else(|| place.zone.bounds()),
        judged,
        recorded: None,
    })
}

#[cfg(test)]
mod tests;
