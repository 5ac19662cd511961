//! The screens of `bench alerts`, in a process of their own.

use std::time::Duration;

use anyhow::Context;
use futures::StreamExt;
use gridwatch_ingest::Clock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, task::JoinSet, time::timeout};
use tokio_tungstenite::{
    client_async, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::{helper::answer_lines, report::rounded};
use crate::bench::args::BenchAlertClientsArgs;

/// How long a screen may take to hear what it has not heard yet, once all is said.
const LAST_WORD: Duration = Duration::from_secs(30);
/// For how long the slow screen takes nothing: longer than the server waits for it.
const SLOW: Duration = Duration::from_secs(25);

/// What all screens heard.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Heard {
    /// Milliseconds from an observation to a screen, for 50 and for 99 of a hundred.
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// How many changes were heard, by all screens together.
    pub heard: u64,
    /// Changes that a screen did not hear.
    pub lost: u64,
    /// Changes that came after a later one.
    pub out_of_order: u64,
    /// Whether the slow screen knew everything at the end, and how often it had to connect again.
    pub slow_caught_up: bool,
    pub slow_connects: u32,
}

/// What one screen heard.
#[derive(Default)]
struct Screen {
    seq: i64,
    first: i64,
    heard: u64,
    out_of_order: u64,
    /// In microseconds.
    delays: Vec<u32>,
}

#[derive(Deserialize)]
struct Said<'a> {
    r#type: &'a str,
    #[serde(default)]
    seq: i64,
    #[serde(default)]
    change: Option<&'a str>,
    #[serde(borrow, default)]
    alert: Option<Seen<'a>>,
}

#[derive(Deserialize)]
struct Seen<'a> {
    last_seen_at: &'a str,
}

/// Holds the screens until standard input names the newest change; answers what they heard.
///
/// # Errors
/// When a screen cannot connect.
#[expect(clippy::print_stdout, reason = "says that it is ready")]
pub fn serve(args: &BenchAlertClientsArgs) -> anyhow::Result<()> {
    super::usage::allow_descriptors(u64::from(args.clients) + 64)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (newest, known) = watch::channel(i64::MAX);
    let url = format!("ws://{}/api/events", args.address);
    let mut screens = JoinSet::new();
    let mut slow = runtime.block_on(async {
        for _ in 0..args.clients {
            let (stream, _) = connect_async(&url).await.context("a screen cannot connect")?;
            screens.spawn(listen(stream, known.clone()));
        }
        anyhow::Ok(tokio::spawn(listen_slowly(args.address.clone(), known.clone())))
    })?;
    println!("ready");
    answer_lines(|line| {
        let last: i64 = line.parse().unwrap_or(0);
        newest.send_replace(last);
        let heard = runtime.block_on(async {
            let mut heard = Heard::default();
            let mut delays = Vec::new();
            while let Some(screen) = screens.join_next().await {
                let Ok(screen) = screen else { continue };
                heard.heard += screen.heard;
                heard.out_of_order += screen.out_of_order;
                heard.lost += (last - screen.first + 1).unsigned_abs().saturating_sub(screen.heard);
                delays.extend(screen.delays);
            }
            if let Ok(Ok((caught_up, connects))) = (&mut slow).await {
                (heard.slow_caught_up, heard.slow_connects) = (caught_up, connects);
            }
            delays.sort_unstable();
            let percentile = |share: usize| {
                let at = (delays.len() * share / 100).min(delays.len().saturating_sub(1));
                rounded(f64::from(delays.get(at).copied().unwrap_or(u32::MAX)) / 1000.0, 2)
            };
            (heard.p50_ms, heard.p99_ms) = (percentile(50), percentile(99));
            heard
        });
        serde_json::to_string(&heard).unwrap_or_default()
    })?;
    Ok(())
}

/// Hears every change until the newest.
async fn listen<S>(
    mut stream: tokio_tungstenite::WebSocketStream<S>,
    mut newest: watch::Receiver<i64>,
) -> Screen
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut screen = Screen::default();
    loop {
        let last = *newest.borrow();
        if screen.seq >= last {
            return screen;
        }
        let message = tokio::select! {
            message = stream.next() => message,
            // Told of the newest: from then on there is an end to patience.
            _ = newest.changed() => {
                let last = *newest.borrow();
                while screen.seq < last {
                    match timeout(LAST_WORD, stream.next()).await {
                        Ok(Some(Ok(Message::Text(text)))) => screen.hear(&text),
                        Ok(Some(Ok(_))) => {}
                        _ => break,
                    }
                }
                return screen;
            }
        };
        match message {
            Some(Ok(Message::Text(text))) => screen.hear(&text),
            Some(Ok(_)) => {}
            _ => return screen,
        }
    }
}

/// Takes nothing for a while, and then goes on where it stopped, as often as the server gives it up.
async fn listen_slowly(address: String, newest: watch::Receiver<i64>) -> anyhow::Result<(bool, u32)> {
    let mut screen = Screen::default();
    let mut connects = 0;
    let mut paused = false;
    loop {
        connects += 1;
        let after = if screen.seq > 0 { format!("?after={}", screen.seq) } else { String::new() };
        let request = format!("ws://{address}/api/events{after}").into_client_request()?;
        let socket = tokio::net::TcpSocket::new_v4()?;
        // A small window: what is not taken soon stands in the server's way.
        socket.set_recv_buffer_size(4096)?;
        let tcp = socket.connect(address.parse()?).await?;
        let (mut stream, _) = client_async(request, tcp).await?;
        loop {
            let last = *newest.borrow();
            if screen.seq >= last {
                return Ok((true, connects));
            }
            if !paused && screen.heard > 10 {
                paused = true;
                tokio::time::sleep(SLOW).await;
            }
            match timeout(LAST_WORD, stream.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => screen.hear(&text),
                Ok(Some(Ok(_))) => {}
                Ok(_) => break,
                Err(_) => return Ok((false, connects)),
            }
        }
    }
}

impl Screen {
    fn hear(&mut self, text: &str) {
        let Ok(said) = serde_json::from_str::<Said<'_>>(text) else { return };
        match said.r#type {
            "hello" if self.seq == 0 => (self.seq, self.first) = (said.seq, said.seq + 1),
            // The newest there is: everything else is loaded anew.
            "resync" => self.seq = said.seq,
            "alert" => {
                self.heard += 1;
                self.out_of_order += u64::from(said.seq <= self.seq);
                self.seq = self.seq.max(said.seq);
                let at = said.alert.and_then(|alert| alert.last_seen_at.parse::<Timestamp>().ok());
                if let (Some("opened"), Some(at)) = (said.change, at) {
                    let delay = Clock::system().now().duration_since(at).as_micros();
                    self.delays.push(u32::try_from(delay).unwrap_or(u32::MAX));
                }
            }
            _ => {}
        }
    }
}
