//! A picture of a clip, with the boxes over it.

use base64::{Engine, engine::general_purpose::STANDARD};
use gridwatch_inference::{
    eval::{PRIVATE_FOLDER, Shot, Shows},
    geometry::Rect,
};
use maud::{Markup, html};

use super::{say, seconds};
use crate::cli::Language;

/// The picture, its boxes, and a line that says what it shows. Where it may not be shown, the boxes stand on plain ground.
pub fn shown(language: Language, shot: &Shot) -> Markup {
    let (width, height) = shot.size;
    let caption = format!("{} {}", seconds(language, shot.at_s), what(language, shot.shows));
    html! {
        figure {
            svg viewBox={ "0 0 " (width) " " (height) } role="img" aria-label=(caption) {
                @if let Some(jpeg) = &shot.jpeg {
                    image width=(width) height=(height) href={ "data:image/jpeg;base64," (STANDARD.encode(jpeg)) } {}
                } @else {
                    rect.ground width=(width) height=(height) {}
                }
                @for rect in &shot.upright { (outline("upright", rect, shot.size)) }
                @for rect in &shot.lying { (outline("lying", rect, shot.size)) }
                @if let Some(rect) = &shot.alert { (outline("alert", rect, shot.size)) }
            }
            figcaption {
                (caption)
                @if shot.jpeg.is_none() { " · " (private(language)) }
            }
        }
    }
}

fn outline(class: &str, rect: &Rect, (width, height): (u32, u32)) -> Markup {
    let Rect { x1, y1, x2, y2 } = rect.scaled(width as f32, height as f32);
    let round = |value: f32| format!("{value:.1}");
    html! {
        rect class=(class) x=(round(x1)) y=(round(y1)) width=(round(x2 - x1)) height=(round(y2 - y1)) {}
    }
}

fn what(language: Language, shows: Shows) -> &'static str {
    let (zh, en) = match shows {
        Shows::FallBegins => ("倒地开始", "the fall"),
        Shows::Alert => ("告警", "alert"),
        Shows::Missed => ("仍无告警", "and no alert"),
        Shows::Counted => ("计数画面", "counted"),
    };
    say(language, zh, en)
}

/// Why a picture is not there.
pub fn private(language: Language) -> String {
    match language {
        Language::Zh => format!("画面不展示：该片段位于 {PRIVATE_FOLDER}，仅供本地评测"),
        Language::En => format!("picture withheld: the clip lies in {PRIVATE_FOLDER}, for evaluation only"),
    }
}
