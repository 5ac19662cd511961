//! Reports of a day, a month and a quarter, as JSON, CSV and XLSX.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use gridwatch_alerts::{
    ReportOf, StatisticsError, blocking, report,
    reports::{Report, to_csv, to_xlsx},
};
use jiff::{ToSpan, civil::Date};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    extract::ApiQuery,
    language::{Asked, of_reader},
};
use crate::{
    error::{ApiError, ErrorBody, ErrorCode},
    server::Shared,
};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportFormat {
    /// With both languages in it.
    Json,
    /// A table as text, for any spreadsheet program.
    Csv,
    /// A workbook.
    Xlsx,
}

/// Which period: each route knows one of these.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    date: Option<Date>,
    month: Option<String>,
    quarter: Option<String>,
    format: Option<ReportFormat>,
    language: Option<Asked>,
}

/// The figures of a day, from midnight to midnight of the place: each with its definition and the numbers of the alerts that it
/// is made of. Drills and merged alerts are in none.
#[utoipa::path(
    get, path = "/api/reports/daily", tag = "reports", operation_id = "get_daily_report",
    params(
        ("date" = Option<String>, Query, description = "The day, as 2026-03-01; yesterday unless given"),
        ("format" = Option<ReportFormat>, Query, description = "Else what Accept names; JSON where it names none"),
        ("language" = Option<Asked>, Query, description = "Of CSV and XLSX; else the first that Accept-Language names"),
    ),
    responses(
        (status = 200, body = Report),
        (status = 400, body = ErrorBody),
        (status = 429, description = "As many reports are worked out already as can be at one time", body = ErrorBody),
    )
)]
pub async fn daily(
    State(shared): State<Shared>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<ReportQuery>,
) -> Result<Response, ApiError> {
    only(&query, query.date.is_some())?;
    let today = today(&shared);
    let day = query.date.or_else(|| today.yesterday().ok()).unwrap_or(today);
    answer(&shared, &headers, &query, ReportOf::Day(day), day, format!("daily-{day}")).await
}

/// The stars of the grids of a month, with the formula.
#[utoipa::path(
    get, path = "/api/reports/monthly", tag = "reports", operation_id = "get_monthly_report",
    params(
        ("month" = Option<String>, Query, description = "The month, as 2026-03; the last that is over unless given"),
        ("format" = Option<ReportFormat>, Query, description = "Else what Accept names; JSON where it names none"),
        ("language" = Option<Asked>, Query, description = "Of CSV and XLSX; else the first that Accept-Language names"),
    ),
    responses(
        (status = 200, body = Report),
        (status = 400, body = ErrorBody),
        (status = 429, description = "As many reports are worked out already as can be at one time", body = ErrorBody),
    )
)]
pub async fn monthly(
    State(shared): State<Shared>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<ReportQuery>,
) -> Result<Response, ApiError> {
    only(&query, query.month.is_some())?;
    let last = today(&shared).saturating_sub(1.month());
    let (year, month) = match &query.month {
        Some(text) => numbers(text, "-").ok_or_else(|| ApiError::bad_parameter("month", "as 2026-03"))?,
        None => (last.year(), last.month()),
    };
    let first = Date::new(year, month, 1).map_err(|_| ApiError::bad_parameter("month", "as 2026-03"))?;
    let name = format!("monthly-{year:04}-{month:02}");
    answer(&shared, &headers, &query, ReportOf::Month { year, month }, first, name).await
}

