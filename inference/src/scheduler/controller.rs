//! The overload controller: how much of each nominal rate is left while more is asked than the machine can do.
//!
//! Pure: how late looks are goes in once a second, shares of rates come out. A share is halved when looks are late and become
//! no less so, and is given back in small steps once they have been on time for a while, as congestion control does it.
//!
//! What is given up, in this order, and given back in the opposite one:
//! 1. how often quiet cameras are looked at,
//! 2. how often the turned views are shown a camera on which nobody is suspected,
//! 3. how often active cameras are looked at.
//!
//! A suspicion and an open alert are never in it: their looks keep their rate.

use std::time::Duration;

/// A look that is this late is too late: at an active camera the next one is due by then.
const LATE: Duration = Duration::from_millis(1000);
/// Below this, looks are on time.
const ON_TIME: Duration = Duration::from_millis(400);
/// What was halved shows after so many seconds: until then nothing more is.
const SETTLE_S: u32 = 2;
/// Looks must have been on time for so many seconds before a step is given back.
const CALM_S: u32 = 3;
/// A step, as a share of the nominal rate.
const STEP: f64 = 1.0 / 16.0;

/// What is left of each nominal rate, from its least to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// Of the looks at quiet cameras.
    pub quiet: f64,
    /// Of the looks by the turned views for which nobody is suspected.
    pub turned: f64,
    /// Of the looks at active cameras.
    pub active: f64,
}

/// How far the order of giving up has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing is given up.
    Full,
    /// Quiet cameras are looked at less often.
    Quiet,
    /// And the turned views are shown them less often.
    Turned,
    /// And active cameras are looked at less often.
    Active,
}

/// Holds the rates to what the machine bears.
#[derive(Clone, Debug)]
pub struct Controller {
    least: Shares,
    shares: Shares,
    /// Of the last second.
    lateness: Duration,
    since_halved_s: u32,
    calm_s: u32,
}

impl Shares {
    /// Everything at its nominal rate.
    pub const FULL: Self = Self { quiet: 1.0, turned: 1.0, active: 1.0 };

    /// How far the order of giving up has come.
    pub fn stage(&self) -> Stage {
        match self {
            Self { active, .. } if *active < 1.0 => Stage::Active,
            Self { turned, .. } if *turned < 1.0 => Stage::Turned,
            Self { quiet, .. } if *quiet < 1.0 => Stage::Quiet,
            _ => Stage::Full,
        }
    }

    /// In the order in which they are given up.
    fn in_order(&mut self) -> [&mut f64; 3] {
        [&mut self.quiet, &mut self.turned, &mut self.active]
    }
}

impl Stage {
    /// As it stands in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Quiet => "quiet",
            Self::Turned => "turned",
            Self::Active => "active",
        }
    }
}

impl Controller {
    /// A controller that begins with the full rates and leaves at least `least` of each, above 0.
    pub fn new(least: Shares) -> Self {
        Self { least, shares: Shares::FULL, lateness: Duration::ZERO, since_halved_s: SETTLE_S, calm_s: 0 }
    }

    /// Takes how late the looks of the last second were, which is to be called once a second; gives what is left from now
    /// on.
    pub fn step(&mut self, lateness: Duration) -> Shares {
        self.since_halved_s = self.since_halved_s.saturating_add(1);
        self.calm_s = if lateness <= ON_TIME { self.calm_s + 1 } else { 0 };
        // While what has piled up is being worked off, enough has been given up.
        let grows = lateness >= std::mem::replace(&mut self.lateness, lateness);
        if lateness >= LATE && grows && self.since_halved_s >= SETTLE_S {
            self.halve();
            self.since_halved_s = 0;
        } else if self.calm_s >= CALM_S {
            self.give_back();
            self.calm_s = 0;
        }
        self.shares
    }

    /// Halves the first in the order that has something left to give.
    fn halve(&mut self) {
        let mut least = self.least;
        let shares = self.shares.in_order().into_iter().zip(least.in_order());
        if let Some((share, least)) = { shares }.find(|(share, least)| **share > **least) {
            *share = (*share / 2.0).max(*least);
        }
    }

    /// Gives a step back to the last in the order that lacks something.
    fn give_back(&mut self) {
        if let Some(share) = self.shares.in_order().into_iter().rev().find(|share| **share < 1.0) {
            *share = (*share + STEP).min(1.0);
        }
    }
}

#[cfg(test)]
mod tests;
