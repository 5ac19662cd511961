//! Cameras that we did not write: GStreamer's RTSP server, over every transport, with both kinds of login and
//! both codecs.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use camera_farm::{Codec, Pattern};
use gridwatch_tests::{
    clip_cache, eventually, program, root,
    server::{Setup, blind_config, said},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::{JoinSet, spawn_blocking};

/// The server's sessions run out after 10 s without a sign of life: they are held for six times that.
const HELD_S: f64 = 60.0;
const NEEDS: &str = "needs gir1.2-gst-rtsp-server-1.0, python3-gi, openssl and ffmpeg";

/// Each camera: id, port and path, scheme, and the rest of its configuration.
const CAMERAS: [(&str, &str, &str, &str); 8] = [
    ("tcp", "open/h264", "rtsp", ""),
    ("tcp-h265", "open/h265", "rtsp", ""),
    ("digest", "digest/h264", "rtsp", LOGIN),
    ("basic", "basic/h264", "rtsp", LOGIN),
    ("udp", "udp/h264", "rtsp", "transport = \"udp\"\n"),
    ("udp-h265", "udp/h265", "rtsp", "transport = \"udp\"\n"),
    ("http", "open/h264", "rtsp", "transport = \"http\"\n"),
    ("tls", "tls/h264", "rtsps", ""),
];
const LOGIN: &str = "user = \"viewer\"\npassword = \"secret\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_ours_plays_and_its_sessions_are_kept_alive() {
    let Some(server) = OtherServer::start() else {
        println!("skipped: a_server_that_is_not_ours_plays_and_its_sessions_are_kept_alive: {NEEDS}");
        return;
    };
    let trusting = server.trusting(program());
    let cameras: Vec<_> = CAMERAS.into_iter().filter(|(id, ..)| *id != "tls" || trusting.is_some()).collect();
    if trusting.is_none() {
        println!("without TLS: needs the right to a mount name space of its own");
    }
    let blocks: String = cameras
        .iter()
        .map(|(id, place, scheme, more)| {
            let url = server.url(scheme, place);
            format!("[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nurl = \"{url}\"\n{more}")
        })
        .collect();
    let setup = Setup::new(&format!("{}{blocks}", blind_config()));
    let gridwatch = setup.start_as(trusting.unwrap_or_else(|| Command::new(program())));

    for (id, ..) in &cameras {
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
    eventually("six session time-outs pass", async || {
        nobody_was_lost(&gridwatch.log());
        (begin.elapsed().as_secs_f64() > HELD_S).then_some(())
    })
    .await;
    for (id, ..) in &cameras {
        assert_eq!(gridwatch.camera(id).await["state"], "ok", "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_finds_the_transport_or_takes_the_one_it_is_given() {
    let Some(server) = OtherServer::start() else {
        println!("skipped: a_probe_finds_the_transport_or_takes_the_one_it_is_given: {NEEDS}");
        return;
    };
    let with_ca = server.trusting(program());
    if with_ca.is_none() {
        println!("without trusted TLS: needs the right to a mount name space of its own");
    }
    let plain = |scheme, place| (Command::new(program()), server.url(scheme, place));
    let mut cases = vec![
        (plain("rtsp", "open/h264"), vec![], Ok("tcp")),
        (plain("rtsp", "udp/h264"), vec![], Ok("udp")),
        (plain("rtsp", "udp/h265"), vec!["--transport", "udp"], Ok("udp")),
        (plain("rtsp", "open/h264"), vec!["--transport", "http"], Ok("http")),
        (plain("rtsp", "open/h264"), vec!["--transport", "udp"], Err("transport_refused")),
        (plain("rtsp", "udp/h264"), vec!["--transport", "tcp"], Err("transport_refused")),
        (plain("rtsps", "tls/h264"), vec![], Err("not_trusted")),
        (plain("rtsp", "tls/h264"), vec!["--transport", "tls"], Err("not_trusted")),
        (plain("rtsps", "open/h264"), vec![], Err("protocol_error")),
    ];
    cases.extend(with_ca.map(|command| ((command, server.url("rtsps", "tls/h264")), vec![], Ok("tls"))));
    let mut probes = JoinSet::new();
    for ((mut command, url), args, expected) in cases {
        probes.spawn(async move {
            command.args(["cameras", "probe", &url, "--json"]).args(&args);
            let output: Output =
                spawn_blocking(move || command.output().expect("gridwatch runs")).await.expect("no panic");
            let case = format!("{url} {args:?}: {}", said(&output));
            let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            match expected {
                Ok(transport) => {
                    assert_eq!(
                        (&answer["ok"], answer["transport"].as_str()),
                        (&true.into(), Some(transport)),
                        "{case}"
                    );
                    assert_eq!(answer["width"].as_u64(), Some(320), "{case}");
                    // GStreamer evens out what comes in bursts.
                    assert!(answer["fps"].as_f64().is_some_and(|fps| (14.0..16.0).contains(&fps)), "{case}");
                }
                Err(reason) => assert_eq!(answer["reason"].as_str(), Some(reason), "{case}"),
            }
        });
    }
    probes.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_on_another_machine_plays_over_multicast() {
    let folder = TempDir::new().expect("a temporary folder");
    let fixture = |name: &str| root().join("tests/fixtures").join(name);
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "sh"]).arg(fixture("two_machines.sh"));
    command.arg(fixture("rtsp_server.py")).arg(folder.path()).arg(program());
    let may = Command::new("unshare").args(["--map-root-user", "--net", "ip", "link"]).output();
    if !may.is_ok_and(|tried| tried.status.success())
        || make_clips(folder.path()).is_none()
        || OtherServer::start().is_none()
    {
        println!(
            "skipped: a_camera_on_another_machine_plays_over_multicast: {NEEDS}, iproute2 and network name spaces"
        );
        return;
    }
    let output = spawn_blocking(move || command.output().expect("sh runs")).await.expect("no panic");
    let answer: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    assert_eq!((&answer["ok"], answer["transport"].as_str()), (&true.into(), Some("multicast")), "{answer}");
}

/// GStreamer's RTSP server as a child process; ends with this.
struct OtherServer {
    child: Child,
    ports: HashMap<String, u16>,
    folder: TempDir,
}

// === impl OtherServer ===

impl OtherServer {
    /// Nothing where it, openssl or ffmpeg is not installed.
    fn start() -> Option<Self> {
        let folder = TempDir::new().expect("a temporary folder");
        make_clips(folder.path())?;
        make_certificate(folder.path())?;
        let mut child = Command::new("/usr/bin/python3")
            .arg(root().join("tests/fixtures/rtsp_server.py"))
            .arg(folder.path())
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
        let server = Self { child, ports, folder };
        (server.ports.len() == 6).then_some(server)
    }

    /// The address of a place, which is the name of a port and a path.
    fn url(&self, scheme: &str, place: &str) -> String {
        let (port, path) = place.split_once('/').expect("a port and a path");
        format!("{scheme}://127.0.0.1:{}/{path}", self.ports[port])
    }

    /// Becomes `program` on a machine whose own CA certificates are those of this server; nothing where that may not be.
    fn trusting(&self, program: PathBuf) -> Option<Command> {
        let become_it = |program: &Path| {
            let mut command = Command::new("unshare");
            let mount = "mount --bind \"$0\" /etc/ssl/certs/ca-certificates.crt && exec \"$@\"";
            command.args(["--map-root-user", "--mount", "sh", "-c", mount]);
            command.arg(self.folder.path().join("cert.pem")).arg(program);
            command
        };
        let tried = become_it(Path::new("true")).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success()).then(|| become_it(&program))
    }
}

impl Drop for OtherServer {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two and a half minutes of a moving pattern in both codecs.
fn make_clips(folder: &Path) -> Option<()> {
    for (name, codec) in [("h264", Codec::H264), ("h265", Codec::H265)] {
        let pattern = Pattern { width: 320, height: 180, seconds: 150, codec, ..Pattern::default() };
        std::fs::copy(pattern.file(&clip_cache()).ok()?, folder.join(format!("{name}.mp4"))).ok()?;
    }
    Some(())
}

/// A certificate for this machine that only itself stands for.
fn make_certificate(folder: &Path) -> Option<()> {
    let options = "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=127.0.0.1 \
                   -addext subjectAltName=IP:127.0.0.1";
    let mut command = Command::new("openssl");
    command.args(options.split_whitespace()).current_dir(folder).stderr(Stdio::null());
    command.status().ok()?.success().then_some(())
}
