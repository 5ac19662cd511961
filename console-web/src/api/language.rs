//! The language of the reader.

use axum::http::{HeaderMap, header};
use gridwatch_alerts::{grids, reports, roster};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::probe::Language;

/// A language that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(as = ReaderLanguage)]
pub enum Asked {
    /// 中文
    #[serde(rename = "zh-CN", alias = "zh")]
    ZhCn,
    /// English
    #[serde(rename = "en")]
    En,
}

/// The language that was asked for; where none was, the one that the browser likes best.
pub fn of_reader(asked: Option<Asked>, headers: &HeaderMap) -> Language {
    match asked {
        Some(Asked::ZhCn) => Language::Zh,
        Some(Asked::En) => Language::En,
        None => accepted(headers),
    }
}

/// The first language of `Accept-Language` that is known here; Chinese where none is. Browsers name the one they like best
/// first.
pub fn accepted(headers: &HeaderMap) -> Language {
    let asked =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = asked.split(',').find_map(|one| match one.trim().to_ascii_lowercase().get(..2) {
        Some("zh") => Some(Language::Zh),
        Some("en") => Some(Language::En),
        _ => None,
    });
    known.unwrap_or(Language::Zh)
}

impl From<Language> for grids::Lang {
    fn from(language: Language) -> Self {
        match language {
            Language::Zh => Self::ZhCn,
            Language::En => Self::En,
        }
    }
}

impl From<Language> for roster::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Zh => Self::Zh,
            Language::En => Self::En,
        }
    }
}

impl From<Language> for reports::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Zh => Self::Zh,
            Language::En => Self::En,
        }
    }
}
