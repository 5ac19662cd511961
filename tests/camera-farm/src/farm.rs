//! The farm: its clips, its cameras, its listener.

use crate::{
    address::Address,
    auth::Login,
    clip::Clip,
    control::{self, CameraState, CommandError, Controls},
    playback::Phase,
    random::{hash, mix},
    session::Session,
    stats::{Counters, Stats},
};
use std::{
    collections::HashSet,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
    time::{Instant, sleep},
};

/// Connections that may wait to be accepted: a whole farm's clients connect at once.
const BACKLOG: u32 = 4096;
/// How long nobody is accepted when the system has no descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Longest line on a control connection.
const MAX_LINE_BYTES: u64 = 1024;
/// Where repeatable randomness begins unless a seed is given.
const DEFAULT_SEED: u64 = 1;

/// Cameras that play clips. [`Farm::builder`] makes one.
pub struct Farm {
    clips: Vec<Arc<Clip>>,
    cameras: usize,
    pub(crate) login: Login,
    pub(crate) controls: Controls,
    pub(crate) counters: Counters,
    epoch: Instant,
    seed: u64,
}

/// What a farm is to be.
#[derive(Default)]
pub struct FarmBuilder {
    clips: Vec<Arc<Clip>>,
    cameras: Option<usize>,
    user: Option<String>,
    password: Option<String>,
    seed: Option<u64>,
}

/// A farm that serves clients; dropping it closes the listener and every connection.
pub struct RunningFarm {
    farm: Arc<Farm>,
    addr: SocketAddr,
    /// Aborted on drop.
    tasks: JoinSet<()>,
}

/// Why a farm does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is nothing to play.
    #[error("a farm needs at least one clip")]
    NoClip,
    /// There is nobody to play it.
    #[error("a farm needs at least one camera")]
    NoCamera,
    /// URLs could not tell two clips apart, or not name one at all.
    #[error("clip name {0:?} is taken, empty, or has one of / ? & # or white space in it")]
    ClipName(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

// === impl FarmBuilder ===

impl FarmBuilder {
    /// One more clip. `/clip/NAME/N` picks it by name; `/cam/N` deals the clips out in turn.
    /// An `Arc<Clip>` can be given to several farms.
    #[must_use]
    pub fn clip(mut self, clip: impl Into<Arc<Clip>>) -> FarmBuilder {
        self.clips.push(clip.into());
        self
    }

    /// Cameras on each path: numbers go from 1 to `count`. 1000 unless given.
    #[must_use]
    pub fn cameras(mut self, count: usize) -> FarmBuilder {
        self.cameras = Some(count);
        self
    }

    /// Who may watch cameras with `?auth=`; `admin` unless given.
    #[must_use]
    pub fn user(mut self, user: &str) -> FarmBuilder {
        self.user = Some(user.into());
        self
    }

    /// The password that goes with the user; `secret` unless given.
    #[must_use]
    pub fn password(mut self, password: &str) -> FarmBuilder {
        self.password = Some(password.into());
        self
    }

    /// What all randomness (places in clips, lost packets, nonces, RTP numbers) comes from.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> FarmBuilder {
        self.seed = Some(seed);
        self
    }

    /// Listens on `listen` (port 0 takes any free one) and serves clients.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O and time enabled.
    ///
    /// # Errors
    /// The farm lacks something, or the address cannot be listened on.
    pub fn start(self, listen: SocketAddr) -> Result<RunningFarm, StartError> {
        let farm = Arc::new(self.build()?);
        let (listener, addr) = bind(listen)?;
        let mut tasks = JoinSet::new();
        tasks.spawn(farm.clone().serve(listener));
        Ok(RunningFarm { farm, addr, tasks })
    }

    pub(crate) fn build(self) -> Result<Farm, StartError> {
        let cameras = self.cameras.unwrap_or(1000);
        if self.clips.is_empty() {
            return Err(StartError::NoClip);
        }
        if cameras == 0 {
            return Err(StartError::NoCamera);
        }
        let mut names = HashSet::new();
        for clip in &self.clips {
            let name = clip.name();
            let is_word =
                !name.is_empty() && !name.contains(|c: char| "/?&#".contains(c) || c.is_whitespace());
            if !is_word || !names.insert(name) {
                return Err(StartError::ClipName(name.into()));
            }
        }
        let login = Login {
            user: self.user.unwrap_or_else(|| "admin".into()),
            password: self.password.unwrap_or_else(|| "secret".into()),
        };
        Ok(Farm {
            clips: self.clips,
            cameras,
            login,
            controls: Controls::default(),
            counters: Counters::default(),
            epoch: Instant::now(),
            seed: self.seed.unwrap_or(DEFAULT_SEED),
        })
    }
}

