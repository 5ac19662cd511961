//! What `gridwatch bench watch` says. Every field is explained in `docs/performance.md`.

use gridwatch_alerts::Alert;
use gridwatch_inference::scheduler::Shares;
use gridwatch_ingest::CameraId;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::Usage;
use crate::{
    bench::args::BenchStreetArgs,
    bench::{
        report::{Dropped, rounded},
        street::{Shows, Street},
    },
};

/// An alert that comes so long before the fallen state is that fall's: when it begins is a matter of frames.
const EARLY: SignedDuration = SignedDuration::from_secs(1);
/// What is held against the goal: ages and delays in seconds, and looks a second.
const AGE_MAX_S: f64 = 10.0;
const DELAY_MAX_S: f64 = 20.0;
const ACTIVE_LOOKS_MIN: f64 = 1.0;

#[derive(Debug, Serialize)]
pub struct Report {
    pub cameras: u32,
    pub active: u32,
    pub seconds: f64,
    pub all_up_s: Option<f64>,
    pub staleness_s: ByKind,
    pub active_looks_per_s_median: f64,
    pub falls_planted: u32,
    pub falls_alerted: usize,
    pub delay_s: Delays,
    pub false_alerts: usize,
    pub cores: f64,
    pub farm_cores: f64,
    pub rss_mb: f64,
    pub threads: u64,
    pub dropped: Dropped,
    /// What was done a second, and by what share of a core.
    pub parts: Parts,
    /// What was left of the rates at the end.
    pub rates_left: Left,
    /// Whether all of the goal was reached.
    pub held: bool,
}

#[derive(Debug, Serialize)]
pub struct ByKind {
    pub quiet: Percentiles,
    pub active: Percentiles,
    pub all: Percentiles,
}

#[derive(Debug, Serialize)]
pub struct Percentiles {
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
    /// Cameras that had not been looked at when a second was sampled, all seconds together.
    pub never: usize,
}

#[derive(Debug, Serialize)]
pub struct Delays {
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    /// One for each fall that was alerted.
    pub each: Vec<f64>,
    /// The cameras of the others.
    pub missed: Vec<String>,
    /// The cameras that alerted something else.
    pub false_at: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Parts {
    pub decoded_per_s: f64,
    pub judged_per_s: f64,
    pub person_pictures_per_s: f64,
    pub turned_views_per_s: f64,
    pub reused_per_s: f64,
    pub failed: u64,
    pub held_back: u64,
    pub decode_cores: f64,
    pub model_cores: f64,
}

#[derive(Debug, Serialize)]
pub struct Left {
    pub stage: &'static str,
    pub quiet: f64,
    pub turned: f64,
    pub active: f64,
}

/// How old the newest judged frames were, at every camera in every second.
#[derive(Debug, Default)]
pub struct Ages {
    quiet: Vec<Option<f64>>,
    active: Vec<Option<f64>>,
}

/// What became of the falls, and what was alerted besides.
#[derive(Debug, Default)]
pub struct Found {
    delays_s: Vec<f64>,
    missed: Vec<String>,
    false_at: Vec<String>,
}

// === impl Ages ===

impl Ages {
    /// One camera in one second; none if it was not looked at yet.
    pub fn add(&mut self, shows: &Shows, age_s: Option<f64>) {
        match shows {
            Shows::Nothing => self.quiet.push(age_s),
            Shows::People => self.active.push(age_s),
            // Suspected for a while, and quiet before.
            Shows::Fall(_) => {}
        }
    }

    fn by_kind(&self) -> ByKind {
        let all: Vec<Option<f64>> = self.quiet.iter().chain(&self.active).copied().collect();
        ByKind {
            quiet: Percentiles::of(&self.quiet),
            active: Percentiles::of(&self.active),
            all: Percentiles::of(&all),
        }
    }
}

// === impl Found ===

impl Found {
    /// The alerts of a camera that showed a fall, whose fallen state began then.
    pub fn add_fall(&mut self, camera: &CameraId, fallen: Timestamp, alerts: &[&Alert]) {
        let (of_fall, others): (Vec<&Alert>, Vec<&Alert>) =
            alerts.iter().partition(|alert| alert.opened_at >= fallen - EARLY);
        match of_fall.iter().map(|alert| alert.opened_at).min() {
            Some(opened) => self.delays_s.push(opened.duration_since(fallen).as_secs_f64().max(0.0)),
            None => self.missed.push(camera.to_string()),
        }
        // One person lies there, once.
        let more = of_fall.len().saturating_sub(1);
        self.false_at.extend(std::iter::repeat_n(camera.to_string(), others.len() + more));
    }

    /// The alerts of a camera that showed none.
    pub fn add_false(&mut self, camera: &CameraId, alerts: &[&Alert]) {
        self.false_at.extend(alerts.iter().map(|_| camera.to_string()));
    }

