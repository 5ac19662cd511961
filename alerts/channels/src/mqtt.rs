//! MQTT 3.1.1 for home and NVR systems: the state of each alert is retained on `gridwatch/alert/<id>`, everything that happens
//! goes to `gridwatch/events`, and `gridwatch/status` says `online`, or `offline` by the last will. All of it at QoS 1.

mod link;

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::{Timestamp, tz::TimeZone};
use parking_lot::Mutex;
use rumqttc::{
    LastWill, MqttOptions, QoS, TlsConfiguration, Transport,
    tokio_rustls::rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, pem::PemObject},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;
use utoipa::ToSchema;

use crate::{
    channel::{Channel, ChannelKind, Context, Failure, Receipt, SAID_CHARS_MAX},
    config::{ConfigError, Problem},
    message::{Content, Message},
    render::render,
    secret::{Secret, authority, redact},
};
use link::{Broken, Link, Publication};

/// How often the broker is asked whether it is there: after one and a half times as long it publishes the last will.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long the broker may take to acknowledge a message.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(10);

/// The longest payload, in bytes. A message has one or two thousand.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// What a packet has beside its payload, at most: topic and header.
const PACKET_OVERHEAD_BYTES_MAX: usize = 1024;

/// Of so many alerts it is known how old the retained state is. They are those of days.
const ALERTS_MAX: usize = 4096;

/// An MQTT broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MqttConfig {
    /// Where it is: `mqtt://host:1883`, or `mqtts://host:8883` for TLS.
    pub url: String,
    /// The user's name, where it asks for one.
    #[serde(default)]
    pub user: Option<String>,
    /// The user's password.
    #[serde(default)]
    pub password: Option<Secret>,
    /// The name of this client, which no other client of the broker may have.
    #[serde(default = "name")]
    pub client_id: String,
    /// What all topics begin with.
    #[serde(default = "name")]
    pub topic_prefix: String,
    /// For TLS, the certificates to trust, as PEM; the machine's own where there are none.
    #[serde(default)]
    pub ca_pem: Option<String>,
}

struct Mqtt {
    link: Link,
    host: String,
    prefix: String,
    secrets: Vec<String>,
    zone: TimeZone,
    /// When the newest state of each alert that was retained took place, so that a message that was late retains nothing.
    retained: Arc<Mutex<HashMap<i64, Timestamp>>>,
}

fn name() -> String {
    "gridwatch".to_owned()
}

// === impl MqttConfig ===

impl MqttConfig {
    /// Begins to keep a connection, in a task that ends with the channel. `seed` is for the pauses between tries.
    pub(crate) fn build(&self, zone: &TimeZone, seed: u64) -> Result<Box<dyn Channel>, ConfigError> {
        let (url, options) = self.options()?;
        let status = format!("{}/status", self.topic_prefix);
        Ok(Box::new(Mqtt {
            link: Link::keep(options, status, seed),
            host: authority(&url),
            prefix: self.topic_prefix.clone(),
            secrets: self.password.iter().map(|password| password.expose().to_owned()).collect(),
            zone: zone.clone(),
            retained: Arc::default(),
        }))
    }

    fn options(&self) -> Result<(Url, MqttOptions), ConfigError> {
        let wrong = |field, problem| ConfigError { channel: ChannelKind::Mqtt, field, problem };
        let url = Url::parse(&self.url).map_err(|_| wrong("url", Problem::NotAUrl))?;
        let port = match url.scheme() {
            "mqtt" => 1883,
            "mqtts" => 8883,
            _ => return Err(wrong("url", Problem::NotMqtt)),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("url", Problem::UserInfo));
        }
        let host =
            url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("url", Problem::NotAUrl))?;
        // An IPv6 address has brackets in an address only.
        let host = host.trim_matches(['[', ']']);
        for (field, text) in [("client_id", &self.client_id), ("topic_prefix", &self.topic_prefix)] {
            if text.trim().is_empty() {
                return Err(wrong(field, Problem::Empty));
            }
            if text.contains(['+', '#', '\0']) || text.starts_with([' ', '/']) || text.ends_with('/') {
                return Err(wrong(field, Problem::NotATopic));
            }
        }
        let mut options = MqttOptions::new(&self.client_id, host, url.port().unwrap_or(port));
        let status = format!("{}/status", self.topic_prefix);
        options
            .set_keep_alive(KEEP_ALIVE)
            .set_clean_session(true)
            .set_max_packet_size(PAYLOAD_BYTES_MAX, PAYLOAD_BYTES_MAX + PACKET_OVERHEAD_BYTES_MAX)
            .set_last_will(LastWill::new(status, link::OFFLINE, QoS::AtLeastOnce, true));
        if let Some(user) = &self.user {
            options.set_credentials(user, self.password.as_ref().map_or("", Secret::expose));
        }
        if url.scheme() == "mqtts" {
            let tls = tls(self.ca_pem.as_deref()).map_err(|problem| wrong("ca_pem", problem))?;
            options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::new(tls))));
        }
        Ok((url, options))
    }
}

