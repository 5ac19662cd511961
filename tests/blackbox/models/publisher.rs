//! Somebody who publishes one file over HTTP, in every bad manner.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The version of the first file.
pub const V1: &str = "\"v1\"";
/// The version of another.
pub const V2: &str = "\"v2\"";

/// How one request is answered.
#[derive(Clone, Copy)]
pub enum Manner {
    /// With so many bytes of what was asked for; then the connection is closed.
    BreaksOff(usize),
    /// With so many bytes of what was asked for, and nothing more for ever.
    StopsAt(usize),
    /// With the whole file, whatever was asked for.
    NoRanges,
    /// With 404.
    Missing,
    /// Never.
    Silent,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// As it stands in the request line.
    pub target: String,
    /// Where the wanted range begins.
    pub from: Option<usize>,
    /// The version that it must be of.
    pub if_range: Option<String>,
    /// How many bytes of the file were sent.
    pub sent: usize,
}

struct State {
    versions: VecDeque<(Vec<u8>, &'static str)>,
    manners: VecDeque<Manner>,
    asked: Vec<Asked>,
}

/// A running publisher. It ends with the test.
pub struct Publisher {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

// === impl Publisher ===

impl Publisher {
    /// Publishes `file`. The first requests are answered in these manners, later ones as they should be.
    pub async fn start(file: Vec<u8>, manners: &[Manner]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let versions = VecDeque::from([(file, V1)]);
        let state = State { versions, manners: manners.iter().copied().collect(), asked: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answer(socket, shared.clone()));
            }
        });
        Self { address, state }
    }

    /// After the next request, this is the file.
    pub fn then(&self, file: Vec<u8>, version: &'static str) {
        let mut state = self.state.lock().expect("no panic");
        if state.asked.is_empty() {
            state.versions.push_back((file, version));
        } else {
            state.versions = VecDeque::from([(file, version)]);
        }
    }

    /// Where it is, as a line of a manifest.
    pub fn url(&self) -> String {
        format!("url = \"http://{}/m.onnx\"\n", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.lock().expect("no panic").asked.clone()
    }
}

async fn answer(mut socket: TcpStream, state: Arc<Mutex<State>>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let request = String::from_utf8(request).expect("text");
    let (head, body, manner) = reply(&request, &mut state.lock().expect("no panic"));
    // The client may be gone by then, which the test sees at its end.
    let _ = socket.write_all(&head).await;
    let _ = socket.write_all(&body).await;
    if matches!(manner, Some(Manner::Silent | Manner::StopsAt(_))) {
        // Ends when the client has given up.
        let _ = socket.read_u8().await;
    }
    let _ = socket.shutdown().await;
}

fn reply(request: &str, state: &mut State) -> (Vec<u8>, Vec<u8>, Option<Manner>) {
    let header = |name: &str| {
        let lines = request.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
    };
    let from: Option<usize> = header("range").map(|range| {
        range.trim_start_matches("bytes=").trim_end_matches('-').parse().expect("an open range")
    });
    let if_range = header("if-range");
    let (file, version) = state.versions.front().expect("a file").clone();
    if state.versions.len() > 1 {
        state.versions.pop_front();
    }
    let manner = state.manners.pop_front();
    let same = if_range.as_deref().is_none_or(|wanted| wanted == version);
    let begin = from.filter(|_| same && !matches!(manner, Some(Manner::NoRanges))).unwrap_or(0);
    let rest = &file[begin..];
    let (head, body) = match manner {
        Some(Manner::Silent) => (String::new(), &[][..]),
        Some(Manner::Missing) => ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(), &[][..]),
        _ => {
            let status = if begin > 0 {
                format!(
                    "206 Partial Content\r\nContent-Range: bytes {begin}-{}/{}",
                    file.len() - 1,
                    file.len()
                )
            } else {
                "200 OK".to_owned()
            };
            let most = match manner {
                Some(Manner::BreaksOff(most) | Manner::StopsAt(most)) => most.min(rest.len()),
                _ => rest.len(),
            };
            let length = rest.len();
            (
                format!(
                    "HTTP/1.1 {status}\r\nETag: {version}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                ),
                &rest[..most],
            )
        }
    };
    let target = request.split(' ').nth(1).expect("a request line").to_owned();
    state.asked.push(Asked { target, from, if_range, sent: body.len() });
    (head.into_bytes(), body.to_vec(), manner)
}
