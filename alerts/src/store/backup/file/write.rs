//! Writing the file: under another name, to the disk, and only then under its own.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use tokio::sync::mpsc;

use super::{Checksum, Header, Part, TableEnd, Trailer};
use crate::error::BackupError;

/// Writes what comes until [`Part::Done`], without which there is no file; gives how many rows each table has. Blocks.
pub(in super::super) fn write(
    path: &Path,
    header: &Header,
    mut parts: mpsc::Receiver<Part>,
) -> Result<BTreeMap<String, u64>, BackupError> {
    let unfinished = unfinished(path);
    let written = Writer::create(&unfinished)
        .and_then(|writer| writer.write_all(header, &mut parts))
        .and_then(|tables| publish(&unfinished, path).map(|()| tables));
    written.map_err(|source| {
        // Best effort: the first error is the one that matters.
        let _ = fs::remove_file(&unfinished);
        BackupError::File { path: path.to_owned(), source }
    })
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".unfinished");
    name.into()
}

fn publish(unfinished: &Path, path: &Path) -> io::Result<()> {
    fs::rename(unfinished, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

struct Writer {
    out: GzEncoder<BufWriter<File>>,
    checksum: Checksum,
    tables: BTreeMap<String, u64>,
    /// The table that is being written.
    table: Option<String>,
}

// === impl Writer ===

impl Writer {
    /// A file that only its owner may read: people and their telephones are in it.
    fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        // The machine has better things to do meanwhile than to save some more bytes.
        let out = GzEncoder::new(BufWriter::new(file), Compression::fast());
        Ok(Self { out, checksum: Checksum::default(), tables: BTreeMap::new(), table: None })
    }

    fn write_all(
        mut self,
        header: &Header,
        parts: &mut mpsc::Receiver<Part>,
    ) -> io::Result<BTreeMap<String, u64>> {
        self.line(header)?;
        loop {
            match parts.blocking_recv() {
                Some(Part::Table(head)) => {
                    self.end_table()?;
                    self.line(&head)?;
                    self.tables.insert(head.table.clone(), 0);
                    self.table = Some(head.table);
                }
                Some(Part::Rows(rows)) => {
                    self.put(rows.lines.as_bytes())?;
                    if let Some(count) = self.table.as_ref().and_then(|table| self.tables.get_mut(table)) {
                        *count += rows.count;
                    }
                }
                Some(Part::Done) => break,
                None => return Err(io::Error::other("the backup was given up")),
            }
        }
        self.end_table()?;
        let trailer = Trailer { tables: self.tables.clone(), sha256: self.checksum.hex() };
        self.line(&trailer)?;
        let file = self.out.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(self.tables)
    }

    fn end_table(&mut self) -> io::Result<()> {
        let Some(table) = self.table.take() else { return Ok(()) };
        let rows = self.tables.get(&table).copied().unwrap_or(0);
        self.line(&TableEnd { rows, sha256: self.checksum.hex() })
    }

    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_string(value)?;
        line.push('\n');
        self.put(line.as_bytes())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.checksum.add(bytes);
        self.out.write_all(bytes)
    }
}
