//! How channels speak HTTP: bounded in time and in size, no redirect followed, every answer put into one of four failures.

use std::{error::Error, time::Duration};

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::{
    Client, Response,
    header::{self, HeaderMap},
    redirect,
};
use url::Url;

use crate::{
    channel::{ChannelKind, Context, Failure, Receipt, SAID_CHARS_MAX},
    config::{ConfigError, Problem},
    secret::{authority, redact, tokens_of},
};

/// How long a receiver that throttles is left alone where it does not say.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(60);

/// The longest pause a receiver may ask for. One that asks for more is asked again then.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

/// How long a receiver may take, and how much it may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// Until the connection stands.
    pub connect: Duration,
    /// From the first byte to the last one of the answer.
    pub whole: Duration,
    /// So much of an answer is read, in bytes; the rest is left unread.
    pub answer_bytes: usize,
}

/// The HTTP client of all channels. Cheap to clone; all clones share their connections.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
    limits: HttpLimits,
}

/// A receiver's address, and what of it must not be seen.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub url: Url,
    kind: ChannelKind,
    secrets: Vec<String>,
}

/// What a receiver answered.
pub(crate) struct Answer {
    status: u16,
    retry_after: Option<Duration>,
    pub location: Option<String>,
    pub body: Vec<u8>,
}

// === impl HttpLimits ===

impl Default for HttpLimits {
    /// 5 s to connect, 10 s in all, 64 KiB of answer.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), whole: Duration::from_secs(10), answer_bytes: 64 * 1024 }
    }
}

// === impl Http ===

impl Http {
    /// A client with these limits. It follows no redirect: a signed message is for the one it was signed for.
    ///
    /// # Errors
    /// The machine's trusted certificates cannot be read.
    pub fn new(limits: HttpLimits) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(limits.connect)
            .timeout(limits.whole)
            .redirect(redirect::Policy::none())
            .user_agent("gridwatch")
            .build()?;
        Ok(Self { client, limits })
    }

    /// The longest that a message may be on its way.
    pub(crate) fn longest(&self) -> Duration {
        self.limits.whole
    }

    async fn read(&self, mut response: Response, now: Timestamp) -> Result<Answer, reqwest::Error> {
        let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let mut answer = Answer {
            status: response.status().as_u16(),
            retry_after: text(header::RETRY_AFTER).and_then(|value| read_retry_after(value, now)),
            location: text(header::LOCATION).map(str::to_owned),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await? {
            let left = self.limits.answer_bytes - answer.body.len();
            answer.body.extend_from_slice(&chunk[..chunk.len().min(left)]);
            if chunk.len() >= left {
                break;
            }
        }
        Ok(answer)
    }
}

// === impl Endpoint ===

impl Endpoint {
    /// An address that the configuration gives in `field`.
    pub(crate) fn parse(kind: ChannelKind, field: &'static str, url: &str) -> Result<Self, ConfigError> {
        let wrong = |problem| ConfigError { channel: kind, field, problem };
        let url = Url::parse(url).map_err(|_| wrong(Problem::NotAUrl))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(Problem::NotHttp));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong(Problem::UserInfo));
        }
        let secrets = tokens_of(&url);
        Ok(Self { url, kind, secrets })
    }

    /// The same one, where this must not be seen either.
    pub(crate) fn hiding(mut self, secret: &str) -> Self {
        self.secrets.insert(0, secret.to_owned());
        self
    }

    /// Sends a body there. An answer is one that took it, or that says in its body why not.
    pub(crate) async fn post(
        &self,
        http: &Http,
        url: Url,
        headers: HeaderMap,
        body: Vec<u8>,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let failed = |error: reqwest::Error| self.unreachable(&error);
        let response = http.client.post(url).headers(headers).body(body).send().await.map_err(failed)?;
        http.read(response, now).await.map_err(failed)
    }

    /// What an answer's status says, for receivers that say it by the status.
    pub(crate) fn judge(&self, answer: &Answer) -> Result<(), Failure> {
        let context = || self.context(Some(answer.status), &answer.text());
        match (answer.status, answer.retry_after) {
            (200..=299, _) => Ok(()),
            (429, retry_after) => Err(Failure::Throttled {
                context: context(),
                retry_after: retry_after.unwrap_or(RETRY_AFTER_DEFAULT),
            }),
            (503, Some(retry_after)) => Err(Failure::Throttled { context: context(), retry_after }),
            // Too slow, too early, and every fault of the receiver's own: none of it is about the message.
            (408 | 425 | 500..=599, _) => Err(Failure::Unavailable(context())),
            (410, _) => Err(Failure::Gone(context())),
            (300..=399, _) => Err(self.refused(Some(answer.status), "it redirects, which is not followed")),
            _ => Err(Failure::Refused(context())),
        }
    }

    pub(crate) fn receipt(&self, answer: &Answer) -> Receipt {
        let external_id = answer.location.as_deref().map(|location| self.clean(location));
        Receipt { external_id, delivered: false, answer: self.clean(&answer.text()) }
    }

    pub(crate) fn refused(&self, status: Option<u16>, said: &str) -> Failure {
        Failure::Refused(self.context(status, said))
    }

    pub(crate) fn context(&self, status: Option<u16>, said: &str) -> Context {
        Context { channel: self.kind, host: authority(&self.url), status, said: self.clean(said) }
    }

    fn clean(&self, text: &str) -> String {
        redact(text, &self.secrets, SAID_CHARS_MAX)
    }

    /// The error's own text names the address, so only its cause is told.
    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let mut cause: Option<&dyn Error> = error.source();
        while let Some(deeper) = cause.and_then(|error| error.source()) {
            cause = Some(deeper);
        }
        let cause = cause.map(|error| format!(": {error}")).unwrap_or_default();
        let said = if error.is_timeout() {
            "no answer in time".to_owned()
        } else if error.is_connect() {
            format!("no connection{cause}")
        } else {
            format!("the connection broke{cause}")
        };
        Failure::Unavailable(self.context(error.status().map(|status| status.as_u16()), &said))
    }
}

// === impl Answer ===

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn read_retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let seconds = value.trim().parse::<u64>().ok().map(Duration::from_secs);
    let until = || {
        let date = rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()?;
        Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
    };
    Some(seconds.or_else(until)?.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-10-12T06:00:00Z".parse().unwrap();
        let read = |value| read_retry_after(value, now).map(|wait| wait.as_secs());
        assert_eq!(read("120"), Some(120));
        assert_eq!(read("Mon, 12 Oct 2026 06:10:00 GMT"), Some(600));
        assert_eq!(read("Mon, 12 Oct 2026 05:00:00 GMT"), Some(0));
        assert_eq!(read("99999999999"), Some(3600));
        assert_eq!(read("soon"), None);
    }
}
