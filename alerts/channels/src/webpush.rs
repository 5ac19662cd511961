//! Web Push to one browser: encrypted for it (RFC 8291), signed as ours (RFC 8292), handed to its vendor's push service
//! (RFC 8030).

mod vapid;

use async_trait::async_trait;
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use jiff::{Timestamp, tz::TimeZone};
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::{Host, Url};
use utoipa::ToSchema;
use web_push_native::{Auth, encrypt, p256::PublicKey};

use crate::{
    channel::{Channel, ChannelKind, Failure, Receipt},
    config::{ConfigError, Problem},
    http::{Endpoint, Http},
    message::Message,
    render::render,
    secret::{Secret, SecretUrl},
};
use vapid::Vapid;

pub use vapid::VapidKeys;

/// Base64 as browsers write it, and with padding as some libraries do.
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The longest text, in bytes. A push service takes at least 4,096 of encrypted payload (RFC 8030, section 7.2), of which
/// 103 are not text (RFC 8291, section 4), and JSON and the link need room, too.
const TEXT_BYTES_MAX: usize = 2000;

/// The longest payload before it is encrypted, in bytes.
const PAYLOAD_BYTES_MAX: usize = 4096 - 103;

/// How long an authentication secret is, in bytes.
const AUTH_BYTES: usize = 16;

/// The least urgent level that wakes a device up.
const URGENT_LEVEL_MAX: u8 = 2;

/// A browser that asked for pushes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebPushConfig {
    /// Our private key, as [`VapidKeys::private_key`] gives it.
    pub vapid_private_key: Secret,
    /// Whom a push service may write to about us: a `mailto:` or `https:` address.
    pub contact: String,
    /// The browser's subscription.
    pub subscription: Subscription,
    /// How long a push service keeps a message for a device that is not reachable, in seconds. An old call helps nobody.
    #[serde(default = "ttl_default")]
    pub ttl_s: u32,
    /// Whether the push service may be in our own network: by http, and by a bare address. Whoever has a browser may name any
    /// address as its push service, so this is for closed networks only.
    #[serde(default)]
    pub private_service: bool,
}

/// A subscription, as the browser's `PushSubscription.toJSON()` gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Subscription {
    /// Where its push service takes messages for it. Whoever knows it may send.
    pub endpoint: SecretUrl,
    /// Its keys.
    pub keys: SubscriptionKeys,
}

/// The keys of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionKeys {
    /// Its public key on P-256, uncompressed, in base64url.
    pub p256dh: String,
    /// Its authentication secret, 16 bytes in base64url.
    pub auth: Secret,
}

/// Who we are to push services: makes a channel to each browser. Cheap to clone.
#[derive(Clone)]
pub struct PushServer {
    http: Http,
    zone: TimeZone,
    keys: VapidKeys,
    contact: String,
    private_service: bool,
}

struct WebPush {
    endpoint: Endpoint,
    http: Http,
    zone: TimeZone,
    vapid: Vapid,
    public_key: PublicKey,
    auth: Auth,
    ttl_s: u32,
}

fn ttl_default() -> u32 {
    600
}

// === impl WebPushConfig ===

impl WebPushConfig {
    pub(crate) fn build(&self, http: &Http, zone: &TimeZone) -> Result<Box<dyn Channel>, ConfigError> {
        let wrong = |field, problem| ConfigError { channel: ChannelKind::WebPush, field, problem };
        let endpoint = Endpoint::parse(
            ChannelKind::WebPush,
            "subscription.endpoint",
            self.subscription.endpoint.expose(),
        )?;
        if !self.private_service && !is_public(&endpoint.url) {
            return Err(wrong("subscription.endpoint", Problem::PrivateService));
        }
        if !is_contact(&self.contact) {
            return Err(wrong("contact", Problem::NotAContact));
        }
        let keys = VapidKeys::from_private_key(&self.vapid_private_key)
            .ok_or_else(|| wrong("vapid_private_key", Problem::NotAKey))?;
        let public_key = decode(&self.subscription.keys.p256dh)
            .and_then(|bytes| PublicKey::from_sec1_bytes(&bytes).ok())
            .ok_or_else(|| wrong("subscription.keys.p256dh", Problem::NotAKey))?;
        let auth = decode(self.subscription.keys.auth.expose())
            .and_then(|bytes| <[u8; AUTH_BYTES]>::try_from(bytes).ok())
            .ok_or_else(|| {
                wrong("subscription.keys.auth", Problem::KeyLength { min: AUTH_BYTES, max: AUTH_BYTES })
            })?;
        Ok(Box::new(WebPush {
            endpoint,
            http: http.clone(),
            zone: zone.clone(),
            vapid: Vapid::new(keys, &self.contact),
            public_key,
            auth: auth.into(),
            ttl_s: self.ttl_s,
        }))
    }
}

