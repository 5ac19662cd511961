//! The clip as the camera sent it, encrypted: kept only where that is switched on, and opened by two people with a reason.
//!
//! A file is `magic ‖ nonce ‖ wrapped key ‖ nonce ‖ ciphertext`. Each file has a key of its own, drawn at random, which is
//! wrapped by the key of the key file; both steps are AES-256-GCM (NIST SP 800-38D) and are bound to the alert's number, so that
//! no file can take the place of another one's.

use std::{fmt, io, os::unix::fs::PermissionsExt, path::Path};

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead, Payload},
};
use jiff::Timestamp;
use rand::CryptoRng;

use super::token::{KEY_BYTES, is_token, token};
use crate::alert::AlertId;

/// What every file begins with, and the form of what follows.
const MAGIC: &[u8; 8] = b"GWORIG1\0";
/// The nonce of SP 800-38D, 96 bits. Each key encrypts once, and the key file wraps keys drawn at random: chance does not repeat.
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const WRAPPED_BYTES: usize = KEY_BYTES + TAG_BYTES;

/// The key of the key file. Never shown.
#[derive(Clone)]
pub(super) struct OriginalKey([u8; KEY_BYTES]);

/// Why an original cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the original is not of this alert, not whole, or of another key")]
pub struct NotOpened;

// === impl OriginalKey ===

impl OriginalKey {
    /// Reads a key file: 64 hexadecimal digits, as `openssl rand -hex 32` gives them, readable to its owner alone.
    ///
    /// # Errors
    /// When it cannot be read, holds anything else, or others may read it. No error shows what it holds.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            return Err(io::Error::other("others may read the key file; chmod 600 it"));
        }
        let text = std::fs::read_to_string(path)?;
        let wrong =
            || io::Error::other("the key file must hold 64 hexadecimal digits (openssl rand -hex 32)");
        let digits = text.trim();
        if digits.len() != 2 * KEY_BYTES || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut key = [0; KEY_BYTES];
        for (byte, pair) in key.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(Self(key))
    }

    /// Encrypts a file of this alert. Blocks for some milliseconds a megabyte: not for an async thread.
    ///
    /// # Errors
    /// When it is longer than the cipher takes (64 GiB).
    pub(super) fn seal(
        &self,
        alert: AlertId,
        plain: &[u8],
        random: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, NotOpened> {
        let (mut key, mut nonces) = ([0; KEY_BYTES], [0; 2 * NONCE_BYTES]);
        random.fill_bytes(&mut key);
        random.fill_bytes(&mut nonces);
        let (outer, inner) = nonces.split_at(NONCE_BYTES);
        let bound = bound_to(alert);
        let wrapped = cipher(&self.0)?.encrypt(outer.into(), Payload { msg: &key, aad: &bound });
        let secret = cipher(&key)?.encrypt(inner.into(), Payload { msg: plain, aad: &bound });
        let parts = [MAGIC.as_slice(), outer, &wrapped.map_err(|_| NotOpened)?, inner];
        let mut file = parts.concat();
        file.extend_from_slice(&secret.map_err(|_| NotOpened)?);
        Ok(file)
    }

    /// Decrypts a file of this alert. Blocks as [`OriginalKey::seal`] does.
    ///
    /// # Errors
    /// When it is another alert's, another key's, or was changed.
    pub(super) fn open(&self, alert: AlertId, file: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let rest = file.strip_prefix(MAGIC).ok_or(NotOpened)?;
        let (outer, rest) = rest.split_at_checked(NONCE_BYTES).ok_or(NotOpened)?;
        let (wrapped, rest) = rest.split_at_checked(WRAPPED_BYTES).ok_or(NotOpened)?;
        let (inner, secret) = rest.split_at_checked(NONCE_BYTES).ok_or(NotOpened)?;
        let bound = bound_to(alert);
        let key = cipher(&self.0)?.decrypt(outer.into(), Payload { msg: wrapped, aad: &bound });
        let plain =
            cipher(&key.map_err(|_| NotOpened)?)?.decrypt(inner.into(), Payload { msg: secret, aad: &bound });
        plain.map_err(|_| NotOpened)
    }

    /// What makes the link of an approved request: nobody without the key file can make one, and nothing has to be kept.
    pub(super) fn token(&self, alert: AlertId, request: u32, approved_at: Timestamp) -> String {
        token(&self.0, &link_of(alert, request, approved_at)).unwrap_or_default()
    }

    /// Whether this is the token of that request.
    pub(super) fn is_token(&self, given: &str, alert: AlertId, request: u32, approved_at: Timestamp) -> bool {
        is_token(&self.0, &link_of(alert, request, approved_at), given)
    }
}

