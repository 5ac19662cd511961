//! Reports over the API, as JSON, CSV and XLSX.

use serde_json::{Value, json};

use crate::support::Console;

const JSON: &str = "Content-Type: application/json\r\n";

/// An officer who judged one of two alerts as nothing.
async fn judged() -> Console {
    let console = Console::start().await;
    let officer = json!({ "id": "ann", "name": "ann", "active": true, "roles": [{ "role": "duty_officer", "grid": "1" }] });
    let people = json!({ "by": "admin", "people": [officer] }).to_string();
    assert_eq!(console.post("/api/people", JSON, &people).await.status, 204);
    console.open_alert(1).await;
    console.open_alert(2).await;
    let dismiss = json!({ "by": "ann", "move": "dismiss", "reason": "长椅" }).to_string();
    assert_eq!(console.post("/api/alerts/2/moves", JSON, &dismiss).await.status, 200);
    console
}

fn today(console: &Console) -> jiff::civil::Date {
    console.desk.now().to_zoned(jiff::tz::TimeZone::get("Asia/Shanghai").unwrap()).date()
}

fn figure<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["figures"].as_array().unwrap().iter().find(|figure| figure["name"] == name).unwrap()
}

#[tokio::test]
async fn every_figure_has_its_definition_and_the_alerts_it_is_made_of() {
    let console = judged().await;
    let day = today(&console);
    let (month, quarter) = (day.strftime("%Y-%m"), (day.month() - 1) / 3 + 1);
    for path in [
        format!("/api/reports/daily?date={day}"),
        format!("/api/reports/monthly?month={month}"),
        format!("/api/reports/quarterly?quarter={}-Q{quarter}", day.year()),
    ] {
        let report = console.get(&path).await.json();
        let closed = figure(&report, "closed");
        assert_eq!((&closed["alerts"], &closed["of"]), (&json!([2]), &json!([1, 2])), "{path}");
        for figure in report["figures"].as_array().unwrap() {
            assert!(!figure["definition"]["zh"].as_str().unwrap().is_empty());
            assert!(!figure["definition"]["en"].as_str().unwrap().is_empty());
        }
    }
    let yesterday = console.get("/api/reports/daily").await.json();
    assert_eq!(yesterday["last_day"], day.yesterday().unwrap().to_string());
    assert_eq!(figure(&yesterday, "closed")["value"], Value::Null);
    assert!(
        console.get("/api/reports/monthly").await.json()["last_day"].as_str().unwrap()
            < day.to_string().as_str()
    );
}

#[tokio::test]
async fn a_report_can_be_opened_in_a_spreadsheet() {
    let console = judged().await;
    let path = format!("/api/reports/daily?date={}", today(&console));
    let csv = console.get(&format!("{path}&format=csv&language=zh-CN")).await;
    assert!(csv.head.contains("content-type: text/csv; charset=utf-8"));
    assert!(csv.head.contains("content-disposition: attachment; filename=\"gridwatch-daily-"));
    let text = String::from_utf8(csv.body).unwrap();
    assert!(text.starts_with('\u{feff}') && text.contains("结案率") && text.contains("长椅"));
    let english = console.request("GET", &path, "Accept: text/csv\r\nAccept-Language: en-GB,zh\r\n").await;
    assert!(String::from_utf8(english.body).unwrap().contains("False alarms"));
    let workbook = console.get(&format!("{path}&format=xlsx")).await;
    assert!(workbook.head.contains("spreadsheetml.sheet") && workbook.body.starts_with(b"PK"));
}

#[tokio::test]
async fn periods_that_are_none_are_refused() {
    let console = Console::start().await;
    for query in [
        "daily?date=2026-02-30",
        "daily?date=x",
        "daily?date=2999-01-01",
        "daily?month=2026-01",
        "daily?format=pdf",
        "daily?language=fr",
        "monthly?month=2026-13",
        "monthly?month=202601",
        "monthly?month=2999-01",
        "monthly?date=2026-01-01",
        "quarterly?quarter=2026-Q5",
        "quarterly?quarter=2026-Q0",
        "quarterly?quarter=2026-Q-1",
        "quarterly?quarter=-2026-Q1",
        "quarterly?month=2026-01",
    ] {
        let answer = console.get(&format!("/api/reports/{query}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"), "{query}");
    }
}
