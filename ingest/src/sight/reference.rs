//! What a camera shows when nothing is wrong with it.

use jiff::SignedDuration;

use super::view::{Edges, View};

/// Nothing is held against a reference before it was learned from so many looks, over so long.
const LEARNED_LOOKS: u32 = 8;
const LEARNED_FOR: SignedDuration = SignedDuration::from_secs(60);

/// The time constant with which the view follows the scene: dusk, a market being set up, a crowd that gathers.
const VIEW_FOLLOWS_S: f32 = 120.0;

/// Sharpness follows more slowly: a lens that mists over takes minutes.
const SHARPNESS_FOLLOWS_S: f32 = 3600.0;

/// A picture with fewer cells with an edge than this is no reference.
const TEXTURED_MIN: f32 = 0.08;

/// A picture with fewer edges than this part of the reference's, as by night, does not tell whether the view is the
/// same.
const COMPARABLE: f32 = 0.25;

/// A view that agrees with its own past by less has hardly an edge that lasts, like a bare square full of people:
/// nobody can tell there whether the camera moved. Ordinary scenes give 0.96 and more.
const LASTING: f32 = 0.75;

/// Running means over the pictures without a fault.
pub(super) struct Reference {
    looks: u32,
    learned_for: SignedDuration,
    edges: Edges,
    textured: f32,
    sharpness: f32,
    /// How well pictures usually agree with the edges.
    agreement: f32,
}

impl Reference {
    /// Begins with `view`, if it shows enough.
    pub(super) fn new(view: View) -> Option<Self> {
        let sharpness = view.sharpness.filter(|_| view.textured >= TEXTURED_MIN)?;
        Some(Self {
            looks: 1,
            learned_for: SignedDuration::ZERO,
            edges: view.edges,
            textured: view.textured,
            sharpness,
            agreement: 1.0,
        })
    }

    /// Takes in `view`, seen so long after the look before, whose agreement is known.
    pub(super) fn learn(&mut self, view: &View, agreement: Option<f32>, passed: SignedDuration) {
        let Some(sharpness) = view.sharpness.filter(|_| view.textured >= TEXTURED_MIN) else { return };
        self.looks = self.looks.saturating_add(1);
        self.learned_for = self.learned_for.saturating_add(passed);
        // At first the plain mean of all looks; then each weighs as much as the time it stands for.
        let (first, passed) = (1.0 / self.looks as f32, passed.as_secs_f32());
        let weight = first.max(passed / VIEW_FOLLOWS_S);
        self.edges.approach(&view.edges, weight);
        self.textured += (view.textured - self.textured) * weight;
        if let Some(agreement) = agreement {
            self.agreement += (agreement - self.agreement) * weight;
        }
        self.sharpness += (sharpness - self.sharpness) * first.max(passed / SHARPNESS_FOLLOWS_S);
    }

    /// Whether it has been learned for long enough to hold pictures against it.
    pub(super) fn is_learned(&self) -> bool {
        self.looks >= LEARNED_LOOKS && self.learned_for >= LEARNED_FOR
    }

    /// How sharp the camera's pictures usually are.
    pub(super) fn sharpness(&self) -> f32 {
        self.sharpness
    }

    /// How well `view` agrees with the usual one, -1 to 1; none if the usual one has too little structure.
    pub(super) fn agreement(&self, view: &View) -> Option<f32> {
        self.edges.agreement(&view.edges)
    }

    /// Whether the agreement of `view` says anything about where the camera looks.
    pub(super) fn can_compare(&self, view: &View) -> bool {
        self.agreement >= LASTING && view.textured >= COMPARABLE * self.textured
    }
}
