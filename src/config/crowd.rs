//! Crowd zones of a camera, and the thresholds of the crowd rule.

use gridwatch_inference::{
    crowd::{CrowdPlace, CrowdSettings, CrowdZone},
    ground::{Calibration, Zone},
};
use jiff::SignedDuration;

use super::{reader::Section, scene::read_zone, signed_seconds};

const NAME: &str = "a name of 1 to 20 characters";
const NAME_CHARS_MAX: usize = 20;

/// The `[[camera.crowd_zone]]` blocks; `default` is the rule of those that say nothing else.
pub(super) fn read_zones(
    camera: &Section<'_>,
    calibration: Option<&Calibration>,
    default: CrowdSettings,
) -> Vec<CrowdPlace> {
    let mut places: Vec<CrowdPlace> = Vec::new();
    for section in camera.sections("crowd_zone") {
        let Some(place) = read_place(&section, calibration, default) else { continue };
        if places.iter().any(|other| other.name == place.name) {
            let found = format!("\"{}\" a second time", place.name);
            section.contradiction(["name"], found, "a name that no other crowd zone of the camera has");
        }
        places.push(place);
    }
    places
}

fn read_place(
    section: &Section<'_>,
    calibration: Option<&Calibration>,
    default: CrowdSettings,
) -> Option<CrowdPlace> {
    section.require("name", NAME);
    let name = section.text("name", NAME, |text| {
        let name = text.trim();
        (1..=NAME_CHARS_MAX).contains(&name.chars().count()).then(|| name.into())
    });
    let settings = read_settings(section, default);
    let zone = on_ground(section, read_zone(section)?, calibration)?;
    Some(CrowdPlace { name: name?, zone, settings })
}

fn on_ground(section: &Section<'_>, zone: Zone, calibration: Option<&Calibration>) -> Option<CrowdZone> {
    let Some(calibration) = calibration else { return Some(CrowdZone::uncalibrated(zone)) };
    let told = |error: &_| {
        section.contradiction(["corners"], format!("{error}"), "a part of the ground that is calibrated");
    };
    CrowdZone::calibrated(zone, calibration.clone()).inspect_err(told).ok()
}

/// The crowd rule's thresholds; `default` where one is not given.
pub(super) fn read_settings(section: &Section<'_>, default: CrowdSettings) -> CrowdSettings {
    let density = |key, default| section.number(key, 0.1..=12.0, default);
    let dwell = |key, default: SignedDuration| signed_seconds(section, key, 0.0..=3600.0, default);
    let settings = CrowdSettings {
        gathering: section.whole("gathering", 2..=10_000, default.gathering as i64) as usize,
        gathering_after: dwell("gathering_after_s", default.gathering_after),
        attention_moving: density("attention_moving", default.attention_moving),
        attention_standing: density("attention_standing", default.attention_standing),
        attention_after: dwell("attention_after_s", default.attention_after),
        warning: density("warning", default.warning),
        warning_after: dwell("warning_after_s", default.warning_after),
        danger: density("danger", default.danger),
        danger_after: dwell("danger_after_s", default.danger_after),
        critical: density("critical", default.critical),
        critical_after: dwell("critical_after_s", default.critical_after),
        clear_share: section.number("clear_share", 0.1..=1.0, default.clear_share),
        clear_after: dwell("clear_after_s", default.clear_after),
    };
    let rising = [
        ("attention_moving", settings.attention_moving),
        ("attention_standing", settings.attention_standing),
        ("warning", settings.warning),
        ("danger", settings.danger),
        ("critical", settings.critical),
    ];
    for [(lower, below), (higher, above)] in rising.array_windows() {
        if below > above {
            let found = format!("{above}, with {lower} at {below}");
            section.contradiction([higher, lower], found, &format!("{lower} or more"));
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use gridwatch_inference::crowd::{Amount, CrowdPlace};
    use jiff::SignedDuration;

    use crate::config::Config;

    const CAMERA: &str = "[[camera]]\nid = \"a\"\nname = \"a\"\nurl = \"rtsp://10.0.0.7/a\"\n";
    const ZONE: &str = "corners = [[0.1, 0.2], [0.9, 0.2], [0.9, 0.9], [0.1, 0.9]]\n";
    const GROUND: &str = "ground = [[0, 0, 0, 0], [1, 0, 30, 0], [1, 1, 30, 20], [0, 1, 0, 20]]\n";

    fn zones(text: &str) -> Vec<CrowdPlace> {
        let config = Config::parse(text, Path::new("/nowhere")).unwrap();
        config.cameras[0].scene.crowd_zones.clone()
    }

    fn mistakes(text: &str) -> String {
        let mistakes = Config::parse(text, Path::new("/nowhere")).unwrap_err();
        mistakes.iter().map(|mistake| format!("{mistake}\n")).collect()
    }

    #[test]
    fn a_zone_takes_the_rule_of_all_and_says_what_is_different_there() {
        let text = format!(
            "[crowd]\ngathering = 30\ngathering_after_s = 10\n{CAMERA}[[camera.crowd_zone]]\nname = \"gate\"\n{ZONE}\
             [[camera.crowd_zone]]\nname = \"steps\"\ngathering = 12\n{ZONE}"
        );
        let [gate, steps] = zones(&text).try_into().unwrap();
        assert_eq!((&*gate.name, gate.settings.gathering), ("gate", 30));
        assert_eq!((&*steps.name, steps.settings.gathering), ("steps", 12));
        assert_eq!(steps.settings.gathering_after, SignedDuration::from_secs(10));
        assert!(matches!(gate.zone.read(&[], (640, 360)).amount, Amount::Heads(0)));
    }

    #[test]
    fn the_ground_of_the_camera_is_that_of_its_zones() {
        let text = format!("{CAMERA}{GROUND}[[camera.crowd_zone]]\nname = \"gate\"\n{ZONE}");
        let [gate] = zones(&text).try_into().unwrap();
        let area = gate.zone.area().unwrap();
        assert!((area.square_metres - 0.8 * 30.0 * 0.7 * 20.0).abs() < 0.1, "{area:?}");
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let told = mistakes(&format!(
            "{CAMERA}[[camera.crowd_zone]]\nname = \"gate\"\nwarning = 5.5\n{ZONE}\
             [[camera.crowd_zone]]\nname = \"gate\"\ncorners = [[0, 0], [1, 1]]\n\
             [[camera.crowd_zone]]\nname = \"gate\"\n{ZONE}[[camera.crowd_zone]]\n{ZONE}"
        ));
        assert!(told.contains("camera[1].crowd_zone[1].danger: found 5, with warning at 5.5"), "{told}");
        assert!(told.contains("camera[1].crowd_zone[2].corners: found"), "{told}");
        assert!(told.contains("camera[1].crowd_zone[3].name: found \"gate\" a second time"), "{told}");
        assert!(told.contains("camera[1].crowd_zone[4].name: found nothing"), "{told}");
    }
}
