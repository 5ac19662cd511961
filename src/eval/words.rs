//! An evaluation told in lines, for the terminal.

use gridwatch_inference::{
    eval::{ClipReport, FallScore, Outcome},
    eval_crowd::{CrowdScore, PictureScore},
};

/// One clip.
pub fn clip(report: &ClipReport) -> String {
    let alerts: Vec<String> = report.outcomes.iter().filter_map(Outcome::alert_s).map(seconds).collect();
    let said =
        if alerts.is_empty() { "no alert".to_owned() } else { format!("alert at {}", alerts.join(", ")) };
    format!("{}: {said}", report.clip.file.display())
}

/// All clips.
pub fn falls(score: &FallScore) -> String {
    let FallScore { found, falls, false_alerts, camera_seconds, delay_s, .. } = score;
    let delay = |value: Option<f64>| value.map_or("-".to_owned(), seconds);
    format!(
        "{found} of {falls} falls found, {false_alerts} false alert(s) in {camera_seconds:.0} camera seconds; \
         delay p50 {}, p95 {}",
        delay(delay_s.p50),
        delay(delay_s.p95)
    )
}

/// One picture.
pub fn picture(score: &PictureScore) -> String {
    let PictureScore { counted, truth, at_s, .. } = score;
    let tiles = if score.tiles { ", in tiles too" } else { "" };
    format!("{} at {at_s:.1} s: {counted} counted of {truth}{tiles}", score.picture.display())
}

/// All pictures.
pub fn crowd(score: &CrowdScore) -> String {
    let people = score.mae.map_or("-".to_owned(), |mae| format!("{mae:.1} people"));
    let share = score.mape.map_or("-".to_owned(), |mape| format!("{:.1} %", 100.0 * mape));
    format!("{} picture(s); wrong by {people} in the mean, {share} of those who are there", score.pictures)
}

fn seconds(value: f64) -> String {
    format!("{value:.1} s")
}
