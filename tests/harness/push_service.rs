//! A push service, as browser vendors have one: it takes messages for a browser without being able to read them.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

/// What it saw of one message.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, encrypted.
    pub body: Bytes,
}

/// A push service that listens until the test ends.
pub struct PushService {
    address: SocketAddr,
    received: watch::Receiver<Vec<Pushed>>,
}

impl PushService {
    /// Starts one.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (sender, received) = watch::channel(Vec::new());
        let router = Router::new().route("/browser", post(take)).with_state(Arc::new(sender));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, received }
    }

    /// What a browser of its gives a page, with the keys of RFC 8291, appendix A.
    pub fn subscription(&self) -> Value {
        json!({ "endpoint": format!("http://{}/browser", self.address), "expirationTime": null, "keys": {
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        } })
    }

    /// Waits for the first message.
    pub async fn first(&self) -> Pushed {
        let mut received = self.received.clone();
        let some = received.wait_for(|received| !received.is_empty()).await.expect("the push service lives");
        some[0].clone()
    }
}

async fn take(
    State(received): State<Arc<watch::Sender<Vec<Pushed>>>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    received.send_modify(|received| received.push(Pushed { headers, body }));
    StatusCode::CREATED
}
