//! Whether a camera that sends pictures can see: judged on the small frames that are decoded anyway.
//!
//! Each look at a frame finds one fault or none: [`view`] measures the picture, and what needs a comparison is held
//! against a [`Reference`], the running mean of the pictures without a fault. A fault becomes the verdict once it was
//! found look after look for long enough, and the verdict ends after a few looks without it.
//!
//! The limits stand in gaps measured on real clips of fixed cameras and on what was made of them: darker, brighter,
//! as by infrared light, noisy, blurred, shifted, enlarged, half hidden.
//!
//! What cannot be told: a frozen picture from a still scene whose encoder repeats it exactly (hence 60 s; a clock in
//! the picture counts as change); a view that moved while the program was not running, by less than about a tenth of
//! the picture, or in a scene without lasting edges; a lens that grows dim over days.

mod reference;
mod view;

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

use self::{reference::Reference, view::View};
use crate::frame::Frame;

/// Why a camera that sends pictures cannot see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Blindness {
    /// Its pictures are dark and without contrast. A dim street with lamps is not.
    Black,
    /// Its pictures do not change at all, not even by noise.
    Frozen,
    /// Its pictures are not dark and show nothing: something stands before the lens, or fog.
    Covered,
    /// Its pictures are far less sharp than they used to be.
    Blurred,
    /// Its pictures show another view than they used to.
    Moved,
}

/// A picture whose mean level is below this is dark; one that was found black stays so up to the second.
const DARK: Limits = Limits { enter: 32.0, leave: 40.0 };

/// Below this standard deviation of levels a dark picture has no contrast, not even a lamp. Noise alone gave at most
/// 0.25, clips at a twentieth of their light at least 1.48.
const FLAT: Limits = Limits { enter: 0.8, leave: 1.1 };

/// Below this share of cells with an edge, a picture that is not dark shows nothing. Grey with noise gave at most
/// 0.004, clips at a third of their light at least 0.18.
const BARE: Limits = Limits { enter: 0.04, leave: 0.08 };

/// Below this part of the reference's sharpness a picture is blurred. At 640 pixels, a box blur of radius 8 gave at
/// most 0.42; people, weak light and noise at least 0.80.
const DULL: Limits = Limits { enter: 0.6, leave: 0.7 };

/// Below this agreement with the reference a picture shows another view. Sudden changes of light gave at least 0.76
/// and people at least 0.96; other views, and the same shifted by a tenth, at most 0.42, the same room from almost the
/// same place 0.53. The limit keeps to the lower side for what parks before a camera: 0.46 with 40 % hidden.
const FOREIGN: Limits = Limits { enter: 0.42, leave: 0.6 };

/// So many good looks in a row end a verdict.
const GOOD_LOOKS: u32 = 3;

/// A verdict needs at least so many bad looks in a row, however long ago the first was.
const BAD_LOOKS: u32 = 3;

/// One look speaks for no more time than this: a gap in the pictures proves nothing.
const LOOK_MAX: SignedDuration = SignedDuration::from_secs(10);

/// A measure below `enter` is a fault; one that has been found lasts up to `leave`.
#[derive(Clone, Copy)]
struct Limits {
    enter: f32,
    leave: f32,
}

/// What one camera's pictures have said so far. Pure: time is the frames' own. About 6 kB.
#[derive(Default)]
pub(crate) struct Sight {
    last: Option<Look>,
    reference: Option<Reference>,
    suspicion: Option<Suspicion>,
    verdict: Option<Blindness>,
    good_looks: u32,
}

/// What is kept of the last look.
struct Look {
    at: Timestamp,
    size: (u32, u32),
    fingerprint: u64,
}

/// A fault found on every look lately.
struct Suspicion {
    fault: Blindness,
    looks: u32,
    lasted: SignedDuration,
}

