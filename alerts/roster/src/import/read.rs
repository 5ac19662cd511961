//! Cells as what they mean, with every problem noted where it is.

use jiff::civil::{Date, Time};

use super::{
    Column, RowFault, RowProblem,
    table::{Row, found},
};
use crate::{
    entry::Weekday,
    text::{GridCode, InvalidText, PersonId},
};

/// What stands between two of several in one cell.
const SEPARATORS: [char; 6] = ['、', ';', '；', '|', ',', '，'];

/// Reads the cells of one row.
pub(super) struct Cells<'a> {
    pub row: &'a Row,
    pub problems: &'a mut Vec<RowProblem>,
    /// Whether nothing is wrong so far.
    pub is_sound: bool,
}

// === impl Cells ===

impl<'a> Cells<'a> {
    pub(super) fn new(row: &'a Row, problems: &'a mut Vec<RowProblem>) -> Self {
        Self { row, problems, is_sound: row.is_sound }
    }

    pub(super) fn fail(&mut self, column: Column, fault: RowFault) {
        self.problems.push(RowProblem { row: self.row.number, column: Some(column), fault });
        self.is_sound = false;
    }

    /// What a cell means; none where it is empty or means nothing.
    pub(super) fn read<T>(
        &mut self,
        column: Column,
        parse: impl FnOnce(&str) -> Result<T, RowFault>,
    ) -> Option<T> {
        parse(self.row.cell(column)?).map_err(|fault| self.fail(column, fault)).ok()
    }

    /// What a cell means that must not be empty.
    pub(super) fn need<T>(
        &mut self,
        column: Column,
        parse: impl FnOnce(&str) -> Result<T, RowFault>,
    ) -> Option<T> {
        if self.row.cell(column).is_none() {
            self.fail(column, RowFault::Missing);
        }
        self.read(column, parse)
    }

    /// The code of a grid that there is, in a cell that must not be empty.
    pub(super) fn grid(&mut self, is_grid: &impl Fn(&GridCode) -> bool) -> Option<GridCode> {
        self.need(Column::Grid, |text| {
            let code = GridCode::new(text)?;
            if is_grid(&code) { Ok(code) } else { Err(RowFault::UnknownGrid { found: found(text) }) }
        })
    }

    /// Holds what this row says against what an earlier one said. An empty cell says the same.
    pub(super) fn agree<T: PartialEq>(
        &mut self,
        column: Column,
        said: Option<&T>,
        now: Option<&T>,
        earlier_row: u64,
    ) {
        if now.is_some_and(|now| said != Some(now)) {
            self.fail(column, RowFault::Differs { row: earlier_row });
        }
    }
}

impl From<InvalidText> for RowFault {
    fn from(invalid: InvalidText) -> Self {
        Self::Text { fault: invalid.fault }
    }
}

pub(super) fn not_understood(text: &str) -> RowFault {
    RowFault::NotUnderstood { found: found(text) }
}

pub(super) fn yes_or_no(text: &str) -> Result<bool, RowFault> {
    match text.to_lowercase().as_str() {
        "是" | "在职" | "启用" | "yes" | "y" | "true" | "1" => Ok(true),
        "否" | "离职" | "停用" | "no" | "n" | "false" | "0" => Ok(false),
        _ => Err(not_understood(text)),
    }
}

/// Year, month and day, with `-`, `/`, `.` or 年 and 月 between them.
pub(super) fn date(text: &str) -> Result<Date, RowFault> {
    let text_or = |part: Option<&str>| part.and_then(|part| part.trim().parse::<i16>().ok());
    let mut parts = text.trim_end_matches('日').split(['-', '/', '.', '年', '月']);
    let (year, month, day) = (text_or(parts.next()), text_or(parts.next()), text_or(parts.next()));
    let date = match (year, month, day, parts.next()) {
        // A year of two digits may mean anything.
        (Some(year @ 1000..), Some(month), Some(day), None) => {
            let small = |number: i16| i8::try_from(number).ok();
            small(month).zip(small(day)).and_then(|(month, day)| Date::new(year, month, day).ok())
        }
        _ => None,
    };
    date.ok_or_else(|| not_understood(text))
}

/// Hours and minutes, and seconds if they are there. 24:00 is the midnight at which a day ends.
pub(super) fn time(text: &str) -> Result<Time, RowFault> {
    let numbers: Result<Vec<i8>, _> = text.split([':', '：']).map(|part| part.trim().parse::<i8>()).collect();
    let time = match numbers.as_deref() {
        Ok([24, 0] | [24, 0, 0]) => Some(Time::midnight()),
        Ok(&[hour, minute]) => Time::new(hour, minute, 0, 0).ok(),
        Ok(&[hour, minute, second]) => Time::new(hour, minute, second, 0).ok(),
        _ => None,
    };
    time.ok_or_else(|| not_understood(text))
}

/// One day, several, from one to another, or all.
pub(super) fn weekdays(text: &str) -> Result<Vec<Weekday>, RowFault> {
    let lower = text.to_lowercase();
    if matches!(lower.as_str(), "每天" | "每日" | "daily" | "every day") {
        return Ok(Weekday::ALL.to_vec());
    }
    let mut days = Vec::new();
    for part in lower.split(SEPARATORS) {
        let (first, last) = part.split_once(['至', '-', '~', '–']).unwrap_or((part, part));
        let (Some(first), Some(last)) = (weekday(first), weekday(last)) else {
            return Err(not_understood(text));
        };
        // From Saturday to Monday goes over Sunday.
        let length = (last + 7 - first) % 7;
        days.extend((first..=first + length).map(|day| Weekday::ALL[day % 7]));
    }
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

/// The place of a day in the week, Monday being 0.
fn weekday(text: &str) -> Option<usize> {
    let text = text.trim();
    let name = ["星期", "礼拜", "周"].iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    let names = [
        ["一", "1", "mon", "monday"],
        ["二", "2", "tue", "tuesday"],
        ["三", "3", "wed", "wednesday"],
        ["四", "4", "thu", "thursday"],
        ["五", "5", "fri", "friday"],
        ["六", "6", "sat", "saturday"],
        ["日", "7", "sun", "sunday"],
    ];
    let name = if name == "天" { "日" } else { name };
    names.iter().position(|names| names.contains(&name))
}

/// Ids with separators between them, each once.
pub(super) fn person_ids(text: &str) -> Result<Vec<PersonId>, RowFault> {
    let mut people = Vec::new();
    for part in text.split(SEPARATORS).map(str::trim).filter(|part| !part.is_empty()) {
        let person = PersonId::new(part)?;
        if !people.contains(&person) {
            people.push(person);
        }
    }
    Ok(people)
}
