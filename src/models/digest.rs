//! SHA-256 digests of model files.

use std::{
    fmt,
    io::{self, Read},
    path::Path,
};

use sha2::{Digest as _, Sha256};

/// A SHA-256. Shown as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

// === impl Digest ===

impl Digest {
    /// What may be written for a digest.
    pub const ALLOWED: &str = "a SHA-256: 64 hexadecimal digits";

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut digest = [0; 32];
        for (byte, digits) in digest.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(digest))
    }

    /// The digest of a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(file: &Path) -> io::Result<Self> {
        let mut hash = Sha256::new();
        add(&mut hash, &mut std::fs::File::open(file)?)?;
        Ok(Self::from(hash))
    }
}

impl From<Sha256> for Digest {
    fn from(hash: Sha256) -> Self {
        Self(hash.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// Adds all that is left of `file` and gives its length in bytes.
pub(super) fn add(hash: &mut Sha256, file: &mut impl Read) -> io::Result<u64> {
    let mut memory = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match file.read(&mut memory) {
            Ok(0) => return Ok(bytes),
            Ok(read) => {
                hash.update(&memory[..read]);
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_file_has_the_digest_of_the_standard_and_its_text_is_read_back() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("abc");
        std::fs::write(&file, "abc").unwrap();
        let digest = Digest::of(&file).unwrap();
        assert_eq!(digest.to_string(), ABC);
        assert_eq!(Digest::parse(&ABC.to_uppercase()), Some(digest));
        for wrong in ["", &ABC[1..], &ABC.replace('b', "g"), &format!("+{}", &ABC[1..])] {
            assert_eq!(Digest::parse(wrong), None, "{wrong}");
        }
    }
}
