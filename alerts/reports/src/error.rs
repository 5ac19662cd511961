//! How this crate fails.

use jiff::civil::Date;
use rust_xlsxwriter::XlsxError;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The period begins or ends beyond the dates that can be reckoned with.
    #[error("the period from {first_day} has no beginning or no end: {source}")]
    Period {
        /// The first day of it.
        first_day: Date,
        /// What the calendar said.
        source: jiff::Error,
    },
    /// There is no such month.
    #[error("there is no month {month} in the year {year}")]
    NoSuchMonth {
        /// The year that was asked for.
        year: i16,
        /// The month that was asked for.
        month: i8,
    },
    /// There is no such quarter.
    #[error("there is no quarter {quarter} in the year {year}")]
    NoSuchQuarter {
        /// The year that was asked for.
        year: i16,
        /// The quarter that was asked for.
        quarter: i8,
    },
    /// The report does not fit into a workbook: a sheet holds 1,048,576 rows.
    #[error("the workbook cannot be written: {0}")]
    Workbook(#[from] XlsxError),
}
