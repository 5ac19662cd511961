//! A report as CSV.

use crate::{
    language::Language,
    report::{Cell, Report},
    sheet,
};

/// Without it spreadsheet programs take UTF-8 for the encoding of the machine, and Chinese for nonsense.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// A cell that begins with one of these is a formula to one or the other spreadsheet program (OWASP, CSV injection).
const FORMULA_SIGNS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A report as CSV (RFC 4180, UTF-8 with a byte order mark): the figures, each table, then the alerts behind every figure,
/// with an empty line between them. A text that a spreadsheet program would take for a formula gets an apostrophe in front.
pub fn to_csv(report: &Report, language: Language) -> Vec<u8> {
    let mut blocks = vec![sheet::figures(report)];
    blocks.extend(report.tables.iter().map(sheet::table));
    blocks.push(sheet::trace(report));
    let mut out = String::from(BYTE_ORDER_MARK);
    for (number, lines) in blocks.iter().enumerate() {
        if number > 0 {
            out.push_str("\r\n");
        }
        for line in lines {
            let fields: Vec<String> = line.iter().map(|cell| field(cell, language)).collect();
            out.push_str(&fields.join(","));
            out.push_str("\r\n");
        }
    }
    out.into_bytes()
}

fn field(cell: &Cell, language: Language) -> String {
    let text = sheet::text(cell, language);
    let is_foreign = matches!(cell, Cell::Text(_) | Cell::Words(_));
    let guard = if is_foreign && text.trim_start_matches(' ').starts_with(FORMULA_SIGNS) { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}
