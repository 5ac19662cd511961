//! One level: reached after a dwell above it, left after a longer one well below it.

use jiff::{SignedDuration, Timestamp};

use super::Limits;

/// Between two looks no more time than this is counted: a gap in the pictures proves nothing.
const LOOK_MAX: SignedDuration = SignedDuration::from_secs(10);

/// Remembers whether its level holds, and how far it is from changing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Latch {
    reached: bool,
    side: Option<Side>,
    /// How long the level was met, since it was last far from it.
    above: SignedDuration,
    /// How long without a break the amount was far below the level.
    below: SignedDuration,
    /// When it was first met, of what `above` counts.
    since: Option<Timestamp>,
}

/// Where an amount lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Below,
    Between,
    Above,
}

impl Latch {
    /// Takes the next look, `passed` after the one before.
    pub(super) fn look(&mut self, amount: f64, limits: &Limits, at: Timestamp, passed: SignedDuration) {
        let side = if amount >= limits.enter {
            Side::Above
        } else if amount < limits.leave {
            Side::Below
        } else {
            Side::Between
        };
        let counted = if self.side == Some(side) {
            passed.clamp(SignedDuration::ZERO, LOOK_MAX)
        } else {
            SignedDuration::ZERO
        };
        self.side = Some(side);
        match side {
            Side::Above => {
                self.above += counted;
                self.below = SignedDuration::ZERO;
                self.since.get_or_insert(at);
                self.reached |= self.above >= limits.enter_after;
            }
            Side::Between => self.below = SignedDuration::ZERO,
            Side::Below => {
                self.above = SignedDuration::ZERO;
                self.below += counted;
                if !self.reached || self.below >= limits.leave_after {
                    self.reached = false;
                    self.since = None;
                }
            }
        }
    }

    /// Takes the level for reached, because a higher one is.
    pub(super) fn reach(&mut self, since: Option<Timestamp>) {
        self.reached = true;
        self.since = self.since.or(since);
    }

    pub(super) fn is_reached(&self) -> bool {
        self.reached
    }

    /// Whether its level is met and not yet reached, or reached and no longer met.
    pub(super) fn is_undecided(&self) -> bool {
        match self.side {
            Some(Side::Above) => !self.reached,
            Some(Side::Between | Side::Below) => self.reached,
            None => false,
        }
    }

    /// When the level was first met.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// Forgets how far it is from changing, and not whether the level holds.
    pub(super) fn begin_anew(&mut self) {
        let since = self.since.filter(|_| self.reached);
        *self = Self { reached: self.reached, since, ..Self::default() };
    }
}