impl fmt::Debug for OriginalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OriginalKey(hidden)")
    }
}

fn link_of(alert: AlertId, request: u32, approved_at: Timestamp) -> String {
    format!("gridwatch original link|{alert}|{request}|{}", approved_at.as_nanosecond())
}

fn cipher(key: &[u8]) -> Result<Aes256Gcm, NotOpened> {
    Aes256Gcm::new_from_slice(key).map_err(|_| NotOpened)
}

fn bound_to(alert: AlertId) -> [u8; 16] {
    let mut bound = [0; 16];
    bound[..8].copy_from_slice(MAGIC);
    bound[8..].copy_from_slice(&alert.0.to_be_bytes());
    bound
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    const KEY: OriginalKey = OriginalKey([7; KEY_BYTES]);

    proptest! {
        #[test]
        fn what_was_sealed_is_opened_and_nothing_else(
            plain in prop::collection::vec(any::<u8>(), 0..300), seed: u64, at in any::<prop::sample::Index>(), bit in 0..8u8
        ) {
            let sealed = KEY.seal(AlertId(5), &plain, &mut StdRng::seed_from_u64(seed)).unwrap();
            prop_assert_eq!(KEY.open(AlertId(5), &sealed), Ok(plain.clone()));
            prop_assert_eq!(KEY.open(AlertId(6), &sealed), Err(NotOpened), "another alert's");
            prop_assert_eq!(OriginalKey([8; KEY_BYTES]).open(AlertId(5), &sealed), Err(NotOpened), "another key's");
            let mut changed = sealed.clone();
            changed[at.index(sealed.len())] ^= 1 << bit;
            prop_assert_eq!(KEY.open(AlertId(5), &changed), Err(NotOpened), "changed");
            prop_assert_eq!(KEY.open(AlertId(5), &sealed[..at.index(sealed.len())]), Err(NotOpened), "cut off");
            if plain.len() > 8 {
                prop_assert!(!sealed.windows(plain.len()).any(|window| window == plain), "not encrypted");
            }
        }
    }

    #[test]
    fn each_file_has_a_key_of_its_own() {
        let mut random = StdRng::seed_from_u64(1);
        let sealed: Vec<_> =
            (0..2).map(|_| KEY.seal(AlertId(5), b"the same", &mut random).unwrap()).collect();
        assert_ne!(sealed[0][8..], sealed[1][8..]);
    }

    #[test]
    fn a_token_is_of_one_approval() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let token = KEY.token(AlertId(5), 1, at(0));
        assert!(KEY.is_token(&token, AlertId(5), 1, at(0)));
        for (alert, request, when) in [(6, 1, 0), (5, 2, 0), (5, 1, 1)] {
            assert!(!KEY.is_token(&token, AlertId(alert), request, at(when)));
        }
        assert!(!KEY.is_token("", AlertId(5), 1, at(0)) && !KEY.is_token(&token[1..], AlertId(5), 1, at(0)));
    }

    #[test]
    fn a_key_file_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let write = |text: &str, mode| {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
            OriginalKey::read(&file)
        };
        let digits = "0f".repeat(32);
        assert_eq!(write(&format!("{digits}\n"), 0o600).unwrap().0, [15; 32]);
        assert!(write(&digits, 0o640).unwrap_err().to_string().contains("others may read"));
        for wrong in ["", "0f", &"zz".repeat(32), &format!("+{}", &digits[1..])] {
            let told = write(wrong, 0o600).unwrap_err().to_string();
            assert!(told.contains("64 hexadecimal digits"), "{told}");
        }
    }
}
