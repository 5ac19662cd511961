//! How a report came about: enough to make the same figures once more.

use std::ffi::OsString;

use anyhow::Context;
use gridwatch_inference::ModelSpec;
use jiff::{Timestamp, Unit};
use maud::{Markup, html};

use super::say;
use crate::{cli::Language, models::Digest};

/// How a report came about.
#[derive(Debug)]
pub struct Origin {
    pub(super) version: &'static str,
    at: Timestamp,
    command: String,
    models: Vec<ModelFile>,
    settings: Vec<Setting>,
}

/// One threshold: its name in the configuration file, and its value.
pub type Setting = (&'static str, String);

/// A model that looked.
#[derive(Debug)]
struct ModelFile {
    role: &'static str,
    spec: ModelSpec,
    sha256: Digest,
}

impl Origin {
    /// A report made at `at` by `command`, with these models (each with its name in the configuration file) and
    /// thresholds. Reads the model files once more, for their SHA-256.
    ///
    /// # Errors
    /// When a model file cannot be read.
    pub fn new(
        at: Timestamp,
        command: impl Iterator<Item = OsString>,
        models: &[(&'static str, &ModelSpec)],
        settings: Vec<Setting>,
    ) -> anyhow::Result<Self> {
        let model = |(role, spec): &(&'static str, &ModelSpec)| {
            let sha256 =
                Digest::of(&spec.file).with_context(|| format!("cannot read {}", spec.file.display()))?;
            Ok(ModelFile { role, spec: (*spec).clone(), sha256 })
        };
        let models: anyhow::Result<Vec<ModelFile>> = models.iter().map(model).collect();
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            at,
            command: command.map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" "),
            models: models?,
            settings,
        })
    }

    pub(super) fn made_at(&self) -> String {
        self.at.round(Unit::Second).unwrap_or(self.at).to_string()
    }

    pub(super) fn shown(&self, language: Language) -> Markup {
        let say = |zh, en| say(language, zh, en);
        html! {
            section {
                h2 { (say("如何得出", "How it came about")) }
                pre { code { (self.command) } }
                table.origin {
                    thead { tr {
                        th { (say("模型", "Model")) }
                        th { (say("文件", "File")) }
                        th { "SHA-256" }
                        th { "score_min" }
                        th { "iou_max" }
                    } }
                    tbody {
                        @for model in &self.models {
                            tr {
                                th scope="row" { "models." (model.role) }
                                td.path { (model.spec.file.file_name().unwrap_or_default().to_string_lossy()) }
                                td.path { (model.sha256.to_string()) }
                                td { (model.spec.score_min) }
                                td { (model.spec.iou_max) }
                            }
                        }
                    }
                }
                @if !self.settings.is_empty() {
                    dl.settings {
                        @for (name, value) in &self.settings {
                            div { dt.path { (name) } dd { (value) } }
                        }
                    }
                }
            }
        }
    }
}

/// A word as it is typed into a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_typed_again() {
        assert_eq!(quoted("--json"), "--json");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
    }
}
