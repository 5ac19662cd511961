//! One client's connection: RTSP requests in, paced RTP out, in a single task.

use crate::{
    farm::Farm,
    handshakes::Handshake,
    limits::Seat,
    options::Sprop,
    playback::{Playback, RtpState, Source, Tick},
    random::Random,
    rtsp::{self, Input, Request},
};
use admission::Admission;
use selected::{NotSelected, Selected};
use std::{
    io,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, sleep, sleep_until, timeout},
};

mod admission;
mod selected;
#[cfg(test)]
mod tests;

/// A client that takes nothing for this long is cut off.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection is kept whose camera is gone; longer than any client should wait.
const GONE_FOR: Duration = Duration::from_secs(600);
const METHODS: &str = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN";

pub(crate) struct Session<S> {
    farm: Arc<Farm>,
    socket: S,
    input: Vec<u8>,
    out: Vec<u8>,
    id: u64,
    ssrc: u32,
    nonce: String,
    channel: u8,
    selected: Option<Selected>,
    /// Until it plays.
    handshake: Option<Handshake>,
    /// From SETUP on.
    seat: Option<Seat>,
    playback: Option<Playback>,
}

/// Whether the connection goes on.
#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    Close,
    /// The socket stays open and nobody is behind it.
    Vanish,
}