    fn delays(&self) -> Delays {
        let mut sorted = self.delays_s.clone();
        sorted.sort_by(f64::total_cmp);
        Delays {
            p50: nearest_rank(&sorted, 50).map(|s| rounded(s, 1)),
            p95: nearest_rank(&sorted, 95).map(|s| rounded(s, 1)),
            each: self.delays_s.iter().map(|s| rounded(*s, 1)).collect(),
            missed: self.missed.clone(),
            false_at: self.false_at.clone(),
        }
    }
}

// === impl Percentiles ===

impl Percentiles {
    fn of(ages: &[Option<f64>]) -> Self {
        let mut known: Vec<f64> = ages.iter().flatten().copied().collect();
        known.sort_by(f64::total_cmp);
        let at = |percent| rounded(nearest_rank(&known, percent).unwrap_or_default(), 2);
        Self { p50: at(50), p99: at(99), max: at(100), never: ages.len() - known.len() }
    }
}

/// The value of which so many of a hundred are no larger.
fn nearest_rank(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

// === impl Report ===

impl Report {
    /// `looks_per_s` are in the order of the street's places; `before` and `after` are the ends of the measured time.
    #[expect(clippy::too_many_arguments, reason = "each is another thing that was measured")]
    pub fn new(
        args: &BenchStreetArgs,
        street: &Street,
        ages: &Ages,
        looks_per_s: &[f64],
        found: &Found,
        (before, after): (&Usage, &Usage),
        all_up_s: Option<f64>,
        shares: Shares,
    ) -> Self {
        let seconds = after.at.duration_since(before.at).as_secs_f64();
        let per_s = |what: &dyn Fn(&Usage) -> f64| (what(after) - what(before)) / seconds;
        let counted = |n: usize| rounded(per_s(&|usage| usage.inference[n] as f64), 1);
        let (new, old) = (&after.ingest, &before.ingest);
        let mut active: Vec<f64> = street
            .places
            .iter()
            .zip(looks_per_s)
            .filter(|(place, _)| place.shows == Shows::People)
            .map(|(_, per_s)| *per_s)
            .collect();
        active.sort_by(f64::total_cmp);
        let (staleness_s, delay_s) = (ages.by_kind(), found.delays());
        let looks = rounded(nearest_rank(&active, 50).unwrap_or_default(), 2);
        let held = staleness_s.all.p99 <= AGE_MAX_S
            && staleness_s.all.never == 0
            && (args.active == 0 || looks >= ACTIVE_LOOKS_MIN)
            && found.delays_s.len() == args.falls as usize
            && found.delays_s.iter().all(|delay_s| *delay_s <= DELAY_MAX_S)
            && found.false_at.is_empty();
        Self {
            cameras: args.cameras,
            active: args.active,
            seconds: rounded(seconds, 1),
            all_up_s: all_up_s.map(|s| rounded(s, 2)),
            staleness_s,
            active_looks_per_s_median: looks,
            falls_planted: args.falls,
            falls_alerted: found.delays_s.len(),
            delay_s,
            false_alerts: found.false_at.len(),
            cores: rounded(per_s(&|usage| usage.cpu_s), 3),
            farm_cores: rounded(per_s(&|usage| usage.farm_cpu_s), 3),
            rss_mb: 0.0,
            threads: 0,
            dropped: Dropped {
                late: after.late - before.late,
                not_kept: new.units_dropped - old.units_dropped,
                superseded: new.decode_superseded - old.decode_superseded,
                decode_failed: new.decode_failed - old.decode_failed,
                frames: new.frames_dropped - old.frames_dropped,
            },
            parts: Parts {
                decoded_per_s: rounded(per_s(&|usage| usage.ingest.decoded as f64), 1),
                judged_per_s: counted(0),
                person_pictures_per_s: counted(1),
                turned_views_per_s: counted(2),
                reused_per_s: counted(3),
                failed: after.inference[4] - before.inference[4],
                held_back: after.inference[5] - before.inference[5],
                decode_cores: rounded(per_s(&|usage| usage.decode_cpu_s), 3),
                model_cores: rounded(per_s(&|usage| usage.models_cpu_s), 3),
            },
            rates_left: Left {
                stage: shares.stage().name(),
                quiet: rounded(shares.quiet, 3),
                turned: rounded(shares.turned, 3),
                active: rounded(shares.active, 3),
            },
            held,
        }
    }

    /// One paragraph for people.
    pub fn in_words(&self) -> String {
        let Self { staleness_s: ByKind { quiet, active, .. }, parts, rates_left, .. } = self;
        format!(
            "{} cameras for {:.0} s: the newest look was {:.1} s old on quiet cameras and {:.1} s on active ones (99 of a \
             hundred), active ones were looked at {:.2} times a second; {} of {} falls alerted, after {:?} s, {} false; \
             {:.2} cores and {:.0} MB, the cameras {:.2} cores; {:.0} pictures decoded a second, {:.0} shown to the \
             person model, {:.1} turned, {:.0} answers used again; rates: {}; dropped: {:?}; goal reached: {}",
            self.cameras,
            self.seconds,
            quiet.p99,
            active.p99,
            self.active_looks_per_s_median,
            self.falls_alerted,
            self.falls_planted,
            self.delay_s.each,
            self.false_alerts,
            self.cores,
            self.rss_mb,
            self.farm_cores,
            parts.decoded_per_s,
            parts.person_pictures_per_s,
            parts.turned_views_per_s,
            parts.reused_per_s,
            rates_left.stage,
            self.dropped,
            self.held
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_ages_that_were_seen_and_who_was_never_looked_at_is_counted() {
        let ages: Vec<Option<f64>> = (1..=200).rev().map(|n| Some(f64::from(n))).chain([None]).collect();
        let Percentiles { p50, p99, max, never } = Percentiles::of(&ages);
        assert_eq!((p50, p99, max, never), (100.0, 198.0, 200.0, 1));
        assert_eq!(Percentiles::of(&[]).max, 0.0);
        assert_eq!(nearest_rank(&[1.0, 2.0, 3.0, 4.0, 5.0], 95), Some(5.0));
    }
}
