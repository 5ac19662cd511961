//! 钉钉 group robots: the token is in the address, and so is a signature of the time.
//! <https://open.dingtalk.com/document/robots/customize-robot-security-settings>

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use utoipa::ToSchema;

use super::{Robot, Vendor, Verdict, below, check_token, per_minute};
use crate::{
    channel::{Channel, ChannelKind},
    config::ConfigError,
    http::Http,
    render::Text,
    secret::{Secret, SecretUrl},
    sign::hmac_sha256,
};

/// The longest text, in bytes. The vendor takes about 20,000 for the whole body, in which a character may be escaped.
const TEXT_BYTES_MAX: usize = 6000;

/// The vendor shuts a robot out for ten minutes when it was called too often.
const THROTTLED: Duration = Duration::from_secs(600);

/// A 钉钉 group robot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DingtalkConfig {
    /// The `access_token` of the robot's address.
    pub access_token: Secret,
    /// The key of its signature (加签), where the robot asks for one.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// The word that every message must hold (自定义关键词), where the robot asks for one.
    #[serde(default)]
    pub keyword: Option<String>,
    /// How many messages it bears in a minute: the vendor's limit is 20.
    #[serde(default = "per_minute_default")]
    #[schema(minimum = 1)]
    pub per_minute: u32,
    /// Where the vendor, or the installation of one's own, is.
    #[serde(default = "base_url_default")]
    pub base_url: SecretUrl,
}

struct Dingtalk {
    access_token: Secret,
    secret: Option<Secret>,
    keyword: Option<String>,
}

// === impl DingtalkConfig ===

impl DingtalkConfig {
    pub(crate) fn build(&self, http: &Http, zone: &TimeZone) -> Result<Box<dyn Channel>, ConfigError> {
        check_token(ChannelKind::Dingtalk, "access_token", &self.access_token)?;
        let vendor = Dingtalk {
            access_token: self.access_token.clone(),
            secret: self.secret.clone(),
            keyword: self.keyword.clone(),
        };
        let quotas = vec![per_minute(ChannelKind::Dingtalk, self.per_minute, http)?];
        let address = (&self.base_url, &self.access_token);
        Ok(Box::new(Robot::new(vendor, ChannelKind::Dingtalk, address, quotas, http, zone)?))
    }
}

fn per_minute_default() -> u32 {
    20
}

fn base_url_default() -> SecretUrl {
    SecretUrl::new("https://oapi.dingtalk.com")
}

// === impl Dingtalk ===

impl Vendor for Dingtalk {
    const CODE: &'static str = "errcode";

    fn request(&self, base: &Url, text: &Text, now: Timestamp) -> (Url, Value) {
        let mut url = below(base, "robot/send");
        url.query_pairs_mut().append_pair("access_token", self.access_token.expose());
        if let Some(secret) = &self.secret {
            let (timestamp, sign) = sign(secret, now);
            url.query_pairs_mut().append_pair("timestamp", &timestamp).append_pair("sign", &sign);
        }
        let mut content = text.fit(TEXT_BYTES_MAX);
        if let Some(keyword) = self.keyword.as_deref().filter(|keyword| !content.contains(keyword)) {
            content = format!("{content}\n{keyword}");
        }
        (url, json!({"msgtype": "text", "text": {"content": content}}))
    }

    fn verdict(&self, code: i64) -> Verdict {
        match code {
            // The system is busy.
            -1 => Verdict::Busy,
            // Two names of the same: more than 20 messages a minute.
            130101 | 410100 => Verdict::Throttled(THROTTLED),
            // The group was dissolved; there is no such robot.
            400013 | 400106 => Verdict::Gone,
            // Among them 310000: the signature, the keyword or the sender's address is wrong.
            _ => Verdict::Refused,
        }
    }
}

/// The time in milliseconds, and the signature of it: HMAC-SHA256 of `time\nsecret` under the secret, in base64.
fn sign(secret: &Secret, now: Timestamp) -> (String, String) {
    let timestamp = now.as_millisecond().to_string();
    let key = secret.expose().as_bytes();
    let mac = hmac_sha256(key, &[timestamp.as_bytes(), b"\n", key]);
    (timestamp, BASE64_STANDARD.encode(mac))
}
