//! A receiver on this machine that answers as it is told and remembers what it got.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse, Response},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

/// One request as it arrived.
#[derive(Clone)]
pub struct Seen {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What a receiver does with a request.
pub enum Reply {
    Now(Response),
    Never,
}

/// What arrived so far, and what is done with the next.
type Desk = (Arc<Mutex<Vec<Seen>>>, Arc<dyn Fn(&Seen) -> Reply + Send + Sync>);

pub struct Receiver {
    /// Without a slash at its end.
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// One that answers each request by this function.
    pub async fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let state: Desk = (seen.clone(), Arc::new(answer));
        let app = Router::new().fallback(take).with_state(state);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, seen, task }
    }

    /// One that always answers the same.
    pub async fn saying(status: u16, body: &'static str) -> Self {
        Self::start(move |_| reply(status, body)).await
    }

    /// One that answers each connection's first request with these very bytes and closes it.
    pub async fn raw(bytes: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !is_whole(&request) {
                    let mut chunk = [0; 4096];
                    match stream.read(&mut chunk).await {
                        Ok(count) if count > 0 => request.extend_from_slice(&chunk[..count]),
                        _ => break,
                    }
                }
                // The client may be gone by now.
                let _ = stream.write_all(bytes).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { url, seen: Arc::default(), task }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The only request there was.
    pub fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "one request is expected");
        seen[0].clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name}")).to_str().unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// A parameter of the address, decoded.
    pub fn parameter(&self, name: &str) -> String {
        let query = self.uri.query().unwrap_or_default();
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).unwrap_or_else(|| panic!("no parameter {name}")).1.into_owned()
    }
}

pub fn reply(status: u16, body: impl Into<Body>) -> Reply {
    Reply::Now(Response::builder().status(status).body(body.into()).unwrap())
}

pub fn reply_with(status: u16, header: (&str, &str), body: impl Into<Body>) -> Reply {
    Reply::Now(Response::builder().status(status).header(header.0, header.1).body(body.into()).unwrap())
}

async fn take(
    State((seen, answer)): State<Desk>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = Seen { method, uri, headers, body };
    seen.lock().unwrap().push(request.clone());
    match answer(&request) {
        Reply::Now(response) => response.into_response(),
        Reply::Never => std::future::pending().await,
    }
}

/// Whether the head and as much of a body as it announces are there.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    request.len() >= head.len() + 4 + length
}
