//! What all channels have in common: a message goes in, and out comes what exactly became of it.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::message::Message;

/// At most so much of what a receiver said is kept, in characters.
pub(crate) const SAID_CHARS_MAX: usize = 500;

/// One way to one receiver. Whoever sends keeps the messages and tries again; a channel keeps nothing.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Which kind of channel it is.
    fn kind(&self) -> ChannelKind;

    /// Hands one message over. It answers within seconds, also where the receiver does not. `now` is the time of signatures
    /// and limits.
    ///
    /// A caller that stops waiting does not know what became of the message and sends it again under the same key.
    ///
    /// # Errors
    /// The message was not taken, or nobody knows whether it was; the failure says whether trying again makes sense.
    async fn send(&self, message: &Message, now: Timestamp) -> Result<Receipt, Failure>;

    /// How many messages it bears now; none where there is no limit.
    fn room(&self, _now: Timestamp) -> Option<usize> {
        None
    }

    /// Counts a message that was sent before this channel was made, so that a restart does not exceed its limit.
    fn remember(&self, _sent_at: Timestamp) {}
}

/// The kinds of channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// A generic signed webhook.
    Webhook,
    /// A group robot of 企业微信.
    Wecom,
    /// A group robot of 钉钉.
    Dingtalk,
    /// A group robot of 飞书.
    Feishu,
    /// An MQTT broker.
    Mqtt,
    /// A browser, through its vendor's push service.
    WebPush,
    /// A gateway that forwards alarms by GB/T 28181.
    Gb28181,
}

/// The receiver took a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The receiver's own name for the message, where it gave one.
    pub external_id: Option<String>,
    /// Whether the answer proves that the recipient has it; otherwise it was only handed over.
    pub delivered: bool,
    /// What the receiver said, at most 500 characters, without secrets.
    pub answer: String,
}

/// A message was not taken, or nobody knows whether it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It is not taken, however often it is sent: somebody has to change something first.
    #[error("{0}: refused")]
    Refused(Context),
    /// Too many messages for now.
    #[error("{context}: too many messages, again in {} s", .retry_after.as_secs())]
    Throttled {
        /// Who said what.
        context: Context,
        /// How long to wait at least.
        retry_after: Duration,
    },
    /// The receiver cannot be reached or has a fault: it may work later.
    #[error("{0}: unavailable")]
    Unavailable(Context),
    /// There is no such recipient any more: nothing is to be sent there again.
    #[error("{0}: gone")]
    Gone(Context),
}

/// Who said what. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Which kind of channel.
    pub channel: ChannelKind,
    /// The receiver's host, with its port where that is unusual.
    pub host: String,
    /// The HTTP status, where the receiver answered with one.
    pub status: Option<u16>,
    /// What it said, or what went wrong, at most 500 characters.
    pub said: String,
}

// === impl ChannelKind ===

impl ChannelKind {
    /// The name in the configuration and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Wecom => "wecom",
            Self::Dingtalk => "dingtalk",
            Self::Feishu => "feishu",
            Self::Mqtt => "mqtt",
            Self::WebPush => "web_push",
            Self::Gb28181 => "gb28181",
        }
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Failure ===

impl Failure {
    /// Who said what.
    pub const fn context(&self) -> &Context {
        match self {
            Self::Refused(context)
            | Self::Throttled { context, .. }
            | Self::Unavailable(context)
            | Self::Gone(context) => context,
        }
    }
}

// === impl Context ===

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.channel, self.host)?;
        if let Some(status) = self.status {
            write!(f, " answered {status}")?;
        }
        if self.said.is_empty() { Ok(()) } else { write!(f, " ({})", self.said) }
    }
}
