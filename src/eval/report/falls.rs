//! `eval falls` as a page.

use gridwatch_inference::eval::{ClipReport, FOUND_WITHIN_S, FallScore, Outcome};
use maud::{Markup, html};

use super::{Origin, figure, page, picture, say, seconds, strip};
use crate::cli::Language;

/// The page about these clips.
pub fn falls(language: Language, score: &FallScore, clips: &[ClipReport], origin: &Origin) -> Markup {
    let say = |zh, en| say(language, zh, en);
    let body = html! {
        (summary(language, score))
        p.caution { (say(
            "这些数字只说明程序在这些片段上的表现，不代表街面上的表现。",
            "These figures say how the program does on these clips, not how it does on a street.",
        )) }
        section {
            h2 { (say("逐个片段", "Clip by clip")) }
            (strip::legend(language))
            table.clips {
                thead { tr {
                    th { (say("片段", "Clip")) }
                    th { (say("实际倒地", "Down from")) }
                    th { (say("告警", "Alert")) }
                    th { (say("延迟", "Delay")) }
                    th { (say("判定", "Verdict")) }
                } }
                @for report in clips { (clip(language, report)) }
            }
        }
        p.note { (masked(language)) }
    };
    page(language, say("倒地检测评测", "How well falls are found"), origin, &body)
}

fn summary(language: Language, score: &FallScore) -> Markup {
    let say = |zh, en| say(language, zh, en);
    let delay = |value: Option<f64>| value.map_or("–".to_owned(), |value| seconds(language, value));
    let within = format!("≤ {}", seconds(language, FOUND_WITHIN_S));
    html! {
        dl.summary {
            (figure(say("检出", "Found"), &format!("{} / {}", score.found, score.falls), &within))
            (figure(say("误报", "False alerts"), &score.false_alerts.to_string(), say("含重复告警", "duplicates too")))
            (figure(say("延迟 p50", "Delay p50"), &delay(score.delay_s.p50), ""))
            (figure(say("延迟 p95", "Delay p95"), &delay(score.delay_s.p95), ""))
            (figure(say("片段", "Clips"), &score.clips.to_string(), &seconds(language, score.camera_seconds)))
        }
    }
}

/// What pictures show of people.
pub(super) fn masked(language: Language) -> &'static str {
    say(
        language,
        "画面中的人头已打码；模型没看到人的画面整体打码。",
        "People's heads are pixelated; a picture in which no model saw the person is pixelated everywhere.",
    )
}

fn clip(language: Language, report: &ClipReport) -> Markup {
    // A clip in which nothing happened and nothing was said has a line too.
    let rows = report.outcomes.len().max(1);
    html! {
        tbody.clip {
            @for row in 0..rows {
                tr {
                    @if row == 0 {
                        th.path scope="rowgroup" rowspan=(rows) {
                            (report.clip.file.display())
                            @if let Some(note) = &report.clip.note { span.note { (note) } }
                        }
                    }
                    (outcome(language, report.outcomes.get(row)))
                }
            }
            tr.seen { td colspan="5" {
                (strip::strip(language, report))
                @if !report.shots.is_empty() {
                    div.shots { @for shot in &report.shots { (picture::shown(language, shot)) } }
                }
            } }
        }
    }
}

fn outcome(language: Language, outcome: Option<&Outcome>) -> Markup {
    let time = |value: Option<f64>| value.map_or("–".to_owned(), |value| seconds(language, value));
    let (class, zh, en) = match outcome {
        None => ("good", "✓ 无告警", "✓ quiet"),
        Some(outcome) if outcome.is_optional() => match outcome {
            Outcome::Missed { .. } => ("plain", "可选，未检出", "optional, not found"),
            _ => ("plain", "可选，已检出", "optional, found"),
        },
        Some(Outcome::Found { .. }) => ("good", "✓ 检出", "✓ found"),
        Some(Outcome::Late { .. }) => ("warn", "■ 迟报", "■ late"),
        Some(Outcome::Missed { .. }) => ("bad", "◆ 漏报", "◆ missed"),
        Some(Outcome::Duplicate { .. }) => ("warn", "■ 重复告警", "■ duplicate"),
        Some(Outcome::False { .. }) => ("bad", "◆ 误报", "◆ false"),
    };
    html! {
        td { (time(outcome.and_then(Outcome::fall).map(|fall| fall.from_s))) }
        td { (time(outcome.and_then(Outcome::alert_s))) }
        td { (time(outcome.and_then(Outcome::delay_s))) }
        td { span class={ "verdict " (class) } { (say(language, zh, en)) } }
    }
}
