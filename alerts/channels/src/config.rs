//! Which channel, and how it is reached; what is wrong with that, in both languages and without the secret.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    channel::{Channel, ChannelKind},
    gb28181::Gb28181Config,
    http::Http,
    message::Language,
    mqtt::MqttConfig,
    robot::{DingtalkConfig, FeishuConfig, WecomConfig},
    webhook::WebhookConfig,
    webpush::WebPushConfig,
};

/// A channel, as it is configured. Written out, it shows no secret: what is to be read again is kept by whoever took it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChannelConfig {
    /// A generic signed webhook.
    Webhook(WebhookConfig),
    /// A group robot of 企业微信.
    Wecom(WecomConfig),
    /// A group robot of 钉钉.
    Dingtalk(DingtalkConfig),
    /// A group robot of 飞书.
    Feishu(FeishuConfig),
    /// An MQTT broker.
    Mqtt(MqttConfig),
    /// A browser, through its vendor's push service.
    WebPush(WebPushConfig),
    /// A gateway that forwards alarms by GB/T 28181.
    Gb28181(Gb28181Config),
}

/// A channel cannot be made of its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("channel {channel}: {field} {}", .problem.text(Language::English))]
pub struct ConfigError {
    /// Which kind of channel.
    pub channel: ChannelKind,
    /// Which field, as it is written in the configuration.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is nothing in it.
    Empty,
    /// It is no address.
    NotAUrl,
    /// Its scheme is neither http nor https.
    NotHttp,
    /// Its scheme is neither mqtt nor mqtts.
    NotMqtt,
    /// It has a user or a password in it.
    UserInfo,
    /// It is not in base64.
    NotBase64,
    /// It is too short or too long, in bytes.
    KeyLength {
        /// The shortest.
        min: usize,
        /// The longest.
        max: usize,
    },
    /// It is no key on the curve P-256.
    NotAKey,
    /// It has other characters than a token has.
    NotAToken,
    /// It is no part of an MQTT topic.
    NotATopic,
    /// It has no certificate in PEM, or the machine has none.
    NotPem,
    /// It is neither a mailto: nor an https: address.
    NotAContact,
    /// It is a push service of a private network, which is not switched on.
    PrivateService,
    /// It is 0.
    Zero,
}

/// Makes a channel. `http` is the one client of all channels, `zone` the time zone of the times in messages, `seed` is for the
/// pauses between tries to connect. Within a Tokio runtime only: a channel that keeps a connection has a task.
///
/// # Errors
/// A field is not as it has to be.
pub fn build(
    config: &ChannelConfig,
    http: &Http,
    zone: &TimeZone,
    seed: u64,
) -> Result<Box<dyn Channel>, ConfigError> {
    match config {
        ChannelConfig::Webhook(config) => config.build(http, zone),
        ChannelConfig::Wecom(config) => config.build(http, zone),
        ChannelConfig::Dingtalk(config) => config.build(http, zone),
        ChannelConfig::Feishu(config) => config.build(http, zone),
        ChannelConfig::Mqtt(config) => config.build(zone, seed),
        ChannelConfig::WebPush(config) => config.build(http, zone),
        ChannelConfig::Gb28181(config) => config.build(http, zone),
    }
}

// === impl ChannelConfig ===

impl ChannelConfig {
    /// Which kind of channel it is.
    pub const fn kind(&self) -> ChannelKind {
        match self {
            Self::Webhook(_) => ChannelKind::Webhook,
            Self::Wecom(_) => ChannelKind::Wecom,
            Self::Dingtalk(_) => ChannelKind::Dingtalk,
            Self::Feishu(_) => ChannelKind::Feishu,
            Self::Mqtt(_) => ChannelKind::Mqtt,
            Self::WebPush(_) => ChannelKind::WebPush,
            Self::Gb28181(_) => ChannelKind::Gb28181,
        }
    }
}

// === impl ConfigError ===

impl ConfigError {
    /// What is wrong, for people.
    pub fn text(&self, language: Language) -> String {
        match language {
            Language::Chinese => {
                format!("通道 {}：{} {}", self.channel, self.field, self.problem.text(language))
            }
            Language::English => self.to_string(),
        }
    }
}

// === impl Problem ===

impl Problem {
    /// What is wrong, for people: the rest of a sentence that begins with the field.
    pub fn text(&self, language: Language) -> String {
        let (zh, en) = match self {
            Self::Empty => ("不能为空", "must not be empty"),
            Self::NotAUrl => ("不是有效的网址", "is no valid address"),
            Self::NotHttp => ("只能是 http 或 https 网址", "must be an http or https address"),
            Self::NotMqtt => ("只能是 mqtt:// 或 mqtts:// 地址", "must be an mqtt:// or mqtts:// address"),
            Self::UserInfo => ("的网址中不能含用户名或密码", "must not hold a user or a password"),
            Self::NotBase64 => ("不是 base64 编码", "is not in base64"),
            Self::KeyLength { min, max } if min == max => {
                return match language {
                    Language::Chinese => format!("解码后应为 {min} 字节"),
                    Language::English => format!("must be {min} bytes long when decoded"),
                };
            }
            Self::KeyLength { min, max } => {
                return match language {
                    Language::Chinese => format!("解码后应为 {min} 到 {max} 字节"),
                    Language::English => format!("must be {min} to {max} bytes long when decoded"),
                };
            }
            Self::NotAKey => ("不是 P-256 密钥", "is no key on P-256"),
            Self::NotAToken => ("只能含字母、数字、- 和 _", "may hold letters, digits, - and _ only"),
            Self::NotATopic => (
                "不能含 + 或 #，也不能以空格或 / 开头、以 / 结尾",
                "must not hold + or #, begin with a space or /, or end with /",
            ),
            Self::NotPem => ("中没有可用的 PEM 证书", "holds no usable certificate in PEM"),
            Self::NotAContact => ("应以 mailto: 或 https:// 开头", "must begin with mailto: or https://"),
            Self::PrivateService => (
                "是内网推送服务；如确需使用，请打开 private_service",
                "is a push service of a private network; switch private_service on if that is meant",
            ),
            Self::Zero => ("至少为 1", "must be at least 1"),
        };
        match language {
            Language::Chinese => zh.to_owned(),
            Language::English => en.to_owned(),
        }
    }
}
