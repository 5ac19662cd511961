//! What can be asked of one camera, and cameras that are lost together.

use std::net::TcpListener;

use gridwatch_ingest::{Address, CameraId, CameraSource, Generation, Transport};
use serde_json::{Value, json};

use crate::support::{Answer, Console, next};

const JSON: &str = "Content-Type: application/json\r\n";

async fn probe(console: &Console, headers: &str, request: &Value) -> Answer {
    console.post("/api/cameras/probe", &format!("{JSON}{headers}"), &request.to_string()).await
}

/// An address at which nobody listens.
fn closed() -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("rtsp://{free}/a")
}

#[tokio::test]
async fn one_camera_is_shown_with_its_stream_and_can_be_tried_at_once() {
    let console = Console::start().await;
    let camera = console.get("/api/cameras/cam-1").await.json();
    let mut in_list = console.get("/api/cameras").await.json()["cameras"][0].clone();
    in_list["stream"] = Value::Null;
    assert_eq!(camera, in_list, "nothing has come yet");
    assert_eq!(console.post("/api/cameras/cam-1/retry", JSON, "").await.status, 202);
    assert_eq!(console.post("/api/cameras/cam-1/accept-view", JSON, "").await.status, 202);
    for id in ["cam-2", "..", "%2e%2e", "a%20b"] {
        assert_eq!(console.get(&format!("/api/cameras/{id}")).await.code(), "not_found", "{id}");
        let answer = console.post(&format!("/api/cameras/{id}/retry"), JSON, "").await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{id}");
    }
}

#[tokio::test]
async fn a_page_of_another_server_can_make_nothing_happen() {
    let console = Console::start().await;
    let host = console.address;
    let body = json!({ "url": closed() }).to_string();
    for path in ["/api/cameras/cam-1/retry", "/api/cameras/cam-1/accept-view", "/api/cameras/probe"] {
        for origin in ["http://example.org", "null", ""] {
            let answer = console.post(path, &format!("{JSON}Origin: {origin}\r\n"), &body).await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "foreign_origin"), "{path} {origin}");
        }
        // What a form of any page can send without asking.
        for content_type in ["", "Content-Type: text/plain\r\n", "Content-Type: multipart/form-data\r\n"] {
            let answer = console.post(path, content_type, &body).await;
            assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported_media_type"), "{path}");
        }
        let own = format!("Content-Type: application/json; charset=utf-8\r\nOrigin: http://{host}\r\n");
        assert!(console.post(path, &own, &body).await.status < 300, "{path}");
    }
}

#[tokio::test]
async fn a_probe_says_why_and_what_to_do_in_the_language_asked_for() {
    let console = Console::start().await;
    let request = json!({ "url": closed(), "user": "viewer", "password": "s3cret" });
    for (headers, sentence) in [
        ("", "端口未开放"),
        ("Accept-Language: fr, de;q=0.5\r\n", "端口未开放"),
        ("Accept-Language: fr, en-GB;q=0.9, zh;q=0.8\r\n", "nothing listens on that port"),
        ("Accept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n", "端口未开放"),
    ] {
        let answer = probe(&console, headers, &request).await;
        assert_eq!(answer.status, 200);
        let found = answer.json();
        assert_eq!((&found["ok"], &found["reason"]), (&json!(false), &json!("refused")), "{found}");
        assert!(found["sentence"].as_str().unwrap().contains(sentence), "{found}");
        assert!(found["took_s"].is_number() && found["picture"].is_null(), "{found}");
    }
    let found = probe(&console, "", &json!({ "url": "http://10.0.0.7/" })).await.json();
    assert_eq!(found["reason"], "invalid_address");
}

#[tokio::test]
async fn no_answer_repeats_a_password() {
    let console = Console::start().await;
    let url = closed();
    let at_sign = url.replace("rtsp://", "rtsp://admin:12/s3cret@");
    for request in [
        json!({ "url": url, "password": "s3cret" }),
        json!({ "url": url, "user": "a", "password": ["s3cret"] }),
        json!({ "url": url, "s3cret": 1 }),
        json!({ "url": url, "transport": "s3cret" }),
        json!({ "url": at_sign }),
        json!({ "url": "s3cret" }),
        json!("s3cret"),
    ] {
        let answer = probe(&console, "", &request).await;
        let text = String::from_utf8(answer.body.clone()).unwrap();
        assert!(!text.contains("s3cret"), "{request}: {text}");
        assert!(answer.status == 200 || answer.code() == "bad_request", "{request}: {text}");
    }
    let long = probe(&console, "", &json!({ "url": "x".repeat(70_000) })).await;
    assert_eq!((long.status, long.code().as_str()), (413, "body_too_large"));
}

/// Each probe holds a connection and a decoder: more than four at a time are told to come later.
#[tokio::test]
async fn a_fifth_probe_at_a_time_is_told_to_come_later() {
    let console = Console::start().await;
    // Connections are taken, and nothing is ever answered.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let request = json!({ "url": format!("rtsp://{}/a", mute.local_addr().unwrap()) });
    let fifth = async {
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(mute.accept().await.unwrap());
        }
        probe(&console, "", &request).await
    };
    let four = futures::future::join_all((0..4).map(|_| probe(&console, "", &request)));
    let (fifth, four) = tokio::join!(fifth, four);
    assert_eq!((fifth.status, fifth.code().as_str()), (429, "too_many_probes"));
    assert!(fifth.head.contains("retry-after: 10"), "{}", fifth.head);
    for answer in four {
        // The listener closes what it held once the fifth was answered.
        assert_eq!(answer.json()["ok"], false);
    }
    assert_eq!(probe(&console, "", &json!({ "url": closed() })).await.status, 200, "there is room again");
}

#[tokio::test]
async fn cameras_that_are_lost_together_are_told_as_one_event() {
    let console = Console::start().await;
    let mut client = console.connect("").await;
    assert_eq!(next(&mut client, "cameras").await["outages"], json!([]));
    let address = Address::parse(&closed()).unwrap();
    let ids: Vec<String> = (1..=4).map(|n| format!("cam-{n}")).collect();
    for id in &ids {
        let id = CameraId::new(id).unwrap();
        let (generation, address) = (Generation(1), address.clone());
        drop(console.ingest.add(CameraSource {
            id,
            generation,
            address,
            transport: Transport::Tcp,
            main: None,
        }));
    }
    let outage = loop {
        let message = next(&mut client, "cameras").await;
        if let Some(outage) = message["outages"].as_array().unwrap().first() {
            break outage.clone();
        }
    };
    assert_eq!(outage["scope"], json!({ "kind": "host", "name": "127.0.0.1" }));
    assert_eq!((&outage["of"], &outage["cameras"]), (&json!(4), &json!(ids)));
    assert!(outage["since"].is_string());
    assert_eq!(console.get("/api/ingest").await.json()["outages"], json!([outage]));
    let mut late = console.connect("").await;
    assert_eq!(next(&mut late, "cameras").await["outages"], json!([outage]), "also to whoever comes later");

    console.ingest.remove(&CameraId::new("cam-4").unwrap());
    while next(&mut client, "cameras").await["outages"] != json!([]) {}
}
