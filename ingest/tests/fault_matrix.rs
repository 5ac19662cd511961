//! Every way in which a camera can fail, over real sockets: each is called what it is in time, and is back by itself
//! once its fault is over, while a healthy neighbour in the same process loses no picture.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "fault_matrix/cases.rs"]
mod cases;
mod common;

use std::{
    fmt::Write,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use camera_farm::{Clip, Codec as FarmCodec, Encoding, Farm, Pattern, RunningFarm};
use common::{encode, has_ffmpeg, says};
use gridwatch_ingest::{
    Address, CameraId, CameraSource, CameraState, Cause, Clock, FrameReceiver, Generation, Ingest,
    IngestSettings, SamplePolicy, SessionLimits,
};
use jiff::{SignedDuration, Timestamp};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
    time::{Instant, timeout},
};

use CameraState::{Degraded, Ok as Fine};
use cases::{CASES, Case, Repair};

/// How long a camera may take to be back once its fault is over: one that refused is asked again after 10 s.
const BACK_WITHIN: Duration = Duration::from_secs(20);
/// Cameras that say no for these reasons are asked again no sooner than this.
const REFUSALS: [Cause; 2] = [Cause::WrongCredentials, Cause::NoVideo];
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(10);
/// Pictures a second of all cameras.
const FPS: u32 = 30;
/// Open groups, as this encoder makes them unless told otherwise: the key pictures are no IDR pictures.
const OPEN: &str =
    "-c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=error:keyint=15:bframes=0";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_called_what_it_is_and_recovers_alone_beside_a_healthy_neighbour() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let matrix = Arc::new(Matrix::new(folder.path()));
    let (neighbour, mut frames) = matrix.add("neighbour", &matrix.farm.url("/clip/test/1000"));
    frames.next().await;
    let began = matrix.clock.now();

    let mut running = JoinSet::new();
    for (n, case) in CASES.iter().enumerate() {
        let matrix = matrix.clone();
        running.spawn(async move { Trial::new(matrix, n + 1, case).await.run().await });
    }
    let mut failures = Vec::new();
    while let Some(told) = running.join_next().await {
        match told.unwrap() {
            Ok(line) => println!("{line}"),
            Err(line) => failures.push(line),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));

    let ended = matrix.clock.now();
    assert_eq!(matrix.farm.plays("/clip/test/1000"), 1, "the neighbour was never lost");
    assert_eq!(matrix.ingest.figures(&neighbour).unwrap().lost_packets, 0);
    let file = folder.path().join("neighbour.mp4");
    std::fs::write(&file, matrix.ingest.clip(&neighbour, began, ended).await.unwrap()).unwrap();
    let (lines, _) = says("ffprobe", "-show_entries packet=pts_time -of csv=p=0 FILE", &file);
    let times: Vec<f64> = lines.lines().map(|line| line.trim_end_matches(',').parse().unwrap()).collect();
    let wanted = ended.duration_since(began).as_secs_f64() * f64::from(FPS);
    assert!(times.len() as f64 >= wanted - 3.0, "{} of {wanted} pictures of the neighbour", times.len());
    let longest = times.windows(2).map(|two| two[1] - two[0]).fold(0.0, f64::max);
    assert!(longest < 1.5 / f64::from(FPS), "a gap of {longest} s in the neighbour's pictures");
    matrix.ingest.stop().await;
}

/// The cameras, and what watches them.
struct Matrix {
    farm: RunningFarm,
    usual: Arc<Clip>,
    ingest: Ingest,
    clock: Clock,
}

