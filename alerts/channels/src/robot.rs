//! Group robots of three vendors. They differ in how they are addressed and signed, in how many messages they bear, and in
//! their codes; what is common is here. All answer with HTTP 200 also where they refuse, and say in the body what happened.

mod dingtalk;
mod feishu;
mod wecom;

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use parking_lot::Mutex;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;
use url::Url;

use crate::{
    channel::{Channel, ChannelKind, Failure, Receipt},
    config::{ConfigError, Problem},
    http::{Answer, Endpoint, Http},
    limit::{Quota, RateLimit, Take},
    message::Message,
    render::{Text, render},
    secret::{Secret, SecretUrl},
};

pub use dingtalk::DingtalkConfig;
pub use feishu::FeishuConfig;
pub use wecom::{WecomConfig, WecomFormat};

/// The period of the vendors' limits.
const MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// What is special about one vendor's robot.
trait Vendor: Send + Sync {
    /// In which field of the answer its code is; 0 means that it took the message.
    const CODE: &'static str;

    /// The address and the body for a text.
    fn request(&self, base: &Url, text: &Text, now: Timestamp) -> (Url, Value);

    /// What one of its codes means, other than 0.
    fn verdict(&self, code: i64) -> Verdict;
}

/// What a vendor's code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It refuses this message or this robot.
    Refused,
    /// It wants to be left alone for a while.
    Throttled(Duration),
    /// It has a fault of its own.
    Busy,
    /// The robot or its group does not exist any more.
    Gone,
}

struct Robot<V> {
    vendor: V,
    kind: ChannelKind,
    endpoint: Endpoint,
    http: Http,
    zone: TimeZone,
    limit: Mutex<RateLimit>,
}

// === impl Robot ===

impl<V: Vendor> Robot<V> {
    fn new(
        vendor: V,
        kind: ChannelKind,
        (base_url, token): (&SecretUrl, &Secret),
        quotas: Vec<Quota>,
        http: &Http,
        zone: &TimeZone,
    ) -> Result<Self, ConfigError> {
        let endpoint = Endpoint::parse(kind, "base_url", base_url.expose())?.hiding(token.expose());
        let limit = Mutex::new(RateLimit::new(quotas));
        Ok(Self { vendor, kind, endpoint, http: http.clone(), zone: zone.clone(), limit })
    }

    /// The body says more than the status, where it says something; a receiver in trouble does not reach its own codes.
    fn judge(&self, answer: &Answer, now: Timestamp) -> Result<(), Failure> {
        let status = answer.status();
        let code =
            serde_json::from_slice::<Value>(&answer.body).ok().and_then(|body| body.get(V::CODE)?.as_i64());
        let code = code.filter(|_| status < 500 && status != 429);
        let context = || self.endpoint.context(Some(status), &answer.text());
        let judged = match code.map(|code| (code != 0).then(|| self.vendor.verdict(code))) {
            Some(Some(Verdict::Refused)) => Err(Failure::Refused(context())),
            Some(Some(Verdict::Busy)) => Err(Failure::Unavailable(context())),
            Some(Some(Verdict::Gone)) => Err(Failure::Gone(context())),
            Some(Some(Verdict::Throttled(retry_after))) => {
                Err(Failure::Throttled { context: context(), retry_after })
            }
            Some(None) => self.endpoint.judge(answer),
            // Something between us and the vendor answers, or the vendor has a fault: nothing proves that it took the message.
            None => self.endpoint.judge(answer).and_then(|()| Err(Failure::Unavailable(context()))),
        };
        if let Err(Failure::Throttled { retry_after, .. }) = &judged {
            self.limit.lock().close_until(now + span(*retry_after));
        }
        judged
    }
}

#[async_trait]
impl<V: Vendor> Channel for Robot<V> {
    fn kind(&self) -> ChannelKind {
        self.kind
    }

    /// A message beyond the limit is not sent at all: it would cost the group all others.
    async fn send(&self, message: &Message, now: Timestamp) -> Result<Receipt, Failure> {
        let take = self.limit.lock().try_take(now);
        if let Take::WaitUntil(at) = take {
            let context = self.endpoint.context(None, "held back: the robot's limit is reached");
            let retry_after = Duration::try_from(at.duration_since(now)).unwrap_or_default();
            return Err(Failure::Throttled { context, retry_after });
        }
        let (url, body) = self.vendor.request(&self.endpoint.url, &render(message, &self.zone), now);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        let answer = self.endpoint.post(&self.http, url, headers, body.to_string().into_bytes(), now).await?;
        self.judge(&answer, now)?;
        Ok(self.endpoint.receipt(&answer))
    }

    fn room(&self, now: Timestamp) -> Option<usize> {
        Some(self.limit.lock().room(now))
    }

    fn remember(&self, sent_at: Timestamp) {
        self.limit.lock().remember(sent_at);
    }
}

/// The vendor counts when a message arrives, which is at any moment until we give up waiting: a place is free again only when
/// the message that took it is a minute old for the vendor, too.
fn per_minute(channel: ChannelKind, messages: u32, http: &Http) -> Result<Quota, ConfigError> {
    if messages == 0 {
        return Err(ConfigError { channel, field: "per_minute", problem: Problem::Zero });
    }
    Ok(Quota { messages: messages as usize, period: MINUTE + span(http.longest()) })
}

fn span(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

/// A token that goes into an address: the vendors' are of letters, digits and hyphens, and nothing else can change where the
/// message goes.
fn check_token(kind: ChannelKind, field: &'static str, token: &Secret) -> Result<(), ConfigError> {
    let wrong = |problem| Err(ConfigError { channel: kind, field, problem });
    match token.expose() {
        "" => wrong(Problem::Empty),
        token if token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) => {
            Ok(())
        }
        _ => wrong(Problem::NotAToken),
    }
}

/// The base address with this path at its end.
fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}
