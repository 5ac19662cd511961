//! Cameras that are broken in every way, beside one that works. The models see nobody: this is about cameras.

use std::{
    net::TcpListener,
    sync::{Arc, OnceLock},
};

use camera_farm::{Clip, ClipError, Codec, Encoding, Farm, Pattern, RunningFarm};
use gridwatch_tests::{
    clip_cache, eventually,
    server::{Setup, blind_config},
};
use serde_json::Value;

/// Each broken camera: its id, what its address is made of, and what it must be called and why.
const FAULTS: [(&str, &str, &str, &[&str]); 10] = [
    ("unknown-host", "rtsp://no-such-host.invalid/a", "unreachable", &["name_not_found"]),
    ("refused", "rtsp://127.0.0.1:{closed}/a", "unreachable", &["refused"]),
    ("hung-port", "rtsp://127.0.0.1:{mute}/a", "unreachable", &["timed_out"]),
    ("wrong-password", "{farm}/clip/test/2?auth=digest", "unauthorised", &["wrong_credentials"]),
    ("no-password", "{farm}/clip/test/3?auth=basic", "unauthorised", &["wrong_credentials"]),
    ("not-there", "{farm}/clip/test/4?status=404", "unreachable", &["no_such_stream"]),
    ("hangs", "{farm}/clip/test/5?hang=play", "unreachable", &["timed_out"]),
    ("sends-nothing", "{farm}/clip/test/6?stall=0", "silent", &["no_data"]),
    ("garbage", "{farm}/clip/test/7?garbage", "unreachable", &["protocol_error", "closed"]),
    ("undecodable", "{farm}/clip/test/8?junk", "silent", &["not_decodable"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_broken_camera_is_called_what_it_is_and_its_neighbours_work() {
    let Some((h264, h265)) = test_clips() else {
        println!("skipped: each_broken_camera_is_called_what_it_is_and_its_neighbours_work: needs ffmpeg");
        return;
    };
    let farm = Farm::builder().clip(h264).clip(h265).cameras(20).user("viewer").password("p@ss:w/rd");
    let farm = farm.start(([127, 0, 0, 1], 0).into()).expect("the farm starts");
    // A port that takes connections and never answers, and one where nobody listens.
    let mute = TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let server = Setup::new(&config(&farm, mute.local_addr().expect("an address").port(), closed)).start();

    for healthy in ["healthy-h264", "healthy-h265", "healthy-digest", "healthy-basic"] {
        wait_for(&server, healthy, "ok", &[]).await;
    }
    wait_for(&server, "switched-off", "disabled", &[]).await;
    for (id, _, state, causes) in FAULTS {
        wait_for(&server, id, state, causes).await;
    }
    for healthy in ["healthy-h264", "healthy-h265", "healthy-digest", "healthy-basic"] {
        let camera = server.camera(healthy).await;
        assert_eq!(camera["state"], "ok", "{camera:#}");
        let path = match healthy {
            "healthy-h264" => "/clip/test/1",
            "healthy-h265" => "/clip/test265/1",
            "healthy-digest" => "/clip/test/11",
            _ => "/clip/test/12",
        };
        assert_eq!(farm.plays(path), 1, "{healthy} was never lost while its neighbours failed");
    }
    assert_eq!(farm.plays("/clip/test/13"), 0, "nobody connects to a camera that is switched off");
    let log = server.log();
    assert!(!log.contains("p@ss") && !log.contains("wrong-secret"), "no password in the log");
    let shown = server.get("/api/cameras").await.to_string();
    assert!(
        !shown.contains("p@ss") && !shown.contains("rtsp://"),
        "no password and no address in the answer"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_went_away_is_found_again() {
    let Some((h264, _)) = test_clips() else {
        println!("skipped: a_camera_that_went_away_is_found_again: needs ffmpeg");
        return;
    };
    let farm =
        Farm::builder().clip(h264).cameras(20).start(([127, 0, 0, 1], 0).into()).expect("the farm starts");
    let config = format!("{}{}", base_config(), camera("gate", &farm.url("/clip/test/1"), ""));
    let server = Setup::new(&config).start();
    wait_for(&server, "gate", "ok", &[]).await;
    farm.command("kick /clip/test/1").expect("a command");
    eventually("the camera plays again", async || (farm.plays("/clip/test/1") >= 2).then_some(())).await;
    wait_for(&server, "gate", "ok", &[]).await;
}

/// A pattern that moves, as H.264 and as H.265; nothing where ffmpeg is missing.
pub fn test_clips() -> Option<(Arc<Clip>, Arc<Clip>)> {
    static CLIPS: OnceLock<Option<(Arc<Clip>, Arc<Clip>)>> = OnceLock::new();
    CLIPS.get_or_init(prepare_clips).clone()
}

fn prepare_clips() -> Option<(Arc<Clip>, Arc<Clip>)> {
    let clip = |name: &str, codec| {
        let encoding = Encoding { codec, ..Encoding::default() };
        match Clip::of_pattern(name, &Pattern::default(), &encoding, &clip_cache()) {
            Err(ClipError::FfmpegMissing { .. }) => None,
            made => Some(Arc::new(made.expect("the clip is prepared"))),
        }
    };
    Some((clip("test", Codec::H264)?, clip("test265", Codec::H265)?))
}

fn base_config() -> String {
    format!("{}[ingest]\nconnect_timeout_s = 2\nsilence_timeout_s = 3\n", blind_config())
}

fn camera(id: &str, url: &str, more: &str) -> String {
    format!("[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nshort_name = \"x\"\nurl = \"{url}\"\n{more}")
}

fn config(farm: &RunningFarm, mute: u16, closed: u16) -> String {
    let login = "user = \"viewer\"\npassword = \"p@ss:w/rd\"\n";
    let mut config = base_config();
    config += &camera("healthy-h264", &farm.url("/clip/test/1"), "");
    config += &camera("healthy-h265", &farm.url("/clip/test265/1"), "");
    config += &camera("healthy-digest", &farm.url("/clip/test/11?auth=digest"), login);
    config += &camera("healthy-basic", &farm.url("/clip/test/12?auth=basic"), login);
    config += &camera("switched-off", &farm.url("/clip/test/13"), "enabled = false\n");
    for (id, address, ..) in FAULTS {
        let url = address
            .replace("{farm}", farm.url("").trim_end_matches('/'))
            .replace("{mute}", &mute.to_string())
            .replace("{closed}", &closed.to_string());
        let wrong = "user = \"viewer\"\npassword = \"wrong-secret\"\n";
        config += &camera(id, &url, if id == "wrong-password" { wrong } else { "" });
    }
    config
}

/// Waits until a camera is in this state, for one of these causes if there are any.
async fn wait_for(server: &gridwatch_tests::server::Server, id: &str, state: &str, causes: &[&str]) {
    let mut last = Value::Null;
    eventually(&format!("{id} is {state}"), async || {
        let camera = server.camera(id).await;
        let cause = camera["cause"].as_str().unwrap_or_default().to_owned();
        let fits = camera["state"] == state && (causes.is_empty() || causes.contains(&cause.as_str()));
        if camera != last {
            println!("{id}: {} {cause}", camera["state"]);
            last = camera;
        }
        fits.then_some(())
    })
    .await;
}
