//! Browsers that ask for pushes, and links that open a picture.

use gridwatch_alerts::{AlertId, EvidenceKind};
use serde_json::{Value, json};

use crate::support::{Answer, Console};

const JSON: &str = "Content-Type: application/json\r\n";

/// The keys of RFC 8291, appendix A.
fn subscription(endpoint: &str) -> Value {
    json!({ "endpoint": endpoint, "expirationTime": null, "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    } })
}

async fn start() -> Console {
    let console = Console::start().await;
    let person = |id: &str| json!({ "id": id, "name": id, "active": true, "roles": [{ "role": "grid_worker", "grid": "1" }] });
    let people = json!({ "by": "admin", "people": [person("wang"), person("li")] });
    assert_eq!(console.post("/api/people", JSON, &people.to_string()).await.status, 204);
    console
}

async fn add(console: &Console, by: &str, subscription: Value) -> Answer {
    let body = json!({ "by": by, "subscription": subscription }).to_string();
    console.post("/api/push/browsers", JSON, &body).await
}

#[tokio::test]
async fn a_browser_is_taken_in_for_its_person_and_forgotten_by_it() {
    let console = start().await;
    let key = console.get("/api/push").await.json()["public_key"].clone();
    assert_eq!(key.as_str().unwrap().len(), 87, "65 bytes in base64url");
    let added = add(&console, "wang", subscription("https://push.example/one")).await;
    assert_eq!(added.status, 201);
    let again = add(&console, "wang", subscription("https://push.example/one")).await;
    assert_eq!(again.json(), added.json(), "it is the same browser");
    let removal = format!("/api/push/browsers/{}/removal", added.json()["id"].as_str().unwrap());
    let by = |person: &str| json!({ "by": person }).to_string();
    assert_eq!(console.post(&removal, JSON, &by("li")).await.code(), "not_found", "it is not theirs");
    assert_eq!(console.post(&removal, JSON, &by("wang")).await.status, 204);
    assert_eq!(console.post(&removal, JSON, &by("wang")).await.code(), "not_found");
}

#[tokio::test]
async fn what_is_no_browser_is_refused_and_not_repeated() {
    let console = start().await;
    let mut keyless = subscription("https://push.example/one");
    keyless["keys"] = json!({ "p256dh": "AAAA", "auth": "c2VjcmV0" });
    for (by, given, code) in [
        ("wang", json!("secret"), "bad_request"),
        ("wang", keyless, "bad_request"),
        ("wang", subscription("http://push.example/secret"), "bad_request"),
        ("wang", subscription("https://127.0.0.1/secret"), "bad_request"),
        ("nobody", subscription("https://push.example/secret"), "unknown_person"),
    ] {
        let answer = add(&console, by, given.clone()).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{given}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("secret"), "{given}");
    }
}

#[tokio::test]
async fn a_link_opens_the_picture_as_soon_as_it_is_stored() {
    let console = Console::start().await;
    console.open_alert(1).await;
    let link = console.links.link(AlertId(1), console.desk.now()).unwrap();
    let (opened, ()) =
        tokio::join!(console.get(link.path()), console.store(AlertId(1), EvidenceKind::Snapshot, b"jpeg"));
    assert_eq!((opened.status, opened.body.as_slice()), (200, b"jpeg".as_slice()));
    let other = link.path().replace("/links/1/", "/links/2/");
    for path in [other.as_str(), "/api/media/links/1/9999999999/00", "/api/media/links/x/y/z"] {
        assert_eq!(console.get(path).await.code(), "not_found", "{path}");
    }
}