// === impl Session ===

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    /// `id` is the connection's number; with the farm's seed it decides all random numbers of the session.
    pub(crate) fn new(farm: Arc<Farm>, socket: S, id: u64, handshake: Option<Handshake>) -> Session<S> {
        let random = farm.random(id);
        Session {
            farm,
            socket,
            id,
            ssrc: random as u32,
            nonce: format!("{random:016x}"),
            channel: 0,
            input: Vec::new(),
            out: Vec::new(),
            selected: None,
            handshake,
            seat: None,
            playback: None,
        }
    }

    /// Serves the client until it goes, or a fault ends the connection.
    pub(crate) async fn run(mut self) -> io::Result<()> {
        let mut buffer = [0u8; 2048];
        loop {
            let due = self.playback.as_ref().map(Playback::due);
            let next = tokio::select! {
                biased;
                read = self.socket.read(&mut buffer) => match read? {
                    0 => Next::Close,
                    n => self.take_input(&buffer[..n]).await?,
                },
                () = until(due) => self.tick().await?,
            };
            match next {
                Next::GoOn => {}
                Next::Close => return Ok(()),
                Next::Vanish => {
                    sleep(GONE_FOR).await;
                    return Ok(());
                }
            }
        }
    }

    async fn tick(&mut self) -> io::Result<Next> {
        let Some(playback) = &mut self.playback else { return Ok(Next::GoOn) };
        match playback.tick(Instant::now(), &mut self.out) {
            Tick::End => return Ok(Next::Close),
            Tick::Gone => return Ok(Next::Vanish),
            Tick::Skip(late) => {
                self.farm.counters.late.fetch_add(late, Relaxed);
            }
            Tick::Send => {
                self.farm.counters.frames.fetch_add(1, Relaxed);
                self.write().await?;
            }
        }
        Ok(Next::GoOn)
    }

    async fn write(&mut self) -> io::Result<()> {
        let written = timeout(WRITE_TIMEOUT, self.socket.write_all(&self.out)).await;
        self.farm.counters.bytes.fetch_add(self.out.len() as u64, Relaxed);
        self.out.clear();
        written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn take_input(&mut self, bytes: &[u8]) -> io::Result<Next> {
        self.input.extend_from_slice(bytes);
        while !self.input.is_empty() {
            match Input::parse(&self.input) {
                Input::Incomplete => break,
                Input::Invalid => return Ok(Next::Close),
                Input::Rtcp(length) => {
                    self.input.drain(..length);
                }
                Input::Request(request, length) => {
                    self.input.drain(..length);
                    if self.handle(request).await? == Next::Close {
                        return Ok(Next::Close);
                    }
                }
            }
        }
        Ok(Next::GoOn)
    }

    async fn handle(&mut self, request: Request) -> io::Result<Next> {
        self.farm.counters.requests.fetch_add(1, Relaxed);
        let method = request.method.as_str();
        if self.selected.is_none() && matches!(method, "OPTIONS" | "DESCRIBE" | "SETUP") {
            match Selected::find(&self.farm, &request) {
                Ok(selected) => self.selected = Some(selected),
                Err(NotSelected::NoSuchCamera) => {}
                Err(NotSelected::Options(e)) => {
                    return self.reply(&request, &format!("400 {e}"), "", "").await;
                }
            }
        }
        let Some(selected) = self.selected.clone().map(Selected::now) else {
            if method == "OPTIONS" {
                return self.reply(&request, "200 OK", &format!("Public: {METHODS}\r\n"), "").await;
            }
            return self.reply(&request, "404 Not Found", "", "").await;
        };
        match self.admit(&request, &selected) {
            Admission::Granted => {}
            Admission::NoAnswer => return Ok(Next::GoOn),
            Admission::Hangup => return Ok(Next::Close),
            Admission::Refused { status, headers, next } => {
                self.reply(&request, status, &headers, "").await?;
                return Ok(next);
            }
        }
        match method {
            "DESCRIBE" => self.describe(&request, &selected).await,
            "SETUP" => self.set_up(&request, &selected).await,
            "PLAY" => self.play(&request, selected).await,
            "PAUSE" => {
                self.playback = None;
                self.reply(&request, "200 OK", &self.session_header(), "").await
            }
            "OPTIONS" | "GET_PARAMETER" | "SET_PARAMETER" => {
                self.reply(&request, "200 OK", &self.session_header(), "").await
            }
            "TEARDOWN" => {
                if let Some(seat) = self.seat.take() {
                    seat.leave();
                }
                self.reply(&request, "200 OK", "", "").await?;
                Ok(Next::Close)
            }
            _ => self.reply(&request, "501 Not Implemented", "", "").await,
        }
    }

    async fn describe(&mut self, request: &Request, selected: &Selected) -> io::Result<Next> {
        let Selected { address, camera, options } = selected;
        if let Some(status) = options.status {
            return self.reply(request, &format!("{status} Fault"), "", "").await;
        }
        let Some(clip) = self.farm.clip(address, camera) else {
            return self.reply(request, "404 Not Found", "", "").await;
        };
        let sprop = match options.sprop {
            Sprop::Right => Some(clip.clone()),
            Sprop::Missing => None,
            Sprop::Wrong => match self.farm.clip_unlike(&clip) {
                None => return self.reply(request, "400 no other clip of that codec", "", "").await,
                other => other,
            },
        };
        let sdp = rtsp::sdp(&clip, sprop.as_deref(), self.id, options);
        let base = request.uri.trim_end_matches('/');
        let headers = format!("Content-Base: {base}/\r\nContent-Type: application/sdp\r\n");
        self.reply(request, "200 OK", &headers, &sdp).await
    }

    async fn set_up(&mut self, request: &Request, selected: &Selected) -> io::Result<Next> {
        let Some(channel) = request.tcp_channel() else {
            return self.reply(request, "461 Unsupported Transport", "", "").await;
        };
        self.channel = channel;
        let Selected { camera, options, .. } = selected;
        self.seat.get_or_insert_with(|| camera.seats.take(options.linger));
        let headers = format!(
            "{}Transport: RTP/AVP/TCP;unicast;interleaved={channel}-{};ssrc={:08X}\r\n",
            self.session_header(),
            channel.wrapping_add(1),
            self.ssrc
        );
        self.reply(request, "200 OK", &headers, "").await
    }

    async fn play(&mut self, request: &Request, selected: Selected) -> io::Result<Next> {
        let Selected { address, camera, options } = selected;
        let Some(clip) = self.farm.clip(&address, &camera) else {
            return self.reply(request, "404 Not Found", "", "").await;
        };
        camera.plays.fetch_add(1, Relaxed);
        let phase = self.farm.phase(&address, &clip);
        let source = Source { farm: self.farm.clone(), clip, camera, options, phase };
        let seed = self.farm.random(self.id ^ 0x5eed);
        let rtp = RtpState::new(self.ssrc, self.channel, seed);
        let playback = Playback::new(source, rtp, Random::new(seed), Instant::now());
        let headers = format!(
            "{}Range: npt=now-\r\nRTP-Info: url={};seq={};rtptime={}\r\n",
            self.session_header(),
            request.uri,
            playback.rtp.seq,
            playback.timestamp()
        );
        self.farm.counters.plays.fetch_add(1, Relaxed);
        self.playback = Some(playback);
        self.handshake = None;
        self.reply(request, "200 OK", &headers, "").await
    }

    async fn reply(
        &mut self,
        request: &Request,
        status: &str,
        headers: &str,
        body: &str,
    ) -> io::Result<Next> {
        let cseq = request.header("CSeq").unwrap_or("0");
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let text = format!(
            "RTSP/1.0 {status}\r\nCSeq: {cseq}\r\nServer: camera-farm\r\n{headers}{length}\r\n{body}"
        );
        self.out.extend_from_slice(text.as_bytes());
        self.write().await?;
        Ok(Next::GoOn)
    }

    fn session_header(&self) -> String {
        format!("Session: {:08x};timeout=60\r\n", self.id)
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
