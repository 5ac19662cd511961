//! `[push]`: pushes to the browsers of people.

use std::path::{Path, PathBuf};

use super::{Section, path};

/// How pushes are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushSettings {
    /// Whom a push service may write to about us.
    pub contact: String,
    /// Where our private key is; it is made there where there is none.
    pub key_file: PathBuf,
    /// Whether push services may be in our own network.
    pub private_service: bool,
}

/// Reads `[push]`; none where it is not given.
pub(super) fn read(section: &Section<'_>, folder: &Path) -> Option<PushSettings> {
    if !section.is_given() {
        return None;
    }
    section.require("contact", "a mailto: or https: address");
    let contact = section.text("contact", "a mailto: or https: address", |text| {
        let has = |scheme: &str| text.len() > scheme.len() && text.starts_with(scheme);
        (has("mailto:") || has("https://")).then(|| text.to_owned())
    });
    let key_file = path(section, "key_file", folder, "gridwatch-data/push.key");
    let private_service = section.flag("private_service", false);
    Some(PushSettings { contact: contact?, key_file, private_service })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn pushes_are_sent_where_somebody_answers_for_them() {
        let parse = |text: &str| Config::parse(text, Path::new("/etc/gridwatch"));
        assert_eq!(parse("").unwrap().push, None);
        let push = parse("[push]\ncontact = \"mailto:duty@street.example\"\n").unwrap().push.unwrap();
        assert_eq!(push.key_file, Path::new("/etc/gridwatch/gridwatch-data/push.key"));
        assert!(!push.private_service);
        for wrong in ["[push]\n", "[push]\ncontact = \"duty\"\n", "[push]\ncontact = \"mailto:\"\n"] {
            let told: String = parse(wrong).unwrap_err().iter().map(ToString::to_string).collect();
            assert!(told.contains("push") && told.contains("mailto:"), "{told}");
        }
    }
}
