//! What reports are worked out of, from what the database and the roster know.

mod activity;
mod cases;

use gridwatch_reports::{self as reports, Facts, Period, Report, ReportError};
use jiff::civil::Date;

use crate::{blocking::blocking, desk::Desk, error::Error, registry::Registry};

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOf {
    /// 日报 of a day.
    Day(Date),
    /// 月报: the stars of the grids.
    Month {
        /// The year.
        year: i16,
        /// The month, 1 to 12.
        month: i8,
    },
    /// 季度红黑榜.
    Quarter {
        /// The year.
        year: i16,
        /// The quarter, 1 to 4.
        quarter: i8,
    },
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum StatisticsError {
    /// It cannot be worked out.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The database fails.
    #[error(transparent)]
    Store(#[from] Error),
}

impl ReportOf {
    fn period(self, registry: &Registry) -> Result<Period, ReportError> {
        let zone = registry.zone().time_zone();
        match self {
            Self::Day(day) => Period::day(day, zone),
            Self::Month { year, month } => Period::month(year, month, zone),
            Self::Quarter { year, quarter } => Period::quarter(year, quarter, zone),
        }
    }
}

/// A report as of now. Alerts are read in parts, and the figures are worked out off the threads on which everything waits.
///
/// # Errors
/// There is no such period, or the database fails.
pub async fn report(registry: &Registry, desk: &Desk, of: ReportOf) -> Result<Report, StatisticsError> {
    let period = of.period(registry)?;
    let cases = cases::of_period(registry, &period).await?;
    let (mut cameras, mut activity) = (Vec::new(), Vec::new());
    if let ReportOf::Day(_) = of {
        cameras = desk.store().camera_times(period.first_day(), period.last_day()).await?;
        let registered = desk.cameras();
        for camera in &mut cameras {
            let of_camera = registered.iter().find(|known| known.camera.id == camera.id);
            camera.grid = of_camera.and_then(|known| known.grid()).map(|grid| grid.code.clone());
        }
        activity = activity::of_grids(registry, &period, desk.now()).await?;
    }
    let zone = registry.zone().time_zone().clone();
    let work = move || {
        let facts = Facts { cases: &cases, cameras: &cameras, activity: &activity };
        match of {
            ReportOf::Day(day) => reports::daily(facts, day, &zone),
            ReportOf::Month { year, month } => reports::monthly(facts, (year, month), &zone),
            ReportOf::Quarter { year, quarter } => reports::quarterly(facts, (year, quarter), &zone),
        }
    };
    Ok(blocking(work).await?)
}
