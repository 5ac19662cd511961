//! A clip's time as a strip: what really happens in it above, what the program said below.

use gridwatch_inference::{Phase, eval::ClipReport};
use maud::{Markup, html};

use super::{say, seconds};
use crate::cli::Language;

/// The distances of ticks that are tried, in seconds; the first that gives no more than [`TICKS_MAX`] is taken.
const TICKS_S: [f64; 6] = [5.0, 10.0, 30.0, 60.0, 300.0, 1800.0];
const TICKS_MAX: f64 = 16.0;

/// The strip of a clip.
pub fn strip(language: Language, report: &ClipReport) -> Markup {
    let length = report.length_s.max(0.1);
    let share = |at_s: f64| format!("{:.2}%", 100.0 * (at_s / length).clamp(0.0, 1.0));
    let span = |class, from_s: f64, to_s: f64| {
        html! { rect class=(class) x=(share(from_s)) width=(share(to_s - from_s)) height="100%" {} }
    };
    let held_from = length - report.clip.hold_last_s;
    html! {
        div.strip {
            span.row { (say(language, "实际", "truth")) }
            svg.lane {
                @if held_from < length { (span("held", held_from, length)) }
                @for fall in &report.clip.truth {
                    (span(if fall.optional { "down optional" } else { "down" }, fall.from_s, length))
                }
            }
            span.row { (say(language, "程序", "program")) }
            svg.lane role="img" aria-label=(in_words(language, report)) {
                @if held_from < length { (span("held", held_from, length)) }
                @for (i, mark) in report.marks.iter().enumerate() {
                    @let next = report.marks[i + 1..].iter().find(|next| next.incident == mark.incident);
                    @if let Some((class, _)) = phase(mark.phase) {
                        (span(class, mark.at_s, next.map_or(length, |next| next.at_s)))
                    }
                }
                @for mark in &report.marks {
                    @if let Some((class, shape)) = phase(mark.phase) {
                        svg.mark x=(share(mark.at_s)) y="50%" { path class=(class) d=(shape) {} }
                    }
                }
            }
            span.row {}
            svg.axis aria-hidden="true" {
                @for at_s in ticks(length) {
                    text x=(share(at_s)) y="12" { (at_s) }
                }
            }
        }
    }
}

/// What the signs of a strip mean.
pub fn legend(language: Language) -> Markup {
    let say = |zh, en| say(language, zh, en);
    let sign = |reached| {
        phase(reached).map(|(class, shape)| {
            html! { svg.sign viewBox="-7 -7 14 14" aria-hidden="true" { path class=(class) d=(shape) {} } }
        })
    };
    html! {
        ul.legend {
            li { span.swatch.down {} (say("实际倒地", "really down")) }
            li { span.swatch.down.optional {} (say("可选：不计漏报", "need not be found")) }
            li { span.swatch.held {} (say("末帧保持", "last picture held")) }
            @for (reached, name) in [
                (Phase::Suspected, say("疑似", "suspected")),
                (Phase::Alert, say("告警", "alert")),
                (Phase::LongLie, say("倒地未起", "long lie")),
            ] {
                li { @if let Some(sign) = sign(reached) { (sign) } (name) }
            }
            li { span.swatch.box.alert {} (say("告警所指", "what the alert is about")) }
            li { span.swatch.box.lying {} (say("看到的躺卧者", "seen lying")) }
            li { span.swatch.box.upright {} (say("看到的直立者", "seen upright")) }
        }
    }
}

/// The class and the shape of a step, as on the wall: form as well as colour tells the level.
fn phase(phase: Phase) -> Option<(&'static str, &'static str)> {
    match phase {
        Phase::Suspected => Some(("suspected", "M-5-5H5V5H-5z")),
        Phase::Alert => Some(("alert", "M0-6 6 5H-6z")),
        Phase::LongLie => Some(("long-lie", "M0-7 7 0 0 7-7 0z")),
        _ => None,
    }
}

/// The strip for those who do not see it.
fn in_words(language: Language, report: &ClipReport) -> String {
    let name = |reached| match reached {
        Phase::Suspected => Some(say(language, "疑似", "suspected")),
        Phase::Alert => Some(say(language, "告警", "alert")),
        Phase::LongLie => Some(say(language, "倒地未起", "long lie")),
        Phase::Ended(_) => Some(say(language, "结束", "over")),
        _ => None,
    };
    let steps = report
        .marks
        .iter()
        .filter_map(|mark| Some(format!("{} {}", seconds(language, mark.at_s), name(mark.phase)?)));
    let steps: Vec<String> = steps.collect();
    if steps.is_empty() { say(language, "无", "nothing").to_owned() } else { steps.join(", ") }
}

fn ticks(length: f64) -> impl Iterator<Item = f64> {
    let step = TICKS_S.into_iter().find(|step| length / step <= TICKS_MAX).unwrap_or(length);
    (0..=(length / step) as u32).map(move |n| f64::from(n) * step)
}
