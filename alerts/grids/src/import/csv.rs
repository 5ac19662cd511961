//! Grids as a table.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord};
use encoding_rs::GBK;

use super::{Cell, Draft, GRIDS_MAX, wkt};
use crate::{
    coordinates::CoordinateSystem,
    error::{GridError, Place},
    fault::{Fault, Property, Shape},
    lang::Lang,
};

/// Columns that every table has.
const NEEDED: [Property; 5] =
    [Property::Code, Property::Name, Property::Level, Property::Parent, Property::Area];

pub(super) fn read(bytes: &[u8], system: CoordinateSystem) -> Result<Vec<Draft>, GridError> {
    let text = decoded(bytes)?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = reader.records();
    let header = match rows.next() {
        Some(header) => header.map_err(GridError::NotCsv)?,
        None => StringRecord::new(),
    };
    let columns = Columns::of(&header)?;
    let mut drafts = Vec::new();
    for row in rows {
        let row = row.map_err(GridError::NotCsv)?;
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if drafts.len() == GRIDS_MAX {
            return Err(GridError::TooMany { grids_max: GRIDS_MAX });
        }
        let cell = |property: Property| match columns.cell(&row, property) {
            "" => Cell::Absent,
            text => Cell::Text(text.to_owned()),
        };
        let rings = match columns.cell(&row, Property::Area) {
            "" => Err(Fault::NotAnArea { found: None, shape: Shape::Text }),
            area => wkt::rings(area),
        };
        let line = row.position().map_or(0, |at| usize::try_from(at.line()).unwrap_or(usize::MAX));
        drafts.push(Draft::read(Place::Row(line), cell, rings, system));
    }
    Ok(drafts)
}

/// UTF-8 where the bytes are UTF-8, else GBK: text in GBK is hardly ever UTF-8 by chance.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, GridError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) => GBK.decode_without_bom_handling_and_without_replacement(bytes).ok_or(GridError::NotText),
    }
}

/// Which column holds which property.
struct Columns([Option<usize>; Property::ALL.len()]);

// === impl Columns ===

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, GridError> {
        let named = |property: Property| {
            let is_it = move |(column, name): (usize, &str)| {
                let name = name.trim();
                let known = name.eq_ignore_ascii_case(property.as_str()) || name == property.name(Lang::ZhCn);
                known.then_some(column)
            };
            header.iter().enumerate().filter_map(is_it).collect::<Vec<usize>>()
        };
        let found = Property::ALL.map(named);
        let having = |wanted: fn(&[usize]) -> bool| {
            let columns = Property::ALL.into_iter().zip(&found);
            columns.filter(move |(_, found)| wanted(found)).map(|(property, _)| property)
        };
        let missing: Vec<Property> =
            having(|found| found.is_empty()).filter(|p| NEEDED.contains(p)).collect();
        let twice: Vec<Property> = having(|found| found.len() > 1).collect();
        if missing.is_empty() && twice.is_empty() {
            Ok(Self(found.map(|columns| columns.first().copied())))
        } else {
            Err(GridError::Columns { missing, twice })
        }
    }

    /// What a row has in a property's column, without blanks around it; empty where it has nothing.
    fn cell<'a>(&self, row: &'a StringRecord, property: Property) -> &'a str {
        self.0[property as usize].and_then(|column| row.get(column)).unwrap_or_default().trim()
    }
}
