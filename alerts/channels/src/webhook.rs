//! The generic signed webhook, as <https://www.standardwebhooks.com> describes it: for SMS and voice gateways and for whatever a
//! town has of its own.

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::{Timestamp, tz::TimeZone};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    channel::{Channel, ChannelKind, Failure, Receipt},
    config::{ConfigError, Problem},
    http::{Endpoint, Http},
    message::Message,
    render::{Text, render},
    secret::{Secret, SecretUrl},
    sign::hmac_sha256,
};

/// What a shared key begins with in its usual form.
const KEY_PREFIX: &str = "whsec_";

/// How long a shared key is, in bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Where it is, http or https.
    pub url: SecretUrl,
    /// The shared key: 24 to 64 bytes in base64, with or without `whsec_` before them.
    pub secret: Secret,
}

/// The body of a webhook.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    event: String,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    #[serde(flatten)]
    message: &'a Message,
    text: Text,
}

struct Webhook {
    sender: SignedPost,
    zone: TimeZone,
}

/// Posts JSON with a signature: what the webhook and the 28181 gateway share.
pub(crate) struct SignedPost {
    pub endpoint: Endpoint,
    http: Http,
    key: Vec<u8>,
}

// === impl WebhookConfig ===

impl WebhookConfig {
    pub(crate) fn build(&self, http: &Http, zone: &TimeZone) -> Result<Box<dyn Channel>, ConfigError> {
        let sender = SignedPost::new(ChannelKind::Webhook, &self.url, &self.secret, http)?;
        Ok(Box::new(Webhook { sender, zone: zone.clone() }))
    }
}

// === impl Webhook ===

#[async_trait]
impl Channel for Webhook {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Webhook
    }

    async fn send(&self, message: &Message, now: Timestamp) -> Result<Receipt, Failure> {
        let body = Body {
            event: format!("gridwatch.{}", message.content.as_str()),
            timestamp: message.at,
            data: Data { message, text: render(message, &self.zone) },
        };
        self.sender.send(&message.key, &body, now).await
    }
}

// === impl SignedPost ===

impl SignedPost {
    pub(crate) fn new(
        kind: ChannelKind,
        url: &SecretUrl,
        secret: &Secret,
        http: &Http,
    ) -> Result<Self, ConfigError> {
        let endpoint = Endpoint::parse(kind, "url", url.expose())?;
        let wrong = |problem| ConfigError { channel: kind, field: "secret", problem };
        let encoded = secret.expose().strip_prefix(KEY_PREFIX).unwrap_or(secret.expose());
        let key = BASE64_STANDARD.decode(encoded).map_err(|_| wrong(Problem::NotBase64))?;
        if !KEY_BYTES.contains(&key.len()) {
            return Err(wrong(Problem::KeyLength { min: *KEY_BYTES.start(), max: *KEY_BYTES.end() }));
        }
        Ok(Self { endpoint, http: http.clone(), key })
    }

    pub(crate) async fn send(
        &self,
        key: &str,
        body: &impl Serialize,
        now: Timestamp,
    ) -> Result<Receipt, Failure> {
        let body = serde_json::to_vec(body)
            .map_err(|error| self.endpoint.refused(None, &format!("the message is no JSON: {error}")))?;
        let headers = self
            .sign(key, &body, now)
            .ok_or_else(|| self.endpoint.refused(None, "the idempotency key does not fit into a header"))?;
        let answer = self.endpoint.post(&self.http, self.endpoint.url.clone(), headers, body, now).await?;
        self.endpoint.judge(&answer)?;
        Ok(self.endpoint.receipt(&answer))
    }

    /// The headers. The signature is over `id.timestamp.body`; an id with a full stop in it could be read in two ways, and one
    /// with a control character fits into no header.
    fn sign(&self, id: &str, body: &[u8], now: Timestamp) -> Option<HeaderMap> {
        if id.is_empty() || id.contains('.') {
            return None;
        }
        let timestamp = now.as_second().to_string();
        let mac = hmac_sha256(&self.key, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]);
        let signature = format!("v1,{}", BASE64_STANDARD.encode(mac));
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("webhook-id", HeaderValue::from_str(id).ok()?);
        headers.insert("webhook-timestamp", HeaderValue::from_str(&timestamp).ok()?);
        headers.insert("webhook-signature", HeaderValue::from_str(&signature).ok()?);
        Some(headers)
    }
}
