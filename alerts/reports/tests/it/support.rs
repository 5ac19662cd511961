//! Generated facts, and how to look a figure up.

use gridwatch_reports::*;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

/// Opened at noon of 2026-03-01 in Shanghai, and nothing else.
pub fn opened(id: i64) -> Case {
    Case {
        id,
        kind: CaseKind::Fall,
        level: 2,
        grid: Some("g1".to_owned()),
        grid_name: "一号网格".to_owned(),
        community: Some("c1".to_owned()),
        community_name: "一号社区".to_owned(),
        drill: false,
        merged: false,
        opened_at: at("2026-03-01T04:00:00Z"),
        judged: None,
        dispatched_at: None,
        accepted_at: None,
        on_scene_at: None,
        reported_at: None,
        verified_at: None,
        closed_at: None,
        reopened: 0,
        on_hold: Vec::new(),
        targets: Targets::default(),
    }
}

/// Real, dispatched at once and then at these seconds: accepted, on scene, reported, closed.
pub fn handled(id: i64, seconds: [i64; 4]) -> Case {
    let case = opened(id);
    let after = |s: i64| Some(case.opened_at + SignedDuration::from_secs(s));
    Case {
        judged: Some(Judgement { real: true, at: case.opened_at, reason: None }),
        dispatched_at: after(0),
        accepted_at: after(seconds[0]),
        on_scene_at: after(seconds[1]),
        reported_at: after(seconds[2]),
        verified_at: after(seconds[3]),
        closed_at: after(seconds[3]),
        ..case
    }
}

pub fn judged_false(id: i64) -> Case {
    let case = opened(id);
    let at = case.opened_at;
    Case {
        judged: Some(Judgement { real: false, at, reason: Some("a bag".to_owned()) }),
        closed_at: Some(at),
        ..case
    }
}

pub fn of_cases(cases: &[Case]) -> Report {
    let facts = Facts { cases, ..Facts::default() };
    daily(facts, day("2026-03-01"), &shanghai()).unwrap()
}

pub fn figure(report: &Report, name: FigureName) -> &Figure {
    report.figures.iter().find(|figure| figure.name == name).unwrap()
}

pub fn value(report: &Report, name: FigureName) -> Option<f64> {
    figure(report, name).value
}

pub fn table(report: &Report, name: TableName) -> &Table {
    report.tables.iter().find(|table| table.name == name).unwrap()
}
