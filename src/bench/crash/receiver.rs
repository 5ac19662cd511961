//! Who the messages are for: an HTTP server that notes every one, and does not always answer.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use parking_lot::Mutex;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::net::TcpListener;

/// How often in a hundred it does not take a message.
const REFUSED: u32 = 4;
/// How often in a hundred it takes one and says otherwise.
const DENIED: u32 = 3;
/// How often in a hundred it takes one and answers late.
const LATE: u32 = 5;
/// How late.
const LATE_BY: Duration = Duration::from_millis(300);

/// What was received.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// How often each key was received, and what with it.
    pub messages: BTreeMap<String, (u32, Bytes)>,
    /// Keys that came with another message than the first time.
    pub conflicts: Vec<String>,
    /// Messages without a key, or with another one in their text.
    pub without_key: u64,
}

/// The server.
pub struct Receiver {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Shared,
}

#[derive(Clone)]
struct Shared {
    received: Arc<Mutex<Received>>,
    rng: Arc<Mutex<StdRng>>,
}

// === impl Receiver ===

impl Receiver {
    /// Listens on a port of its own until the program ends.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(seed: u64) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for the messages")?;
        let address = listener.local_addr()?;
        let rng = Arc::new(Mutex::new(StdRng::seed_from_u64(seed)));
        let shared = Shared { received: Arc::default(), rng };
        let router = Router::new().route("/{channel}", post(take)).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, shared })
    }

    /// What was received by now.
    pub fn received(&self) -> Received {
        self.shared.received.lock().clone()
    }
}

// === impl Received ===

impl Received {
    /// How many messages came more than once.
    pub fn repeated(&self) -> usize {
        self.messages.values().filter(|(times, _)| *times > 1).count()
    }

    fn note(&mut self, key: Option<&str>, body: Bytes) {
        let in_text = serde_json::from_slice(&body).ok();
        let in_text = in_text.as_ref().and_then(|body: &serde_json::Value| body["data"]["key"].as_str());
        let Some(key) = key.filter(|key| in_text == Some(key)) else {
            self.without_key += 1;
            return;
        };
        let (times, first) = self.messages.entry(key.to_owned()).or_insert_with(|| (0, body.clone()));
        *times += 1;
        if *first != body {
            self.conflicts.push(key.to_owned());
        }
    }
}

async fn take(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let chance = shared.rng.lock().random_range(0..100);
    if chance < REFUSED {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let key = headers.get("webhook-id").and_then(|key| key.to_str().ok());
    shared.received.lock().note(key, body);
    if chance < REFUSED + DENIED {
        return StatusCode::BAD_GATEWAY;
    }
    if chance < REFUSED + DENIED + LATE {
        tokio::time::sleep(LATE_BY).await;
    }
    StatusCode::OK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_and_other_messages_under_the_same_key_are_told_apart() {
        let body =
            |key: &str, text: &str| Bytes::from(format!(r#"{{"data":{{"key":"{key}","text":"{text}"}}}}"#));
        let mut received = Received::default();
        received.note(Some("a"), body("a", "one"));
        received.note(Some("a"), body("a", "one"));
        received.note(Some("b"), body("b", "one"));
        assert_eq!((received.repeated(), received.conflicts.len(), received.without_key), (1, 0, 0));
        received.note(Some("b"), body("b", "two"));
        received.note(None, body("c", "one"));
        received.note(Some("c"), body("d", "one"));
        assert_eq!((received.conflicts.as_slice(), received.without_key), (["b".to_owned()].as_slice(), 2));
    }
}
