//! The crowd rule: how dense a zone is, for how long, and where that is going.
//!
//! Pure: readings and times in, steps out. One [`CrowdRule`] watches one zone.
//!
//! ```text
//!  people per m²                     reached after    left after
//!  关注  2 moving, 3 standing         30 s             60 s below 80 % of it,
//!  预警  3.5                          15 s             one level after the other
//!  危险  5                            10 s             or all at once
//!  极危  6                             5 s
//!  a zone without calibration: 人员聚集, 20 heads for 30 s
//! ```
//!
//! Time counts only between looks that both showed it: what happens while nobody looks, or the camera cannot see, proves
//! nothing either way. A reading between 80 % and 100 % of a level stops its clock and does not set it back.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use self::{latch::Latch, trend::Trend};
use super::density::{Amount, Reading};
use crate::{geometry::Rect, held_back::HeldBack};

mod latch;
mod trend;

pub use self::trend::Forecast;

/// People who move, per m²: Fruin and Still see the flow peak at 2 to 3; more people get through no faster.
pub const ATTENTION_MOVING: f64 = 2.0;
/// People who stand, per m²: the upper end of the same.
pub const ATTENTION_STANDING: f64 = 3.0;
/// Per m²: contact becomes involuntary at 3.6.
pub const WARNING: f64 = 3.5;
/// Per m²: above it is dangerous; Seoul's system goes to red here.
pub const DANGER: f64 = 5.0;
/// Per m²: about where Seoul's system calls city, police and fire at once; above 7 standing itself is critical.
pub const CRITICAL: f64 = 6.0;
/// Heads in a zone without a calibration. A house rule, no standard: what is many depends on the zone.
pub const GATHERING: usize = 20;

/// The rule's thresholds. Times are proposals, not standards.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CrowdSettings {
    /// 人员聚集, in heads. Only in a zone without calibration.
    pub gathering: usize,
    /// For this long.
    pub gathering_after: SignedDuration,
    /// 关注, people per m² while they move.
    pub attention_moving: f64,
    /// The same while they stand.
    pub attention_standing: f64,
    /// For this long.
    pub attention_after: SignedDuration,
    /// 预警, people per m².
    pub warning: f64,
    /// For this long.
    pub warning_after: SignedDuration,
    /// 危险, people per m².
    pub danger: f64,
    /// For this long.
    pub danger_after: SignedDuration,
    /// 极危, people per m².
    pub critical: f64,
    /// For this long.
    pub critical_after: SignedDuration,
    /// Below this share of a level it begins to clear, 0 to 1.
    pub clear_share: f64,
    /// For this long.
    pub clear_after: SignedDuration,
}

impl Default for CrowdSettings {
    fn default() -> Self {
        Self {
            gathering: GATHERING,
            gathering_after: SignedDuration::from_secs(30),
            attention_moving: ATTENTION_MOVING,
            attention_standing: ATTENTION_STANDING,
            attention_after: SignedDuration::from_secs(30),
            warning: WARNING,
            warning_after: SignedDuration::from_secs(15),
            danger: DANGER,
            danger_after: SignedDuration::from_secs(10),
            critical: CRITICAL,
            critical_after: SignedDuration::from_secs(5),
            clear_share: 0.8,
            clear_after: SignedDuration::from_secs(60),
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CrowdLevel {
    /// 人员聚集: many heads, in a zone of which no more is known.
    Gathering,
    /// 关注.
    Attention,
    /// 预警.
    Warning,
    /// 危险.
    Danger,
    /// 极危.
    Critical,
}

/// Whether people in the zone walk or stand; who cannot tell says standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flow {
    /// Most walk.
    Moving,
    /// Most stand.
    Standing,
}

/// What one frame says.
#[derive(Clone, Copy, Debug)]
pub struct CrowdLook<'a> {
    /// When the frame was taken.
    pub at: Timestamp,
    /// What was seen in the zone.
    pub reading: &'a Reading,
    /// Whether people walk or stand.
    pub flow: Flow,
    /// Why the reading is not to be used, if it is not.
    pub held_back: Option<HeldBack>,
}

/// One thing that the rule has to say.
#[derive(Clone, Debug, PartialEq)]
pub enum CrowdStep {
    /// A crowd has begun, changed, lasts or is over.
    Crowd(CrowdIncident),
    /// The zone is not judged from here on. An open crowd stays open as it was.
    HeldBack(HeldBack),
    /// The zone is judged again. All clocks begin anew.
    SeesAgain,
}

/// One step in the life of one crowd.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrowdIncident {
    /// Tells this crowd from others of the zone.
    pub incident: u64,
    /// What has happened to it.
    pub phase: CrowdPhase,
    /// The level it is at; once it is over, the last it was at.
    pub level: CrowdLevel,
    /// Since when it has been a crowd.
    pub since: Timestamp,
    /// How much of it there is now.
    pub amount: Amount,
    /// The most there has been.
    pub peak: f64,
    /// Where it was seen last, in shares of the picture.
    pub place: Option<Rect>,
    /// Where it is going, if it is growing.
    pub forecast: Option<Forecast>,
}

