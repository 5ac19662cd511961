//! 企业微信 group robots: the key is in the address, nothing is signed.
//! <https://developer.work.weixin.qq.com/document/path/91770>

use std::time::Duration;

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
};

/// The longest text, in bytes.
const TEXT_BYTES_MAX: usize = 2048;

/// The longest markdown, in bytes.
const MARKDOWN_BYTES_MAX: usize = 4096;

/// How long it is left alone when it says that it was called too often: its limit is one of a minute.
const THROTTLED: Duration = Duration::from_secs(60);

/// A 企业微信 group robot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WecomConfig {
    /// The `key` of the robot's address.
    pub key: Secret,
    /// How messages are written.
    #[serde(default)]
    pub format: WecomFormat,
    /// How many messages it bears in a minute: the vendor's limit is 20.
    #[serde(default = "per_minute_default")]
    #[schema(minimum = 1)]
    pub per_minute: u32,
    /// Where the vendor, or the installation of one's own, is.
    #[serde(default = "base_url_default")]
    pub base_url: SecretUrl,
}

/// How messages are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WecomFormat {
    /// As plain text, which every client shows.
    #[default]
    Text,
    /// With a bold title and links to press, which 微信 itself does not show.
    Markdown,
}

struct Wecom {
    key: Secret,
    format: WecomFormat,
}

// === impl WecomConfig ===

impl WecomConfig {
    pub(crate) fn build(&self, http: &Http, zone: &TimeZone) -> Result<Box<dyn Channel>, ConfigError> {
        check_token(ChannelKind::Wecom, "key", &self.key)?;
        let vendor = Wecom { key: self.key.clone(), format: self.format };
        let quotas = vec![per_minute(ChannelKind::Wecom, self.per_minute, http)?];
        let address = (&self.base_url, &self.key);
        Ok(Box::new(Robot::new(vendor, ChannelKind::Wecom, address, quotas, http, zone)?))
    }
}

fn per_minute_default() -> u32 {
    20
}

fn base_url_default() -> SecretUrl {
    SecretUrl::new("https://qyapi.weixin.qq.com")
}

// === impl Wecom ===

impl Vendor for Wecom {
    const CODE: &'static str = "errcode";

    fn request(&self, base: &Url, text: &Text, _now: Timestamp) -> (Url, Value) {
        let mut url = below(base, "cgi-bin/webhook/send");
        url.query_pairs_mut().append_pair("key", self.key.expose());
        let body = match self.format {
            WecomFormat::Text => json!({"msgtype": "text", "text": {"content": text.fit(TEXT_BYTES_MAX)}}),
            WecomFormat::Markdown => json!({"msgtype": "markdown", "markdown": {"content": markdown(text)}}),
        };
        (url, body)
    }

    fn verdict(&self, code: i64) -> Verdict {
        match code {
            // The system is busy.
            -1 => Verdict::Busy,
            // Called too often; too many calls at once.
            45009 | 45033 => Verdict::Throttled(THROTTLED),
            _ => Verdict::Refused,
        }
    }
}

/// Names are shown as they are: a mark of markdown in one is escaped.
fn markdown(text: &Text) -> String {
    let links = text.links.iter().map(|(what, url)| {
        let what = what.trim_end_matches(['：', ':', ' ']);
        (String::new(), format!("[{what}]({})", url.replace('(', "%28").replace(')', "%29")))
    });
    let marked = Text {
        title: format!("**{}**", escape(&text.title)),
        body: escape(&text.body),
        links: links.collect(),
    };
    marked.fit(MARKDOWN_BYTES_MAX)
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#') {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    })
}
