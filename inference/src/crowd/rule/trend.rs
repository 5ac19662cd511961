//! Where an amount is going: the straight line through the last minute.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::{Amount, DANGER, Flow};

/// The line goes through looks no older than this.
const MEMORY: SignedDuration = SignedDuration::from_secs(60);
/// Looks over less time than this make no line.
const SPAN_MIN: SignedDuration = SignedDuration::from_secs(30);
/// Nor do fewer looks than this.
const LOOKS_MIN: usize = 4;
/// More are not kept: two a second, as in a burst, and room beyond.
const LOOKS_MAX: usize = 256;
/// A minute says nothing of a time farther away than this.
const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(10);
/// What grows in a minute by less than this share of a level is steady.
const RISE_MIN: f64 = 0.01;
/// A rise of so many people per m² in a minute is fast …
const FAST_PER_MINUTE: f64 = 1.0;
/// … if it also leads into danger within this time.
const FAST_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// What is to come if the last minute goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// By how much it grows in a minute, in heads or people per m².
    pub per_minute: f64,
    /// Seconds until the amount meets the next level; zero where it does already, and only the dwell is missing.
    pub next_level_s: f64,
    /// Where that level begins, in heads or people per m².
    pub next_level: f64,
    /// It grows by 1 person per m² or more in a minute and comes to 5 within 5 minutes. Never so for heads.
    pub fast: bool,
}

/// The looks of the last minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Trend {
    looks: VecDeque<(Timestamp, f64)>,
    last: Option<(Amount, Flow)>,
}

impl Trend {
    pub(super) fn look(&mut self, at: Timestamp, amount: Amount, flow: Flow) {
        let same_kind =
            |(last, _): (Amount, Flow)| std::mem::discriminant(&last) == std::mem::discriminant(&amount);
        if !self.last.is_some_and(same_kind) {
            self.looks.clear();
        }
        self.last = Some((amount, flow));
        self.looks.push_back((at, amount.value()));
        while self.looks.len() > LOOKS_MAX
            || self.looks.front().is_some_and(|(first, _)| at.duration_since(*first) > MEMORY)
        {
            self.looks.pop_front();
        }
    }

    /// The forecast for the level that begins where `next_enter` says.
    pub(super) fn forecast(&self, next_enter: impl Fn(Amount, Flow) -> Option<f64>) -> Option<Forecast> {
        let (amount, flow) = self.last?;
        let enter = next_enter(amount, flow)?;
        let (now, per_second) = self.line()?;
        let per_minute = 60.0 * per_second;
        let seconds_to = |level: f64| ((level - now) / per_second).max(0.0);
        let next_level_s = seconds_to(enter);
        if per_minute < RISE_MIN * enter || next_level_s > AHEAD_MAX.as_secs_f64() {
            return None;
        }
        let fast = matches!(amount, Amount::PerSquareMetre(_))
            && per_minute >= FAST_PER_MINUTE
            && seconds_to(DANGER) <= FAST_AHEAD.as_secs_f64();
        Some(Forecast { per_minute, next_level_s, next_level: enter, fast })
    }

    /// Its value at the last look, and its slope for each second: the least squares.
    fn line(&self) -> Option<(f64, f64)> {
        let ((first, _), (last, _)) = (self.looks.front()?, self.looks.back()?);
        if self.looks.len() < LOOKS_MIN || last.duration_since(*first) < SPAN_MIN {
            return None;
        }
        let count = self.looks.len() as f64;
        let points = || self.looks.iter().map(|(at, value)| (at.duration_since(*last).as_secs_f64(), *value));
        let mean_time = points().map(|(time, _)| time).sum::<f64>() / count;
        let mean_value = points().map(|(_, value)| value).sum::<f64>() / count;
        let square = points().map(|(time, _)| (time - mean_time).powi(2)).sum::<f64>();
        let both = points().map(|(time, value)| (time - mean_time) * (value - mean_value)).sum::<f64>();
        let slope = both / square;
        slope.is_finite().then_some((mean_value - slope * mean_time, slope))
    }
}
