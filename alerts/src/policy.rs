//! How long people have, and who is called in which order: by kind, level and time of day.

use gridwatch_roster::RungName;
use jiff::{SignedDuration, Timestamp, civil::Time, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{alert::AlertKind, alert::Level, life::ClockKind};

/// All rules: the first one that applies counts; without any, the times that are usual.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The rules, the most particular first.
    #[serde(default)]
    pub rules: Vec<PolicyRule>,
}

/// For which alerts which times hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyRule {
    /// Of this kind only.
    #[serde(default)]
    pub kind: Option<AlertKind>,
    /// Of these levels only; all where it is empty.
    #[serde(default)]
    pub levels: Vec<Level>,
    /// At these hours only.
    #[serde(default)]
    pub hours: Option<Hours>,
    /// The times.
    #[serde(default)]
    pub times: ClockTimes,
    /// Who is called, one rung after the other.
    #[serde(default = "usual_ladder")]
    pub ladder: Vec<RungName>,
}

/// A part of the day, by the place's time; one that ends before it begins goes over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// From then on.
    #[schema(value_type = String, example = "22:00:00")]
    pub from: Time,
    /// Until before then.
    #[schema(value_type = String, example = "06:00:00")]
    pub to: Time,
}

/// How many seconds there are for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ClockTimes {
    /// To judge, from opening.
    #[schema(minimum = 1)]
    pub judge_s: u32,
    /// To accept, from being called; then the next rung is called.
    #[schema(minimum = 1)]
    pub accept_s: u32,
    /// To arrive, from accepting.
    #[schema(minimum = 1)]
    pub arrive_s: u32,
    /// To report, from the dispatch; then the leader is told and reinforcement called.
    #[schema(minimum = 1)]
    pub report_s: u32,
    /// For a department to answer, from being called in.
    #[schema(minimum = 1)]
    pub answer_s: u32,
    /// To report, from opening, before each level of 督办 is told.
    #[schema(value_type = Vec<u32>)]
    pub supervise_s: [u32; 3],
}

/// The times and the ladder that hold for one alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// The times.
    pub times: ClockTimes,
    /// Who is called, one rung after the other.
    pub ladder: Vec<RungName>,
}

// === impl Policy ===

impl Policy {
    /// What holds for an alert of a kind and level at a time.
    pub fn terms(&self, kind: AlertKind, level: Level, at: Timestamp, zone: &TimeZone) -> Terms {
        let time = at.to_zoned(zone.clone()).time();
        let applies = |rule: &&PolicyRule| {
            rule.kind.is_none_or(|of| of == kind)
                && (rule.levels.is_empty() || rule.levels.contains(&level))
                && rule.hours.is_none_or(|hours| hours.hold(time))
        };
        match self.rules.iter().find(applies) {
            Some(rule) => Terms { times: rule.times, ladder: rule.ladder.clone() },
            None => Terms { times: ClockTimes::default(), ladder: usual_ladder() },
        }
    }
}

// === impl Hours ===

