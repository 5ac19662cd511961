//! Grids, people and rotations from files: the dry run, what is wrong with a file, and taking it in.

use std::time::Duration;

use gridwatch_inference::Phase;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

use crate::support::Console;

const CSV: &str = "text/csv; charset=utf-8";
const GEOJSON: &str = "application/geo+json";
const GRIDS: &str = "/api/grids/import?system=wgs84&by=admin";

/// A street of one degree, and a community of so many in it.
fn grids(community: f64) -> String {
    let square = |code: &str, level: &str, parent: Value, size: f64| {
        json!({
            "type": "Feature",
            "properties": { "code": code, "name": format!("Grid {code}"), "level": level, "parent": parent },
            "geometry": { "type": "Polygon", "coordinates": [[[0.0, 0.0], [size, 0.0], [size, size], [0.0, size], [0.0, 0.0]]] },
        })
    };
    let features =
        [square("1", "street", Value::Null, 1.0), square("11", "community", json!("1"), community)];
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}

async fn ok(console: &Console, path: &str, media_type: &str, file: &[u8]) -> Value {
    let answer = console.upload(path, media_type, file).await;
    assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

async fn codes(console: &Console, at: &str) -> Vec<Value> {
    let tree = console.get(&format!("/api/grids{at}")).await.json();
    tree["features"].as_array().unwrap().iter().map(|one| one["properties"]["code"].clone()).collect()
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let console = Console::start().await;
    let file = grids(0.6);
    let would = ok(&console, &format!("{GRIDS}&dry_run=true"), GEOJSON, file.as_bytes()).await;
    let changes = &would["changes"];
    assert_eq!(
        (&would["dry_run"], &would["grids"], &would["problems"]),
        (&json!(true), &json!(2), &json!([]))
    );
    assert_eq!(changes["added"], json!([{ "code": "11", "name": "Grid 11", "level": "community" }]));
    assert_eq!(changes["changed"][0]["fields"], json!(["name"]));
    let lints: Vec<_> = would["lints"].as_array().unwrap().iter().map(|lint| lint["code"].clone()).collect();
    assert!(lints.contains(&json!("gap")) && lints.contains(&json!("code_length")), "{lints:?}");
    assert_eq!(would["wrong_system"], Value::Null);
    assert_eq!(codes(&console, "").await, ["1"]);

    let done = ok(&console, GRIDS, GEOJSON, file.as_bytes()).await;
    assert_eq!((&done["dry_run"], &done["changes"]), (&json!(false), changes));
    assert_eq!(codes(&console, "").await, ["1", "11"]);
    assert_eq!(codes(&console, "?at=2020-01-01T00:00:00Z").await, [""; 0]);
    let alert = console.open_alert(1).await;
    let alert = console.get(&format!("/api/alerts/{alert}")).await.json();
    assert_eq!(alert["grid"]["code"], "11", "the desk goes by the new tree");
    let versions = console.get("/api/grids/versions").await.json()["versions"].clone();
    let by: Vec<_> = versions.as_array().unwrap().iter().map(|one| (&one["by"], &one["grids"])).collect();
    assert_eq!(by, [(&json!("admin"), &json!(2)), (&json!("gridwatch"), &json!(1))]);
    let same = ok(&console, GRIDS, GEOJSON, file.as_bytes()).await;
    assert_eq!(same["changes"]["unchanged"], 2);
    assert_eq!(console.get("/api/grids/versions").await.json()["versions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_tree_may_be_planned_and_nothing_before_it_any_more() {
    let console = Console::start().await;
    let soon = (console.desk.now() + jiff::SignedDuration::from_hours(24)).to_string();
    let planned = ok(&console, &format!("{GRIDS}&valid_from={soon}"), GEOJSON, grids(0.6).as_bytes()).await;
    assert_eq!(planned["valid_from"], soon);
    assert_eq!(codes(&console, "").await, ["1"]);
    assert_eq!(codes(&console, &format!("?at={soon}")).await, ["1", "11"]);
    for dry_run in ["", "&dry_run=true"] {
        let refused = console.upload(&format!("{GRIDS}{dry_run}"), GEOJSON, grids(0.5).as_bytes()).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "grids_change_later"));
        assert!(refused.json()["error"]["params"]["latest"].as_str().unwrap().starts_with(&soon[..19]));
    }
    for at in ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "soon"] {
        let refused = console.upload(&format!("{GRIDS}&valid_from={at}"), GEOJSON, b"{}").await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "bad_request"), "{at}");
    }
}

