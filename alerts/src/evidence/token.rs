//! Tokens of links: HMAC-SHA-256 in hexadecimal. Nobody without the key can make one, and nothing has to be kept.

use hmac::{Hmac, KeyInit as _, Mac};
use sha2::Sha256;

use super::manifest::hex;

/// How long the keys are.
pub(super) const KEY_BYTES: usize = 32;

/// The token of what a link is for; none only where the key does not fit, which does not happen.
pub(super) fn token(key: &[u8; KEY_BYTES], of: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(of.as_bytes());
    Some(hex(&mac.finalize().into_bytes()))
}

/// Whether this is the token of that, found out in a time that tells nothing.
pub(super) fn is_token(key: &[u8; KEY_BYTES], of: &str, given: &str) -> bool {
    token(key, of).is_some_and(|expected| {
        let differs = expected.bytes().zip(given.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b));
        expected.len() == given.len() && differs == 0
    })
}
