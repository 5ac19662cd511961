//! A camera's live video over the WebSocket, as another program sees it.

use std::process::Command;

use camera_farm::Farm;
use futures::StreamExt;
use gridwatch_tests::{
    PATIENCE, eventually,
    server::{Server, Setup, blind_config},
};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

use crate::camera_faults::test_clips;

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_is_viewed_by_many_over_one_session_and_every_view_is_on_record() {
    let Some((h264, _)) = test_clips() else {
        println!(
            "skipped: a_camera_is_viewed_by_many_over_one_session_and_every_view_is_on_record: needs ffmpeg"
        );
        return;
    };
    let farm =
        Farm::builder().clip(h264).cameras(20).start(([127, 0, 0, 1], 0).into()).expect("the farm starts");
    let camera = |id: &str, url: &str, more: &str| {
        format!("[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nshort_name = \"x\"\nurl = \"{url}\"\n{more}")
    };
    let mut config = blind_config();
    config += &camera("gate", &farm.url("/clip/test/1"), "");
    config += &camera("off", &farm.url("/clip/test/2"), "enabled = false\n");
    let server = Setup::new(&config).start();
    eventually("the camera plays", async || (server.camera("gate").await["state"] == "ok").then_some(()))
        .await;

    assert_eq!(refusal(&server, "nowhere", None).await, (404, "not_found".to_owned()));
    assert_eq!(refusal(&server, "off", None).await, (404, "not_found".to_owned()));
    let foreign = refusal(&server, "gate", Some("http://example.org")).await;
    assert_eq!(foreign, (403, "foreign_origin".to_owned()));

    let mut clients = Vec::new();
    for _ in 0..3 {
        let (client, _) = connect_async(url(&server, "gate")).await.expect("the socket opens");
        clients.push(client);
    }
    for client in &mut clients {
        let start = text(client).await;
        assert_eq!(start["type"], "start");
        assert_eq!((&start["width"], &start["height"]), (&640.into(), &360.into()), "{start}");
        assert!(start["codecs"].as_str().expect("codecs").starts_with("avc1."), "{start}");
        let mut file = binary(client).await;
        for _ in 0..40 {
            file.extend(binary(client).await);
        }
        assert_eq!(pictures(&server, &file), 40);
    }
    assert_eq!(farm.plays("/clip/test/1"), 1, "one session for all");
    drop(clients);
    eventually("every view is on record", async || {
        let log = server.log();
        let said =
            |what: &str| log.lines().filter(|l| l.contains(what) && l.contains("camera.id=gate")).count();
        (said("live view begins") == 3 && said("live view ends") == 3).then_some(())
    })
    .await;
}

fn url(server: &Server, camera: &str) -> String {
    format!("ws://{}/api/cameras/{camera}/live", server.address())
}

/// With which status and code the server says no.
async fn refusal(server: &Server, camera: &str, origin: Option<&str>) -> (u16, String) {
    let mut request = url(server, camera).into_client_request().expect("a request");
    if let Some(origin) = origin {
        request.headers_mut().insert("Origin", origin.parse().expect("a header"));
    }
    let Err(Error::Http(answer)) = connect_async(request).await else { panic!("{camera}: it was let in") };
    let body: Value =
        serde_json::from_slice(answer.body().as_deref().unwrap_or_default()).unwrap_or_default();
    (answer.status().as_u16(), body["error"]["code"].as_str().unwrap_or_default().to_owned())
}

/// The next message that is no ping.
async fn next(client: &mut Client) -> Message {
    let wait = async {
        loop {
            match client.next().await.expect("the socket stays open").expect("the socket works") {
                Message::Ping(_) => {}
                message => return message,
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("a message")
}

async fn text(client: &mut Client) -> Value {
    let message = next(client).await;
    let Message::Text(text) = message else { panic!("no text") };
    serde_json::from_str(&text).expect("messages are JSON")
}

async fn binary(client: &mut Client) -> Vec<u8> {
    let message = next(client).await;
    let Message::Binary(data) = message else { panic!("no video but {message}") };
    data.to_vec()
}

/// How many pictures ffprobe decodes without a complaint.
fn pictures(server: &Server, file: &[u8]) -> usize {
    let path = server.path().join("live.mp4");
    std::fs::write(&path, file).expect("the file is written");
    let arguments = "-v error -count_frames -show_entries stream=nb_read_frames -of csv=p=0";
    let answer =
        Command::new("ffprobe").args(arguments.split(' ')).arg(&path).output().expect("ffprobe runs");
    assert_eq!(String::from_utf8_lossy(&answer.stderr), "");
    String::from_utf8_lossy(&answer.stdout).trim().trim_end_matches(',').parse().expect("a number")
}
