//! Cameras that we did not write: GStreamer's RTSP server, over TCP, with both kinds of login and both codecs.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use gridwatch_tests::{
    clip_cache, eventually, root,
    server::{Setup, blind_config},
};

/// The server's sessions run out after this long without a sign of life.
const SESSION_TIMEOUT_S: f64 = 10.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_ours_plays_and_its_sessions_are_kept_alive() {
    let Some(server) = OtherServer::start() else {
        println!(
            "skipped: a_server_that_is_not_ours_plays_and_its_sessions_are_kept_alive: needs gir1.2-gst-rtsp-server-1.0, python3-gi and ffmpeg"
        );
        return;
    };
    let login = "user = \"viewer\"\npassword = \"secret\"\n";
    let cameras = [
        ("h264", "open", "h264", ""),
        ("h265", "open", "h265", ""),
        ("digest", "digest", "h264", login),
        ("basic", "basic", "h264", login),
    ];
    let blocks: String = cameras
        .iter()
        .map(|(id, port, path, login)| {
            let url = format!("rtsp://127.0.0.1:{}/{path}", server.ports[*port]);
            format!("[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nurl = \"{url}\"\n{login}")
        })
        .collect();
    let gridwatch = Setup::new(&format!("{}{blocks}", blind_config())).start();

    for (id, ..) in cameras {
        eventually(&format!("{id} plays"), async || {
            (gridwatch.camera(id).await["state"] == "ok").then_some(())
        })
        .await;
    }
    let nobody_was_lost = |log: &str| {
        let started = log.lines().filter(|line| line.contains("camera plays")).count();
        assert_eq!(started, cameras.len(), "no session had to begin again:\n{log}");
        assert!(!log.contains("camera lost"), "{log}");
    };
    let begin = tokio::time::Instant::now();
    eventually("two and a half session time-outs pass", async || {
        nobody_was_lost(&gridwatch.log());
        (begin.elapsed().as_secs_f64() > 2.5 * SESSION_TIMEOUT_S).then_some(())
    })
    .await;
    for (id, ..) in cameras {
        assert_eq!(gridwatch.camera(id).await["state"], "ok", "{id}");
    }
}

/// GStreamer's RTSP server as a child process; ends with this.
struct OtherServer {
    child: Child,
    ports: HashMap<String, u16>,
}

impl OtherServer {
    /// Nothing where it, or ffmpeg, is not installed.
    fn start() -> Option<Self> {
        let folder = clips()?;
        let mut child = Command::new("/usr/bin/python3")
            .arg(root().join("tests/fixtures/rtsp_server.py"))
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take()?).read_line(&mut line).ok()?;
        let ports = line.split_whitespace().filter_map(|pair| {
            let (name, port) = pair.split_once('=')?;
            Some((name.to_owned(), port.parse().ok()?))
        });
        let ports: HashMap<_, _> = ports.collect();
        // Held from here on, so that a server that did not come up is ended too.
        let server = Self { child, ports };
        (server.ports.len() == 3).then_some(server)
    }
}

impl Drop for OtherServer {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder with a minute of a moving pattern in both codecs, made once.
fn clips() -> Option<PathBuf> {
    let folder = clip_cache().join("interop");
    std::fs::create_dir_all(&folder).ok()?;
    for (name, encoder) in [("h264", "libx264"), ("h265", "libx265")] {
        let file = folder.join(format!("{name}.mp4"));
        if !file.is_file() {
            make_clip(&file, encoder)?;
        }
    }
    Some(folder)
}

fn make_clip(file: &Path, encoder: &str) -> Option<()> {
    let unfinished = file.with_extension("unfinished.mp4");
    let source = ["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=15:duration=90"];
    let coding = ["-c:v", encoder, "-preset", "ultrafast", "-g", "30", "-bf", "0", "-pix_fmt", "yuv420p"];
    let made = Command::new("ffmpeg")
        .args(source)
        .args(coding)
        .arg(&unfinished)
        .stderr(Stdio::null())
        .status()
        .ok()?;
    if !made.success() {
        return None;
    }
    std::fs::rename(unfinished, file).ok()
}
