//! Reading the file: nothing of it counts until its last line has been seen and all checksums were right.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::bufread::GzDecoder;
use serde::{Deserialize, de::DeserializeOwned};

use super::{AnyHeader, Checksum, FORMAT, Header, LINE_BYTES_MAX, Part, Rows, TableEnd, TableHead, Trailer};
use crate::error::BackupError;

/// How every gzip'd file begins.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The first line of a backup. Blocks.
pub(in super::super) fn read_header(path: &Path) -> Result<Header, BackupError> {
    Reader::open(path).map(|(_, header)| header)
}

/// Reads a backup to its end and hands on its parts for as long as `each` says so; gives how many rows each table has.
/// An error means that what was handed on is worth nothing. Blocks.
pub(in super::super) fn read(
    path: &Path,
    mut each: impl FnMut(Part) -> bool,
) -> Result<BTreeMap<String, u64>, BackupError> {
    let (mut reader, _) = Reader::open(path)?;
    let mut tables = BTreeMap::new();
    loop {
        let before = reader.checksum.clone();
        match reader.value()? {
            Section::Table(head) => {
                let table = head.table.clone();
                if !each(Part::Table(head)) {
                    return Ok(tables);
                }
                let Some(rows) = reader.rows(&mut each)? else { return Ok(tables) };
                if tables.insert(table.clone(), rows).is_some() {
                    return Err(reader.changed(format!("table {table} is there twice")));
                }
            }
            Section::Trailer(trailer) => {
                reader.verify(&before, &trailer.sha256, "the checksum of the whole is not right")?;
                if trailer.tables != tables {
                    return Err(reader.changed("the number of rows is not that of the last line"));
                }
                reader.end()?;
                each(Part::Done);
                return Ok(tables);
            }
        }
    }
}

/// A line that is no row and ends no table.
#[derive(Deserialize)]
#[serde(untagged)]
enum Section {
    Table(TableHead),
    Trailer(Trailer),
}

struct Reader {
    path: PathBuf,
    text: BufReader<GzDecoder<BufReader<File>>>,
    checksum: Checksum,
    /// The line that was read last.
    line: Vec<u8>,
    /// Its number, from 1.
    number: u64,
}

// === impl Reader ===

impl Reader {
    /// Opens a backup and reads what it is.
    fn open(path: &Path) -> Result<(Self, Header), BackupError> {
        let failed = |source| BackupError::File { path: path.to_owned(), source };
        let not_a_backup = || BackupError::NotABackup { path: path.to_owned() };
        let mut packed = BufReader::new(File::open(path).map_err(failed)?);
        if !packed.fill_buf().map_err(failed)?.starts_with(&GZIP_MAGIC) {
            return Err(not_a_backup());
        }
        let text = BufReader::new(GzDecoder::new(packed));
        let (checksum, line) = (Checksum::default(), Vec::new());
        let mut reader = Self { path: path.to_owned(), text, checksum, line, number: 0 };
        reader.next()?;
        let AnyHeader { gridwatch_backup: found, program } =
            serde_json::from_slice(&reader.line).map_err(|_| not_a_backup())?;
        if found > FORMAT {
            let path = path.to_owned();
            return Err(BackupError::Newer { path, program, what: "format", found, known: FORMAT });
        }
        let header = reader.parse()?;
        Ok((reader, header))
    }

    /// Reads the rows of a table and its end; gives how many there were, or nothing when no more are wanted.
    fn rows(&mut self, each: &mut impl FnMut(Part) -> bool) -> Result<Option<u64>, BackupError> {
        let (mut rows, mut count) = (Rows::default(), 0);
        loop {
            let before = self.checksum.clone();
            self.next()?;
            if !self.line.starts_with(b"[") {
                let end: TableEnd = self.parse()?;
                self.verify(&before, &end.sha256, "the checksum of the lines before is not right")?;
                if end.rows != count {
                    return Err(self.changed(format!("{} rows were announced, there are {count}", end.rows)));
                }
                let wanted = rows.is_empty() || each(Part::Rows(rows));
                return Ok(wanted.then_some(count));
            }
            let row = std::str::from_utf8(&self.line).map_err(|_| self.changed("a row is no text"))?;
            rows.push(row.trim_end_matches('\n'));
            count += 1;
            if rows.is_full() && !each(Part::Rows(std::mem::take(&mut rows))) {
                return Ok(None);
            }
        }
    }

    fn value<T: DeserializeOwned>(&mut self) -> Result<T, BackupError> {
        self.next()?;
        self.parse()
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, BackupError> {
        serde_json::from_slice(&self.line).map_err(|_| self.changed("a line is not what it must be"))
    }

    /// Reads the next line, which there must be.
    fn next(&mut self) -> Result<(), BackupError> {
        self.number += 1;
        self.line.clear();
        let read = (&mut self.text).take(LINE_BYTES_MAX).read_until(b'\n', &mut self.line);
        read.map_err(|source| self.unreadable(source))?;
        if self.line.last() != Some(&b'\n') {
            let too_long = self.line.len() as u64 == LINE_BYTES_MAX;
            return Err(if too_long { self.changed("a line is too long") } else { self.cut_off() });
        }
        self.checksum.add(&self.line);
        Ok(())
    }

    /// Makes sure that nothing follows, inside or behind the packed text.
    fn end(&mut self) -> Result<(), BackupError> {
        let unpacked = self.text.fill_buf().map(|more| !more.is_empty());
        let more =
            unpacked.and_then(|more| Ok(more || !self.text.get_mut().get_mut().fill_buf()?.is_empty()));
        let more = more.map_err(|source| self.unreadable(source))?;
        if more { Err(self.changed("something follows the last line")) } else { Ok(()) }
    }

    fn verify(&self, before: &Checksum, announced: &str, what: &str) -> Result<(), BackupError> {
        if before.hex() == announced { Ok(()) } else { Err(self.changed(what)) }
    }

    /// Tells a file that is damaged from a disk that is.
    fn unreadable(&self, source: io::Error) -> BackupError {
        if source.raw_os_error().is_some() {
            return BackupError::File { path: self.path.clone(), source };
        }
        match source.kind() {
            io::ErrorKind::UnexpectedEof => self.cut_off(),
            _ => self.changed(format!("it cannot be unpacked ({source})")),
        }
    }

    fn cut_off(&self) -> BackupError {
        BackupError::CutOff { path: self.path.clone(), line: self.number }
    }

    fn changed(&self, what: impl Into<String>) -> BackupError {
        BackupError::Changed { path: self.path.clone(), line: self.number, what: what.into() }
    }
}
