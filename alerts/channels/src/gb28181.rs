//! Alarms for a gateway that speaks GB/T 28181 to other platforms: as JSON, with the standard's own names, through the
//! signed webhook. The signalling itself is the gateway's.

use async_trait::async_trait;
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    channel::{Channel, ChannelKind, Failure, Receipt},
    config::ConfigError,
    http::Http,
    message::{AlertKind, AlertSummary, Content, Message},
    render::DRILL,
    secret::{Secret, SecretUrl},
    webhook::SignedPost,
};

/// How many digits a device's code has.
const DEVICE_DIGITS: usize = 20;

/// A gateway's webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Gb28181Config {
    /// Where it is, http or https.
    pub url: SecretUrl,
    /// The shared key: 24 to 64 bytes in base64, with or without `whsec_` before them.
    pub secret: Secret,
}

/// An alarm in the standard's words.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Alarm {
    cmd_type: &'static str,
    #[serde(rename = "DeviceID")]
    device_id: String,
    /// 1 to 4, as our levels.
    alarm_priority: String,
    alarm_method: String,
    /// Local time without an offset, as the standard writes it.
    alarm_time: String,
    alarm_description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    longitude: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latitude: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<Info>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    alarm_type: String,
}

struct Gb28181 {
    sender: SignedPost,
    zone: TimeZone,
}

// === impl Gb28181Config ===

impl Gb28181Config {
    pub(crate) fn build(&self, http: &Http, zone: &TimeZone) -> Result<Box<dyn Channel>, ConfigError> {
        let sender = SignedPost::new(ChannelKind::Gb28181, &self.url, &self.secret, http)?;
        Ok(Box::new(Gb28181 { sender, zone: zone.clone() }))
    }
}

// === impl Gb28181 ===

#[async_trait]
impl Channel for Gb28181 {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Gb28181
    }

    async fn send(&self, message: &Message, now: Timestamp) -> Result<Receipt, Failure> {
        let alarm = Alarm::of(message, &self.zone).map_err(|why| self.sender.endpoint.refused(None, why))?;
        self.sender.send(&message.key, &alarm, now).await
    }
}

// === impl Alarm ===

impl Alarm {
    /// The standard knows that an alarm is raised, and no end of it: only what raises one is exported.
    fn of(message: &Message, zone: &TimeZone) -> Result<Self, &'static str> {
        let (Content::Ping(alert) | Content::LevelUp(alert)) = &message.content else {
            return Err("GB/T 28181 has no alarm for such a message");
        };
        let code = alert.camera_code.as_deref().unwrap_or_default();
        if code.len() != DEVICE_DIGITS || !code.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err("the camera has no GB/T 28181 code of 20 digits");
        }
        let (method, description, info) = words(alert);
        let drill = if message.drill { DRILL } else { "" };
        Ok(Self {
            cmd_type: "Alarm",
            device_id: code.to_owned(),
            alarm_priority: alert.level.to_string(),
            alarm_method: method.to_owned(),
            alarm_time: message.at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            alarm_description: format!("{drill}{description}"),
            longitude: alert.position.map(|position| position.longitude),
            latitude: alert.position.map(|position| position.latitude),
            info,
        })
    }
}

/// Method 5 is video analysis, and its type 10 a crowd; a fall has no type there, so it goes by method 7, "other", and says in
/// words what it is.
fn words(alert: &AlertSummary) -> (&'static str, &'static str, Option<Info>) {
    match alert.kind {
        AlertKind::Crowd => ("5", "人员聚集", Some(Info { alarm_type: "10".to_owned() })),
        AlertKind::Fall => ("7", "人员倒地", None),
    }
}
