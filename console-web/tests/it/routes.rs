//! Every route of the document answers, and what is asked wrongly is refused in the API's own words.

use gridwatch_alerts::EvidenceKind;
use serde_json::json;

use crate::support::Console;

#[tokio::test]
async fn every_route_of_the_document_answers() {
    let console = Console::start().await;
    let id = console.open_raised_crowd().await;
    for kind in EvidenceKind::OF_EVERY_ALERT.into_iter().chain([EvidenceKind::Step(1)]) {
        console.store(id, kind, b"bytes").await;
    }
    let drill = console.begin_drill().await;
    let document = console.get("/api/openapi.json").await.json();
    assert_eq!(document, serde_json::to_value(gridwatch_console::document()).unwrap());
    for (path, methods) in document["paths"].as_object().unwrap() {
        let id = match path.split('/').nth(2) {
            Some("cameras") => "cam-1".to_owned(),
            Some("drills") => drill.clone(),
            _ => id.to_string(),
        };
        let method = if methods.get("get").is_some() { "GET" } else { "POST" };
        let answer = console
            .request(
                method,
                &path
                    .replace("{id}", &id)
                    .replace("{code}", "1")
                    .replace("{step}", "1")
                    .replace("{request}", "1"),
                "Content-Length: 0\r\n",
            )
            .await;
        let expected = match method {
            // Without the headers of a WebSocket these are bad requests; that they exist is what counts here.
            _ if path == "/api/events" || path.ends_with("/live") => 400,
            // Nor is coverage asked for without a span.
            _ if path == "/api/coverage" => 400,
            // Nobody is on duty, so there is nothing to hand over.
            _ if path == "/api/handover" => 404,
            // Nor is an original opened that nobody asked for.
            _ if path.contains("/originals/") => 409,
            // Nor does any link open a picture but one of this server's.
            _ if path.contains("/links/") => 404,
            // Nor is anything done that is not said to be JSON.
            "POST" => 415,
            _ => 200,
        };
        assert_eq!(answer.status, expected, "{path}");
        assert!(answer.head.contains("x-content-type-options: nosniff"), "{path}");
        assert!(answer.head.contains("x-frame-options: deny"), "{path}");
        assert!(answer.head.contains("referrer-policy: no-referrer"), "{path}");
    }
}

#[tokio::test]
async fn alerts_are_listed_newest_first_filtered_and_paged() {
    let console = Console::start().await;
    for incident in 1..=3 {
        console.open_alert(incident).await;
    }
    let list = console.get("/api/alerts?open=true&limit=2").await.json();
    assert_eq!(list["seq"], 3);
    let ids = |list: &serde_json::Value| -> Vec<_> {
        list["alerts"].as_array().unwrap().iter().map(|alert| alert["id"].clone()).collect()
    };
    assert_eq!(ids(&list), [3, 2]);
    assert_eq!(ids(&console.get("/api/alerts?before=2").await.json()), [1]);
    assert_eq!(ids(&console.get("/api/alerts?open=false").await.json()).len(), 0);
    let alert = console.get("/api/alerts/1").await.json();
    assert_eq!(alert["camera"]["short_name"], "West gate");
    assert_eq!(alert["grid_path"], json!([{ "code": "1", "name": "Canal street", "level": "street" }]));
    assert_eq!(alert["snapshot"], json!({ "state": "pending", "url": null, "error": null }));
}

#[tokio::test]
async fn cameras_grids_and_health_are_shown() {
    let console = Console::start().await;
    let cameras = console.get("/api/cameras").await.json();
    assert_eq!(cameras["cameras"][0]["id"], "cam-1");
    assert_eq!(cameras["cameras"][0]["state"], "unknown", "nobody has reported yet, so nobody knows");
    assert_eq!(cameras["cameras"][0]["grid"]["code"], "1");
    let grids = console.get("/api/grids").await;
    assert!(grids.head.contains("content-type: application/geo+json"));
    assert_eq!(grids.json()["features"][0]["properties"]["name"], "Canal street");
    let packed = console.request("GET", "/api/grids", "Accept-Encoding: gzip\r\n").await;
    assert!(packed.head.contains("content-encoding: gzip"));
    assert_eq!(console.get("/api/health").await.json()["status"], "ok");
    console.problems.raise("detector_down", "detector 0");
    let health = console.get("/api/health").await.json();
    assert_eq!(
        (&health["status"], &health["problems"][0]["code"]),
        (&json!("degraded"), &json!("detector_down"))
    );
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused_with_a_code() {
    let console = Console::start().await;
    for path in [
        "/api/alerts?limit=0",
        "/api/alerts?limit=501",
        "/api/alerts?limit=-1",
        "/api/alerts?limit=x",
        "/api/alerts?state=ajar",
        "/api/alerts?before=x",
        "/api/alerts?unknown=1",
        "/api/alerts?limit=1&limit=2",
        "/api/events?after=x",
        "/api/events?after=-1",
    ] {
        let answer = console.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"), "{path}");
    }
    for path in [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/alerts/9",
        "/api/alerts/x",
        "/api/alerts/1e9999",
        "/api/alerts/1/2",
    ] {
        let answer = console.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
    for (method, path) in [("POST", "/api/alerts"), ("DELETE", "/api/alerts/1"), ("PUT", "/wall")] {
        let answer = console.request(method, path, "Content-Length: 0\r\n").await;
        assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"), "{method} {path}");
    }
}
