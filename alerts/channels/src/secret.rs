//! Keys, passwords and addresses that are as good as keys: used, never shown.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use url::Url;
use utoipa::ToSchema;

/// What is shown instead of a secret.
const HIDDEN: &str = "***";

/// A piece of an address shorter than this is a word, such as `send` or `v2`; a longer one may be a token.
const TOKEN_CHARS_MIN: usize = 8;

/// A key, a token or a password. It is read from a configuration and never shown: not by `Debug`, not by `Display`, and not
/// when the configuration is written out again.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = "password")]
pub struct Secret(String);

/// An address in which whoever knows it may send. Only its scheme, host and port are shown.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = "uri")]
pub struct SecretUrl(String);

// === impl Secret ===

impl Secret {
    /// A secret that holds this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for whoever has to use it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

// === impl SecretUrl ===

impl SecretUrl {
    /// An address; whether it is one is checked where it is used.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The address itself, for whoever has to use it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Url::parse(&self.0) {
            Ok(url) if url.has_host() => write!(f, "{}://{}/{HIDDEN}", url.scheme(), authority(&url)),
            _ => f.write_str(HIDDEN),
        }
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Host, and port where it is not the scheme's own.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// What of an address might be a token, so that it can be struck out of what a receiver echoes.
pub(crate) fn tokens_of(url: &Url) -> Vec<String> {
    let segments = url.path_segments().into_iter().flatten().map(str::to_owned);
    let raw = url.query().into_iter().flat_map(|query| query.split(['&', '=']).map(str::to_owned));
    let decoded = url.query_pairs().map(|(_, value)| value.into_owned());
    let mut tokens: Vec<String> =
        segments.chain(raw).chain(decoded).filter(|token| token.chars().count() >= TOKEN_CHARS_MIN).collect();
    // The longest first: one token may hold another.
    tokens.sort_by_key(|token| std::cmp::Reverse(token.len()));
    tokens.dedup();
    tokens
}

/// The text without the secrets, at most `chars_max` characters of it, on one line.
pub(crate) fn redact(text: &str, secrets: &[String], chars_max: usize) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, HIDDEN);
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(chars_max).collect()
}
