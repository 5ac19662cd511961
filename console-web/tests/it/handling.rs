//! An alert from the first judgement to the end, over the API, by people of the roster.

use serde_json::{Value, json};

use crate::support::Console;

const JSON: &str = "Content-Type: application/json\r\n";

/// An officer, and a worker who is on duty in the street all week.
async fn set_up(console: &Console) {
    let person = |id: &str, role: &str| json!({ "id": id, "name": id, "active": true, "roles": [{ "role": role, "grid": "1" }] });
    let people = json!({ "by": "admin", "people": [person("officer", "duty_officer"), person("wang", "grid_worker")] });
    assert_eq!(console.post("/api/people", JSON, &people.to_string()).await.status, 204);
    let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let shifts: Vec<Value> = weekdays
        .iter()
        .map(|day| json!({ "weekday": day, "from": "00:00:00", "to": "00:00:00", "people": ["wang"] }))
        .collect();
    let entry = json!({
        "id": "street", "made_by": "admin", "made_at": "2026-01-01T00:00:00Z",
        "entry": "rotation", "post": { "kind": "grid", "grid": "1", "position": "primary" },
        "starts_on": "2026-01-05", "weeks": [{ "shifts": shifts }],
    });
    let answer =
        console.post("/api/roster", JSON, &json!({ "by": "admin", "entries": [entry] }).to_string()).await;
    assert_eq!(answer.status, 204, "{}", String::from_utf8_lossy(&answer.body));
}

async fn act(console: &Console, by: &str, mut body: Value) -> (u16, Value) {
    body["by"] = by.into();
    let answer = console.post("/api/alerts/1/moves", JSON, &body.to_string()).await;
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
}

#[tokio::test]
async fn an_alert_is_judged_dispatched_accepted_and_closed() {
    let console = Console::start().await;
    set_up(&console).await;
    console.open_alert(1).await;

    let (status, alert) =
        act(&console, "officer", json!({ "move": "dispatch", "to": null, "step": 0 })).await;
    assert_eq!((status, &alert["state"]), (200, &json!("dispatched")), "{alert:#}");
    assert_eq!(alert["called"]["people"], json!(["wang"]));
    // A second officer who still sees the old state is told who was first.
    let (status, refused) =
        act(&console, "officer", json!({ "move": "dismiss", "reason": "a bag", "step": 0 })).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("move_refused")));
    let params = &refused["error"]["params"];
    assert_eq!(
        (&params["why"], &params["last_move"]["by"]["name"]),
        (&json!("overtaken"), &json!("officer"))
    );
    let (status, refused) = act(&console, "wang", json!({ "move": "close", "reason": "done" })).await;
    assert_eq!((status, &refused["error"]["params"]["why"]), (409, &json!("state")));
    assert!(refused["error"]["params"]["allowed"].as_array().unwrap().contains(&json!("accept")));

    let mine = console.get("/api/people/wang/deliveries").await.json();
    let delivery = &mine["deliveries"][0];
    assert_eq!((&delivery["state"], &delivery["alert"]), (&json!("queued"), &json!(1)));
    let path = format!("/api/deliveries/{}/acknowledgements", delivery["id"]);
    let seen = |by: &str| json!({ "by": by, "seen": true }).to_string();
    assert_eq!(console.post(&path, JSON, &seen("officer")).await.status, 404, "it is not theirs");
    assert_eq!(console.post(&path, JSON, &seen("wang")).await.status, 204);
    assert_eq!(console.get("/api/alerts/1/deliveries").await.json()["deliveries"][0]["state"], "seen");

    for (by, body) in [
        ("wang", json!({ "move": "accept" })),
        ("wang", json!({ "move": "arrive" })),
        ("wang", json!({ "move": "emergency", "outcome": "coming" })),
        ("wang", json!({ "move": "report", "text": "taken to hospital" })),
        ("officer", json!({ "move": "verify" })),
        ("officer", json!({ "move": "close", "reason": null })),
    ] {
        let (status, answer) = act(&console, by, body.clone()).await;
        assert_eq!(status, 200, "{body}: {answer:#}");
    }
    assert_eq!(console.get("/api/alerts/1").await.json()["state"], "closed");
    let entries = console.get("/api/alerts/1/timeline").await.json()["entries"].clone();
    let whats: Vec<_> =
        entries.as_array().unwrap().iter().map(|entry| entry["what"].as_str().unwrap()).collect();
    let of_clocks = |entry: &&Value| entry["what"] == "clock_stopped";
    let clocks: Vec<_> =
        entries.as_array().unwrap().iter().filter(of_clocks).map(|entry| entry["clock"].clone()).collect();
    assert_eq!(clocks, ["judge", "accept", "arrive", "supervise", "supervise", "supervise", "report"]);
    let others: Vec<_> = whats.into_iter().filter(|what| *what != "clock_stopped").collect();
    assert_eq!(others, ["opened", "moved", "called", "moved", "moved", "moved", "moved", "moved", "moved"]);
    assert_eq!(entries[1]["by"]["from"], "127.0.0.1");
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused_and_changes_nothing() {
    let console = Console::start().await;
    set_up(&console).await;
    console.open_alert(1).await;
    let cases = [
        ("nobody", json!({ "move": "confirm" }), 400, "unknown_person"),
        ("officer", json!({ "move": "fly" }), 400, "bad_request"),
        ("officer", json!({ "move": "dismiss", "reason": "" }), 400, "bad_request"),
        ("officer", json!({ "move": "reassign", "to": "wang", "reason": "near" }), 409, "move_refused"),
        ("officer", json!({ "move": "dispatch", "to": "stranger" }), 400, "bad_request"),
    ];
    for (by, body, status, code) in cases {
        let (found, answer) = act(&console, by, body.clone()).await;
        assert_eq!((found, answer["error"]["code"].as_str()), (status, Some(code)), "{body}: {answer}");
    }
    let alert = console.get("/api/alerts/1").await.json();
    assert_eq!((&alert["state"], &alert["step"]), (&json!("pending"), &json!(0)));
    assert_eq!(console.get("/api/alerts/7/timeline").await.status, 404);
}

