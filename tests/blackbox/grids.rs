//! Other grids, taken over while the program runs; and a report to open in a spreadsheet.

use gridwatch_tests::{
    root,
    server::{Server, Setup, blind_config},
};
use reqwest::Client;
use serde_json::Value;

const GRID: &str = "370405900002002";

/// The grids of the test street without its last base grid.
fn fewer() -> String {
    let file =
        std::fs::read_to_string(root().join("tests/fixtures/grids.geojson")).expect("the fixture is there");
    let mut grids: Value = serde_json::from_str(&file).expect("GeoJSON");
    let features = grids["features"].as_array_mut().expect("a list");
    features.retain(|feature| feature["properties"]["code"] != GRID);
    grids.to_string()
}

async fn import(server: &Server, query: &str) -> Value {
    let url = server.url(&format!("/api/grids/import?system=wgs84&by=admin{query}"));
    let request = Client::new().post(url).header("Content-Type", "application/geo+json").body(fewer());
    let answer = request.send().await.expect("the server answers");
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("the answer is JSON")
}

async fn grids(server: &Server) -> usize {
    server.get("/api/grids").await["features"].as_array().expect("a list").len()
}

/// A camera names the grid that ends: another answers for it, also after a restart, for which that must be no obstacle.
#[tokio::test]
async fn grids_are_taken_over_after_a_dry_run_and_stay_after_a_restart() {
    let camera = format!(
        "[[camera]]\nid = \"c\"\nname = \"c\"\nlongitude = 117.7175\nlatitude = 34.5575\ngrid = \"{GRID}\"\n\
         url = \"rtsp://127.0.0.1:9/none\"\n"
    );
    let server = Setup::new(&format!("{}{camera}", blind_config())).start();
    assert_eq!(server.camera("c").await["grid"]["code"], GRID);
    let would = import(&server, "&dry_run=true").await;
    assert_eq!(would["changes"]["ended"][0]["code"], GRID);
    assert_eq!(grids(&server).await, 8);
    import(&server, "").await;
    assert_eq!(grids(&server).await, 7);
    assert_eq!(server.camera("c").await["grid"]["code"], "370405900002");

    let again = server.kill().start();
    assert_eq!(grids(&again).await, 7);
    assert_eq!(again.camera("c").await["grid"]["code"], "370405900002");
    let csv = again.file("/api/reports/daily?format=csv&language=zh-CN", "text/csv; charset=utf-8").await;
    assert!(String::from_utf8(csv).expect("text").contains("僵尸网格"));
}
