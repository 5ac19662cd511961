//! What is known of the place that one camera watches.

use jiff::{SignedDuration, Timestamp, civil::Time, tz::TimeZone};

use crate::{
    crowd::CrowdPlace,
    fall::FallSettings,
    geometry::Rect,
    ground::{Calibration, Zone},
};

/// One camera's place, and how its rules are set there. Of a place of which nothing is known, the default.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Where its ground lies.
    pub calibration: Option<Calibration>,
    /// The fall rule's thresholds.
    pub fall: FallSettings,
    /// Where people lie who have not fallen.
    pub lying_zones: Vec<LyingZone>,
    /// Where people are not to crowd.
    pub crowd_zones: Vec<CrowdPlace>,
    /// In which the hours of its zones are told.
    pub time_zone: TimeZone,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            calibration: None,
            fall: FallSettings::default(),
            lying_zones: Vec::new(),
            crowd_zones: Vec::new(),
            time_zone: TimeZone::UTC,
        }
    }
}

/// A part of the picture where people lie who have not fallen.
#[derive(Clone, Debug, PartialEq)]
pub struct LyingZone {
    /// What stands there.
    pub kind: LyingPlace,
    /// Where.
    pub zone: Zone,
    /// When it holds; always, where there are none.
    pub hours: Vec<Hours>,
    /// Who lies there for so long is watched as if they had fallen all the same. Nobody, if it is not given.
    pub long_after: Option<SignedDuration>,
}

/// Where people lie who have not fallen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LyingPlace {
    /// People sleep on it.
    Bench,
    /// The same.
    Bed,
    /// Children play on its ground.
    Playground,
}

/// A part of every day: from one time to another, that moment left out; over midnight if it ends before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Its first moment.
    pub from: Time,
    /// The first moment after it.
    pub to: Time,
}

impl Hours {
    /// Reads `22:00-06:00`; None if it is anything else, or no time at all.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let time = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
        let hours = Self { from: time(from)?, to: time(to)? };
        (hours.from != hours.to).then_some(hours)
    }

    fn contains(self, time: Time) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&time)
        } else {
            time >= self.from || time < self.to
        }
    }
}

impl Scene {
    /// The zone in which somebody in this box (in shares of the picture) lies as is expected there at this moment: more
    /// than half of the box is in it.
    pub fn expects_lying(&self, place: &Rect, at: Timestamp) -> Option<&LyingZone> {
        let time = at.to_zoned(self.time_zone.clone()).time();
        let holds = |zone: &LyingZone| zone.hours.is_empty() || zone.hours.iter().any(|h| h.contains(time));
        self.lying_zones.iter().find(|zone| holds(zone) && zone.zone.share_of(place) > 0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bed(hours: &[&str]) -> Scene {
        let zone = Zone::new(&[[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]]).unwrap();
        let hours = hours.iter().map(|hours| Hours::parse(hours).unwrap()).collect();
        let bed = LyingZone { kind: LyingPlace::Bed, zone, hours, long_after: None };
        Scene { lying_zones: vec![bed], ..Scene::default() }
    }

    fn on(scene: &Scene, place: Rect, at: &str) -> bool {
        scene.expects_lying(&place, at.parse().unwrap()).is_some()
    }

    #[test]
    fn hours_go_over_midnight_and_are_those_of_the_place() {
        let (inside, night) = (Rect::new(0.6, 0.6, 0.9, 0.8), bed(&["22:00-06:00", "12:30-14:00"]));
        for (at, holds) in [
            ("2026-11-23T22:00:00Z", true),
            ("2026-11-23T05:59:59Z", true),
            ("2026-11-23T06:00:00Z", false),
            ("2026-11-23T13:00:00Z", true),
            ("2026-11-23T14:00:00Z", false),
        ] {
            assert_eq!(on(&night, inside, at), holds, "{at}");
        }
        let shanghai = Scene { time_zone: jiff::tz::offset(8).to_time_zone(), ..night };
        assert!(on(&shanghai, inside, "2026-11-23T14:00:00Z"), "22:00 there");
        assert!(on(&bed(&[]), inside, "2026-11-23T15:00:00Z"), "always");
    }

    #[test]
    fn who_lies_half_outside_is_not_in_the_zone() {
        let (scene, noon) = (bed(&[]), "2026-11-23T12:00:00Z");
        assert!(on(&scene, Rect::new(0.45, 0.6, 0.85, 0.7), noon));
        assert!(!on(&scene, Rect::new(0.2, 0.6, 0.6, 0.7), noon));
        assert!(!on(&scene, Rect::new(0.1, 0.1, 0.3, 0.2), noon));
    }

    #[test]
    fn hours_that_are_none_are_refused() {
        for text in ["", "22:00", "22-06", "22:00-25:00", "06:00-06:00", "22:00 to 06:00"] {
            assert_eq!(Hours::parse(text), None, "{text}");
        }
        assert!(Hours::parse("22:00 - 06:00").is_some());
    }
}
