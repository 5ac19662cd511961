//! `models.lock.toml`: the digests of files that the manifest has none for, written when they were first pulled.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use toml_edit::{DocumentMut, Item, Table, value};

use super::digest::Digest;

const NAME: &str = "models.lock.toml";
const INTRODUCTION: &str = "# Digests of model files whose manifest gives none, written by `gridwatch models pull` when each was first pulled.\n\
    # Every later file of that name must have the same one. Remove a model's section if its publisher has changed the file.\n";

/// The recorded digests of one folder of models.
pub struct Lock {
    file: PathBuf,
    document: DocumentMut,
}

// === impl Lock ===

impl Lock {
    /// Reads the records of a folder; there are none yet where there is no file.
    ///
    /// # Errors
    /// When the file is there and cannot be read. Its digests are a safeguard: they are not passed over.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join(NAME);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        let document: DocumentMut = text.parse().with_context(|| format!("{} is no TOML", file.display()))?;
        let lock = Self { file, document };
        for (name, _) in lock.document.iter() {
            if lock.digest(name).is_none() {
                bail!("{}: {name} has no sha256; remove its section, or pull it again", lock.file.display());
            }
        }
        Ok(lock)
    }

    /// The digest that the model had when it was first pulled.
    pub fn digest(&self, name: &str) -> Option<Digest> {
        self.document.get(name)?.get("sha256")?.as_str().and_then(Digest::parse)
    }

    /// Where the records are.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Writes down that the model `name`, from `origin`, has this digest.
    ///
    /// # Errors
    /// When the file cannot be written; then the one before is still whole.
    pub fn record(&mut self, name: &str, digest: Digest, bytes: u64, origin: &str) -> anyhow::Result<()> {
        let mut record = Table::new();
        record["sha256"] = value(digest.to_string());
        record["bytes"] = value(i64::try_from(bytes)?);
        record["from"] = value(origin);
        self.document.insert(name, Item::Table(record));
        let records = self.document.to_string();
        let introduction = if records.starts_with('#') { "" } else { INTRODUCTION };
        let new = self.file.with_extension("toml.new");
        std::fs::write(&new, format!("{introduction}{records}"))
            .and_then(|()| std::fs::rename(&new, &self.file))
            .with_context(|| format!("cannot write {}", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_is_read_back_and_the_rest_is_kept() {
        let folder = tempfile::TempDir::new().unwrap();
        let [first, second] = ["a", "b"].map(|digit| Digest::parse(&digit.repeat(64)).unwrap());
        assert_eq!(Lock::read(folder.path()).unwrap().digest("one"), None);
        Lock::read(folder.path()).unwrap().record("one", first, 3, "https://example.org/one").unwrap();
        Lock::read(folder.path()).unwrap().record("two.onnx", second, 4, "/media/usb").unwrap();
        let lock = Lock::read(folder.path()).unwrap();
        assert_eq!((lock.digest("one"), lock.digest("two.onnx")), (Some(first), Some(second)));
        let text = std::fs::read_to_string(lock.file()).unwrap();
        assert!(
            text.starts_with(INTRODUCTION) && text.contains("from = \"https://example.org/one\""),
            "{text}"
        );
    }

    #[test]
    fn a_record_that_is_broken_is_not_passed_over() {
        let folder = tempfile::TempDir::new().unwrap();
        for (text, expected) in
            [("[one]\nsha256 = \"abc\"\n", "one has no sha256"), ("[one", "models.lock.toml is no TOML")]
        {
            std::fs::write(folder.path().join(NAME), text).unwrap();
            let error = Lock::read(folder.path()).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
