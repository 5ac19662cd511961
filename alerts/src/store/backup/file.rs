//! The file: gzip'd text, one JSON value a line. It says what it is, then each table (its head, a row a line, its end), then
//! how many rows each table has. Every end carries the SHA-256 of all lines before it.

mod read;
mod write;

use std::{collections::BTreeMap, fmt::Write as _};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub(super) use read::{read, read_header};
pub(super) use write::write;

/// The version of the format that this program writes, and the newest it reads.
const FORMAT: i64 = 1;

/// No line is longer: it keeps a file that somebody made up from filling the memory.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// The version of the format, under a name that says whose file it is.
    gridwatch_backup: i64,
    /// The version of the program that made it.
    pub program: String,
    /// The version of the schema that the rows are of.
    pub schema: i64,
    /// Which kind of database they come from: `sqlite` or `postgres`.
    pub database: String,
    /// When the backup began.
    pub at: Timestamp,
}

/// What a program of any version understands of the first line.
#[derive(Deserialize)]
struct AnyHeader {
    gridwatch_backup: i64,
    program: String,
}

/// The line before a table's rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TableHead {
    pub table: String,
    /// What the values of a row are, in their order.
    pub columns: Vec<String>,
    /// The greatest number that the database gave a row of this table, where it numbers them.
    pub numbered_to: Option<i64>,
}

/// The line behind a table's rows.
#[derive(Serialize, Deserialize)]
struct TableEnd {
    rows: u64,
    sha256: String,
}

/// The last line.
#[derive(Serialize, Deserialize)]
struct Trailer {
    /// How many rows each table has.
    tables: BTreeMap<String, u64>,
    sha256: String,
}

/// What goes into the file and comes out of it, in order.
#[derive(Debug)]
pub(super) enum Part {
    /// A table begins.
    Table(TableHead),
    /// Rows of it.
    Rows(Rows),
    /// That was all.
    Done,
}

/// Some rows of a table, each a JSON array on a line of its own.
#[derive(Debug, Default)]
pub(super) struct Rows {
    lines: String,
    count: u64,
}

/// The SHA-256 of the lines so far.
#[derive(Clone, Default)]
struct Checksum(Sha256);

// === impl Header ===

impl Header {
    /// The header of a backup that begins now.
    pub(super) fn new(schema: i64, database: &str, at: Timestamp) -> Self {
        let program = env!("CARGO_PKG_VERSION").to_owned();
        Self { gridwatch_backup: FORMAT, program, schema, database: database.to_owned(), at }
    }
}

// === impl Rows ===

impl Rows {
    /// Rows wait together until they are so long: large enough for the database, small enough for the memory.
    const BYTES: usize = 256 << 10;

    pub(super) fn push(&mut self, row: &str) {
        self.lines.push_str(row);
        self.lines.push('\n');
        self.count += 1;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether they are to go on their way.
    pub(super) fn is_full(&self) -> bool {
        self.lines.len() >= Self::BYTES
    }

    /// All of them as one JSON array. No value holds a line break of its own: JSON writes it as `\n`.
    pub(super) fn to_json(&self) -> String {
        format!("[{}]", self.lines.trim_end_matches('\n').replace('\n', ","))
    }
}

// === impl Checksum ===

impl Checksum {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn hex(&self) -> String {
        self.0.clone().finalize().iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}
