//! People and rotations from CSV files, as a spreadsheet writes them.
//!
//! Reading changes nothing: it says what would be taken in and everything that is wrong, and so is the dry run too. Who
//! wants the rest puts the accepted ones into the roster. Several rows with one id are one person or one rotation, which is
//! accepted whole or not at all: half a rotation would leave gaps that nobody meant.

mod column;
mod people;
mod read;
mod rotations;
mod table;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{language::Language, problem::RosterFault, text::TextFault};

pub use column::Column;
pub use people::import_people;
pub use rotations::import_rotations;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Import<T> {
    /// How many rows were read, without the header and rows that are blank.
    pub rows: usize,
    /// What can be taken in, in the order of the file.
    pub accepted: Vec<Imported<T>>,
    /// The ids that cannot, in the order of the file; the problems of their rows say why.
    pub refused: Vec<String>,
    /// Everything that is wrong, in the order of the rows.
    pub problems: Vec<RowProblem>,
}

/// One thing that can be taken in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Imported<T> {
    /// What.
    pub value: T,
    /// What taking it in does.
    pub outcome: Outcome,
    /// The row in which it begins; the header is row 1.
    pub row: u64,
}

/// What taking something in does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportOutcome)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The id is new.
    Added,
    /// What had the id is replaced.
    Changed,
    /// It is there already, just so.
    Unchanged,
}

/// Why a file cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[error("{}", self.sentence(Language::En))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum FileProblem {
    /// It is too large.
    TooLarge {
        /// How many bytes are allowed.
        bytes_max: usize,
    },
    /// It has too many rows.
    TooManyRows {
        /// How many are allowed.
        rows_max: usize,
    },
    /// It is neither UTF-8 nor GBK.
    Encoding,
    /// It has no header.
    Empty,
    /// Columns are missing.
    MissingColumns {
        /// Which.
        columns: Vec<Column>,
    },
    /// A column is there twice.
    DuplicateColumn {
        /// Which.
        column: Column,
    },
}

/// Something is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowProblem {
    /// Which row; the header is row 1, as a spreadsheet counts.
    pub row: u64,
    /// In which column; null where it is the row as a whole.
    #[schema(required)]
    pub column: Option<Column>,
    /// What is wrong.
    pub fault: RowFault,
}

/// What can be wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RowFault {
    /// The cell is empty.
    Missing,
    /// The text is not allowed.
    Text {
        /// Why.
        fault: TextFault,
    },
    /// It is none of the words, or not of the form, that the column takes.
    NotUnderstood {
        /// What is there; its beginning, where it is long.
        found: String,
    },
    /// There is no such grid.
    UnknownGrid {
        /// What is there.
        found: String,
    },
    /// It says something else than an earlier row with the same id.
    Differs {
        /// Which row.
        row: u64,
    },
    /// A column that is not known is passed over.
    UnknownColumn {
        /// Its header.
        found: String,
    },
    /// The row has more cells than there are columns.
    TooManyCells,
    /// The rotation cannot be in this roster.
    Roster {
        /// Why.
        fault: RosterFault,
    },
}

// === impl Import ===

impl<T> Import<T> {
    /// Whether all of the file can be taken in: nothing is wrong with it, but for columns that are passed over.
    pub fn is_whole(&self) -> bool {
        let harmless = |problem: &RowProblem| matches!(problem.fault, RowFault::UnknownColumn { .. });
        self.refused.is_empty() && self.problems.iter().all(harmless)
    }
}

// === impl FileProblem ===

impl FileProblem {
    /// What is wrong, and what to do.
    pub fn sentence(&self, language: Language) -> String {
        let (zh, en) = match self {
            Self::TooLarge { bytes_max } => {
                let mib = bytes_max / (1024 * 1024);
                (
                    format!("文件过大，最多 {mib} MiB；请分成几个文件。"),
                    format!("the file is too large: at most {mib} MiB; split it"),
                )
            }
            Self::TooManyRows { rows_max } => (
                format!("行数过多，最多 {rows_max} 行；请分成几个文件。"),
                format!("the file has too many rows: at most {rows_max}; split it"),
            ),
            Self::Encoding => (
                "文件既不是 UTF-8 也不是 GBK 编码；请另存为“CSV UTF-8”。".to_owned(),
                "the file is neither UTF-8 nor GBK; save it as CSV UTF-8".to_owned(),
            ),
            Self::Empty => (
                "文件是空的；第 1 行应为表头。".to_owned(),
                "the file is empty; its first row must be the header".to_owned(),
            ),
            Self::MissingColumns { columns } => {
                let list = |language: Language| {
                    let labels: Vec<&str> = columns.iter().map(|column| column.label(language)).collect();
                    labels.join(language.pick("、", ", "))
                };
                (
                    format!("表头缺少：{}。", list(Language::Zh)),
                    format!("the header lacks: {}", list(Language::En)),
                )
            }
            Self::DuplicateColumn { column } => (
                format!("表头中“{}”出现两次；请删去一列。", column.label(Language::Zh)),
                format!("the header has {:?} twice; remove one", column.label(Language::En)),
            ),
        };
        language.pick(zh, en)
    }
}

// === impl RowProblem ===

impl RowProblem {
    /// Where it is, what is wrong, and what is allowed.
    pub fn sentence(&self, language: Language) -> String {
        let row = self.row;
        let place = match self.column.map(|column| column.label(language)) {
            Some(label) => language.pick(format!("第 {row} 行“{label}”"), format!("row {row}, {label}")),
            None => language.pick(format!("第 {row} 行"), format!("row {row}")),
        };
        let (zh, en) = match &self.fault {
            RowFault::Missing => ("不能为空。".to_owned(), "must not be empty".to_owned()),
            RowFault::Text { fault } => {
                (format!("{}。", fault.sentence(Language::Zh)), fault.sentence(Language::En))
            }
            RowFault::NotUnderstood { found } => {
                let allowed =
                    |language| self.column.map(|column| column.allowed(language)).unwrap_or_default();
                (
                    format!("“{found}”无法识别；应填：{}。", allowed(Language::Zh)),
                    format!("{found:?} is not understood; allowed: {}", allowed(Language::En)),
                )
            }
            RowFault::UnknownGrid { found } => (
                format!("没有编码为“{found}”的网格；请核对，或先导入网格。"),
                format!("there is no grid with the code {found:?}; check it, or import the grid first"),
            ),
            RowFault::Differs { row } => (
                format!("与第 {row} 行（同一编号）不一致；请统一，或留空。"),
                format!("differs from row {row} with the same id; make them agree, or leave it empty"),
            ),
            RowFault::UnknownColumn { found } => (
                format!("不认识的列“{found}”，已忽略；请核对列名。"),
                format!("the column {found:?} is not known and was passed over; check its name"),
            ),
            RowFault::TooManyCells => (
                "单元格多于表头的列；含逗号的内容请加双引号。".to_owned(),
                "has more cells than the header has columns; put text with commas into quotes".to_owned(),
            ),
            RowFault::Roster { fault } => (fault.sentence(Language::Zh), fault.sentence(Language::En)),
        };
        language.pick(format!("{place}：{zh}"), format!("{place}: {en}"))
    }
}