/// What has happened to a crowd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrowdPhase {
    /// Its first level was reached: people are to be told.
    Alert,
    /// A higher level was reached: people are to be told again.
    LevelUp,
    /// A level was left.
    LevelDown,
    /// Still so; sent while it lasts, at most every few seconds.
    Ongoing,
    /// Over.
    Ended,
}

/// A crowd that lasts is confirmed no more often than this.
const ONGOING_INTERVAL: SignedDuration = SignedDuration::from_secs(5);

/// Watches one zone for crowds.
#[derive(Clone, Debug)]
pub struct CrowdRule {
    settings: CrowdSettings,
    latches: [Latch; CrowdLevel::ALL.len()],
    trend: Trend,
    open: Option<Open>,
    held_back: Option<HeldBack>,
    last_at: Option<Timestamp>,
    next_incident: u64,
}

/// The crowd there is.
#[derive(Clone, Copy, Debug)]
struct Open {
    incident: u64,
    level: CrowdLevel,
    since: Timestamp,
    peak: f64,
    place: Option<Rect>,
    told_at: Timestamp,
}

impl CrowdRule {
    /// A rule that has seen nothing. `first_incident` must be larger than any that this zone used before.
    pub fn new(settings: CrowdSettings, first_incident: u64) -> Self {
        Self {
            settings,
            latches: Default::default(),
            trend: Trend::default(),
            open: None,
            held_back: None,
            last_at: None,
            next_incident: first_incident,
        }
    }

    /// The level of the crowd there is.
    pub fn level(&self) -> Option<CrowdLevel> {
        self.open.map(|open| open.level)
    }

    /// Goes on with a crowd that was an open alert before a restart, so that its end is noticed too.
    pub fn resume(&mut self, level: CrowdLevel, since: Timestamp, peak: f64, now: Timestamp) {
        for (of, latch) in CrowdLevel::ALL.into_iter().zip(&mut self.latches) {
            let is_below = of <= level && (of == CrowdLevel::Gathering) == (level == CrowdLevel::Gathering);
            if is_below {
                latch.reach(Some(since));
            }
        }
        let incident = self.next_incident;
        self.next_incident += 1;
        self.open = Some(Open { incident, level, since, peak, place: None, told_at: now });
    }

    /// The crowd there is, of which there is now so much.
    pub fn incident(&self, amount: Amount) -> Option<CrowdIncident> {
        let Open { incident, level, since, peak, place, .. } = self.open?;
        let (phase, forecast) = (CrowdPhase::Ongoing, self.forecast());
        Some(CrowdIncident { incident, phase, level, since, amount, peak, place, forecast })
    }

    /// Whether some level is met, or was left, and has not lasted long enough to say so.
    pub fn is_undecided(&self) -> bool {
        self.latches.iter().any(Latch::is_undecided)
    }

    /// The least amount of a crowd: where the first level of a zone with a calibration, or without one, begins.
    pub fn first_enter(&self, amount: Amount) -> f64 {
        match amount {
            Amount::Heads(_) => self.settings.gathering as f64,
            Amount::PerSquareMetre(_) => self.settings.attention_moving,
        }
    }

    /// Why the zone is not judged, while it is not.
    pub fn held_back(&self) -> Option<HeldBack> {
        self.held_back
    }

    /// Where the zone is going, as of the last look: None where it does not grow.
    pub fn forecast(&self) -> Option<Forecast> {
        let next = CrowdLevel::ALL.into_iter().find(|level| self.open.is_none_or(|open| *level > open.level));
        self.trend.forecast(|amount, flow| next.and_then(|next| self.settings.next_enter(next, amount, flow)))
    }

