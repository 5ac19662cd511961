//! `eval crowd` as a page.

use gridwatch_inference::{
    crowd::Spoke,
    eval_crowd::{CrowdScore, PictureReport},
};
use maud::{Markup, html};

use super::{Origin, falls::masked, figure, page, picture, say, seconds};
use crate::cli::Language;

/// The page about these pictures.
pub fn crowd(language: Language, score: &CrowdScore, pictures: &[PictureReport], origin: &Origin) -> Markup {
    let say = |zh, en| say(language, zh, en);
    let body = html! {
        (summary(language, score))
        p.caution { (say(
            "这些数字只说明程序在这些画面上的表现，不代表街面上的表现；比较的是人数，不是逐个的人。",
            "These figures say how the program does on these pictures, not how it does on a street; numbers are compared, not persons.",
        )) }
        section {
            h2 { (say("逐个画面", "Picture by picture")) }
            table.clips {
                thead { tr {
                    th { (say("画面", "Picture")) }
                    th { (say("时刻", "At")) }
                    th { (say("实际人数", "There")) }
                    th { (say("计数", "Counted")) }
                    th { (say("误差", "Error")) }
                    th { (say("计数模型", "Spoke")) }
                    th { (say("切块", "Tiles")) }
                } }
                @for report in pictures { (row(language, report)) }
            }
        }
        p.note { (masked(language)) }
    };
    page(language, say("人群计数评测", "How well crowds are counted"), origin, &body)
}

fn summary(language: Language, score: &CrowdScore) -> Markup {
    let say = |zh, en| say(language, zh, en);
    let mae = score.mae.map_or("–".to_owned(), |mae| format!("{mae:.1}"));
    let mape = score.mape.map_or("–".to_owned(), |mape| format!("{:.1} %", 100.0 * mape));
    html! {
        dl.summary {
            (figure(say("画面", "Pictures"), &score.pictures.to_string(), ""))
            (figure(say("平均误差 MAE", "Mean error, MAE"), &mae, say("人", "people")))
            (figure(say("平均相对误差 MAPE", "Mean share, MAPE"), &mape, say("占实际人数", "of those who are there")))
        }
    }
}

fn row(language: Language, report: &PictureReport) -> Markup {
    let score = &report.score;
    html! {
        tbody.clip {
            tr {
                th.path scope="row" {
                    (score.picture.display())
                    @if let Some(note) = &report.counted.note { span.note { (note) } }
                }
                td { (seconds(language, score.at_s)) }
                td { (score.truth) }
                td { (score.counted) }
                td { (error(score.counted, score.truth)) }
                td { (spoke(language, score.spoke)) }
                td { (if score.tiles { say(language, "是", "yes") } else { say(language, "否", "no") }) }
            }
            @if let Some(shot) = &report.shot {
                tr.seen { td colspan="7" { div.shots.large { (picture::shown(language, shot)) } } }
            }
        }
    }
}

/// How many too many or too few, and which share of those who are there.
fn error(counted: usize, truth: usize) -> String {
    let sign = match counted.cmp(&truth) {
        std::cmp::Ordering::Less => "−",
        std::cmp::Ordering::Equal => "",
        std::cmp::Ordering::Greater => "+",
    };
    let off = counted.abs_diff(truth);
    if truth == 0 {
        return format!("{sign}{off}");
    }
    format!("{sign}{off} ({sign}{:.1} %)", 100.0 * off as f64 / truth as f64)
}

fn spoke(language: Language, spoke: Spoke) -> &'static str {
    let (zh, en) = match spoke {
        Spoke::Boxes => ("人体框", "boxes"),
        Spoke::Points => ("人头点", "points"),
        Spoke::DensityMap => ("密度图", "density map"),
    };
    say(language, zh, en)
}