/// 红黑榜: the best and the worst grids of a quarter, with the formula.
#[utoipa::path(
    get, path = "/api/reports/quarterly", tag = "reports", operation_id = "get_quarterly_report",
    params(
        ("quarter" = Option<String>, Query, description = "The quarter, as 2026-Q1; the last that is over unless given"),
        ("format" = Option<ReportFormat>, Query, description = "Else what Accept names; JSON where it names none"),
        ("language" = Option<Asked>, Query, description = "Of CSV and XLSX; else the first that Accept-Language names"),
    ),
    responses(
        (status = 200, body = Report),
        (status = 400, body = ErrorBody),
        (status = 429, description = "As many reports are worked out already as can be at one time", body = ErrorBody),
    )
)]
pub async fn quarterly(
    State(shared): State<Shared>,
    headers: HeaderMap,
    ApiQuery(query): ApiQuery<ReportQuery>,
) -> Result<Response, ApiError> {
    only(&query, query.quarter.is_some())?;
    let last = today(&shared).saturating_sub(3.months());
    let bad = || ApiError::bad_parameter("quarter", "as 2026-Q1");
    let (year, quarter) = match &query.quarter {
        Some(text) => numbers(text, "-Q").ok_or_else(bad)?,
        None => (last.year(), (last.month() - 1) / 3 + 1),
    };
    if !(1..=4).contains(&quarter) {
        return Err(bad());
    }
    let first = Date::new(year, quarter * 3 - 2, 1).map_err(|_| bad())?;
    let name = format!("quarterly-{year:04}-Q{quarter}");
    answer(&shared, &headers, &query, ReportOf::Quarter { year, quarter }, first, name).await
}

/// Refuses the period of another route: who asks for a month of the daily report would get another day than meant.
fn only(query: &ReportQuery, has_own: bool) -> Result<(), ApiError> {
    let named = [query.date.is_some(), query.month.is_some(), query.quarter.is_some()];
    if named.into_iter().filter(|named| *named).count() > usize::from(has_own) {
        return Err(ApiError::bad_parameter("date, month, quarter", "the one of this report"));
    }
    Ok(())
}

/// The date where the cameras are.
fn today(shared: &Shared) -> Date {
    shared.clock.now().to_zoned(shared.registry.zone().time_zone().clone()).date()
}

/// A year and a number of the year, with a mark between them.
fn numbers(text: &str, mark: &str) -> Option<(i16, i8)> {
    let (year, number) = text.split_once(mark)?;
    let is_year = year.len() == 4 && year.bytes().all(|digit| digit.is_ascii_digit());
    Some((year.parse().ok().filter(|_| is_year)?, number.parse().ok()?))
}

async fn answer(
    shared: &Shared,
    headers: &HeaderMap,
    query: &ReportQuery,
    of: ReportOf,
    first_day: Date,
    name: String,
) -> Result<Response, ApiError> {
    if first_day > today(shared) {
        return Err(ApiError::bad_parameter("date, month, quarter", "not one to come"));
    }
    let _permit = shared.heavy.try_acquire().map_err(|_| ErrorCode::Busy)?;
    let report = report(&shared.registry, &shared.desk, of).await?;
    let language = of_reader(query.language, headers).into();
    let (media_type, ending, bytes) = match query.format.unwrap_or_else(|| accepted(headers)) {
        ReportFormat::Json => return Ok(Json(report).into_response()),
        ReportFormat::Csv => {
            ("text/csv; charset=utf-8", "csv", blocking(move || Ok(to_csv(&report, language))).await)
        }
        ReportFormat::Xlsx => (XLSX, "xlsx", blocking(move || to_xlsx(&report, language)).await),
    };
    let bytes = bytes.map_err(StatisticsError::from)?;
    let disposition = format!("attachment; filename=\"gridwatch-{name}.{ending}\"");
    let headers = [(header::CONTENT_TYPE, media_type), (header::CONTENT_DISPOSITION, disposition.as_str())];
    Ok((headers, bytes).into_response())
}

/// The first format that `Accept` names and that is known here; browsers name none of the tables.
fn accepted(headers: &HeaderMap) -> ReportFormat {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = accept.split(',').find_map(|one| match one.split(';').next().unwrap_or_default().trim() {
        "application/json" => Some(ReportFormat::Json),
        "text/csv" => Some(ReportFormat::Csv),
        XLSX => Some(ReportFormat::Xlsx),
        _ => None,
    });
    known.unwrap_or(ReportFormat::Json)
}