#[tokio::test]
async fn every_problem_is_told_where_it_is_in_the_language_of_the_reader() {
    let console = Console::start().await;
    let table = "编码,名称,级别,上级,边界\n1,运河街道,街道,,0 0;1 0;1 1;0 1;0 0\n11,一社区,社区网格,9,\n";
    let (gbk, _, _) = encoding_rs::GBK.encode(table);
    for (language, said) in [("zh-CN", "第 3 行"), ("en", "row 3")] {
        let path = format!("{GRIDS}&dry_run=true&language={language}");
        let told = ok(&console, &path, CSV, &gbk).await;
        assert_eq!(told["changes"], Value::Null);
        let problems = told["problems"].as_array().unwrap();
        let found: Vec<_> = problems.iter().map(|one| (&one["row"], &one["id"], &one["code"])).collect();
        assert!(found.contains(&(&json!(3), &json!("11"), &json!("unknown_parent"))), "{found:?}");
        assert!(found.contains(&(&json!(3), &json!("11"), &json!("not_an_area"))), "{found:?}");
        let unknown = problems.iter().find(|one| one["code"] == "unknown_parent").unwrap();
        assert_eq!(unknown["params"], json!({ "parent": "9" }));
        assert!(unknown["sentence"].as_str().unwrap().contains(said), "{unknown}");
    }
    let refused = console.upload(GRIDS, CSV, &gbk).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "bad_import"));
    assert_eq!(refused.json()["error"]["params"]["problems"].as_array().unwrap().len(), 2);
    for (file, code) in [("{", "not_json"), ("{}", "not_a_feature_collection")] {
        let told = ok(&console, &format!("{GRIDS}&dry_run=true"), GEOJSON, file.as_bytes()).await;
        assert_eq!(told["problems"][0]["code"], code);
    }
    assert_eq!(codes(&console, "").await, ["1"]);
}

/// The camera hangs at 0.5, 0.5; a file that leaves it out is suspect.
#[tokio::test]
async fn cameras_outside_every_grid_are_told_with_the_share_under_each_system() {
    let console = Console::start().await;
    let file = grids(0.2).replace("1.0", "0.3");
    let told = ok(&console, &format!("{GRIDS}&dry_run=true"), GEOJSON, file.as_bytes()).await;
    let suspected = &told["wrong_system"];
    assert_eq!((&suspected["named"], &suspected["outside_share"]), (&json!("wgs84"), &json!(1.0)));
    assert_eq!(suspected["alternatives"].as_array().unwrap().len(), 2);
    assert!(suspected["sentence"].as_str().unwrap().contains("100.0 %"));
}

#[tokio::test]
async fn what_is_no_file_of_grids_is_refused_before_it_is_read() {
    let console = Console::start().await;
    let too_long = format!("Content-Type: {GEOJSON}\r\nContent-Length: 33554433\r\n");
    let refused = console.request("POST", GRIDS, &too_long).await;
    assert_eq!((refused.status, refused.code().as_str()), (413, "body_too_large"));
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let refused = console.upload(GRIDS, media_type, b"{}").await;
        assert_eq!((refused.status, refused.code().as_str()), (415, "unsupported_media_type"));
    }
    assert_eq!(console.upload("/api/people/import?by=admin", GEOJSON, b"{}").await.status, 415);
    let foreign = format!("Content-Type: {GEOJSON}\r\nContent-Length: 0\r\nOrigin: http://example.org\r\n");
    assert_eq!(console.request("POST", GRIDS, &foreign).await.status, 403);
    for query in ["", "?system=wgs84", "?by=admin", "?system=mars&by=admin", "?system=wgs84&by="] {
        let refused = console.upload(&format!("/api/grids/import{query}"), GEOJSON, b"{}").await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "bad_request"), "{query}");
    }
    // Larger than what other routes take, and read.
    let large = format!("{}{}", " ".repeat(1 << 20), grids(0.6));
    ok(&console, &format!("{GRIDS}&dry_run=true"), GEOJSON, large.as_bytes()).await;
}

