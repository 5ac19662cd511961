//! One camera, and what its detectors would see.

use std::sync::Arc;

use super::*;

pub(crate) const PICTURE: (f32, f32) = (640.0, 360.0);
pub(crate) const WHOLE: Rect = Rect::new(0.0, 0.0, PICTURE.0, PICTURE.1);
pub(super) const STANDING: Rect = Rect::new(200.0, 100.0, 240.0, 220.0);
pub(super) const LYING: Rect = Rect::new(160.0, 190.0, 270.0, 225.0);

pub(super) fn at(s: f64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_millis((s * 1000.0).round() as i64)
}

pub(super) fn seen(rect: Rect, score: f32, view: View) -> Detection {
    Detection { rect, score, view }
}

pub(super) fn moved(rect: Rect, dx: f32) -> Rect {
    rect.moved(dx, 0.0)
}

/// A rule for a camera of which nothing is known.
pub(super) fn rule(first_incident: u64) -> FallRule {
    FallRule::new(Arc::default(), first_incident)
}

/// What the detectors would see at one moment: people upright, people lying.
#[derive(Default)]
pub(super) struct Picture {
    pub(super) upright: Vec<Detection>,
    pub(super) lying: Vec<Detection>,
}

impl Picture {
    /// Seen by the upright pass, whatever the shape.
    pub(super) fn upright(mut self, rect: Rect, score: f32) -> Self {
        self.upright.push(seen(rect, score, View::Upright));
        self
    }

    pub(super) fn lying(mut self, rect: Rect, score: f32) -> Self {
        self.lying.push(seen(rect, score, View::Quarter));
        self
    }
}

pub(super) fn nobody() -> Picture {
    Picture::default()
}

pub(super) fn stands() -> Picture {
    nobody().upright(STANDING, 0.8)
}

pub(super) fn lies() -> Picture {
    nobody().lying(LYING, 0.6)
}

/// One camera: a look every 2 s, and every 0.5 s while somebody is suspected.
pub(super) struct Camera {
    pub(super) rule: FallRule,
    pub(super) now: f64,
    pub(super) steps: Vec<(f64, FallStep)>,
    /// When the turned views were asked, and about which part.
    pub(super) asked: Vec<(f64, Rect)>,
}

impl Camera {
    pub(super) fn new() -> Self {
        Self::with(rule(1))
    }

    pub(super) fn at_place(scene: Scene) -> Self {
        Self::with(FallRule::new(Arc::new(scene), 1))
    }

    pub(super) fn with(rule: FallRule) -> Self {
        Self { rule, now: 0.0, steps: Vec::new(), asked: Vec::new() }
    }

    /// Looks until `end`, that moment left out.
    pub(super) fn until(&mut self, end: f64, scene: impl Fn(f64) -> Picture) -> &mut Self {
        while self.now < end {
            let Picture { upright, lying } = scene(self.now);
            let part = self.rule.wants_turned(&upright, PICTURE, at(self.now));
            self.asked.extend(part.map(|part| (self.now, part)));
            // Who is not in the part is not seen.
            let within = |part: Rect| -> Vec<Detection> {
                lying
                    .iter()
                    .filter(|d| d.rect.intersection(&part).area() > 0.8 * d.rect.area())
                    .copied()
                    .collect()
            };
            let detections = part.map(within).unwrap_or_default();
            let turned = part.map(|part| Turned { part, detections: &detections, asked_at: at(self.now) });
            let look = Look { at: at(self.now), size: PICTURE, upright: &upright, turned };
            self.steps.extend(self.rule.judge(look).into_iter().map(|step| (self.now, step)));
            self.now += if self.rule.attention() == Attention::Suspicion { 0.5 } else { 2.0 };
        }
        self
    }

    /// Is blind until `end`.
    pub(super) fn blind_until(&mut self, end: f64, cause: HeldBack) -> &mut Self {
        while self.now < end {
            self.rule.hold_back(cause, at(self.now));
            self.now += 2.0;
        }
        self
    }

    /// When each step of this kind came.
    pub(super) fn times(&self, phase: Phase) -> Vec<f64> {
        self.steps.iter().filter(|(_, step)| step.phase == phase).map(|(t, _)| *t).collect()
    }

    pub(super) fn alerts(&self) -> usize {
        self.times(Phase::Alert).len()
    }

    /// How it came to the newest step.
    pub(super) fn states(&self) -> Vec<(FallState, Because)> {
        let newest = self.steps.last().map(|(_, step)| step.transitions.as_slice()).unwrap_or_default();
        newest.iter().map(|transition| (transition.to, transition.because)).collect()
    }
}
