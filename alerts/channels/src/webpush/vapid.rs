//! Who we are to a push service: a token signed for its origin (RFC 8292).

use std::fmt;

use base64::Engine;
use jiff::{SignedDuration, Timestamp};
use rand::CryptoRng;
use serde_json::json;
use url::Url;
use web_push_native::p256::{
    SecretKey,
    ecdsa::{Signature, SigningKey, signature::Signer},
    elliptic_curve::sec1::ToEncodedPoint,
};

use super::{BASE64_URL, decode};
use crate::secret::Secret;

/// How long a token is good. RFC 8292 allows 24 h; half of it forgives a clock that is off.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(12);

/// Our pair of keys on P-256. Subscriptions are bound to it: with another pair all browsers have to subscribe again.
#[derive(Clone)]
pub struct VapidKeys(SecretKey);

/// What signs our messages.
pub(super) struct Vapid {
    key: SigningKey,
    public_key: String,
    contact: String,
}

// === impl VapidKeys ===

impl VapidKeys {
    /// A new pair.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        loop {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            // One number in 2^32 is none of the curve's.
            if let Ok(key) = SecretKey::from_slice(&bytes) {
                return Self(key);
            }
        }
    }

    /// The pair that belongs to a private key; none where the text is none.
    pub fn from_private_key(private_key: &Secret) -> Option<Self> {
        Some(Self(SecretKey::from_slice(&decode(private_key.expose())?).ok()?))
    }

    /// The private key, 32 bytes in base64url, to be kept.
    pub fn private_key(&self) -> Secret {
        Secret::new(BASE64_URL.encode(self.0.to_bytes()))
    }

    /// The public key, uncompressed, in base64url: what a browser takes as `applicationServerKey`.
    pub fn public_key(&self) -> String {
        BASE64_URL.encode(self.0.public_key().to_encoded_point(false))
    }
}

impl fmt::Debug for VapidKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VapidKeys").field(&self.public_key()).finish()
    }
}

// === impl Vapid ===

impl Vapid {
    pub(super) fn new(keys: VapidKeys, contact: &str) -> Self {
        let public_key = keys.public_key();
        Self { key: SigningKey::from(keys.0), public_key, contact: contact.to_owned() }
    }

    /// The `Authorization` header for a push service. The audience is its origin, with its port where that is unusual.
    pub(super) fn authorization(&self, endpoint: &Url, now: Timestamp) -> String {
        let header = json!({"typ": "JWT", "alg": "ES256"});
        let claims = json!({
            "aud": endpoint.origin().ascii_serialization(),
            "exp": (now + GOOD_FOR).as_second(),
            "sub": self.contact,
        });
        let signed =
            format!("{}.{}", BASE64_URL.encode(header.to_string()), BASE64_URL.encode(claims.to_string()));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("vapid t={signed}.{}, k={}", BASE64_URL.encode(signature.to_bytes()), self.public_key)
    }
}
