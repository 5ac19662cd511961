//! A model file in the making.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::digest::{self, Digest};

/// The first part of a file: `FILE.part` beside the place where FILE will lie. It outlives the program, so that the next
/// one goes on from there; the digest is computed along the way.
pub struct Partial {
    target: PathBuf,
    path: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
}

// === impl Partial ===

impl Partial {
    /// Opens what an earlier run has left of the file that is to lie at `target`, or begins anew.
    ///
    /// # Errors
    /// When it cannot be written or read.
    pub fn open(target: &Path) -> io::Result<Self> {
        let path = beside(target, ".part");
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path)?;
        let mut hash = Sha256::new();
        let bytes = digest::add(&mut hash, &mut file)?;
        Ok(Self { target: target.to_owned(), path, file, hash, bytes })
    }

    /// How many bytes are there.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which version of the file the server said that this is the beginning of: an ETag or a date.
    pub fn version(&self) -> Option<String> {
        std::fs::read_to_string(beside(&self.path, ".etag")).ok()
    }

    /// Throws away what is there: what comes now is this version, if the server names one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin_anew(&mut self, version: Option<&str>) -> io::Result<()> {
        let etag = beside(&self.path, ".etag");
        // Without it a program that ends here leaves nothing that could be taken for the new version.
        remove(&etag)?;
        self.file.set_len(0)?;
        (self.hash, self.bytes) = (Sha256::new(), 0);
        version.map_or(Ok(()), |version| std::fs::write(etag, version))
    }

    /// Adds what comes next.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// The digest of what is there.
    pub fn digest(&self) -> Digest {
        Digest::from(self.hash.clone())
    }

    /// Puts it in its place, at once and whole.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn install(self) -> io::Result<()> {
        self.file.sync_all()?;
        remove(&beside(&self.path, ".etag"))?;
        std::fs::rename(&self.path, &self.target)
    }

    /// Throws it away.
    ///
    /// # Errors
    /// When the disk does not let it go.
    pub fn discard(self) -> io::Result<()> {
        remove(&beside(&self.path, ".etag"))?;
        remove(&self.path)
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn remove(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_is_gone_on_from_and_installed_whole() {
        let folder = tempfile::TempDir::new().unwrap();
        let target = folder.path().join("a.onnx");
        let mut part = Partial::open(&target).unwrap();
        part.begin_anew(Some("\"v1\"")).unwrap();
        part.append(b"ab").unwrap();
        drop(part);
        let mut part = Partial::open(&target).unwrap();
        assert_eq!((part.bytes(), part.version().as_deref()), (2, Some("\"v1\"")));
        part.append(b"c").unwrap();
        let digest = part.digest();
        assert!(!target.exists(), "not before it is whole");
        part.install().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"abc");
        assert_eq!(Digest::of(&target).unwrap(), digest);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_new_version_begins_anew() {
        let folder = tempfile::TempDir::new().unwrap();
        let mut part = Partial::open(&folder.path().join("a.onnx")).unwrap();
        part.begin_anew(Some("\"v1\"")).unwrap();
        part.append(b"old").unwrap();
        part.begin_anew(None).unwrap();
        assert_eq!((part.bytes(), part.version()), (0, None));
        part.append(b"new").unwrap();
        assert_eq!(std::fs::read(part.path()).unwrap(), b"new");
        part.discard().unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
