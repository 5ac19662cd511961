//! The thresholds that a report names, each as in the configuration file.

use std::time::Duration;

use gridwatch_inference::{FallSettings, crowd::Tiles};
use gridwatch_ingest::SamplePolicy;
use jiff::SignedDuration;

use super::report::Setting;
use crate::config::Config;

/// What decides when a fall is told.
pub fn falls(config: &Config) -> Vec<Setting> {
    // All of them by name, so that a new one is not forgotten here.
    let FallSettings {
        suspected_after,
        alert_after,
        share_min,
        long_lie_after,
        upright_after,
        gone_after,
        floor,
        score_min_gated,
        score_min_ungated,
    } = config.fall;
    let SamplePolicy { quiet_interval, active_interval, floor_interval, burst_interval } =
        config.ingest.sampling;
    vec![
        ("fall.suspected_after_s", seconds(suspected_after)),
        ("fall.alert_after_s", seconds(alert_after)),
        ("fall.share_min", share_min.to_string()),
        ("fall.long_lie_after_s", seconds(long_lie_after)),
        ("fall.upright_after_s", seconds(upright_after)),
        ("fall.gone_after_s", seconds(gone_after)),
        ("fall.floor_s", seconds(floor)),
        ("fall.score_min_gated", score_min_gated.to_string()),
        ("fall.score_min_ungated", score_min_ungated.to_string()),
        ("ingest.look_s", interval(quiet_interval)),
        ("ingest.look_active_s", interval(active_interval)),
        ("ingest.look_floor_s", interval(floor_interval)),
        ("ingest.look_suspected_s", interval(burst_interval)),
    ]
}

/// How a picture is cut where people are small; cannot be set.
pub fn crowd(tiles: &Tiles) -> Vec<Setting> {
    let Tiles { columns, rows, overlap } = tiles;
    vec![("tiles", format!("{columns} × {rows}")), ("overlap", overlap.to_string())]
}

fn seconds(duration: SignedDuration) -> String {
    duration.as_secs_f64().to_string()
}

fn interval(duration: Duration) -> String {
    duration.as_secs_f64().to_string()
}