fn tls(ca_pem: Option<&str>) -> Result<ClientConfig, Problem> {
    let mut roots = RootCertStore::empty();
    match ca_pem {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let certificate = certificate.map_err(|_| Problem::NotPem)?;
                roots.add(certificate).map_err(|_| Problem::NotPem)?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(Problem::NotPem);
    }
    // Named here, so that it does not matter which others are linked in.
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| Problem::NotPem)?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

// === impl Mqtt ===

#[async_trait]
impl Channel for Mqtt {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Mqtt
    }

    /// The receipt is the broker's acknowledgement of every publication; it proves that the broker has them, and nothing of
    /// who listens there.
    async fn send(&self, message: &Message, _now: Timestamp) -> Result<Receipt, Failure> {
        let publications = self.publications(message).map_err(|why| Failure::Refused(self.context(why)))?;
        let count = publications.len();
        for publication in publications {
            let acknowledged =
                tokio::time::timeout(ACKNOWLEDGED_WITHIN, self.link.publish(publication)).await;
            let acknowledged =
                acknowledged.unwrap_or_else(|_| Err(Broken::new("no acknowledgement in time")));
            acknowledged.map_err(|broken| Failure::Unavailable(self.context(&broken.why)))?;
        }
        if let Some(alert) = message.alert() {
            self.note_retained(alert.id, message.at);
        }
        Ok(Receipt { external_id: None, delivered: false, answer: format!("{count} PUBACK") })
    }
}

impl Mqtt {
    /// What of a message goes where. The state comes first: who is told by the event finds it there.
    fn publications(&self, message: &Message) -> Result<Vec<Publication>, &'static str> {
        let text = render(message, &self.zone);
        let mut event = json!(message);
        event["title"] = text.title.into();
        event["body"] = text.body.into();
        // Subscribers of a broker are not the recipient: whom it was meant for is none of their business.
        event.as_object_mut().map(|fields| fields.remove("recipient"));
        let payload = event.to_string().into_bytes();
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err("the message is longer than 64 KiB");
        }
        let events =
            Publication { topic: format!("{}/events", self.prefix), payload: payload.clone(), retain: false };
        let mut publications = Vec::new();
        if let Some(alert) = message.alert()
            && !self.is_late(alert.id, message.at)
        {
            let topic = format!("{}/alert/{}", self.prefix, alert.id);
            let over = matches!(message.content, Content::AllClear(_));
            publications.push(Publication { topic: topic.clone(), payload, retain: !over });
            if over {
                // Who listens has the last state; the broker keeps none of what is over, or it would keep all of them for ever.
                publications.push(Publication { topic, payload: Vec::new(), retain: true });
            }
        }
        publications.push(events);
        Ok(publications)
    }

    fn is_late(&self, alert: i64, at: Timestamp) -> bool {
        self.retained.lock().get(&alert).is_some_and(|newest| at < *newest)
    }

    fn note_retained(&self, alert: i64, at: Timestamp) {
        let mut retained = self.retained.lock();
        let newest = retained.entry(alert).or_insert(at);
        *newest = at.max(*newest);
        if retained.len() > ALERTS_MAX
            && let Some(oldest) = retained.iter().min_by_key(|(_, at)| **at).map(|(alert, _)| *alert)
        {
            retained.remove(&oldest);
        }
    }

    fn context(&self, said: &str) -> Context {
        let said = redact(said, &self.secrets, SAID_CHARS_MAX);
        Context { channel: ChannelKind::Mqtt, host: self.host.clone(), status: None, said }
    }
}
