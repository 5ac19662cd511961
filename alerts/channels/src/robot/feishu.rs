//! 飞书 group robots: the token is in the address, a signature of the time in the body.
//! <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use utoipa::ToSchema;

use super::{Robot, Vendor, Verdict, below, check_token, per_minute};
use crate::{
    channel::{Channel, ChannelKind},
    config::ConfigError,
    http::Http,
    limit::Quota,
    render::Text,
    secret::{Secret, SecretUrl},
    sign::hmac_sha256,
};

/// The longest text, in bytes. The vendor takes 20 KB for the whole body, in which a character may be escaped.
const TEXT_BYTES_MAX: usize = 6000;

/// How long it is left alone when it says that it was called too often: its longest limit is one of a minute.
const THROTTLED: Duration = Duration::from_secs(60);

/// Beside its limit for a minute it has one for a second.
const PER_SECOND: Quota = Quota { messages: 5, period: SignedDuration::from_secs(1) };

/// A 飞书 group robot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeishuConfig {
    /// The last part of the robot's address.
    pub token: Secret,
    /// The key of its signature (签名校验), where the robot asks for one.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// How many messages it bears in a minute. The vendor's limit is said to be 100, which is not confirmed.
    #[serde(default = "per_minute_default")]
    #[schema(minimum = 1)]
    pub per_minute: u32,
    /// Where the vendor, or the installation of one's own, is.
    #[serde(default = "base_url_default")]
    pub base_url: SecretUrl,
}

struct Feishu {
    token: Secret,
    secret: Option<Secret>,
}

// === impl FeishuConfig ===

impl FeishuConfig {
    pub(crate) fn build(&self, http: &Http, zone: &TimeZone) -> Result<Box<dyn Channel>, ConfigError> {
        check_token(ChannelKind::Feishu, "token", &self.token)?;
        let vendor = Feishu { token: self.token.clone(), secret: self.secret.clone() };
        let quotas = vec![per_minute(ChannelKind::Feishu, self.per_minute, http)?, PER_SECOND];
        let address = (&self.base_url, &self.token);
        Ok(Box::new(Robot::new(vendor, ChannelKind::Feishu, address, quotas, http, zone)?))
    }
}

fn per_minute_default() -> u32 {
    100
}

fn base_url_default() -> SecretUrl {
    SecretUrl::new("https://open.feishu.cn")
}

// === impl Feishu ===

impl Vendor for Feishu {
    const CODE: &'static str = "code";

    fn request(&self, base: &Url, text: &Text, now: Timestamp) -> (Url, Value) {
        let url = below(base, &format!("open-apis/bot/v2/hook/{}", self.token.expose()));
        let mut body = json!({"msg_type": "text", "content": {"text": text.fit(TEXT_BYTES_MAX)}});
        if let Some(secret) = &self.secret {
            let (timestamp, sign) = sign(secret, now);
            body["timestamp"] = timestamp.into();
            body["sign"] = sign.into();
        }
        (url, body)
    }

    fn verdict(&self, code: i64) -> Verdict {
        match code {
            // Called too often: the robot, or the whole tenant.
            11232 | 99991400 => Verdict::Throttled(THROTTLED),
            // Among them 19021: the signature is wrong or older than an hour; 19022: the sender's address; 19024: the keyword.
            _ => Verdict::Refused,
        }
    }
}

/// The time in seconds, and the signature of it: HMAC-SHA256 of nothing under the key `time\nsecret`, in base64.
fn sign(secret: &Secret, now: Timestamp) -> (String, String) {
    let timestamp = now.as_second().to_string();
    let key = format!("{timestamp}\n{}", secret.expose());
    let mac = hmac_sha256(key.as_bytes(), &[]);
    (timestamp, BASE64_STANDARD.encode(mac))
}
