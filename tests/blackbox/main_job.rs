//! The main job: a camera sees a fall, the wall shows it, the right grid is named, and a power cut loses nothing.

use std::{process::Command, time::Duration};

use gridwatch_tests::{
    data, eventually,
    receiver::Receiver,
    server::{Server, Setup, run_in, said},
    socket::Socket,
    street::{Street, TestCamera, alerts_with_evidence, falling},
    whole_machine,
};
use serde_json::Value;

/// An alert comes no later than this after the start of the fallen state.
const ALERT_WITHIN: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn two_falls_among_eight_cameras_become_two_alerts() {
    let Some(data) = data::or_skip("two_falls_among_eight_cameras_become_two_alerts") else { return };
    let _turn = whole_machine().await;
    let street = Street::start(&data);
    let centre = Receiver::start().await;
    let server = Setup::new(&format!("{}{}", street.config(&data, "evidence"), centre.channel())).start();
    let mut socket = Socket::connect(&server, None).await;

    for _ in falling() {
        let message = socket.alert("opened").await;
        let camera = camera_of(&message["alert"]);
        let late = street.fallen_for(camera);
        assert!(late <= ALERT_WITHIN, "{}: told {late:?} after the fallen state began", camera.id);
    }
    let alerts = alerts_with_evidence(&server).await;
    check_alerts(&alerts);
    for alert in &alerts {
        check_evidence(&server, alert).await;
        check_manifest(&server, alert).await;
    }
    check_messages(&centre, &alerts).await;
    verify_evidence(&server);
    check_cameras(&server).await;
    replay_what_was_missed(&server, &socket).await;
    survive_a_power_cut(server, &alerts).await;
}

fn camera_of(alert: &Value) -> &'static TestCamera {
    let camera = falling().find(|camera| alert["camera"]["id"] == camera.id);
    camera.unwrap_or_else(|| panic!("nobody falls before {}", alert["camera"]["id"]))
}

/// Exactly one alert for each fall, each with the right camera and the right grids.
fn check_alerts(alerts: &[Value]) {
    assert_eq!(alerts.len(), falling().count(), "{alerts:#?}");
    for camera in falling() {
        let of_camera: Vec<&Value> =
            alerts.iter().filter(|alert| alert["camera"]["id"] == camera.id).collect();
        let [alert] = of_camera[..] else { panic!("{} alerts of {}", of_camera.len(), camera.id) };
        assert_eq!(alert["kind"], "fall");
        assert_eq!(alert["state"], "pending");
        assert_eq!(alert["camera"]["name"], camera.name);
        let path = alert["grid_path"].as_array().expect("a list");
        let names: Vec<&str> = path.iter().map(|grid| grid["name"].as_str().expect("a name")).collect();
        assert_eq!(names, camera.grid_path);
        assert_eq!(alert["grid"]["name"], *camera.grid_path.last().expect("a grid"));
    }
}

/// The JPEG decodes, and the MP4 plays from a key picture on and shows the time around the fall.
async fn check_evidence(server: &Server, alert: &Value) {
    let picture = server.file(alert["snapshot"]["url"].as_str().expect("a URL"), "image/jpeg").await;
    let picture = image::load_from_memory(&picture).expect("the JPEG decodes");
    assert_eq!(picture.width().max(picture.height()), 640);

    let clip = server.file(alert["clip"]["url"].as_str().expect("a URL"), "video/mp4").await;
    let file = server.path().join(format!("{}.mp4", alert["id"]));
    std::fs::write(&file, &clip).expect("the clip is written");
    let entries = "stream=codec_name:packet=flags,pts_time";
    let probed = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v", "-show_entries", entries, "-of", "json"])
        .arg(&file)
        .output()
        .expect("ffprobe runs");
    assert!(
        probed.status.success() && probed.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&probed.stderr)
    );
    let probed: Value = serde_json::from_slice(&probed.stdout).expect("ffprobe answers in JSON");
    let packets = probed["packets"].as_array().expect("a list");
    assert_eq!(probed["streams"][0]["codec_name"], "h264");
    assert!(
        packets[0]["flags"].as_str().expect("flags").starts_with('K'),
        "the clip begins with a key picture"
    );
    let time =
        |packet: &Value| packet["pts_time"].as_str().expect("a time").parse::<f64>().expect("a number");
    let length = time(packets.last().expect("a packet")) - time(&packets[0]);
    // From 5 s before (or up to a group of pictures more) to 10 s after.
    assert!((13.0..=18.0).contains(&length), "the clip lasts {length} s");
    assert!(clip.windows(4).any(|name| name == b"moof"), "the clip is fragmented");
    let decoded =
        Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(&file).args(["-f", "null", "-"]).output();
    let decoded = decoded.expect("ffmpeg runs");
    assert!(decoded.stderr.is_empty(), "{}", String::from_utf8_lossy(&decoded.stderr));
}