impl Matrix {
    fn new(folder: &Path) -> Self {
        let pattern = |seconds| Pattern { width: 320, height: 180, fps: FPS, seconds, ..Pattern::default() };
        let encoding = Encoding { width: 160, fps: FPS, gop_s: 0.5, kbit_s: 200, ..Encoding::default() };
        let clip = |name: &str, seconds, encoding| {
            Arc::new(Clip::of_pattern(name, &pattern(seconds), &encoding, folder).unwrap())
        };
        let usual = clip("test", 4, encoding.clone());
        let farm = Farm::builder()
            .clip(usual.clone())
            .clip(clip("large", 4, Encoding { width: 320, ..encoding.clone() }))
            .clip(clip("h265", 4, Encoding { codec: FarmCodec::H265, ..encoding.clone() }))
            .clip(
                Clip::load("open", &encode(folder, "open.h265", "testsrc2=s=160x90:r=30:d=4", OPEN), FPS)
                    .unwrap(),
            )
            .clip(clip("b", 4, Encoding { b_frames: 3, ..encoding.clone() }))
            .clip(clip("long", 30, Encoding { gop_s: 30.0, ..encoding }));
        let settings = IngestSettings {
            ring_keep: SignedDuration::from_secs(300),
            sampling: SamplePolicy { quiet_interval: Duration::from_millis(500), ..SamplePolicy::default() },
            limits: SessionLimits { step: Duration::from_millis(1500), silence: Duration::from_millis(1500) },
            backoff_longest: Duration::from_millis(500),
            // Half of these cameras hang while they are connected to, and all are at one host.
            connects_host_max: 64,
            ..IngestSettings::default()
        };
        let clock = Clock::system();
        Self {
            farm: farm.start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap(),
            usual,
            ingest: Ingest::new(settings, clock.clone()).unwrap(),
            clock,
        }
    }

    fn add(&self, id: &str, url: &str) -> (CameraId, FrameReceiver) {
        let id = CameraId::new(id).unwrap();
        let source = CameraSource::new(id.clone(), Generation(1), Address::parse(url).unwrap());
        let frames = self.ingest.add(source);
        (id, frames)
    }
}

/// One case while it runs.
struct Trial {
    matrix: Arc<Matrix>,
    case: &'static Case,
    id: CameraId,
    /// Its path on the farm.
    path: String,
    port: Option<Port>,
    frames: FrameReceiver,
    began: Instant,
    /// What was shown, and after how many seconds.
    story: String,
    shown: Option<(CameraState, Option<Cause>)>,
}

/// A port where no camera answers.
struct Port {
    addr: SocketAddr,
    /// Keeps the port as it is: a listener that accepts nobody, and what fills its queue.
    _taken: Option<(TcpListener, Vec<TcpStream>)>,
}

impl Port {
    /// One where nobody listens. At an address of its own, so that no connection of ours comes to lie there.
    async fn closed() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).await.unwrap();
        Self { addr: listener.local_addr().unwrap(), _taken: None }
    }

    /// One that does not answer at all.
    async fn black_hole() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).unwrap();
        let listener = socket.listen(1).unwrap();
        let addr = listener.local_addr().unwrap();
        let mut fill = Vec::new();
        while let Ok(connection) = timeout(Duration::from_millis(300), TcpStream::connect(addr)).await {
            fill.push(connection.unwrap());
        }
        Self { addr, _taken: Some((listener, fill)) }
    }
}

impl Trial {
    async fn new(matrix: Arc<Matrix>, number: usize, case: &'static Case) -> Self {
        let port = match case.at {
            "closed port" => Some(Port::closed().await),
            "black hole" => Some(Port::black_hole().await),
            _ => None,
        };
        let (clip, query) = case.at.split_once('?').unwrap_or((case.at, ""));
        let path = match port {
            Some(_) => "/clip/test/1".to_owned(),
            None => format!("/clip/{clip}/{number}"),
        };
        let url = match &port {
            Some(port) => format!("rtsp://{}{path}", port.addr),
            None => matrix.farm.url(&format!("{path}?{query}")).replace("://", "://admin:wrong@"),
        };
        let (id, frames) = matrix.add(&format!("camera-{number}"), &url);
        let (began, story) = (Instant::now(), String::new());
        Self { matrix, case, id, path, port, frames, began, story, shown: None }
    }

