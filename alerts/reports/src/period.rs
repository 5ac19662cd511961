//! Whole days of one time zone.

use jiff::{Span, Timestamp, ToSpan, Zoned, civil::Date, tz::TimeZone};

use crate::error::ReportError;

/// Whole days of one time zone, from midnight to midnight: a day on which clocks are changed has 23 or 25 hours.
#[derive(Clone, Debug, PartialEq)]
pub struct Period {
    first_day: Date,
    last_day: Date,
    from: Zoned,
    to: Zoned,
}

// === impl Period ===

impl Period {
    /// One day.
    ///
    /// # Errors
    /// The day is the last there is.
    pub fn day(day: Date, zone: &TimeZone) -> Result<Self, ReportError> {
        Self::new(day, 1.day(), zone)
    }

    /// One month, 1 to 12.
    ///
    /// # Errors
    /// There is no such month.
    pub fn month(year: i16, month: i8, zone: &TimeZone) -> Result<Self, ReportError> {
        let first_day = Date::new(year, month, 1).map_err(|_| ReportError::NoSuchMonth { year, month })?;
        Self::new(first_day, 1.month(), zone)
    }

    /// One quarter, 1 to 4.
    ///
    /// # Errors
    /// There is no such quarter.
    pub fn quarter(year: i16, quarter: i8, zone: &TimeZone) -> Result<Self, ReportError> {
        let none = || ReportError::NoSuchQuarter { year, quarter };
        if !(1..=4).contains(&quarter) {
            return Err(none());
        }
        let first_day = Date::new(year, quarter * 3 - 2, 1).map_err(|_| none())?;
        Self::new(first_day, 3.months(), zone)
    }

    fn new(first_day: Date, length: Span, zone: &TimeZone) -> Result<Self, ReportError> {
        let midnight = |day: Date| day.to_zoned(zone.clone());
        let bad = |source| ReportError::Period { first_day, source };
        let next_day = first_day.checked_add(length).map_err(bad)?;
        Ok(Self {
            first_day,
            last_day: next_day.yesterday().map_err(bad)?,
            from: midnight(first_day).map_err(bad)?,
            to: midnight(next_day).map_err(bad)?,
        })
    }

    /// Its first moment.
    pub fn from(&self) -> Timestamp {
        self.from.timestamp()
    }

    /// The first moment after it.
    pub fn to(&self) -> Timestamp {
        self.to.timestamp()
    }

    /// Its first day.
    pub fn first_day(&self) -> Date {
        self.first_day
    }

    /// Its last day.
    pub fn last_day(&self) -> Date {
        self.last_day
    }

    /// Whether a moment lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from() <= at && at < self.to()
    }

    /// The moment so many days before its end, by the calendar of the place.
    pub(crate) fn days_before_end(&self, days: i32) -> Timestamp {
        self.to.checked_sub(days.days()).map_or(Timestamp::MIN, |at| at.timestamp())
    }

    /// A moment as the clocks of the place show it, to the minute.
    pub(crate) fn local(&self, at: Timestamp) -> String {
        at.to_zoned(self.from.time_zone().clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }
}
