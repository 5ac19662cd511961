//! A client of `/api/events`.

use futures::StreamExt;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{PATIENCE, server::Server};

/// A connected client. It keeps every message it has seen.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// All messages so far, oldest first.
    pub seen: Vec<Value>,
}

impl Socket {
    /// Connects; with `after`, asks for every change after that sequence number.
    pub async fn connect(server: &Server, after: Option<i64>) -> Self {
        Self::connect_as(server, &after.map(|seq| format!("after={seq}")).unwrap_or_default()).await
    }

    /// Connects with this query.
    pub async fn connect_as(server: &Server, query: &str) -> Self {
        let url = format!("ws://{}/api/events?{query}", server.address());
        let (stream, _) = connect_async(url).await.expect("the socket opens");
        Self { stream, seen: Vec::new() }
    }

    /// The next message that `wanted` accepts; those before it are kept too.
    pub async fn next(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let search = async {
            loop {
                let message =
                    self.stream.next().await.expect("the socket stays open").expect("the socket works");
                let Message::Text(text) = message else { continue };
                let message: Value = serde_json::from_str(text.as_str()).expect("messages are JSON");
                self.seen.push(message.clone());
                if wanted(&message) {
                    return message;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, search).await;
        found.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"))
    }

    /// The next alert message with this change.
    pub async fn alert(&mut self, change: &str) -> Value {
        self.next(change, |message| message["type"] == "alert" && message["change"] == change).await
    }

    /// The sequence numbers of all alert messages so far.
    pub fn sequence(&self) -> Vec<i64> {
        let alerts = self.seen.iter().filter(|message| message["type"] == "alert");
        alerts.map(|message| message["seq"].as_i64().expect("a number")).collect()
    }
}
