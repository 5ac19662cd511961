//! The languages that reports are written in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A language that reports are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

/// The same words in every language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Words {
    /// 中文
    pub zh: String,
    /// English
    pub en: String,
}

// === impl Language ===

impl Language {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// The one of two texts that is in this language.
    pub(crate) fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

// === impl Words ===

impl Words {
    pub(crate) fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The words in one language.
    pub fn of(&self, language: Language) -> &str {
        language.pick(&self.zh, &self.en)
    }
}