/// Two files are on their way and never come whole; a third one waits for neither and holds no memory.
#[tokio::test]
async fn as_many_files_are_read_as_can_be_at_one_time() {
    let console = Console::start().await;
    let mut stalled = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(console.address).await.unwrap();
        let head = format!(
            "POST {GRIDS} HTTP/1.1\r\nHost: {}\r\nContent-Type: {GEOJSON}\r\nContent-Length: 9\r\n\r\n",
            console.address
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stalled.push(stream);
    }
    let refused = timeout(Duration::from_secs(20), async {
        loop {
            let answer = console.upload(&format!("{GRIDS}&dry_run=true"), GEOJSON, b"{}").await;
            if answer.status != 200 {
                return answer;
            }
        }
    });
    let refused = refused.await.unwrap();
    assert_eq!((refused.status, refused.code().as_str()), (429, "busy"));
    assert!(refused.head.contains("retry-after: 10"));
    assert_eq!(console.get("/api/reports/daily").await.status, 429, "a report waits for the same");
    drop(stalled);
    timeout(Duration::from_secs(20), async {
        while console.get("/api/reports/daily").await.status != 200 {}
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn people_and_rotations_come_whole_or_not_at_all_and_a_shift_is_handed_over() {
    let console = Console::start().await;
    let (people, roster) = ("/api/people/import?by=admin", "/api/roster/import?by=admin");
    let table =
        "编号,姓名,角色,网格编码,备注\nann,安然,网格员,1,x\nben,白宁,值班长,1,x\neve,易薇,值班长,1,x\n";
    let (gbk, _, _) = encoding_rs::GBK.encode(table);
    let would = ok(&console, &format!("{people}&dry_run=true"), CSV, &gbk).await;
    assert_eq!((&would["rows"], &would["added"]), (&json!(3), &json!(["ann", "ben", "eve"])));
    assert_eq!(would["problems"][0]["code"], "unknown_column", "passed over, and said");
    assert_eq!(console.get("/api/people").await.json()["people"], json!([]));
    let bad = format!("{table}dan,丹,网格员,99,\n");
    let refused = console.upload(people, CSV, bad.as_bytes()).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "bad_import"));
    let params = &refused.json()["error"]["params"];
    assert_eq!(params["refused"], json!(["dan"]));
    let problem = &params["problems"][1];
    assert_eq!(
        (&problem["row"], &problem["column"], &problem["code"]),
        (&json!(5), &json!("grid"), &json!("unknown_grid"))
    );
    assert_eq!(console.get("/api/people").await.json()["people"], json!([]), "nothing half done");
    ok(&console, people, CSV, &gbk).await;
    assert_eq!(console.get("/api/people").await.json()["people"].as_array().unwrap().len(), 3);
    let no_table = ok(&console, &format!("{people}&dry_run=true"), CSV, b"").await;
    assert_eq!(no_table["problems"][0]["code"], "empty");

    let shifts = "编号,岗位,起始日期,星期,开始,结束,人员,网格编码\n\
                  lead,值班长,2026-01-05,每天,08:00,20:00,ben,\nlead,,,每天,20:00,08:00,eve,\n\
                  g,主岗,2026-01-05,每天,08:00,20:00,ann,1\n";
    let wrong = shifts.replace("ben", "nobody");
    let told = ok(&console, &format!("{roster}&dry_run=true&language=zh-CN"), CSV, wrong.as_bytes()).await;
    assert_eq!((&told["refused"], &told["added"]), (&json!(["lead"]), &json!(["g"])));
    assert_eq!(console.upload(roster, CSV, wrong.as_bytes()).await.code(), "bad_import");
    assert_eq!(console.get("/api/roster").await.json()["entries"], json!([]), "nothing half done");
    ok(&console, roster, CSV, shifts.as_bytes()).await;

    console.open_alert(1).await;
    console.see(1, Phase::LongLie).await;
    console.open_alert(2).await;
    let sheet = console.get("/api/handover?at=2026-02-02T10:00:00%2B08:00").await.json();
    assert_eq!(sheet["outgoing"]["people"], json!(["ben"]));
    assert_eq!(sheet["incoming"]["people"], json!(["eve"]));
    assert_eq!(sheet["uncovered"][0]["post"]["kind"], "grid", "nobody is in the grid at night");
    let open: Vec<_> = sheet["open"].as_array().unwrap().iter().map(|alert| alert["id"].clone()).collect();
    assert_eq!((open, &sheet["open_in_all"]), (vec![json!(1), json!(2)], &json!(2)), "the most urgent first");
    let of_grid = console.get("/api/handover?at=2026-02-02T10:00:00%2B08:00&post=grid&grid=1").await.json();
    assert_eq!(
        (&of_grid["outgoing"]["people"], of_grid["open"].as_array().unwrap().len()),
        (&json!(["ann"]), 2)
    );
    assert_eq!(console.get("/api/handover?post=seat&name=9").await.status, 404);
    for bad in ["post=seat", "post=grid", "post=throne", "at=never", "seat=1"] {
        assert_eq!(console.get(&format!("/api/handover?{bad}")).await.status, 400, "{bad}");
    }
}
