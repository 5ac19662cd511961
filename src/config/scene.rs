//! What a `[[camera]]` block says of the place: its ground, its zones, its own thresholds.

use std::ops::RangeInclusive;

use gridwatch_inference::{
    FallSettings, Hours, LyingPlace, LyingZone, Scene,
    crowd::CrowdSettings,
    ground::{Calibration, GroundPoint, Zone},
};
use jiff::{SignedDuration, tz::TimeZone};

use super::{crowd, reader::Section, signed_seconds};

const GROUND: &str = "four or more points of the ground, each as [x, y, metres, metres]: where it is in the picture, in \
                      shares of its width and height, and where on the ground";
const CORNERS: &str = "three or more corners as [x, y], in shares of the picture's width and height";
const HOURS: &str = "parts of the day such as \"22:00-06:00\"";
const LONG_AFTER_S: RangeInclusive<f64> = 60.0..=86_400.0;

/// The rules of cameras that say nothing else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) fall: FallSettings,
    pub(super) crowd: CrowdSettings,
}

/// What `[[camera]]` says of its place; `rules` where it says nothing else.
pub(super) fn read(camera: &Section<'_>, rules: &Rules) -> Scene {
    let calibration = read_calibration(camera);
    let crowd_zones = crowd::read_zones(camera, calibration.as_ref(), rules.crowd);
    Scene {
        calibration,
        crowd_zones,
        fall: read_fall(&camera.section("fall"), rules.fall),
        lying_zones: camera.sections("lying_zone").iter().filter_map(read_lying_zone).collect(),
        // What people of the place write down is the time on their clocks.
        time_zone: TimeZone::system(),
    }
}

fn read_calibration(camera: &Section<'_>) -> Option<Calibration> {
    let points = camera.points::<4>("ground", GROUND)?;
    let point = |[x, y, east, north]: [f64; 4]| GroundPoint { picture: [x, y], ground: [east, north] };
    let points: Vec<GroundPoint> = points.into_iter().map(point).collect();
    Calibration::fit(&points)
        .inspect_err(|error| camera.contradiction(["ground"], error.to_string(), GROUND))
        .ok()
}

fn read_lying_zone(section: &Section<'_>) -> Option<LyingZone> {
    let kinds = "\"bench\", \"bed\" or \"playground\"";
    section.require("kind", kinds);
    let kind = section.text("kind", kinds, |text| match text {
        "bench" => Some(LyingPlace::Bench),
        "bed" => Some(LyingPlace::Bed),
        "playground" => Some(LyingPlace::Playground),
        _ => None,
    });
    let zone = read_zone(section);
    let hours = section.texts("hours", HOURS, Hours::parse);
    let long_after = section.number_if_given("long_after_s", LONG_AFTER_S);
    let long_after = long_after.map(SignedDuration::from_secs_f64);
    Some(LyingZone { kind: kind?, zone: zone?, hours, long_after })
}

/// The polygon of a zone, from its `corners`.
pub(super) fn read_zone(section: &Section<'_>) -> Option<Zone> {
    section.require("corners", CORNERS);
    let corners = section.points::<2>("corners", CORNERS)?;
    let told = |error: &_| section.contradiction(["corners"], format!("{error}"), CORNERS);
    Zone::new(&corners).inspect_err(told).ok()
}

/// The fall rule's thresholds; `default` where one is not given.
pub(super) fn read_fall(section: &Section<'_>, default: FallSettings) -> FallSettings {
    let share = |key, default: f32| section.number(key, 0.0..=1.0, f64::from(default)) as f32;
    let settings = FallSettings {
        suspected_after: signed_seconds(section, "suspected_after_s", 0.0..=60.0, default.suspected_after),
        alert_after: signed_seconds(section, "alert_after_s", 2.0..=120.0, default.alert_after),
        long_lie_after: signed_seconds(section, "long_lie_after_s", 10.0..=3600.0, default.long_lie_after),
        share_min: share("share_min", default.share_min),
        upright_after: signed_seconds(section, "upright_after_s", 0.0..=120.0, default.upright_after),
        gone_after: signed_seconds(section, "gone_after_s", 1.0..=600.0, default.gone_after),
        floor: signed_seconds(section, "floor_s", 1.0..=60.0, default.floor),
        score_min_gated: share("score_min_gated", default.score_min_gated),
        score_min_ungated: share("score_min_ungated", default.score_min_ungated),
    };
    let steps = [
        ("suspected_after_s", settings.suspected_after),
        ("alert_after_s", settings.alert_after),
        ("long_lie_after_s", settings.long_lie_after),
    ];
    for [(earlier, before), (later, after)] in steps.array_windows() {
        // What the default says wrong was told there, and not for each camera again.
        if before >= after && settings != default {
            let found = format!("{} s, with {earlier} at {} s", after.as_secs_f64(), before.as_secs_f64());
            section.contradiction([later, earlier], found, &format!("more than {earlier}"));
        }
    }
    settings
}

#[cfg(test)]
mod tests;
