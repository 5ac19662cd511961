//! The languages that people are answered in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A language that people are answered in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

impl Language {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// The one of two sentences that is in this language.
    pub(crate) fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}
