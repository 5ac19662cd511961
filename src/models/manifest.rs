//! The model manifest: which models there are, and which is used for what.

use std::path::Path;

use gridwatch_inference::{InputSize, Role};
use url::Url;

use super::digest::Digest;
use crate::config::{Mistake, Reader, Section};

/// The manifest that is part of the program.
const BUILT_IN: &str = include_str!("../../configs/models.toml");

/// All models that are known by name.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// The models, in the manifest's order.
    pub models: Vec<Entry>,
    /// The name of the model that is used for a role unless the configuration names another.
    defaults: Vec<(Role, String)>,
}

/// One model.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What the configuration and the command line call it.
    pub name: String,
    /// The name of its file, without a folder.
    pub file: String,
    /// What it can be used for.
    pub roles: Vec<Role>,
    /// The family that its graph must turn out to be of.
    pub family: String,
    /// The input that its graph must turn out to have, in pixels.
    pub input: InputSize,
    /// Boxes below this score are not looked at, 0 to 1.
    score_min: f32,
    /// The same where it looks for the fallen.
    score_min_fallen: Option<f32>,
    /// Boxes that overlap by more than this mean the same person, 0 to 1.
    pub iou_max: f32,
    /// Under which licence it is, as SPDX writes it.
    pub licence: String,
    /// Where it comes from, for people.
    pub source: String,
    /// Where its file can be had.
    pub url: Option<Url>,
    /// The file's digest, where it is known.
    pub sha256: Option<Digest>,
    /// The file's length, where it is known.
    pub bytes: Option<u64>,
    /// For which machine it is, in one sentence.
    pub machine: String,
}

// === impl Manifest ===

impl Manifest {
    /// The manifest that is part of the program.
    ///
    /// # Errors
    /// All its mistakes; a test holds that there are none.
    pub fn built_in() -> Result<Self, Vec<Mistake>> {
        Self::parse(BUILT_IN)
    }

    /// Reads a manifest's text.
    ///
    /// # Errors
    /// All mistakes in it.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let (reader, document) = Reader::parse(text).map_err(|mistake| vec![mistake])?;
        let manifest = read(&Section::root(&reader, document.as_table()));
        let mistakes = reader.into_mistakes();
        if mistakes.is_empty() { Ok(manifest) } else { Err(mistakes) }
    }

    /// The model of that name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.models.iter().find(|entry| entry.name == name)
    }

    /// The model that is used for `role` unless the configuration names another.
    pub fn default_of(&self, role: Role) -> Option<&Entry> {
        let (_, name) = self.defaults.iter().find(|(of, _)| *of == role)?;
        self.get(name)
    }

    /// All names, for people who typed another.
    pub fn names(&self) -> String {
        self.models.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

// === impl Entry ===

impl Entry {
    /// The least score of a box, 0 to 1.
    pub fn score_min(&self, role: Role) -> f32 {
        self.score_min_fallen.filter(|_| role == Role::Fallen).unwrap_or(self.score_min)
    }
}

const NAME: &str = "1 to 64 of a-z 0-9 - _ .";
const FILE: &str = "a file's name, without a folder";
const INPUT: &str = "width x height in pixels, such as \"640x384\"";

fn read(root: &Section<'_>) -> Manifest {
    let mut models: Vec<Entry> = Vec::new();
    for section in root.sections("model") {
        let Some(entry) = read_entry(&section) else { continue };
        if models.iter().any(|other| other.name == entry.name || other.file == entry.file) {
            let found = format!("\"{}\" a second time", entry.name);
            section.contradiction(["name"], found, "a name and a file that no other model has");
        }
        models.push(entry);
    }
    let roles = root.section("roles");
    let mut defaults = Vec::new();
    for role in Role::ALL {
        let of_role =
            |name: &str| models.iter().any(|entry| entry.name == name && entry.roles.contains(&role));
        let allowed = "the name of a model that has the role";
        roles.require(role.name(), allowed);
        if let Some(name) = roles.text(role.name(), allowed, |name| of_role(name).then(|| name.to_owned())) {
            defaults.push((role, name));
        }
    }
    Manifest { models, defaults }
}

fn read_entry(section: &Section<'_>) -> Option<Entry> {
    let required = |key, allowed| {
        section.require(key, allowed);
        section.text(key, allowed, |text| (!text.trim().is_empty()).then(|| text.trim().to_owned()))
    };
    let roles = format!("some of {}", Role::ALL.map(Role::name).join(", "));
    section.require("roles", &roles);
    section.require("name", NAME);
    section.require("file", FILE);
    section.require("input", INPUT);
    section.require("score_min", "a number from 0.01 to 1");
    let share = |key| section.number_if_given(key, 0.01..=1.0).map(|share| share as f32);
    // All are asked for before the first that is missing ends it, so that all mistakes are told.
    let name = section.text("name", NAME, |text| is_name(text).then(|| text.to_owned()));
    let file = section.text("file", FILE, |text| is_file_name(text).then(|| text.to_owned()));
    let roles = section.texts("roles", &roles, Role::from_name);
    let (family, licence) = (required("family", "a family"), required("licence", "an SPDX licence"));
    let (source, machine) = (required("source", "where it comes from"), required("machine", "a sentence"));
    let input = section.text("input", INPUT, read_size);
    let (score_min, score_min_fallen, iou_max) =
        (share("score_min"), share("score_min_fallen"), share("iou_max"));
    let url = section.text("url", "http:// or https://", |text| {
        Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()))
    });
    let sha256 = section.text("sha256", Digest::ALLOWED, Digest::parse);
    let bytes = section.whole_if_given("bytes", 1..=i64::MAX).map(i64::unsigned_abs);
    Some(Entry {
        name: name?,
        file: file?,
        roles,
        family: family?,
        input: input?,
        score_min: score_min?,
        score_min_fallen,
        iou_max: iou_max.unwrap_or(0.45),
        licence: licence?,
        source: source?,
        url,
        sha256,
        bytes,
        machine: machine?,
    })
}

