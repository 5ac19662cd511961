//! What the server says over the WebSocket: text messages, one JSON object each, told apart by `type`.

use axum::extract::ws::{Message, Utf8Bytes};
use gridwatch_alerts::{Alert, Change, Delivery, Event, Problem, Silence};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{cameras::Camera, outages::Outage};

/// A message of the server. Clients send nothing but answers to canaries and deliveries.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The first message.
    Hello {
        /// The sequence number of the newest change.
        #[schema(minimum = 0)]
        seq: i64,
        /// The server's time.
        server_now: Timestamp,
        /// The server's version.
        version: &'static str,
    },
    /// A persisted change of an alert, in the order of `seq`.
    Alert {
        /// The change's sequence number.
        #[schema(minimum = 1)]
        seq: i64,
        /// What changed.
        change: Change,
        /// The alert after the change.
        #[schema(value_type = Alert)]
        alert: Box<RawValue>,
    },
    /// All cameras at first, later those whose state changed, and always all outages there are.
    Cameras {
        /// The server's time.
        server_now: Timestamp,
        /// The cameras.
        cameras: Vec<Camera>,
        /// Cameras that were lost together: one event each, in the place of what happened to every one of them.
        outages: Vec<Outage>,
    },
    /// Sent every 2 s; silence for more than 6 s means that the connection is dead.
    Tick {
        /// The sequence number of the newest change.
        #[schema(minimum = 0)]
        seq: i64,
        /// The server's time.
        server_now: Timestamp,
        /// What is wrong with the server right now.
        problems: Vec<Problem>,
        /// What is silenced right now.
        silences: Vec<Silence>,
    },
    /// Sent every minute, after it went the whole way of an alert. Clients that gave their name answer with `{"canary": at}`.
    Canary {
        /// When it was written.
        at: Timestamp,
    },
    /// To a person's phone: somebody is called, or told. The phone answers with `{"delivered": id}`, and once the person has looked at
    /// it with `{"seen": id}`; what was not answered is sent again when the phone connects anew.
    Delivery {
        /// What.
        delivery: Box<Delivery>,
    },
    /// The changes after the asked-for number cannot be sent: load the alerts again and go on from `seq`.
    Resync {
        /// The sequence number from which on changes follow.
        #[schema(minimum = 0)]
        seq: i64,
    },
}

impl ServerMessage {
    /// The message that tells of a change. The alert was put into words when it was stored and is not read
    /// again.
    ///
    /// # Errors
    /// The stored text is no JSON.
    pub fn change(event: &Event) -> Result<Self, serde_json::Error> {
        let alert = RawValue::from_string(event.alert.as_ref().to_owned())?;
        Ok(Self::Alert { seq: event.seq, change: event.change, alert })
    }

    /// The message as it goes over the wire.
    ///
    /// # Errors
    /// It cannot be put into JSON.
    pub fn to_frame(&self) -> Result<Message, serde_json::Error> {
        Ok(Message::Text(Utf8Bytes::from(serde_json::to_string(self)?)))
    }
}
