//! A file as a table: decoded, with its columns found.

use std::collections::HashMap;

use encoding_rs::{Encoding, GB18030};

use super::{Column, FileProblem, RowFault, RowProblem};

/// A file of [`ROWS_MAX`] rows is a tenth of this.
const BYTES_MAX: usize = 10 * 1024 * 1024;

/// Far more than a street has people or shifts: 143 grids, three positions, two weeks and two shifts a day are 12,000.
const ROWS_MAX: usize = 20_000;

/// How much of a header or a cell is repeated in a problem.
const FOUND_CHARS_MAX: usize = 64;

/// A file's rows.
pub(super) struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// What is wrong with its form.
    pub problems: Vec<RowProblem>,
}

/// A row that is not blank.
pub(super) struct Row {
    pub number: u64,
    /// Whether every cell is in a column.
    pub is_sound: bool,
    cells: HashMap<Column, String>,
}

// === impl Table ===

impl Table {
    /// Reads a file with these columns, some of which it must have.
    pub(super) fn read(file: &[u8], needed: &[Column], optional: &[Column]) -> Result<Self, FileProblem> {
        let text = decode(file)?;
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut records = reader.records();
        // What is read is a text, so it can be read.
        let Some(Ok(header)) = records.next() else { return Err(FileProblem::Empty) };
        let mut table = Self { columns: Vec::new(), rows: Vec::new(), problems: Vec::new() };
        let mut number = 1 + blank_lines(&text, &header);
        let places = table.header(number, &header, &[needed, optional].concat())?;
        let missing: Vec<Column> =
            needed.iter().copied().filter(|column| !table.columns.contains(column)).collect();
        if !missing.is_empty() {
            return Err(FileProblem::MissingColumns { columns: missing });
        }
        for record in records.map_while(Result::ok) {
            number += 1 + blank_lines(&text, &record);
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            if table.rows.len() == ROWS_MAX {
                return Err(FileProblem::TooManyRows { rows_max: ROWS_MAX });
            }
            table.row(number, &record, &places);
        }
        Ok(table)
    }

    /// Finds out which column each cell of a row is in.
    fn header(
        &mut self,
        number: u64,
        header: &csv::StringRecord,
        columns: &[Column],
    ) -> Result<Vec<Option<Column>>, FileProblem> {
        let mut places = Vec::new();
        for title in header {
            let column = Column::of(title, columns);
            match column {
                Some(column) if self.columns.contains(&column) => {
                    return Err(FileProblem::DuplicateColumn { column });
                }
                Some(column) => self.columns.push(column),
                None if title.trim().is_empty() => {}
                None => self.problem(number, RowFault::UnknownColumn { found: found(title) }),
            }
            places.push(column);
        }
        Ok(places)
    }

    fn row(&mut self, number: u64, record: &csv::StringRecord, places: &[Option<Column>]) {
        let is_sound = record.iter().skip(places.len()).all(|cell| cell.trim().is_empty());
        if !is_sound {
            self.problem(number, RowFault::TooManyCells);
        }
        let cells = places.iter().zip(record).filter_map(|(column, cell)| {
            let cell = cell.trim();
            (!cell.is_empty()).then_some(((*column)?, cell.to_owned()))
        });
        self.rows.push(Row { number, is_sound, cells: cells.collect() });
    }

    fn problem(&mut self, row: u64, fault: RowFault) {
        self.problems.push(RowProblem { row, column: None, fault });
    }
}

// === impl Row ===

impl Row {
    /// What is in a cell, without white space around it; none where that is nothing.
    pub(super) fn cell(&self, column: Column) -> Option<&str> {
        self.cells.get(&column).map(String::as_str)
    }
}

/// The beginning of what was found, fit to be shown.
pub(super) fn found(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(FOUND_CHARS_MAX).collect()
}

/// How many blank lines stand before a row: the reader passes over them, and a spreadsheet counts them.
fn blank_lines(text: &str, record: &csv::StringRecord) -> u64 {
    let begin = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(0);
    let ahead = text.as_bytes().get(begin..).unwrap_or_default();
    ahead.iter().take_while(|byte| **byte == b'\n').count() as u64
}

/// By its byte order mark, else UTF-8, else GBK as it is used today. Lines end in one way.
fn decode(file: &[u8]) -> Result<String, FileProblem> {
    if file.len() > BYTES_MAX {
        return Err(FileProblem::TooLarge { bytes_max: BYTES_MAX });
    }
    let (text, is_broken) = match Encoding::for_bom(file) {
        Some((encoding, length)) => encoding.decode_without_bom_handling(&file[length..]),
        None => match std::str::from_utf8(file) {
            Ok(text) => (text.into(), false),
            Err(_) => GB18030.decode_without_bom_handling(file),
        },
    };
    if is_broken || text.contains('\0') {
        Err(FileProblem::Encoding)
    } else {
        Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
    }
}
