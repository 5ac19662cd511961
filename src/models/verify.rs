//! Holding a model's file against the manifest before it is used.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use gridwatch_inference::{Runtime, inspect};

use super::{
    digest::Digest,
    lock::Lock,
    manifest::Entry,
    standing::{Expected, Standing},
};

/// A model that was named, not given as a file, and where its file must lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// What the manifest says of it.
    pub entry: Entry,
    /// Its file.
    pub file: PathBuf,
}

// === impl Named ===

impl Named {
    /// Holds digest, family and input against the manifest. This comes before a session is made of the file, which can take
    /// a GPU minutes.
    ///
    /// # Errors
    /// When it is not there, or not what the manifest says, with what to do next.
    pub fn verify(&self, runtime: &Runtime) -> anyhow::Result<()> {
        let Self { entry, file } = self;
        let (name, shown) = (&entry.name, file.display());
        let found = Digest::of(file).with_context(|| match entry.url {
            Some(_) => format!("the model {name} is not at {shown}; `gridwatch models pull {name}` gets it"),
            None => format!(
                "the model {name} is not at {shown}; `gridwatch models pull {name} --from DIR` copies it"
            ),
        })?;
        let lock = Lock::read(file.parent().unwrap_or(Path::new("")))?;
        match Standing::of_digest(found, Expected::of(entry, &lock)) {
            Standing::Differs { found, expected } => bail!(
                "{shown} is not the model {name}: its SHA-256 is {found}, that {} is {}; get the right file, or name this \
                 one by `file` instead of `model`",
                expected.origin(),
                expected.digest
            ),
            Standing::Unknown { found } => {
                tracing::warn!(model = %name, sha256 = %found, "nobody knows this model's digest: it is used unchecked");
            }
            Standing::Right | Standing::Missing => {}
        }
        let graph = inspect(runtime, file, Some(entry.input))
            .with_context(|| format!("{shown} is not the model {name} as the manifest has it"))?;
        if graph.family != entry.family {
            bail!(
                "{shown} is not the model {name}: the manifest says {}, it is {}",
                entry.family,
                graph.family
            )
        }
        Ok(())
    }
}