    /// A line that says how it went.
    async fn run(mut self) -> Result<String, String> {
        let case = self.case;
        if !case.told.is_empty() {
            self.wait(Duration::from_secs(10), |t| t.shown == Some((Fine, None))).await?;
            let (verb, rest) = case.told.split_once(' ').unwrap_or((case.told, ""));
            self.matrix.farm.command(&format!("{verb} {} {rest}", self.path)).unwrap();
            self.began = Instant::now();
        }
        let changes =
            usize::from(["switch", "jump", "ssrc", "gone"].iter().any(|word| case.at.contains(word)));
        let called = |t: &Trial| {
            let right = t.shown.is_some_and(|(state, cause)| {
                state == case.state && cause.is_none_or(|cause| case.causes.contains(&cause))
            });
            let figures = t.matrix.ingest.figures(&t.id);
            let as_wanted = case.state != Fine || figures.is_some_and(|figures| (case.figures)(&figures));
            right && as_wanted && t.matrix.farm.changes(&t.path) >= changes as u64
        };
        self.wait(Duration::from_secs(case.within_s), called).await?;
        let named_s = self.began.elapsed().as_secs_f64();
        if case.causes.iter().any(|cause| REFUSALS.contains(cause)) {
            self.is_not_asked_again_soon().await?;
        }
        let _listening = self.repair();
        let repaired = self.matrix.clock.now();
        let began = Instant::now();
        let back = |t: &Trial| matches!(t.shown, Some((Fine, None) | (Degraded, Some(Cause::Unstable))));
        self.wait(BACK_WITHIN, back).await?;
        self.frame_after(repaired).await?;
        let back_s = began.elapsed().as_secs_f64();
        Ok(format!("{:22} named after {named_s:4.1} s, back after {back_s:4.1} s:{}", case.name, self.story))
    }

    /// Waits until `ready`, noting all that is shown meanwhile.
    async fn wait(&mut self, limit: Duration, ready: impl Fn(&Trial) -> bool) -> Result<(), String> {
        let mut changes = self.matrix.ingest.health().changes();
        let until = Instant::now() + limit;
        loop {
            let now = self.matrix.clock.now();
            let health = self.matrix.ingest.health().get(&self.id, now);
            let shown = health.map(|health| (health.state_at(now), health.cause));
            if shown != self.shown {
                self.shown = shown;
                let (state, cause) = shown.unwrap();
                let at = self.began.elapsed().as_secs_f64();
                let cause = cause.map_or_else(String::new, |cause| format!("/{cause:?}"));
                write!(self.story, " {at:.1} {state:?}{cause},").unwrap();
            }
            if ready(self) {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(format!("{}: not as wanted within {limit:?}:{}", self.case.name, self.story));
            }
            // A blip that becomes a fault, and what the farm does, are not told by the board.
            let _ = timeout(Duration::from_millis(100), changes.changed()).await;
        }
    }

    /// Ends the fault; gives the camera that listens from now on, if there is one.
    fn repair(&mut self) -> Option<RunningFarm> {
        let Matrix { farm, usual, ingest, .. } = &*self.matrix;
        match self.case.repair {
            Repair::Nothing => {}
            Repair::Heal => {
                for verb in ["heal", "unstall", "up"] {
                    farm.command(&format!("{verb} {}", self.path)).unwrap();
                }
            }
            Repair::AnotherClip => farm.command(&format!("clip {} test", self.path)).unwrap(),
            Repair::Listen => {
                let addr = self.port.take().unwrap().addr;
                return Some(Farm::builder().clip(usual.clone()).start(addr).unwrap());
            }
            Repair::Login => {
                let address =
                    Address::parse(&farm.url_with_login(&format!("{}?auth=digest", self.path))).unwrap();
                self.frames = ingest.add(CameraSource::new(self.id.clone(), Generation(2), address));
            }
        }
        None
    }

    /// A picture that arrived after `repaired` was decoded.
    async fn frame_after(&mut self, repaired: Timestamp) -> Result<(), String> {
        let decoded = async { while self.frames.next().await.captured_at <= repaired {} };
        let in_time = timeout(Duration::from_secs(10), decoded).await;
        in_time.map_err(|_| format!("{}: nothing was decoded afterwards:{}", self.case.name, self.story))
    }

    /// Who refuses is not hammered: a ban would be next.
    async fn is_not_asked_again_soon(&mut self) -> Result<(), String> {
        let tries = |t: &Trial| t.matrix.farm.connects(&t.path);
        let first = tries(self);
        self.wait(Duration::from_secs(15), |t| tries(t) > first).await?;
        match self.began.elapsed() {
            waited if first == 1 && waited >= ASKED_AGAIN_AFTER => Ok(()),
            waited => Err(format!("{}: try {} after {waited:?}:{}", self.case.name, first + 1, self.story)),
        }
    }
}
