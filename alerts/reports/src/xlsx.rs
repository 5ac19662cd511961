//! A report as an XLSX workbook.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet};

use crate::{
    error::ReportError,
    language::Language,
    report::{Cell, Report},
    sheet,
};

/// The longest text that a cell may hold, in UTF-16 units.
const CELL_UNITS_MAX: usize = 32_767;
const COLUMN_WIDTH: f64 = 18.0;
/// Where the definitions stand on the sheet of figures.
const DEFINITION_COLUMN: u16 = 6;
const DEFINITION_WIDTH: f64 = 90.0;

/// A report as XLSX: a sheet of figures with their definitions, a sheet of the alerts behind each, and a sheet a table. No cell
/// is a formula. The same report gives the same bytes: the workbook is dated with the end of the period.
///
/// # Errors
/// The report has more rows than a sheet holds.
pub fn to_xlsx(report: &Report, language: Language) -> Result<Vec<u8>, ReportError> {
    let mut workbook = Workbook::new();
    let dated = ExcelDateTime::from_timestamp(report.to.as_second())?;
    workbook.set_properties(
        &DocProperties::new().set_title(report.title.of(language)).set_creation_datetime(&dated),
    );
    let figures = workbook.add_worksheet();
    figures.set_name(language.pick("指标", "Figures"))?;
    write(figures, &sheet::figures(report), language)?;
    figures.set_column_width(DEFINITION_COLUMN, DEFINITION_WIDTH)?;
    let trace = workbook.add_worksheet();
    trace.set_name(language.pick("告警明细", "Alerts"))?;
    write(trace, &sheet::trace(report), language)?;
    for table in &report.tables {
        let worksheet = workbook.add_worksheet();
        worksheet.set_name(table.title.of(language))?;
        write(worksheet, &sheet::table(table), language)?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn write(worksheet: &mut Worksheet, lines: &[Vec<Cell>], language: Language) -> Result<(), ReportError> {
    let percent = Format::new().set_num_format("0.00%").set_align(FormatAlign::Right);
    for (row, line) in (0..).zip(lines) {
        for (column, cell) in (0..).zip(line) {
            match cell {
                Cell::Empty => continue,
                Cell::Text(_) | Cell::Words(_) => {
                    worksheet.write_string(row, column, short(&sheet::text(cell, language)))?
                }
                Cell::Number(number) => worksheet.write_number(row, column, *number)?,
                Cell::Share(share) => worksheet.write_number_with_format(row, column, *share, &percent)?,
            };
            worksheet.set_column_width(column, COLUMN_WIDTH)?;
        }
    }
    Ok(())
}

/// The text, cut off where a cell ends: one endless name must not cost the whole report.
fn short(text: &str) -> String {
    let mut units = 0;
    let fits = |letter: &char| {
        units += letter.len_utf16();
        units <= CELL_UNITS_MAX
    };
    text.chars().take_while(fits).collect()
}