    /// Judges one frame. Frames come in the order of their capture.
    pub fn judge(&mut self, look: CrowdLook<'_>) -> Vec<CrowdStep> {
        let mut steps = Vec::new();
        if look.held_back != self.held_back {
            self.held_back = look.held_back;
            steps.push(look.held_back.map_or(CrowdStep::SeesAgain, CrowdStep::HeldBack));
        }
        let passed = self.last_at.map_or(SignedDuration::ZERO, |last| look.at.duration_since(last));
        self.last_at = Some(look.at);
        if self.held_back.is_some() {
            self.latches.iter_mut().for_each(Latch::begin_anew);
            self.trend = Trend::default();
            return steps;
        }
        let amount = look.reading.amount;
        for (level, latch) in CrowdLevel::ALL.into_iter().zip(&mut self.latches) {
            latch.look(level.part_of(amount), &self.settings.limits(level, look.flow), look.at, passed);
        }
        // Who has reached a level is above all that lie below it, and leaves them one by one.
        for i in (1..self.latches.len()).rev().take_while(|i| CrowdLevel::ALL[i - 1] >= CrowdLevel::Attention)
        {
            if self.latches[i].is_reached() {
                let since = self.latches[i].since();
                self.latches[i - 1].reach(since);
            }
        }
        self.trend.look(look.at, amount, look.flow);
        steps.extend(self.step(&look).map(CrowdStep::Crowd));
        steps
    }

    /// Says what the latches have come to, if that is to be told.
    fn step(&mut self, look: &CrowdLook<'_>) -> Option<CrowdIncident> {
        let reached = (0..self.latches.len()).rev().find(|i| self.latches[*i].is_reached());
        let level = reached.map(|i| CrowdLevel::ALL[i]);
        let amount = look.reading.amount;
        let phase = match (self.open.map(|open| open.level), level) {
            (None, None) => return None,
            (None, Some(_)) => CrowdPhase::Alert,
            (Some(_), None) => CrowdPhase::Ended,
            (Some(before), Some(now)) if now > before => CrowdPhase::LevelUp,
            (Some(before), Some(now)) if now < before => CrowdPhase::LevelDown,
            (Some(_), Some(_)) => CrowdPhase::Ongoing,
        };
        let mut open = self.open.unwrap_or_else(|| {
            let since = reached.and_then(|i| self.latches[i].since()).unwrap_or(look.at);
            let incident = self.next_incident;
            self.next_incident += 1;
            let level = level.unwrap_or(CrowdLevel::Gathering);
            Open { incident, level, since, peak: 0.0, place: None, told_at: look.at }
        });
        open.level = level.unwrap_or(open.level);
        open.peak = open.peak.max(amount.value());
        open.place = look.reading.place.or(open.place);
        let due = look.at.duration_since(open.told_at) >= ONGOING_INTERVAL;
        let tell = phase != CrowdPhase::Ongoing || due;
        if tell {
            open.told_at = look.at;
        }
        self.open = level.is_some().then_some(open);
        let Open { incident, level, since, peak, place, .. } = open;
        let forecast = self.forecast();
        tell.then_some(CrowdIncident { incident, phase, level, since, amount, peak, place, forecast })
    }
}

impl CrowdLevel {
    /// All of them, the least first.
    pub const ALL: [Self; 5] =
        [Self::Gathering, Self::Attention, Self::Warning, Self::Danger, Self::Critical];

    /// What of an amount speaks for this level: heads for a gathering only, people per m² for the others only.
    fn part_of(self, amount: Amount) -> f64 {
        match (self, amount) {
            (Self::Gathering, Amount::Heads(_)) => amount.value(),
            (Self::Gathering, _) | (_, Amount::Heads(_)) => 0.0,
            (_, Amount::PerSquareMetre(_)) => amount.value(),
        }
    }
}

/// When a level is reached, and when it is left.
struct Limits {
    enter: f64,
    enter_after: SignedDuration,
    leave: f64,
    leave_after: SignedDuration,
}

impl CrowdSettings {
    fn limits(&self, level: CrowdLevel, flow: Flow) -> Limits {
        let (enter, enter_after) = match level {
            CrowdLevel::Gathering => (self.gathering as f64, self.gathering_after),
            CrowdLevel::Attention if flow == Flow::Moving => (self.attention_moving, self.attention_after),
            CrowdLevel::Attention => (self.attention_standing, self.attention_after),
            CrowdLevel::Warning => (self.warning, self.warning_after),
            CrowdLevel::Danger => (self.danger, self.danger_after),
            CrowdLevel::Critical => (self.critical, self.critical_after),
        };
        Limits { enter, enter_after, leave: enter * self.clear_share, leave_after: self.clear_after }
    }

    /// Where `next` or, if that is no level of this kind of amount, the first above it that is, begins.
    fn next_enter(&self, next: CrowdLevel, amount: Amount, flow: Flow) -> Option<f64> {
        let of_this_kind =
            |level: &CrowdLevel| matches!(amount, Amount::Heads(_)) == (*level == CrowdLevel::Gathering);
        let next = CrowdLevel::ALL.into_iter().find(|level| *level >= next && of_this_kind(level));
        next.map(|next| self.limits(next, flow).enter)
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
