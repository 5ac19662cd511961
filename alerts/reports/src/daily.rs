//! The report of a day.

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::{civil::Date, tz::TimeZone};

use crate::{
    cameras::{camera_table, cameras},
    error::ReportError,
    fact::{Case, CaseKind, Facts, GridActivity},
    figure::{Figure, FigureName, Unit},
    handling::handling,
    language::Words,
    period::Period,
    report::{Cell, Cut, Report, Table, TableName},
};

/// After so many days without log-in, event or patrol an on-duty grid is idle (僵尸网格).
const IDLE_DAYS: i32 = 7;
const LEVELS: std::ops::RangeInclusive<u8> = 1..=4;

/// At most so many reasons of false alarms are named, the most frequent ones.
const REASONS_MAX: usize = 20;

/// The report of one day, midnight to midnight in `zone`: handling, cameras, nuisance alerts and idle grids.
///
/// # Errors
/// The day is beyond what can be reckoned with.
pub fn daily(facts: Facts, day: Date, zone: &TimeZone) -> Result<Report, ReportError> {
    let period = Period::day(day, zone)?;
    let cut = Cut::new(facts.cases, &period);
    let mut figures = handling(&cut.cases);
    figures.extend(cameras(facts.cameras, &cut.cases));
    let (idle, idle_table) = idle_grids(facts.activity, &period);
    figures.push(idle);
    let tables = vec![kinds(&cut.cases), reasons(&cut.cases), idle_table, camera_table(facts.cameras)];
    let title = Words::new(format!("格哨日报 {day}"), format!("gridwatch daily report {day}"));
    Ok(cut.into_report(title, &period, figures, tables))
}

fn kinds(cases: &[&Case]) -> Table {
    let row = |kind: CaseKind, level: u8| {
        let of: Vec<&&Case> = cases.iter().filter(|case| case.kind == kind && case.level == level).collect();
        let count =
            |counts: fn(&Case) -> bool| Cell::Number(of.iter().filter(|case| counts(case)).count() as f64);
        let label = match kind {
            CaseKind::Fall => Words::new("跌倒", "Fall"),
            CaseKind::Crowd => Words::new("聚集", "Crowd"),
        };
        let opened = count(|_| true);
        vec![
            Cell::Words(label),
            Cell::Number(level.into()),
            opened,
            count(Case::is_false),
            count(Case::is_closed),
        ]
    };
    Table {
        name: TableName::Kinds,
        title: Words::new("按类型和等级", "By kind and level"),
        note: Words::new(
            "1 级最紧急；已结案含判为误报",
            "Level 1 is the most urgent; closed includes judged false",
        ),
        columns: vec![
            Words::new("类型", "Kind"),
            Words::new("等级", "Level"),
            Words::new("产生", "Opened"),
            Words::new("误报", "False"),
            Words::new("已结案", "Closed"),
        ],
        rows: CaseKind::ALL
            .into_iter()
            .flat_map(|kind| LEVELS.map(move |level| (kind, level)))
            .map(|(kind, level)| row(kind, level))
            .collect(),
    }
}

/// Why false alarms were seen, as it was written down when they were judged.
fn reasons(cases: &[&Case]) -> Table {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for judged in cases.iter().filter_map(|case| case.judged.as_ref()).filter(|judged| !judged.real) {
        *counts.entry(judged.reason.as_deref().unwrap_or_default().trim()).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(reason, count)| (Reverse(*count), *reason));
    let row =
        |(reason, count): &(&str, usize)| vec![Cell::Text((*reason).to_owned()), Cell::Number(*count as f64)];
    Table {
        name: TableName::FalseReasons,
        title: Words::new("误报原因", "Reasons of false alarms"),
        note: Words::new(
            format!("研判时填写的原因，原文相同的合计，最多 {REASONS_MAX} 种"),
            format!("As written down when judged, the same words counted together, {REASONS_MAX} at most"),
        ),
        columns: vec![Words::new("原因", "Reason"), Words::new("误报", "False")],
        rows: counts.iter().take(REASONS_MAX).map(row).collect(),
    }
}

fn idle_grids(activity: &[GridActivity], period: &Period) -> (Figure, Table) {
    let active_since = period.days_before_end(IDLE_DAYS);
    let on_duty = activity.iter().filter(|grid| grid.on_duty);
    let is_idle = |grid: &&GridActivity| grid.last_activity_at.is_none_or(|at| at < active_since);
    let mut idle: Vec<&GridActivity> = on_duty.clone().filter(is_idle).collect();
    idle.sort_by(|a, b| (&a.grid, &a.name, a.last_activity_at).cmp(&(&b.grid, &b.name, b.last_activity_at)));
    let definition = Words::new(
        format!(
            "截至期末 {IDLE_DAYS} 天内无人活动的在岗网格 ÷ 在岗网格；活动指在岗人员在应用中确认过消息，或网格员、网格长处置过该网格的告警"
        ),
        format!(
            "On-duty grids where nobody was active in the {IDLE_DAYS} days up to the end ÷ on-duty grids; active is who was on duty \
             and acknowledged a message in the app, or a worker or leader who made a move on one of its alerts"
        ),
    );
    let (numerator, denominator) = (idle.len() as f64, on_duty.count() as f64);
    let figure =
        Figure::ratio(FigureName::IdleGrids, Unit::Share, numerator, denominator, definition.clone());
    let row = |grid: &&GridActivity| {
        let last = grid.last_activity_at.map_or(Cell::Empty, |at| Cell::Text(period.local(at)));
        vec![Cell::Text(grid.grid.clone()), Cell::Text(grid.name.clone()), last]
    };
    let table = Table {
        name: TableName::IdleGrids,
        title: Words::new("僵尸网格", "Idle grids"),
        note: definition,
        columns: vec![
            Words::new("网格", "Grid"),
            Words::new("名称", "Name"),
            Words::new("最后活动", "Last activity"),
        ],
        rows: idle.iter().map(row).collect(),
    };
    (figure, table)
}
