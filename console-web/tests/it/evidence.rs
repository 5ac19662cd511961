//! Manifests, legal holds and originals over the API.

use gridwatch_alerts::EvidenceKind;
use serde_json::{Value, json};

use crate::support::{Answer, Console};

const JSON: &str = "Content-Type: application/json\r\n";

async fn start() -> Console {
    let console = Console::start().await;
    let person = |id: &str| json!({ "id": id, "name": id, "active": true, "roles": [{ "role": "duty_officer", "grid": "1" }] });
    let people = json!({ "by": "admin", "people": [person("wang"), person("li")] });
    assert_eq!(console.post("/api/people", JSON, &people.to_string()).await.status, 204);
    console.open_alert(1).await;
    console
}

async fn post(console: &Console, path: &str, body: Value) -> Answer {
    console.post(&format!("/api/alerts/1/{path}"), JSON, &body.to_string()).await
}

#[tokio::test]
async fn the_manifest_is_served_once_there_is_one() {
    let console = start().await;
    let path = "/api/media/alerts/1/manifest.json";
    assert_eq!(console.get(path).await.code(), "not_found");
    console.store(gridwatch_alerts::AlertId(1), EvidenceKind::Snapshot, b"jpeg").await;
    let manifest = console.get(path).await.json();
    assert_eq!((&manifest["alert"], &manifest["camera"]), (&json!(1), &json!("cam-1")));
    assert_eq!(manifest["files"][0]["name"], "snapshot.jpg");
    assert_eq!(manifest["files"][0]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(console.get("/api/media/alerts/2/manifest.json").await.status, 404);
}

#[tokio::test]
async fn evidence_is_held_and_released_by_somebody_with_a_reason() {
    let console = start().await;
    let held = post(&console, "legal-hold", json!({ "by": "wang", "reason": "case 17" })).await;
    assert_eq!((held.status, &held.json()["legal_hold"]["reason"]), (200, &json!("case 17")));
    assert_eq!(held.json()["legal_hold"]["by"]["name"], "wang");
    for (path, body, status, code) in [
        ("legal-hold", json!({ "by": "wang", "reason": "again" }), 400, "bad_request"),
        ("legal-hold", json!({ "by": "nobody", "reason": "x" }), 400, "unknown_person"),
        ("legal-hold/release", json!({ "by": "li", "reason": "" }), 400, "bad_request"),
        ("legal-hold/release", json!({ "by": "li" }), 400, "bad_request"),
    ] {
        let answer = post(&console, path, body.clone()).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path} {body}");
    }
    let released = post(&console, "legal-hold/release", json!({ "by": "li", "reason": "closed" })).await;
    assert_eq!((released.status, &released.json()["legal_hold"]), (200, &Value::Null));
    let entries = console.get("/api/alerts/1/timeline").await.json()["entries"].clone();
    let whats: Vec<_> = entries.as_array().unwrap().iter().map(|entry| entry["what"].clone()).collect();
    assert_eq!(whats, ["opened", "evidence_held", "evidence_released"]);
}

#[tokio::test]
async fn an_original_is_opened_by_two_people_once() {
    let console = start().await;
    let id = gridwatch_alerts::AlertId(1);
    let ask = json!({ "by": "wang", "reason": "police" });
    let refused = post(&console, "original-requests", ask.clone()).await;
    assert_eq!((refused.status, refused.code().as_str()), (409, "original_refused"));
    assert_eq!(refused.json()["error"]["params"]["why"], "not_kept");

    console.evidence.store_original(id, b"faces"[..].into(), None).await.unwrap();
    let asked = post(&console, "original-requests", ask).await;
    assert_eq!((asked.status, &asked.json()["original_requests"][0]["number"]), (200, &json!(1)));
    let approval = "original-requests/1/approval";
    let own = post(&console, approval, json!({ "by": "wang" })).await;
    assert_eq!((own.status, &own.json()["error"]["params"]["why"]), (409, &json!("own_request")));
    let link = post(&console, approval, json!({ "by": "li" })).await;
    assert!(link.head.contains("cache-control: no-store"));
    let url = link.json()["url"].as_str().unwrap().to_owned();

    let wrong = console.get(&format!("{}x", &url[..url.len() - 1])).await;
    assert_eq!((wrong.status, &wrong.json()["error"]["params"]["why"]), (409, &json!("wrong_link")));
    let opened = console.get(&url).await;
    assert_eq!((opened.status, opened.body.as_slice()), (200, b"faces".as_slice()));
    assert!(
        opened.head.contains("content-type: video/mp4") && opened.head.contains("cache-control: no-store")
    );
    let again = console.get(&url).await;
    assert_eq!((again.status, &again.json()["error"]["params"]["why"]), (409, &json!("opened")));
    let alert = console.get("/api/alerts/1").await.json();
    assert!(alert["original_requests"][0]["opened_at"].is_string());
    let token = url.rsplit('/').next().unwrap();
    assert!(
        !console.get("/api/alerts/1/timeline").await.json().to_string().contains(token),
        "the link is told"
    );
}