#[tokio::test]
async fn it_is_shown_who_is_called_for_a_grid() {
    let console = Console::start().await;
    set_up(&console).await;
    let ladder = console.get("/api/grids/1/ladder").await.json();
    let names: Vec<_> =
        ladder["rungs"].as_array().unwrap().iter().map(|rung| rung["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["primary", "backup", "leader", "neighbour", "patrol", "police"]);
    assert_eq!(ladder["rungs"][0]["people"], json!([{ "id": "wang", "name": "wang" }]));
    assert_eq!(ladder["rungs"][1]["people"], json!([]));
    let before = console.get("/api/grids/1/ladder?at=2026-01-01T00:00:00Z").await.json();
    assert_eq!(before["rungs"][0]["people"], json!([]), "the rotation begins later");
    assert_eq!(console.get("/api/grids/9/ladder").await.status, 404);
}

#[tokio::test]
async fn every_uncovered_minute_is_shown() {
    let console = Console::start().await;
    set_up(&console).await;
    let week = "from=2026-02-02T00:00:00%2B08:00&to=2026-02-09T00:00:00%2B08:00";
    assert_eq!(console.get(&format!("/api/coverage?{week}")).await.json()["uncovered"], json!([]));
    let leave = json!({
        "id": "leave", "made_by": "wang", "made_at": "2026-02-01T00:00:00Z",
        "entry": "leave", "person": "wang", "reason": "ill",
        "from": "2026-02-03T00:00:00Z", "to": "2026-02-03T01:30:00Z",
    });
    let answer =
        console.post("/api/roster", JSON, &json!({ "by": "wang", "entries": [leave] }).to_string()).await;
    assert_eq!(answer.status, 204, "{}", String::from_utf8_lossy(&answer.body));
    let uncovered = console.get(&format!("/api/coverage?{week}")).await.json()["uncovered"].clone();
    assert_eq!(uncovered.as_array().unwrap().len(), 1);
    assert_eq!(uncovered[0]["from"], "2026-02-03T00:00:00Z");
    assert_eq!(uncovered[0]["to"], "2026-02-03T01:30:00Z");
    let gone = console.post("/api/roster/leave/removal", JSON, &json!({ "by": "wang" }).to_string()).await;
    assert_eq!(gone.status, 204);
    assert_eq!(console.get(&format!("/api/coverage?{week}")).await.json()["uncovered"], json!([]));
}

#[tokio::test]
async fn a_silence_is_made_shown_and_lifted_and_the_queue_says_what_waits() {
    let console = Console::start().await;
    set_up(&console).await;
    console.open_alert(1).await;
    let queue = console.get("/api/queue").await.json();
    assert_eq!((&queue["flood"], &queue["entries"][0]["alerts"]), (&json!(false), &json!([1])));

    let until = gridwatch_ingest::Clock::system().now() + jiff::SignedDuration::from_hours(1);
    let camera = console.get("/api/alerts/1").await.json()["camera"]["id"].clone();
    let mut silence =
        json!({ "by": "wang", "scope": { "camera": camera }, "reason": "market day", "until": until });
    let refused = console.post("/api/silences", JSON, &silence.to_string()).await;
    assert_eq!((refused.status, &refused.json()["error"]["params"]["parameter"]), (400, &json!("by")));
    silence["by"] = "officer".into();
    let made = console.post("/api/silences", JSON, &silence.to_string()).await;
    assert_eq!(made.status, 201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(console.get("/api/silences").await.json()["silences"][0]["reason"], "market day");
    let held = console.get("/api/alerts/1").await.json();
    assert_eq!(held["on_hold"]["silence"], id.as_str());
    assert_eq!(console.get("/api/queue").await.json()["entries"], json!([]));

    let path = format!("/api/silences/{id}/lifting");
    let by = |person: &str| json!({ "by": person }).to_string();
    assert_eq!(console.post(&path, JSON, &by("wang")).await.status, 400);
    assert_eq!(console.post(&path, JSON, &by("officer")).await.status, 204);
    assert_eq!(console.post(&path, JSON, &by("officer")).await.status, 404);
    assert_eq!(console.get("/api/alerts/1").await.json()["on_hold"], Value::Null);
}
