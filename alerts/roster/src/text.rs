//! Short texts that people type, each of a type of its own: ids, codes, names, phone numbers, reasons.
//!
//! They are kept as they are given. Quotes and any script are allowed; what could break a line, hide, or turn a line
//! around is not.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::language::Language;

/// The shortest numbers that ring anywhere are emergency numbers of three digits.
const PHONE_DIGITS_MIN: usize = 3;

/// A text that is not allowed, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{what} {}", .fault.sentence(Language::En))]
pub struct InvalidText {
    /// What kind of text it was to be.
    pub what: &'static str,
    /// What is wrong with it.
    pub fault: TextFault,
}

/// What can be wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum TextFault {
    /// There is none.
    Empty,
    /// It is too long.
    TooLong {
        /// How many characters are allowed.
        chars_max: usize,
    },
    /// It begins or ends with white space.
    Padded,
    /// It has a character that breaks a line, cannot be seen, or turns the line around.
    Control,
    /// It is no phone number.
    NotAPhone,
}

/// Makes a type for a text of at most so many characters.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $what:tt, $chars_max:tt, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, min_length = 1, max_length = $chars_max)]
        pub struct $name(Arc<str>);

        impl $name {
            #[doc = concat!("Takes 1 to ", $chars_max, " characters.")]
            ///
            /// # Errors
            /// White space at an end, control characters, or another length.
            pub fn new(text: &str) -> Result<Self, InvalidText> {
                let fault = |fault| InvalidText { what: $what, fault };
                check(text, $chars_max).and_then(|()| $check(text)).map_err(fault)?;
                Ok(Self(text.into()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidText;

            fn try_from(text: String) -> Result<Self, InvalidText> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0.as_ref().to_owned()
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

text!(
    /// Names one person for ever.
    PersonId,
    "person id",
    64,
    any
);
text!(
    /// Names one entry of the roster for ever.
    EntryId,
    "entry id",
    128,
    any
);
text!(
    /// A grid's code, as the place writes it.
    GridCode,
    "grid code",
    64,
    any
);
text!(
    /// What somebody or something is called.
    Name,
    "name",
    64,
    any
);
text!(
    /// Why somebody asked for something.
    Reason,
    "reason",
    200,
    any
);
text!(
    /// A phone number as people write it: at least three digits, with signs and spaces between them.
    Phone,
    "phone number",
    32,
    phone
);

// === impl TextFault ===

impl TextFault {
    /// What is wrong, and what is allowed; without a full stop, to follow the name of what it is about.
    pub fn sentence(self, language: Language) -> String {
        match self {
            Self::Empty => language.pick("不能为空", "must not be empty").to_owned(),
            Self::TooLong { chars_max } => language.pick(
                format!("过长，最多 {chars_max} 个字符"),
                format!("is too long: at most {chars_max} characters are allowed"),
            ),
            Self::Padded => {
                language.pick("首尾不能有空格", "must not begin or end with white space").to_owned()
            }
            Self::Control => {
                language.pick("含有控制字符或不可见字符", "has control characters or invisible ones").to_owned()
            }
            Self::NotAPhone => language
                .pick(
                    "不是电话号码：只能有数字、空格和 + - ( ) # *，至少三位数字",
                    "is no phone number: digits, spaces and + - ( ) # * are allowed, and at least three digits needed",
                )
                .to_owned(),
        }
    }
}

fn check(text: &str, chars_max: usize) -> Result<(), TextFault> {
    if text.trim().is_empty() {
        return Err(TextFault::Empty);
    }
    if text.chars().any(is_control) {
        return Err(TextFault::Control);
    }
    if text.trim().len() != text.len() {
        return Err(TextFault::Padded);
    }
    // Counted no further than needed: a text from outside may be huge.
    if text.chars().nth(chars_max).is_some() {
        return Err(TextFault::TooLong { chars_max });
    }
    Ok(())
}

/// Control characters, line and paragraph separators, and the characters of no width, which hide in a name or turn the
/// line around that they stand in.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

fn any(_: &str) -> Result<(), TextFault> {
    Ok(())
}

fn phone(text: &str) -> Result<(), TextFault> {
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | '#' | '*' | ' ');
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if text.chars().all(allowed) && digits >= PHONE_DIGITS_MIN { Ok(()) } else { Err(TextFault::NotAPhone) }
}
