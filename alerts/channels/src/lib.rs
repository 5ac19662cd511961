//! How one message reaches one channel: a webhook, a group robot, a browser, an MQTT broker, a GB/T 28181 gateway.
//!
//! What it owns: what a [`Message`] is and how it reads, how each channel is signed and spoken to, how many messages a
//! channel bears and what is merged beyond that, and what exactly became of each try. What it must not know: the database,
//! the rules of alerts, HTTP servers, and when something is tried again: that is the outbox's.
//!
//! The way of one message: the outbox asks a [`Channel`] for its room, lets [`what_to_send`] choose, and gives each message
//! to [`Channel::send`]; there it is put into words ([`render`]), signed and handed over. The answer is a [`Receipt`], or a
//! [`Failure`] that says whether trying again makes sense. No secret is ever part of either.

mod channel;
mod config;
mod digest;
mod gb28181;
mod http;
mod limit;
mod message;
mod mqtt;
mod render;
mod robot;
mod secret;
mod sign;
mod webhook;
mod webpush;

pub use channel::{Channel, ChannelKind, Context, Failure, Receipt};
pub use config::{ChannelConfig, ConfigError, Problem, build};
pub use digest::{NAMED_MAX, Plan, digest, what_to_send};
pub use gb28181::Gb28181Config;
pub use http::{Http, HttpLimits};
pub use limit::{Quota, RateLimit, Take};
pub use message::{
    AlertKind, AlertSummary, Content, Count, Digest, Grid, Language, Level, LevelError, Message, Named,
    Position, Recipient,
};
pub use mqtt::MqttConfig;
pub use render::{Text, render};
pub use robot::{DingtalkConfig, FeishuConfig, WecomConfig, WecomFormat};
pub use secret::{Secret, SecretUrl};
pub use webhook::WebhookConfig;
pub use webpush::{PushServer, Subscription, SubscriptionKeys, VapidKeys, WebPushConfig};
