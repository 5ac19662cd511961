//! `gridwatch demo`: a street with its grids and people, and a fall that reaches whoever answers for the spot.

use std::collections::BTreeMap;

use gridwatch_tests::{data, eventually, server::Server, whole_machine};
use serde_json::{Value, json};

/// A week in which nobody changes anything.
const WEEK: &str = "from=2027-03-01T00:00:00Z&to=2027-03-08T00:00:00Z";

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_a_street_in_which_somebody_is_always_on_duty() {
    let _turn = whole_machine().await;
    let server = Server::demo(None);
    let grids = server.get("/api/grids").await;
    let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
    for grid in grids["features"].as_array().expect("a list") {
        *levels.entry(grid["properties"]["level"].as_str().expect("a level")).or_default() += 1;
    }
    assert_eq!(levels, BTreeMap::from([("street", 1), ("community", 13), ("base", 143), ("micro", 351)]));

    let cameras = server.get("/api/cameras").await["cameras"].as_array().expect("a list").clone();
    assert_eq!(cameras.len(), 16);
    for camera in cameras {
        assert_eq!(camera["grid"]["level"], "micro", "{camera:#}");
        let ladder = ladder(&server, &camera["grid"]).await;
        let people = |rung: &Value| rung["people"].as_array().map_or(0, Vec::len);
        assert_eq!(ladder.iter().map(people).collect::<Vec<_>>(), [1, 1, 1, 1, 12, 1], "{camera:#}");
    }
    let coverage = server.get(&format!("/api/coverage?{WEEK}")).await;
    assert_eq!(coverage["uncovered"], json!([]));
    let posts = server.get("/api/duty").await["posts"].as_array().expect("a list").len();
    assert_eq!(posts, 143 * 2 + 13 + 4 + 1 + 2 + 3, "grids, leaders, seats, shift lead, pools, liaisons");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fall_of_the_demo_reaches_whoever_answers_for_its_grid() {
    let Some(data) = data::or_skip("a_fall_of_the_demo_reaches_whoever_answers_for_its_grid") else { return };
    let _turn = whole_machine().await;
    let server = Server::demo(Some(&data));
    let alert = eventually("a fall", async || server.alerts().await.pop()).await;
    let path = alert["grid_path"].as_array().expect("a list");
    let levels: Vec<&str> = path.iter().map(|grid| grid["level"].as_str().expect("a level")).collect();
    assert_eq!(levels, ["street", "community", "base", "micro"]);
    let worker = ladder(&server, &alert["grid"]).await[0]["people"][0].clone();
    check_worker(&server, &worker, path).await;

    let officer = officer_on_duty(&server).await;
    let alert = act(&server, &alert, &officer, json!({ "move": "confirm" })).await;
    assert_eq!(alert["state"], "confirmed");
    let alert = act(&server, &alert, &officer, json!({ "move": "dispatch", "to": null })).await;
    assert_eq!(
        (&alert["called"]["rung"], &alert["called"]["people"]),
        (&json!("primary"), &json!([worker["id"]]))
    );
    assert!(awaits(&alert, "accept") && awaits(&alert, "report"), "{alert:#}");
    let by = worker["id"].as_str().expect("an id");
    let alert = act(&server, &alert, by, json!({ "move": "accept" })).await;
    assert_eq!(
        (&alert["state"], &alert["called"]["accepted"]["name"]),
        (&json!("accepted"), &worker["name"])
    );
    assert!(awaits(&alert, "arrive") && awaits(&alert, "report"), "{alert:#}");

    let timeline = server.get(&format!("/api/alerts/{}/timeline", alert["id"])).await;
    let moved =
        timeline["entries"].as_array().expect("a list").iter().filter(|entry| entry["what"] == "moved");
    let names: Vec<&str> = moved.map(|entry| entry["by"]["name"].as_str().expect("a name")).collect();
    assert_eq!(names[2..], [worker["name"].as_str().expect("a name")]);
    assert!(names[..2].iter().all(|name| name.contains("值班员")), "{names:?}");
}

/// The worker belongs to the alert's base grid, or to another one of its community, with which the nights are shared.
async fn check_worker(server: &Server, worker: &Value, path: &[Value]) {
    let people = server.get("/api/people").await;
    let of_id = |person: &&Value| person["id"] == worker["id"];
    let person =
        people["people"].as_array().expect("a list").iter().find(of_id).expect("the worker is known");
    assert!(worker["name"].as_str().expect("a name").starts_with("网格员 "), "{worker}");
    assert_eq!(person["roles"][0]["role"], "grid_worker");
    let (grid, community) = (person["roles"][0]["grid"].as_str(), path[1]["code"].as_str());
    assert!(grid.expect("a code").starts_with(community.expect("a code")), "{person:#}");
    assert!(person["phone"].as_str().expect("a phone").starts_with("+999 "), "a number that nobody has");
}

/// Whoever sits at a seat now.
async fn officer_on_duty(server: &Server) -> String {
    let duty = server.get("/api/duty").await;
    let is_seat = |manned: &&Value| manned["post"]["kind"] == "seat";
    let seat = duty["posts"].as_array().expect("a list").iter().find(is_seat).expect("a seat");
    seat["people"][0].as_str().expect("somebody sits there").to_owned()
}

async fn ladder(server: &Server, grid: &Value) -> Vec<Value> {
    let code = grid["code"].as_str().expect("a code");
    server.get(&format!("/api/grids/{code}/ladder")).await["rungs"].as_array().expect("a list").clone()
}

/// Makes a move, and gives the alert as it is then.
async fn act(server: &Server, alert: &Value, by: &str, mut body: Value) -> Value {
    body["by"] = by.into();
    let url = server.url(&format!("/api/alerts/{}/moves", alert["id"]));
    let request = reqwest::Client::new().post(url).header("Content-Type", "application/json");
    let answer = request.body(body.to_string()).send().await.expect("the server answers");
    assert_eq!(answer.status(), 200, "{body}");
    answer.json().await.expect("the answer is JSON")
}

/// Whether a clock runs until this happens.
fn awaits(alert: &Value, what: &str) -> bool {
    alert["clocks"].as_array().expect("a list").iter().any(|clock| clock["clock"] == what)
}
