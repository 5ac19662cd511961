//! Cameras over UDP that come and go leave no thread and no descriptor behind. Alone in its process, because it counts
//! them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::{
    fs,
    io::{BufRead, BufReader, Write, stderr},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use common::{encode, has_ffmpeg};
use gridwatch_ingest::{
    Address, CameraId, CameraSource, Clock, Generation, Ingest, IngestSettings, SamplePolicy, Transport,
};

/// At most so many threads are started by the first cameras and serve all that follow: the decoder's, tokio's for what
/// blocks, and some of GLib's. One camera takes eight.
const STAY: usize = 7;

/// Threads and open descriptors of this process.
fn held() -> (usize, usize) {
    (fs::read_dir("/proc/self/task").unwrap().count(), fs::read_dir("/proc/self/fd").unwrap().count())
}

/// GStreamer's RTSP server as a child process, and its address for UDP.
struct UdpServer(Child, String);

impl UdpServer {
    /// Nothing where it is not installed.
    fn start(clips: &Path) -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/rtsp_server.py");
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script).arg(clips).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take()?).read_line(&mut line).ok()?;
        // Held from here on, so that a server that did not come up is ended too.
        let mut server = Self(child, line);
        let port = server.1.split_whitespace().find_map(|pair| pair.strip_prefix("udp="))?;
        server.1 = format!("rtsp://127.0.0.1:{port}/h264");
        Some(server)
    }
}

impl Drop for UdpServer {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn thirty_cameras_over_udp_that_came_and_went_leave_nothing_behind() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let options = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 5 -bf 0";
    encode(folder.path(), "h264.mp4", "testsrc2=s=128x96:r=30:d=120", options);
    let Some(server) = UdpServer::start(folder.path()) else {
        // Not `println`, which nobody sees of a test that passes.
        let test = "thirty_cameras_over_udp_that_came_and_went_leave_nothing_behind";
        let _ = writeln!(stderr(), "skipped: {test}: needs gir1.2-gst-rtsp-server-1.0 and python3-gi");
        return;
    };
    // One thread for what blocks, so that only what is left behind changes the count.
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().max_blocking_threads(1).thread_keep_alive(Duration::from_secs(60));
    runtime.build().unwrap().block_on(come_and_go(&server.1));
}

async fn come_and_go(url: &str) {
    let sampling = SamplePolicy { quiet_interval: Duration::ZERO, ..SamplePolicy::default() };
    let clock = Clock::system();
    let settings = IngestSettings { sampling, ..IngestSettings::default() };
    let ingest = Ingest::new(settings, clock.clone()).unwrap();
    let before = held().0;
    let mut at_first: Option<(usize, usize)> = None;
    for round in 0..6u32 {
        let sources = (1..=5).map(|n| {
            let id = CameraId::new(&format!("cam-{n}")).unwrap();
            let source = CameraSource::new(id, Generation(round), Address::parse(url).unwrap());
            CameraSource { transport: Transport::Udp, ..source }
        });
        let mut cameras: Vec<_> = sources.map(|source| (source.id.clone(), ingest.add(source))).collect();
        for (id, frames) in &mut cameras {
            let frame = tokio::time::timeout(Duration::from_secs(15), frames.next()).await;
            frame.unwrap_or_else(|_| panic!("no frame of {id}: {:?}", ingest.health().get(id, clock.now())));
        }
        let while_playing = held();
        for (id, _) in &cameras {
            ingest.remove(id);
        }
        let gone = async {
            while held().0 > at_first.map_or(before + STAY, |(threads, _)| threads) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let left = tokio::time::timeout(Duration::from_secs(15), gone).await;
        left.unwrap_or_else(|_| {
            panic!("round {round}: {before} threads before, {while_playing:?} then, {:?} now", held())
        });
        at_first.get_or_insert_with(held);
    }
    let (descriptors, descriptors_first) = (held().1, at_first.unwrap().1);
    assert!(descriptors <= descriptors_first + 4, "{descriptors_first} descriptors became {descriptors}");
    ingest.stop().await;
}
