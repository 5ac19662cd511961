//! A receiver of signed webhooks, as an SMS gateway has one: it takes what is signed with the shared key, and nothing else.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::{net::TcpListener, sync::watch};

/// The shared key, as the configuration has it.
pub const KEY: &str = "whsec_Z3JpZHdhdGNoIHRlc3RzIHNpZ24gd2l0aCB0aGlz";

/// What came, by idempotency key; the first of each counts.
type Received = BTreeMap<String, Value>;

/// A receiver that listens until the test ends.
pub struct Receiver {
    address: SocketAddr,
    received: watch::Receiver<Received>,
}

impl Receiver {
    /// Starts one.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (sender, received) = watch::channel(Received::new());
        let router = Router::new().route("/hook", post(take)).with_state(Arc::new(sender));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, received }
    }

    /// A `[[channel]]` of the configuration that tells it of everything.
    pub fn channel(&self) -> String {
        format!(
            "[[channel]]\nname = \"centre\"\nreaches = \"systems\"\n\
             [channel.webhook]\nurl = \"http://{}/hook\"\nsecret = \"{KEY}\"\n",
            self.address
        )
    }

    /// Waits until so many different messages of one kind came, and gives their data.
    pub async fn messages(&self, kind: &str, count: usize) -> Vec<Value> {
        let of_kind = |received: &Received| -> Vec<Value> {
            received.values().filter(|body| body["type"] == kind).map(|body| body["data"].clone()).collect()
        };
        let mut received = self.received.clone();
        let enough = received.wait_for(|received| of_kind(received).len() >= count);
        of_kind(&enough.await.expect("the receiver lives"))
    }
}

async fn take(
    State(received): State<Arc<watch::Sender<Received>>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let key = BASE64_STANDARD.decode(KEY.trim_start_matches("whsec_")).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length will do");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(&body);
    let signed = BASE64_STANDARD.decode(header("webhook-signature").trim_start_matches("v1,"));
    if signed.is_ok_and(|signature| mac.verify_slice(&signature).is_ok()) {
        let body = serde_json::from_slice(&body).expect("JSON");
        received.send_modify(|received| {
            received.entry(id.to_owned()).or_insert(body);
        });
        StatusCode::NO_CONTENT
    } else {
        StatusCode::UNAUTHORIZED
    }
}
