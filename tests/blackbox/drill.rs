//! A drill: a recorded fall goes through the whole chain to people and back, beside the statistics.

use gridwatch_tests::{
    data, eventually,
    push_service::PushService,
    server::{Server, Setup, config},
    socket::Socket,
    whole_machine,
};
use jiff::{Timestamp, tz::TimeZone};
use reqwest::Client;
use serde_json::{Value, json};

/// The camera has no picture at all: what is practised does not depend on it.
const CAMERA: &str = "[[camera]]\nid = \"cam-02\"\nname = \"活动室\"\nurl = \"rtsp://127.0.0.1:9/none\"\n\
                      longitude = 117.7012\nlatitude = 34.5512\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_fall_is_found_handled_and_told_and_is_no_statistic() {
    let Some(data) = data::or_skip("a_recorded_fall_is_found_handled_and_told_and_is_no_statistic") else {
        return;
    };
    let _turn = whole_machine().await;
    let clips = data.join("clips/gmdcsa24");
    let model = |name: &str| data.join("models").join(name).display().to_string();
    let settings = config(
        &model("yolox_nano_person_384x640.onnx"),
        &model("yolox_nano_person_rot3_640.onnx"),
        "evidence",
    );
    let drills = format!("[drills]\nclips = {}\n", json!(clips.display().to_string()));
    let push = "[push]\ncontact = \"mailto:duty@street.example\"\nprivate_service = true\n";
    let server = Setup::new(&format!("{settings}{drills}{push}{CAMERA}")).start();
    let people = json!({ "by": "admin", "people": [
        { "id": "lead", "name": "值班长", "active": true, "roles": [{ "role": "shift_lead", "grid": "370405900" }] },
        { "id": "worker", "name": "网格员", "active": true, "roles": [{ "role": "grid_worker", "grid": "370405900001001" }] },
    ] });
    assert_eq!(post(&server, "/api/people", &people).await.0, 204);
    let browsers = PushService::start().await;
    let browser = json!({ "by": "worker", "subscription": browsers.subscription() });
    assert_eq!(post(&server, "/api/push/browsers", &browser).await.0, 201);
    let offered = server.get("/api/drills").await;
    assert!(offered["clips"].as_array().expect("a list").contains(&json!("S1_Fall_15.mp4")));

    let order = json!({ "by": "lead", "camera": "cam-02", "clip": "S1_Fall_15.mp4", "reason": "new shift" });
    let (status, drill) = post(&server, "/api/drills", &order).await;
    assert_eq!(status, 201, "{drill}");
    let alerts = eventually("an alert with picture and clip", async || {
        let alerts = server.alerts().await;
        let is_ready =
            |alert: &Value| alert["snapshot"]["state"] == "ready" && alert["clip"]["state"] == "ready";
        (!alerts.is_empty() && alerts.iter().all(is_ready)).then_some(alerts)
    })
    .await;
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    let alert = &alerts[0];
    assert_eq!((&alert["kind"], &alert["drill"]), (&json!("fall"), &json!(true)));
    let id = alert["id"].as_i64().expect("a number");
    let act = async |by: &str, mv: Value| {
        let mut body = mv;
        body["by"] = json!(by);
        let (status, answer) = post(&server, &format!("/api/alerts/{id}/moves"), &body).await;
        assert_eq!(status, 200, "{answer}");
    };
    act("lead", json!({ "move": "confirm" })).await;
    act("lead", json!({ "move": "dispatch", "to": "worker" })).await;
    check_calls(&server, &browsers, id).await;
    act("worker", json!({ "move": "accept" })).await;
    act("worker", json!({ "move": "arrive" })).await;
    act("worker", json!({ "move": "report", "text": "practised" })).await;

    let path = format!("/api/drills/{}", drill["id"].as_str().expect("an id"));
    let report = eventually("the clip has been played", async || {
        let report = server.get(&path).await;
        (report["drill"]["end"] == "played").then_some(report)
    })
    .await;
    let [drilled] = report["alerts"].as_array().expect("a list").as_slice() else { panic!("{report:#}") };
    for clock in ["judge", "accept", "arrive", "report"] {
        let told = drilled["clocks"].as_array().expect("a list").iter().find(|told| told["clock"] == clock);
        let told = told.unwrap_or_else(|| panic!("no {clock} in {drilled:#}"));
        assert!(told["met_at"].is_string() && !told["runs"].as_bool().expect("a flag"), "{told}");
    }
    let to_worker = |delivery: &&Value| delivery["recipient"] == "worker";
    let deliveries = drilled["deliveries"].as_array().expect("a list");
    assert_eq!(deliveries.iter().find(to_worker).expect("the worker is told")["notice"]["drill"], true);
    let opened: Timestamp = alert["opened_at"].as_str().expect("a time").parse().expect("a time");
    let today = opened.to_zoned(TimeZone::get("Asia/Shanghai").expect("a zone")).date();
    let figures = server.get(&format!("/api/reports/daily?date={today}")).await["figures"].clone();
    for figure in figures.as_array().expect("a list") {
        assert_eq!(figure["of"].as_array().map_or(0, Vec::len), 0, "a drill is counted: {figure}");
    }
}

/// The worker's phone is told over its socket, and the worker's browser by a push that nobody else can read.
async fn check_calls(server: &Server, browsers: &PushService, id: i64) {
    let mut phone = Socket::connect_as(server, "person=worker").await;
    let call = phone.next("a delivery", |message| message["type"] == "delivery").await["delivery"].clone();
    assert_eq!((&call["alert"], &call["notice"]["drill"]), (&json!(id), &json!(true)), "{call}");
    let pushed = browsers.first().await;
    let header = |name: &str| pushed.headers[name].to_str().expect("text").to_owned();
    assert_eq!((header("content-encoding"), header("urgency")), ("aes128gcm".to_owned(), "high".to_owned()));
    assert!(header("authorization").starts_with("vapid t="));
    assert!(!String::from_utf8_lossy(&pushed.body).contains("cam-02"), "it is encrypted");
}

async fn post(server: &Server, path: &str, body: &Value) -> (u16, Value) {
    let answer = Client::new().post(server.url(path)).json(body).send().await.expect("the server answers");
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}
