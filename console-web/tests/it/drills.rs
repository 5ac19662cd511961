//! Drills over the API.

use serde_json::{Value, json};

use crate::support::Console;

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn a_drill_is_begun_by_an_officer_and_told() {
    let mut console = Console::start().await;
    let person = |id: &str, role: &str| json!({ "id": id, "name": id, "active": true, "roles": [{ "role": role, "grid": "1" }] });
    let people =
        json!({ "by": "admin", "people": [person("wang", "duty_officer"), person("li", "grid_worker")] });
    assert_eq!(console.post("/api/people", JSON, &people.to_string()).await.status, 204);
    assert_eq!(console.get("/api/drills").await.json(), json!({ "clips": ["fall.mp4"], "drills": [] }));

    let drill = |by: &str, clip: &str| {
        json!({ "by": by, "camera": "cam-1", "clip": clip, "reason": "new shift" }).to_string()
    };
    for (by, clip, code) in [
        ("li", "fall.mp4", "bad_request"),
        ("nobody", "fall.mp4", "unknown_person"),
        ("wang", "../key", "bad_request"),
    ] {
        assert_eq!(console.post("/api/drills", JSON, &drill(by, clip)).await.code(), code);
    }
    let begun = console.post("/api/drills", JSON, &drill("wang", "fall.mp4")).await;
    assert_eq!((begun.status, &begun.json()["end"]), (201, &Value::Null));
    let order = console.orders.recv().await.unwrap();
    assert_eq!((order.drill.camera.as_str(), order.drill.reason.as_str()), ("cam-1", "new shift"));
    let again = console.post("/api/drills", JSON, &drill("wang", "fall.mp4")).await;
    assert_eq!((again.status, again.code().as_str()), (409, "drill_refused"));
    assert_eq!(again.json()["error"]["params"]["why"], "at_this_camera");

    let report = console.get(&format!("/api/drills/{}", order.drill.id)).await.json();
    assert_eq!((&report["drill"], &report["alerts"]), (&begun.json(), &json!([])));
    assert_eq!(console.get("/api/drills/1").await.code(), "not_found");
    assert_eq!(console.get("/api/drills").await.json()["drills"], json!([begun.json()]));
}