fn is_name(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    (1..=64).contains(&text.len()) && text.chars().all(letter)
}

/// Whatever a manifest says, a file lands in the folder for models.
fn is_file_name(text: &str) -> bool {
    Path::new(text).file_name().is_some_and(|name| name == text) && !text.starts_with('.')
}

fn read_size(text: &str) -> Option<InputSize> {
    let (width, height) = text.split_once('x')?;
    let side = |text: &str| text.parse().ok().filter(|side| (1..=8192).contains(side));
    Some(InputSize { width: side(width)?, height: side(height)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "[[model]]\nname = \"a\"\nfile = \"a.onnx\"\nroles = [\"person\", \"fallen\"]\nfamily = \"f\"\n\
        input = \"640x384\"\nscore_min = 0.3\nscore_min_fallen = 0.2\nlicence = \"MIT\"\nsource = \"us\"\nmachine = \"any\"\n";

    #[test]
    fn the_built_in_manifest_is_right_and_every_role_has_a_model() {
        let manifest = Manifest::built_in().unwrap();
        for role in Role::ALL {
            assert!(manifest.default_of(role).is_some(), "{}", role.name());
        }
        for entry in &manifest.models {
            assert_eq!(entry.sha256.is_some(), entry.bytes.is_some(), "{}: known or not", entry.name);
            assert!(entry.sha256.is_some() || entry.url.is_some(), "{} cannot be had at all", entry.name);
            let unencrypted = entry.url.as_ref().is_some_and(|url| url.scheme() != "https");
            assert!(!unencrypted, "{}: nobody checks the first use of it", entry.name);
        }
    }

    #[test]
    fn a_models_score_depends_on_the_role() {
        let roles = "[roles]\nperson = \"a\"\nfallen = \"a\"\npose = \"a\"\ncrowd = \"a\"\n";
        let all = MODEL.replace("[\"person\", \"fallen\"]", "[\"person\", \"fallen\", \"pose\", \"crowd\"]");
        let manifest = Manifest::parse(&format!("{roles}{all}")).unwrap();
        let entry = manifest.default_of(Role::Fallen).unwrap();
        assert_eq!((entry.score_min(Role::Person), entry.score_min(Role::Fallen)), (0.3, 0.2));
        assert_eq!((entry.input.width, entry.input.height), (640, 384));
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let text = "[roles]\nperson = \"b\"\nfallen = \"a\"\npose = \"a\"\n".to_owned()
            + MODEL
            + "url = \"file:///etc/passwd\"\nsha256 = \"abc\"\n"
            + &MODEL.replace("a.onnx", "../a.onnx").replace("name = \"a\"", "name = \"A b\"")
            + MODEL;
        let mistakes: Vec<String> =
            Manifest::parse(&text).unwrap_err().iter().map(ToString::to_string).collect();
        for expected in [
            "roles.crowd: found nothing; allowed: the name of a model that has the role",
            "line 2: roles.person: found \"b\"; allowed: the name of a model that has the role",
            "line 4: roles.pose: found \"a\"",
            "line 16: model[1].url: found \"file:///etc/passwd\"; allowed: http:// or https://",
            "line 17: model[1].sha256: found \"abc\"; allowed: a SHA-256: 64 hexadecimal digits",
            "line 19: model[2].name: found \"A b\"; allowed: 1 to 64 of a-z 0-9 - _ .",
            "line 20: model[2].file: found \"../a.onnx\"; allowed: a file's name, without a folder",
            "line 30: model[3].name: found \"a\" a second time",
        ] {
            assert!(mistakes.iter().any(|mistake| mistake.contains(expected)), "{expected}: {mistakes:#?}");
        }
        assert_eq!(mistakes.len(), 8, "{mistakes:#?}");
    }
}