/// Another system was told of each alert, with what it needs to call somebody.
async fn check_messages(centre: &Receiver, alerts: &[Value]) {
    let messages = centre.messages("gridwatch.ping", alerts.len()).await;
    assert_eq!(messages.len(), alerts.len(), "{messages:#?}");
    for alert in alerts {
        let about = |message: &&Value| message["about"]["id"] == alert["id"];
        let message = messages.iter().find(about).expect("a message about each alert");
        assert_eq!(message["about"]["grid"]["code"], alert["grid"]["code"]);
        assert_eq!(message["about"]["place"], alert["camera"]["name"]);
        assert!(message["text"].to_string().contains("倒地"), "{message:#}");
    }
}

/// The manifest names picture and clip, and by what the alert was judged.
async fn check_manifest(server: &Server, alert: &Value) {
    let manifest = server.get(&format!("/api/media/alerts/{}/manifest.json", alert["id"])).await;
    let files = manifest["files"].as_array().expect("a list");
    let names: Vec<&str> = files.iter().map(|file| file["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["clip.mp4", "snapshot.jpg"]);
    assert_eq!(manifest["judged"]["sha256"], files[1]["sha256"]);
    let origin = &manifest["origin"];
    assert_eq!((&origin["rule"]["name"], &origin["models"][0]["role"]), (&"fall".into(), &"person".into()));
    assert_eq!(origin["configuration"].as_str().expect("a digest").len(), 64);
}

/// `gridwatch evidence verify` beside the running server: nothing differs; then somebody exchanges a picture.
fn verify_evidence(server: &Server) {
    let verify = || run_in(&server.path(), &["evidence", "verify", "--json"]);
    let found: Value = serde_json::from_slice(&verify().stdout).expect("one line of JSON");
    assert_eq!((&found["alerts"], &found["files"]), (&2.into(), &4.into()), "{found}");
    assert_eq!(found["differing"], serde_json::json!([]));
    let picture = std::fs::read_dir(server.path().join("evidence"))
        .expect("the evidence folder")
        .map(|month| month.expect("a month").path().join("1/snapshot.jpg"))
        .find(|picture| picture.is_file())
        .expect("the picture of the first alert");
    let whole = std::fs::read(&picture).expect("the picture");
    std::fs::write(&picture, b"another").expect("the picture is exchanged");
    let output = verify();
    assert!(!output.status.success());
    assert!(said(&output).contains("file_differs"), "{}", said(&output));
    std::fs::write(&picture, whole).expect("the picture is put back");
}

/// All eight cameras are in order, those of the falls in their grids and one outside every grid.
async fn check_cameras(server: &Server) {
    for camera in &gridwatch_tests::street::CAMERAS {
        let shown = server.camera(camera.id).await;
        assert_eq!(shown["state"], "ok", "{shown:#}");
        let grid = shown["grid"]["name"].as_str();
        assert_eq!(grid, camera.grid_path.last().copied(), "{}", camera.id);
    }
}

/// A client that was away gets what it missed, in order and once.
async fn replay_what_was_missed(server: &Server, first: &Socket) {
    let sequence = first.sequence();
    assert!(sequence.is_sorted_by(|a, b| a < b), "{sequence:?}");
    let missed_after = sequence[0];
    let newest = *sequence.last().expect("two alerts came");
    let mut back = Socket::connect(server, Some(missed_after)).await;
    back.next("the newest change", |message| message["type"] == "alert" && message["seq"] == newest).await;
    let replayed = back.sequence();
    let expected: Vec<i64> = sequence.into_iter().filter(|seq| *seq > missed_after).collect();
    assert_eq!(replayed, expected);
}

/// SIGKILL, start again: the same alerts, once, and they go on.
async fn survive_a_power_cut(server: Server, before: &[Value]) {
    let server = server.kill().start();
    let ids = |alerts: &[Value]| alerts.iter().map(|alert| alert["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&server.alerts().await), ids(before));
    // The people still lie there. Once both alerts have been seen to go on, a second one would be there too.
    eventually("both alerts go on after the restart", async || {
        let alerts = server.alerts().await;
        let goes_on = |old: &Value| {
            alerts.iter().any(|alert| {
                alert["id"] == old["id"] && alert["last_seen_at"].as_str() > old["last_seen_at"].as_str()
            })
        };
        before.iter().all(goes_on).then_some(())
    })
    .await;
    let log = server.log();
    assert!(!log.contains("phase=Alert"), "the falls go on, they do not begin again:\n{log}");
    let after = server.alerts().await;
    assert_eq!(ids(&after), ids(before), "{after:#?}");
    assert!(after.iter().all(|alert| alert["clip"]["state"] == "ready"));
}
