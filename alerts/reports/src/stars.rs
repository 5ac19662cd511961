//! 星级网格: the monthly stars, and the quarterly list of the best and the worst.

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::tz::TimeZone;

use crate::{
    error::ReportError,
    fact::{Case, Facts},
    handling::{arrived_in_time, closed_in_time, handling},
    language::Words,
    period::Period,
    report::{Cell, Cut, Report, Table, TableName},
};

/// What each share is worth, in points of 100.
const IN_TIME_POINTS: f64 = 50.0;
const ARRIVED_POINTS: f64 = 30.0;
const JUDGED_POINTS: f64 = 20.0;
/// What a reopen rate of 1 takes away: no good closing rate makes up for it.
const REOPENED_POINTS: f64 = 50.0;
/// From so many points on there are five, four, three and two stars; below there is one.
const STARS_FROM: [(u8, f64); 4] = [(5, 90.0), (4, 80.0), (3, 70.0), (2, 60.0)];
/// At most so many grids are named best, and so many worst.
const LISTED_MAX: usize = 10;

/// A grid or community and how it did.
struct Rating {
    code: Option<String>,
    name: String,
    opened: usize,
    /// The shares of the formula; none where there was nothing to count among.
    in_time: Option<f64>,
    arrived: Option<f64>,
    judged: Option<f64>,
    reopened: Option<f64>,
    /// Points, 0 to 100; none where nothing was dispatched: who was never called is not rated.
    points: Option<f64>,
}

/// The stars of one month by grid and by community, with the formula.
///
/// # Errors
/// There is no such month.
pub fn monthly(facts: Facts, (year, month): (i16, i8), zone: &TimeZone) -> Result<Report, ReportError> {
    let period = Period::month(year, month, zone)?;
    let cut = Cut::new(facts.cases, &period);
    let grids = ratings(&cut.cases, |case| (&case.grid, &case.grid_name));
    let communities = ratings(&cut.cases, |case| (&case.community, &case.community_name));
    let tables = vec![
        table(TableName::GridStars, Words::new("星级网格", "Grids by stars"), &grids),
        table(TableName::CommunityStars, Words::new("星级社区", "Communities by stars"), &communities),
    ];
    let title = Words::new(
        format!("格哨星级网格月报 {year}-{month:02}"),
        format!("gridwatch monthly grid stars {year}-{month:02}"),
    );
    let figures = handling(&cut.cases);
    Ok(cut.into_report(title, &period, figures, tables))
}

/// The best and the worst grids of one quarter, at most ten each and none in both lists, with the formula.
///
/// # Errors
/// There is no such quarter.
pub fn quarterly(facts: Facts, (year, quarter): (i16, i8), zone: &TimeZone) -> Result<Report, ReportError> {
    let period = Period::quarter(year, quarter, zone)?;
    let cut = Cut::new(facts.cases, &period);
    let mut best = ratings(&cut.cases, |case| (&case.grid, &case.grid_name));
    best.retain(|rating| rating.points.is_some());
    let mut worst = best.split_off(best.len().div_ceil(2));
    worst.reverse();
    best.truncate(LISTED_MAX);
    worst.truncate(LISTED_MAX);
    let tables = vec![
        table(TableName::Best, Words::new("红榜", "Best grids"), &best),
        table(TableName::Worst, Words::new("黑榜", "Worst grids"), &worst),
    ];
    let title = Words::new(
        format!("格哨季度红黑榜 {year} 年第 {quarter} 季度"),
        format!("gridwatch quarterly list {year} Q{quarter}"),
    );
    let figures = handling(&cut.cases);
    Ok(cut.into_report(title, &period, figures, tables))
}

/// The ratings, best first; of the same points, who had more alerts first, then by code. Who is not rated comes last.
fn ratings(cases: &[&Case], place: impl Fn(&Case) -> (&Option<String>, &String)) -> Vec<Rating> {
    let mut by_code: BTreeMap<Option<String>, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        by_code.entry(place(case).0.clone()).or_default().push(case);
    }
    let mut ratings: Vec<Rating> = by_code
        .into_iter()
        .map(|(code, cases)| {
            // A grid that was renamed has its newest name.
            let newest = cases.iter().max_by_key(|case| (case.opened_at, case.id));
            let name = newest.map_or_else(String::new, |case| place(case).1.clone());
            Rating::new(code, name, &cases)
        })
        .collect();
    // Points are finite, and rounded to a thousandth so that the order is the one that is printed.
    let key = |rating: &Rating| {
        Reverse((rating.points.map(|points| (points * 1000.0).round() as i64), rating.opened))
    };
    ratings.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.code.cmp(&b.code)));
    ratings
}

