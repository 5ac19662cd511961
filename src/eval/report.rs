//! An evaluation as one HTML file that stands by itself: pictures within, no script, nothing fetched.
//!
//! Every text that comes from outside (names of files, notes, the command) is escaped by the template.

mod crowd;
mod falls;
mod origin;
mod picture;
mod strip;
#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{Context, bail};
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub use self::{
    crowd::crowd,
    falls::falls,
    origin::{Origin, Setting},
};
use crate::cli::Language;

const STYLE: &str = include_str!("report/report.css");
/// A browser that is shown a page in which something was smuggled in does not run or fetch it either.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// Says before a long run that its report could not be written in the end.
///
/// # Errors
/// When the folder of `file` is not there, or `file` is a folder.
pub fn check_place(file: &Path) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!("the report cannot be written: {} is no folder", folder.display());
    }
    if file.is_dir() {
        bail!("the report cannot be written: {} is a folder; name a file in it", file.display());
    }
    Ok(())
}

/// Writes a report.
///
/// # Errors
/// When the file cannot be written.
pub fn write(page: Markup, file: &Path) -> anyhow::Result<()> {
    std::fs::write(file, page.into_string()).with_context(|| format!("cannot write {}", file.display()))
}

/// A page of this title around `body`, with how it came about below.
fn page(language: Language, title: &str, origin: &Origin, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(tag(language)) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · gridwatch" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        p.note { "格哨 gridwatch " (origin.version) " · " time { (origin.made_at()) } }
                        h1 { (title) }
                    }
                    (body)
                    (origin.shown(language))
                }
            }
        }
    }
}

/// One figure of a summary, with what it is and, if there is more to say, what to know about it.
fn figure(name: &str, value: &str, about: &str) -> Markup {
    html! {
        div.figure {
            dt { (name) }
            dd.value { (value) }
            dd.note { (about) }
        }
    }
}

fn tag(language: Language) -> &'static str {
    say(language, "zh-CN", "en")
}

/// What is said in the one language or the other.
fn say<'a>(language: Language, zh: &'a str, en: &'a str) -> &'a str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// A time or a duration.
fn seconds(language: Language, value: f64) -> String {
    format!("{value:.1} {}", say(language, "秒", "s"))
}