// === impl RunningFarm ===

impl RunningFarm {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL of a path such as `/clip/fall/1?once`, on loopback if the farm listens on all addresses.
    pub fn url(&self, path: &str) -> String {
        format!("rtsp://{}/{}", self.reachable(), path.trim_start_matches('/'))
    }

    /// As [`RunningFarm::url`], with the farm's user and password in it (they must need no escaping).
    pub fn url_with_login(&self, path: &str) -> String {
        let Login { user, password } = &self.farm.login;
        format!("rtsp://{user}:{password}@{}/{}", self.reachable(), path.trim_start_matches('/'))
    }

    /// Does what a control line says: `down`, `up`, `stall`, `unstall`, `kick`, `restart` or `heal` and a camera's path
    /// or `*` for every camera that anyone has asked for so far; or `clip`, such a path and a clip's name.
    ///
    /// # Errors
    /// The line is malformed, or names a command, camera or clip that does not exist.
    pub fn command(&self, line: &str) -> Result<(), CommandError> {
        self.farm.command(line)
    }

    /// What it has done so far.
    pub fn stats(&self) -> Stats {
        self.farm.counters.snapshot()
    }

    /// How often a client began to play this camera; 0 for a path that names none.
    pub fn plays(&self, path: &str) -> u64 {
        self.camera(path).map_or(0, |camera| camera.plays.load(Relaxed))
    }

    /// How many connections asked for this camera, whatever it answered; 0 for a path that names none.
    pub fn connects(&self, path: &str) -> u64 {
        self.camera(path).map_or(0, |camera| camera.connects.load(Relaxed))
    }

    /// How many RTP packets of this camera were left out by `?loss=`; 0 for a path that names none.
    pub fn lost(&self, path: &str) -> u64 {
        self.camera(path).map_or(0, |camera| camera.lost.load(Relaxed))
    }

    /// How many changes in mid-stream (`gone`, `freeze`, `jump`, `ssrc`, `switch`) have come over this camera, all its
    /// sessions together; 0 for a path that names none.
    pub fn changes(&self, path: &str) -> u64 {
        self.camera(path).map_or(0, |camera| camera.changes.load(Relaxed))
    }

    /// The most connections that were between accept and PLAY (or their end, if they never played) at one time, at this
    /// address of the farm: what one host's clients put it through.
    pub fn handshakes_max(&self, host: IpAddr) -> u64 {
        self.farm.counters.handshakes.max_at(host)
    }

    /// How long ago this camera's clip began, for a camera played by `?once`: when its first client came, or
    /// when it was last restarted. None before.
    pub fn once_elapsed(&self, path: &str) -> Option<Duration> {
        let began = self.camera(path)?.began()?;
        Some(Instant::now().saturating_duration_since(began))
    }

    /// Opens a port for control lines too (and `stats`, answered as JSON); gives where it listens.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub fn listen_for_commands(&mut self, listen: SocketAddr) -> Result<SocketAddr, StartError> {
        let (listener, addr) = bind(listen)?;
        self.tasks.spawn(self.farm.clone().serve_control(listener));
        Ok(addr)
    }

    fn camera(&self, path: &str) -> Option<Arc<CameraState>> {
        Some(self.farm.controls.camera(&self.farm.address(path)?))
    }

    fn reachable(&self) -> SocketAddr {
        let ip = match self.addr.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        SocketAddr::new(ip, self.addr.port())
    }
}

// === impl Farm ===

impl Farm {
    /// Starts to describe a farm.
    pub fn builder() -> FarmBuilder {
        FarmBuilder::default()
    }

    /// The `n`-th repeatable random number of this farm.
    pub(crate) fn random(&self, n: u64) -> u64 {
        mix(self.seed, n)
    }

    /// The camera of a path, if this farm has it.
    pub(crate) fn address(&self, path: &str) -> Option<Address> {
        let address = Address::parse(path)?;
        (address.number <= self.cameras && self.clip_of_path(&address).is_some()).then_some(address)
    }

