//! For how long each camera could be reached and was of use, summed up by day: what 在线率 and 完好率 are made of.

use std::collections::BTreeMap;

use gridwatch_ingest::{CameraId, CameraState};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

/// Time between two looks that is longer counts for nothing: the program stood still, or the clock was set.
const GAP_MAX: SignedDuration = SignedDuration::from_secs(60);

/// The time of one camera on one day of the place's calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraDay {
    /// The camera.
    pub camera: CameraId,
    /// The day.
    pub day: Date,
    /// For how long it was to be watched: it was switched on, and this program ran.
    pub watched: SignedDuration,
    /// Of that, for how long it was connected.
    pub online: SignedDuration,
    /// Of that, for how long its pictures could be judged.
    pub usable: SignedDuration,
}

/// Sums up what looks at the cameras' states find, until it is taken away to be written.
#[derive(Debug)]
pub struct CameraDays {
    zone: TimeZone,
    last_look: Option<Timestamp>,
    /// At most a day's cameras, or two days' around midnight.
    days: BTreeMap<(Date, CameraId), [SignedDuration; 3]>,
}

impl CameraDays {
    /// Nothing seen yet. Days are those of `zone`.
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, last_look: None, days: BTreeMap::new() }
    }

    /// Counts the time since the last look for each camera as the state it has now. One that is switched off is not counted.
    pub fn look(&mut self, now: Timestamp, states: impl IntoIterator<Item = (CameraId, CameraState)>) {
        let since = self.last_look.replace(now).map(|last| now.duration_since(last));
        let Some(time) = since.filter(|time| time.is_positive() && *time <= GAP_MAX) else { return };
        let day = now.to_zoned(self.zone.clone()).date();
        for (camera, state) in states {
            let Some((is_online, is_usable)) = worth(state) else { continue };
            let sums = self.days.entry((day, camera)).or_default();
            for (sum, counts) in sums.iter_mut().zip([true, is_online, is_usable]) {
                if counts {
                    *sum = sum.saturating_add(time);
                }
            }
        }
    }

    /// What was summed up since the last time.
    pub fn take(&mut self) -> Vec<CameraDay> {
        let days = std::mem::take(&mut self.days).into_iter();
        days.map(|((day, camera), [watched, online, usable])| CameraDay {
            camera,
            day,
            watched,
            online,
            usable,
        })
        .collect()
    }

    /// Puts back what could not be written.
    pub fn give_back(&mut self, days: Vec<CameraDay>) {
        for CameraDay { camera, day, watched, online, usable } in days {
            let sums = self.days.entry((day, camera)).or_default();
            for (sum, part) in sums.iter_mut().zip([watched, online, usable]) {
                *sum = sum.saturating_add(part);
            }
        }
    }
}

/// Whether a camera in this state is online, and of use; none where it is not to be watched. One of which nobody knows
/// anything is not online.
fn worth(state: CameraState) -> Option<(bool, bool)> {
    match state {
        CameraState::Disabled => None,
        CameraState::Ok | CameraState::Degraded => Some((true, true)),
        CameraState::Blind | CameraState::Silent => Some((true, false)),
        CameraState::Connecting
        | CameraState::Unauthorised
        | CameraState::Unreachable
        | CameraState::Unknown => Some((false, false)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn id(text: &str) -> CameraId {
        CameraId::new(text).unwrap()
    }

    fn shanghai() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    #[test]
    fn time_counts_as_the_state_that_is_found() {
        let mut days = CameraDays::new(shanghai());
        days.look(at(0), [(id("a"), CameraState::Ok)]);
        days.look(at(10), [(id("a"), CameraState::Ok), (id("b"), CameraState::Disabled)]);
        days.look(at(15), [(id("a"), CameraState::Silent), (id("b"), CameraState::Unreachable)]);
        // The program stood still, and then the clock was set back.
        days.look(at(500), [(id("a"), CameraState::Ok)]);
        days.look(at(490), [(id("a"), CameraState::Ok)]);
        let seconds = |day: &CameraDay| [day.watched, day.online, day.usable].map(|time| time.as_secs());
        let taken = days.take();
        let found: Vec<_> = taken.iter().map(|day| (day.camera.as_str(), seconds(day))).collect();
        assert_eq!(found, [("a", [15, 15, 10]), ("b", [5, 0, 0])]);
        assert!(days.take().is_empty());
        days.give_back(taken.clone());
        days.give_back(taken);
        assert_eq!(seconds(&days.take()[0]), [30, 30, 20]);
    }

    #[test]
    fn midnight_is_that_of_the_place() {
        let mut days = CameraDays::new(shanghai());
        // 1,800,000,000 is 16:00 in Shanghai.
        let midnight = 8 * 3600;
        for second in [-20, -10, 0, 10] {
            days.look(at(midnight + second), [(id("a"), CameraState::Ok)]);
        }
        let watched: Vec<_> =
            days.take().iter().map(|day| (day.day.to_string(), day.watched.as_secs())).collect();
        assert_eq!(watched, [("2027-01-15".to_owned(), 10), ("2027-01-16".to_owned(), 20)]);
    }

    proptest! {
        #[test]
        fn no_part_is_longer_than_the_whole(looks in prop::collection::vec((-5..90i64, 0..9usize), 0..60)) {
            use CameraState::*;
            let states = [Connecting, Ok, Degraded, Silent, Blind, Unauthorised, Unreachable, Disabled, Unknown];
            let mut days = CameraDays::new(shanghai());
            let mut now = 0;
            for (step, state) in looks {
                now += step;
                days.look(at(now), [(id("a"), states[state])]);
            }
            for day in days.take() {
                prop_assert!(day.usable <= day.online && day.online <= day.watched);
                prop_assert!(day.watched <= SignedDuration::from_hours(24));
            }
        }
    }
}