impl Hours {
    fn hold(self, time: Time) -> bool {
        if self.from <= self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

// === impl ClockTimes ===

impl Default for ClockTimes {
    /// 1, 3 and 5 minutes, and what goes with them.
    fn default() -> Self {
        Self {
            judge_s: 30,
            accept_s: 60,
            arrive_s: 180,
            report_s: 300,
            answer_s: 300,
            supervise_s: [300, 1800, 7200],
        }
    }
}

impl ClockTimes {
    /// How long there is for what a clock waits for; none for a clock whose time is not the policy's.
    pub fn of(&self, clock: &ClockKind) -> Option<SignedDuration> {
        let seconds = match clock {
            ClockKind::Judge => self.judge_s,
            ClockKind::Accept => self.accept_s,
            ClockKind::Arrive => self.arrive_s,
            ClockKind::Report => self.report_s,
            ClockKind::Answer { .. } => self.answer_s,
            ClockKind::Supervise { level } => *self.supervise_s.get(usize::from(*level).checked_sub(1)?)?,
            ClockKind::Resume => return None,
        };
        Some(SignedDuration::from_secs(i64::from(seconds)))
    }
}

/// The order of rungs that is usual.
fn usual_ladder() -> Vec<RungName> {
    RungName::ALL.to_vec()
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    fn terms(policy: &Policy, level: Level, at: &str) -> u32 {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        policy.terms(AlertKind::Fall, level, at.parse().unwrap(), &zone).times.accept_s
    }

    #[test]
    fn the_first_rule_that_applies_counts() {
        let rule = |levels: Vec<Level>, hours, accept_s| PolicyRule {
            kind: None,
            levels,
            hours,
            times: ClockTimes { accept_s, ..ClockTimes::default() },
            ladder: usual_ladder(),
        };
        let night = Hours { from: time(22, 0, 0, 0), to: time(6, 0, 0, 0) };
        let policy = Policy { rules: vec![rule(vec![Level::RED], None, 30), rule(vec![], Some(night), 90)] };
        assert_eq!(terms(&policy, Level::RED, "2026-03-01T15:00:00Z"), 30);
        assert_eq!(terms(&policy, Level::ORANGE, "2026-03-01T15:00:00Z"), 90, "23:00 in the street");
        assert_eq!(terms(&policy, Level::ORANGE, "2026-03-01T21:59:59Z"), 90, "05:59 in the street");
        assert_eq!(terms(&policy, Level::ORANGE, "2026-03-01T22:00:00Z"), 60, "06:00 in the street");
        assert_eq!(terms(&Policy::default(), Level::RED, "2026-03-01T22:00:00Z"), 60);
    }

    /// In Berlin clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on 25 October.
    #[test]
    fn hours_are_those_that_clocks_in_the_place_show() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let holds = |from: Time, to: Time, at: &str| {
            let rule = PolicyRule {
                kind: None,
                levels: Vec::new(),
                hours: Some(Hours { from, to }),
                times: ClockTimes { accept_s: 90, ..ClockTimes::default() },
                ladder: usual_ladder(),
            };
            let policy = Policy { rules: vec![rule] };
            policy.terms(AlertKind::Fall, Level::RED, at.parse().unwrap(), &zone).times.accept_s == 90
        };
        let night = |at: &str| holds(time(22, 0, 0, 0), time(6, 0, 0, 0), at);
        // 22:00 in winter is 21:00 UTC; 06:00 of the next morning, in summer, is 04:00.
        assert_eq!(
            ["2026-03-28T20:59:59Z", "2026-03-28T21:00:00Z", "2026-03-29T03:59:59Z", "2026-03-29T04:00:00Z"]
                .map(night),
            [false, true, true, false]
        );
        assert_eq!(
            ["2026-10-24T19:59:59Z", "2026-10-24T20:00:00Z", "2026-10-25T04:59:59Z", "2026-10-25T05:00:00Z"]
                .map(night),
            [false, true, true, false]
        );
        // The hour from 02:00 is left out in spring, and comes twice in autumn.
        let third = |at: &str| holds(time(2, 0, 0, 0), time(3, 0, 0, 0), at);
        assert_eq!(["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"].map(third), [false, false]);
        assert_eq!(
            ["2026-10-25T00:00:00Z", "2026-10-25T01:59:59Z", "2026-10-25T02:00:00Z"].map(third),
            [true, true, false]
        );
    }

    #[test]
    fn a_rule_names_what_differs() {
        let text = r#"{"rules":[{"kind":"fall","times":{"accept_s":45},"ladder":["primary","leader"]}]}"#;
        let policy: Policy = serde_json::from_str(text).unwrap();
        assert_eq!((policy.rules[0].times.accept_s, policy.rules[0].times.arrive_s), (45, 180));
        assert!(serde_json::from_str::<Policy>(r#"{"rules":[{"times":{"acept_s":45}}]}"#).is_err());
    }
}