impl Sight {
    /// Takes the next frame and gives the settled verdict: none while the camera sees, or nothing else is proved.
    ///
    /// A frame too small to judge (under 64 × 30 samples), changes nothing.
    pub(crate) fn look(&mut self, frame: &Frame) -> Option<Blindness> {
        let Some(view) = View::of(frame) else { return self.verdict };
        let look =
            Look { at: frame.captured_at, size: (frame.width, frame.height), fingerprint: view.fingerprint };
        if self.last.as_ref().is_some_and(|last| last.size != look.size) {
            // Another stream of the camera: it may show more or less of the scene, and is as sharp as it is.
            self.accept_view();
        }
        let repeats = self.last.as_ref().is_some_and(|last| last.fingerprint == look.fingerprint);
        let passed = self.last.as_ref().map_or(SignedDuration::ZERO, |last| {
            // Time that goes backwards stands still.
            look.at.duration_since(last.at).clamp(SignedDuration::ZERO, LOOK_MAX)
        });
        let agreement = self.reference.as_ref().and_then(|reference| reference.agreement(&view));
        let fault = self.fault(&view, agreement).or(repeats.then_some(Blindness::Frozen));
        if fault.is_none() {
            match &mut self.reference {
                Some(reference) => reference.learn(&view, agreement, passed),
                None => self.reference = Reference::new(view),
            }
        }
        self.last = Some(look);
        self.settle(fault, passed);
        self.verdict
    }

    /// The present view is the right one from now on: an operator aimed the camera anew. It is learned from scratch.
    pub(crate) fn accept_view(&mut self) {
        self.reference = None;
        self.suspicion = None;
        self.verdict = self.verdict.filter(|verdict| !needs_reference(*verdict));
    }

    /// What is wrong with this picture, apart from being the same as the last.
    fn fault(&self, view: &View, agreement: Option<f32>) -> Option<Blindness> {
        let below = |value: f32, limits: Limits, fault| {
            value < if self.verdict == Some(fault) { limits.leave } else { limits.enter }
        };
        let dark = below(view.level, DARK, Blindness::Black);
        if dark && below(view.spread, FLAT, Blindness::Black) {
            return Some(Blindness::Black);
        }
        // What has been covered by day stays so when night falls.
        if (!dark || self.verdict == Some(Blindness::Covered))
            && below(view.textured, BARE, Blindness::Covered)
        {
            return Some(Blindness::Covered);
        }
        let reference = self.reference.as_ref().filter(|reference| reference.is_learned())?;
        let sharpness = view.sharpness.filter(|_| !dark).map(|sharpness| sharpness / reference.sharpness());
        if sharpness.is_some_and(|sharpness| below(sharpness, DULL, Blindness::Blurred)) {
            return Some(Blindness::Blurred);
        }
        let agreement = agreement.filter(|_| reference.can_compare(view));
        if agreement.is_some_and(|agreement| below(agreement, FOREIGN, Blindness::Moved)) {
            return Some(Blindness::Moved);
        }
        // Where a picture does not tell, as in the dark, what was settled by better ones stays.
        match self.verdict? {
            Blindness::Blurred if sharpness.is_none() => Some(Blindness::Blurred),
            Blindness::Moved if agreement.is_none() => Some(Blindness::Moved),
            _ => None,
        }
    }

    /// Makes a verdict of what was found on this look and those before, or ends one.
    fn settle(&mut self, found: Option<Blindness>, passed: SignedDuration) {
        let Some(fault) = found else {
            self.suspicion = None;
            self.good_looks = self.good_looks.saturating_add(1);
            if self.good_looks >= GOOD_LOOKS {
                self.verdict = None;
            }
            return;
        };
        self.good_looks = 0;
        if self.verdict == found {
            self.suspicion = None;
            return;
        }
        let suspicion = match self.suspicion.take() {
            Some(Suspicion { fault: same, looks, lasted }) if same == fault => {
                Suspicion { fault, looks: looks.saturating_add(1), lasted: lasted.saturating_add(passed) }
            }
            _ => Suspicion { fault, looks: 1, lasted: SignedDuration::ZERO },
        };
        if suspicion.looks >= BAD_LOOKS && suspicion.lasted >= self.enters_after(fault) {
            self.verdict = found;
        } else {
            self.suspicion = Some(suspicion);
        }
    }

    /// How long a fault must be found before it becomes the verdict.
    fn enters_after(&self, fault: Blindness) -> SignedDuration {
        SignedDuration::from_secs(match fault {
            Blindness::Black => 10,
            Blindness::Covered if self.reference.is_some() => 10,
            // A camera that never showed anything else may look at a bare wall.
            Blindness::Covered => 60,
            Blindness::Blurred | Blindness::Moved => 30,
            Blindness::Frozen => 60,
        })
    }
}

/// Whether the fault is one in comparison with what the camera showed before.
fn needs_reference(fault: Blindness) -> bool {
    matches!(fault, Blindness::Blurred | Blindness::Moved)
}