    /// What that camera plays.
    pub(crate) fn clip(&self, address: &Address, camera: &CameraState) -> Option<Arc<Clip>> {
        camera.other_clip().or_else(|| self.clip_of_path(address))
    }

    pub(crate) fn clip_named(&self, name: &str) -> Option<Arc<Clip>> {
        self.clips.iter().find(|clip| clip.name() == name).cloned()
    }

    /// Another clip of the same codec.
    pub(crate) fn clip_unlike(&self, clip: &Clip) -> Option<Arc<Clip>> {
        self.clips.iter().find(|other| other.codec() == clip.codec() && other.name() != clip.name()).cloned()
    }

    /// What a camera's path says that it plays.
    fn clip_of_path(&self, address: &Address) -> Option<Arc<Clip>> {
        match &address.clip {
            None => self.clips.get(address.number.checked_sub(1)? % self.clips.len()).cloned(),
            Some(name) => self.clip_named(name),
        }
    }

    /// Where that camera is in its loop. Different cameras send at different times within a picture's duration,
    /// so that a thousand do not send at once.
    pub(crate) fn phase(&self, address: &Address, clip: &Clip) -> Phase {
        let random = self.random(hash(&address.to_string()));
        let picture_ns = 1_000_000_000 / u64::from(clip.fps());
        let origin = self.epoch + Duration::from_nanos(random % picture_ns);
        Phase { origin, picture: (random / picture_ns) % clip.content_len() as u64 }
    }

    pub(crate) fn command(&self, line: &str) -> Result<(), CommandError> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let now = Instant::now();
        match *words {
            ["clip", path, name] => {
                let clip = self.clip_named(name).ok_or_else(|| CommandError::NoSuchClip(name.into()))?;
                self.cameras(path)?.iter().for_each(|camera| camera.set_clip(clip.clone(), now));
                Ok(())
            }
            [verb, path] => self.cameras(path)?.iter().try_for_each(|c| control::apply(verb, c, now)),
            _ => Err(CommandError::Malformed),
        }
    }

    /// The camera of a path; with `*`, all that anyone has asked for so far.
    fn cameras(&self, path: &str) -> Result<Vec<Arc<CameraState>>, CommandError> {
        if path == "*" {
            return Ok(self.controls.all());
        }
        let address = self.address(path).ok_or_else(|| CommandError::NoSuchCamera(path.into()))?;
        Ok(vec![self.controls.camera(&address)])
    }

    async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut sessions = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((socket, _)) => {
                        sessions.spawn(self.clone().serve_one(socket));
                    }
                    // Out of descriptors, mostly: let some sessions end.
                    Err(_) => sleep(ACCEPT_PAUSE).await,
                },
                Some(_) = sessions.join_next() => {}
            }
        }
    }

    async fn serve_one(self: Arc<Self>, socket: TcpStream) {
        // Without it pictures come later, not wrongly.
        let _ = socket.set_nodelay(true);
        let id = self.counters.connections.fetch_add(1, Relaxed);
        self.counters.open.fetch_add(1, Relaxed);
        let handshake = socket.local_addr().ok().map(|addr| self.counters.handshakes.begin(addr.ip()));
        // A client that goes away is no error of ours.
        let _ = Session::new(self.clone(), socket, id, handshake).run().await;
        self.counters.open.fetch_sub(1, Relaxed);
    }

    async fn serve_control(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((socket, _)) => {
                        connections.spawn(self.clone().control(socket));
                    }
                    Err(_) => sleep(ACCEPT_PAUSE).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    async fn control(self: Arc<Self>, mut socket: TcpStream) -> io::Result<()> {
        let (reader, mut writer) = socket.split();
        let mut reader = BufReader::new(reader);
        let mut line = String::new();
        loop {
            line.clear();
            let read = (&mut reader).take(MAX_LINE_BYTES).read_line(&mut line).await?;
            if read == 0 {
                return Ok(());
            }
            let answer = match line.trim() {
                "stats" => self.counters.snapshot().to_json(),
                line => self.command(line).map_or_else(|e| format!("error: {e}"), |()| "ok".into()),
            };
            writer.write_all(format!("{answer}\n").as_bytes()).await?;
        }
    }
}

fn bind(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let listen = || {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(addr)?;
        let listener = socket.listen(BACKLOG)?;
        let bound = listener.local_addr()?;
        Ok((listener, bound))
    };
    listen().map_err(|source| StartError::Listen { addr, source })
}
