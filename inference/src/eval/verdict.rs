//! Alerts held against what really happened.

use super::Truth;

/// A fall counts as found when its alert comes within this time of the start of the fallen state.
pub const FOUND_WITHIN_S: f64 = 15.0;

/// What became of one fall, or of one alert that stands for none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// The fall had its alert in time.
    Found {
        /// The fall.
        fall: Truth,
        /// When the alert came, in seconds of the clip.
        alert_s: f64,
    },
    /// The fall had its alert, but later than [`FOUND_WITHIN_S`]: missed, and no false alert either.
    Late {
        /// The fall.
        fall: Truth,
        /// When the alert came, in seconds of the clip.
        alert_s: f64,
    },
    /// The fall had no alert.
    Missed {
        /// The fall.
        fall: Truth,
    },
    /// The fall had its alert already. A false alert.
    Duplicate {
        /// When the alert came, in seconds of the clip.
        alert_s: f64,
    },
    /// Nobody had fallen by then.
    False {
        /// When the alert came, in seconds of the clip.
        alert_s: f64,
    },
}

impl Outcome {
    /// The fall that it is about, if there was one.
    pub fn fall(&self) -> Option<Truth> {
        match *self {
            Self::Found { fall, .. } | Self::Late { fall, .. } | Self::Missed { fall } => Some(fall),
            Self::Duplicate { .. } | Self::False { .. } => None,
        }
    }

    /// When the alert came, in seconds of the clip, if there was one.
    pub fn alert_s(&self) -> Option<f64> {
        match *self {
            Self::Found { alert_s, .. }
            | Self::Late { alert_s, .. }
            | Self::Duplicate { alert_s }
            | Self::False { alert_s } => Some(alert_s),
            Self::Missed { .. } => None,
        }
    }

    /// From the start of the fallen state to the alert, in seconds.
    pub fn delay_s(&self) -> Option<f64> {
        Some(self.alert_s()? - self.fall()?.from_s)
    }

    /// Neither for nor against the program: the fall is one that need not be found.
    pub fn is_optional(&self) -> bool {
        self.fall().is_some_and(|fall| fall.optional)
    }

    fn begins_s(&self) -> f64 {
        self.fall().map(|fall| fall.from_s).or(self.alert_s()).unwrap_or_default()
    }
}

/// Holds the alerts of a clip (seconds, in the order of time) against its falls: each alert stands for the latest fall
/// that had begun by then and has no alert yet. Gives every fall and every alert once, in the order of their times.
pub fn judge(truth: &[Truth], alerts: &[f64]) -> Vec<Outcome> {
    let mut open: Vec<Truth> = truth.to_vec();
    let mut outcomes = Vec::new();
    for alert_s in alerts.iter().copied() {
        let begun = |fall: &Truth| fall.from_s <= alert_s;
        let latest = (0..open.len())
            .filter(|i| begun(&open[*i]))
            .max_by(|a, b| open[*a].from_s.total_cmp(&open[*b].from_s));
        outcomes.push(match latest.map(|i| open.swap_remove(i)) {
            Some(fall) if alert_s - fall.from_s <= FOUND_WITHIN_S => Outcome::Found { fall, alert_s },
            Some(fall) => Outcome::Late { fall, alert_s },
            None if truth.iter().any(begun) => Outcome::Duplicate { alert_s },
            None => Outcome::False { alert_s },
        });
    }
    outcomes.extend(open.into_iter().map(|fall| Outcome::Missed { fall }));
    outcomes.sort_by(|a, b| a.begins_s().total_cmp(&b.begins_s()));
    outcomes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::TruthKind;

    fn fall(from_s: f64) -> Truth {
        Truth { kind: TruthKind::Fall, from_s, optional: false }
    }

    #[test]
    fn every_fall_and_every_alert_has_one_outcome() {
        let (a, b) = (fall(2.0), fall(30.0));
        let expected = [
            Outcome::False { alert_s: 1.0 },
            Outcome::Found { fall: a, alert_s: 12.5 },
            Outcome::Duplicate { alert_s: 20.0 },
            Outcome::Late { fall: b, alert_s: 46.0 },
        ];
        assert_eq!(judge(&[b, a], &[1.0, 12.5, 20.0, 46.0]), expected);
        assert_eq!(judge(&[a], &[]), [Outcome::Missed { fall: a }]);
        assert_eq!(judge(&[], &[]), []);
    }

    #[test]
    fn the_latest_fall_has_the_first_alert() {
        let (a, b) = (fall(2.0), fall(5.0));
        let expected = [Outcome::Found { fall: a, alert_s: 15.0 }, Outcome::Found { fall: b, alert_s: 13.0 }];
        assert_eq!(judge(&[a, b], &[13.0, 15.0]), expected);
        let delays: Vec<_> = expected.iter().map(Outcome::delay_s).collect();
        assert_eq!(delays, [Some(13.0), Some(8.0)]);
    }
}