// === impl PushServer ===

impl PushServer {
    /// `contact` and `private_service` are as in [`WebPushConfig`].
    ///
    /// # Errors
    /// The contact is none.
    pub fn new(
        http: Http,
        zone: TimeZone,
        keys: VapidKeys,
        contact: &str,
        private_service: bool,
    ) -> Result<Self, ConfigError> {
        if !is_contact(contact) {
            let (channel, field) = (ChannelKind::WebPush, "contact");
            return Err(ConfigError { channel, field, problem: Problem::NotAContact });
        }
        Ok(Self { http, zone, keys, contact: contact.to_owned(), private_service })
    }

    /// What a browser takes as `applicationServerKey`.
    pub fn public_key(&self) -> String {
        self.keys.public_key()
    }

    /// A channel to one browser.
    ///
    /// # Errors
    /// The subscription is none, or of a push service that may not be used.
    pub fn to(&self, subscription: &Subscription) -> Result<Box<dyn Channel>, ConfigError> {
        let config = WebPushConfig {
            vapid_private_key: self.keys.private_key(),
            contact: self.contact.clone(),
            subscription: subscription.clone(),
            ttl_s: ttl_default(),
            private_service: self.private_service,
        };
        config.build(&self.http, &self.zone)
    }
}

fn is_contact(contact: &str) -> bool {
    contact.starts_with("mailto:") || contact.starts_with("https://")
}

/// A push service that is on the Internet: by https, and by a name that is not this machine's own.
fn is_public(url: &Url) -> bool {
    let named = match url.host() {
        Some(Host::Domain(name)) => {
            name.contains('.') && !name.ends_with(".localhost") && !name.ends_with(".local")
        }
        _ => false,
    };
    url.scheme() == "https" && named
}

fn decode(base64: &str) -> Option<Vec<u8>> {
    BASE64_URL.decode(base64).ok()
}

// === impl WebPush ===

#[async_trait]
impl Channel for WebPush {
    fn kind(&self) -> ChannelKind {
        ChannelKind::WebPush
    }

    async fn send(&self, message: &Message, now: Timestamp) -> Result<Receipt, Failure> {
        let refused = |why| self.endpoint.refused(None, why);
        let payload = self.payload(message);
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(refused("the message is longer than a push may be"));
        }
        let body = encrypt(payload, &self.public_key, &self.auth)
            .map_err(|_| refused("the message cannot be encrypted"))?;
        let authorization = self.vapid.authorization(&self.endpoint.url, now);
        let headers = self
            .headers(message, &authorization)
            .ok_or_else(|| refused("the signature does not fit into a header"))?;
        // While it is good, it is a key.
        let endpoint = self.endpoint.clone().hiding(&authorization);
        let answer = endpoint.post(&self.http, endpoint.url.clone(), headers, body, now).await?;
        if answer.status() == 404 {
            return Err(Failure::Gone(endpoint.context(Some(404), &answer.text())));
        }
        endpoint.judge(&answer)?;
        Ok(endpoint.receipt(&answer))
    }
}

impl WebPush {
    /// What the browser's service worker shows. A second message about the same alert replaces the first one on the screen.
    fn payload(&self, message: &Message) -> Vec<u8> {
        let mut text = render(message, &self.zone);
        text.links.clear();
        let tag = message.alert().map_or_else(|| message.key.clone(), |alert| format!("alert-{}", alert.id));
        json!({
            "key": message.key,
            "kind": message.content.as_str(),
            "drill": message.drill,
            "level": message.content.level(),
            "tag": tag,
            "text": text.fit(TEXT_BYTES_MAX),
            "link": message.link,
        })
        .to_string()
        .into_bytes()
    }

    fn headers(&self, message: &Message, authorization: &str) -> Option<HeaderMap> {
        let urgent = message.content.level().is_some_and(|level| level.get() <= URGENT_LEVEL_MAX);
        let mut authorization = HeaderValue::from_str(authorization).ok()?;
        authorization.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, authorization);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("aes128gcm"));
        headers.insert("ttl", self.ttl_s.into());
        headers.insert("urgency", HeaderValue::from_static(if urgent { "high" } else { "normal" }));
        Some(headers)
    }
}