fn table(name: TableName, title: Words, ratings: &[Rating]) -> Table {
    let share = |value: Option<f64>| value.map_or(Cell::Empty, Cell::Share);
    let row = |rating: &Rating| {
        let unassigned = || (Cell::Empty, Cell::Words(Words::new("（无归属）", "(none)")));
        let named = |code: &String| (Cell::Text(code.clone()), Cell::Text(rating.name.clone()));
        let (code, name) = rating.code.as_ref().map_or_else(unassigned, named);
        vec![
            code,
            name,
            rating.stars().map_or(Cell::Empty, |stars| Cell::Number(stars.into())),
            rating.points.map_or(Cell::Empty, Cell::Number),
            Cell::Number(rating.opened as f64),
            share(rating.in_time),
            share(rating.arrived),
            share(rating.judged),
            share(rating.reopened),
        ]
    };
    Table {
        name,
        title,
        note: formula(),
        columns: vec![
            Words::new("编码", "Code"),
            Words::new("名称", "Name"),
            Words::new("星级", "Stars"),
            Words::new("得分", "Points"),
            Words::new("告警数", "Alerts"),
            Words::new("按时办结率", "Closed in time"),
            Words::new("到场及时率", "Arrived in time"),
            Words::new("研判率", "Judged"),
            Words::new("重开率", "Reopened"),
        ],
        rows: ratings.iter().map(row).collect(),
    }
}

fn formula() -> Words {
    let stars: Vec<String> = STARS_FROM.iter().map(|(stars, from)| format!("≥{from} = {stars}★")).collect();
    let stars = stars.join(", ");
    Words::new(
        format!(
            "得分 = {IN_TIME_POINTS}×按时办结率 + {ARRIVED_POINTS}×到场及时率 + {JUDGED_POINTS}×研判率（已研判 ÷ 产生，误报须判明）\
             − {REOPENED_POINTS}×重开率，不低于 0；无人签收时到场及时率按 0 计；无派单的不评级。{stars}, 其余 1★"
        ),
        format!(
            "points = {IN_TIME_POINTS} × closed in time + {ARRIVED_POINTS} × arrived in time + {JUDGED_POINTS} × judged (judged ÷ \
             opened: false alarms are to be judged as such) − {REOPENED_POINTS} × reopened, not below 0; arrived in time counts \
             as 0 where nobody accepted; not rated where nothing was dispatched. {stars}, else 1★"
        ),
    )
}

// === impl Rating ===

impl Rating {
    fn new(code: Option<String>, name: String, cases: &[&Case]) -> Self {
        let in_time = closed_in_time(cases).value;
        let arrived = arrived_in_time(cases).value;
        let judged = share(cases, |_| true, |case| case.judged.is_some());
        let reopened = share(cases, Case::was_ever_closed, |case| case.reopened > 0);
        // Without a grid there is nobody to rate.
        let rated = in_time.filter(|_| code.is_some());
        let points = rated.map(|in_time| {
            let earned = IN_TIME_POINTS * in_time
                + ARRIVED_POINTS * arrived.unwrap_or(0.0)
                + JUDGED_POINTS * judged.unwrap_or(0.0);
            (earned - REOPENED_POINTS * reopened.unwrap_or(0.0)).max(0.0)
        });
        Self { code, name, opened: cases.len(), in_time, arrived, judged, reopened, points }
    }

    fn stars(&self) -> Option<u8> {
        let points = self.points?;
        Some(STARS_FROM.iter().find(|(_, from)| points >= *from).map_or(1, |(stars, _)| *stars))
    }
}

fn share(cases: &[&Case], belongs: impl Fn(&Case) -> bool, counts: impl Fn(&Case) -> bool) -> Option<f64> {
    let of: Vec<&&Case> = cases.iter().filter(|case| belongs(case)).collect();
    let counted = of.iter().filter(|case| counts(case)).count();
    (!of.is_empty()).then(|| counted as f64 / of.len() as f64)
}
