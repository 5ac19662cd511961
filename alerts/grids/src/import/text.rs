//! Codes and names as they may be.

use crate::fault::{Allowed, Fault, Property};

/// Longer codes than any scheme has, and longer names than a screen shows.
const CODE_CHARS_MAX: usize = 64;
const NAME_CHARS_MAX: usize = 100;

/// The text without blanks around it.
///
/// # Errors
/// It is empty, too long, or has characters that cannot be seen: they would change what stands beside them in a list, a
/// message or a log.
pub(crate) fn checked(property: Property, text: &str) -> Result<String, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Fault::Property { property, found: None, allowed: Allowed::Text });
    }
    if let Some(control) = text.chars().find(|&c| is_control(c)) {
        return Err(Fault::ControlCharacter { property, character: format!("U+{:04X}", u32::from(control)) });
    }
    let chars_max = if property == Property::Name { NAME_CHARS_MAX } else { CODE_CHARS_MAX };
    let chars = text.chars().count();
    if chars > chars_max { Err(Fault::TooLong { property, chars, chars_max }) } else { Ok(text.to_owned()) }
}

/// Control characters, those that turn the direction of writing, and those without width.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}
