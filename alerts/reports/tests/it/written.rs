//! Reports as CSV, XLSX and JSON.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use gridwatch_reports::*;

use super::support::*;

fn hostile() -> Report {
    let name = |id, grid_name: &str| Case {
        grid: Some(format!("=g{id}")),
        grid_name: grid_name.to_owned(),
        ..handled(id, [1, 2, 3, 4])
    };
    let cases = [
        name(1, "=1+1"),
        name(2, "@x,\"y\""),
        name(3, "\ttab"),
        name(4, &"长".repeat(40_000)),
        name(5, "-2"),
    ];
    let facts = Facts { cases: &cases, ..Facts::default() };
    monthly(facts, (2026, 3), &shanghai()).unwrap()
}

#[test]
fn csv_has_a_byte_order_mark_and_no_formula() {
    for language in Language::ALL {
        let text = String::from_utf8(to_csv(&hostile(), language)).unwrap();
        assert!(text.starts_with('\u{feff}'));
        assert!(text.contains("'=1+1,") && text.contains("\"'@x,\"\"y\"\"\"") && text.contains("'\ttab,"));
        let starts = text.lines().flat_map(|line| line.split(','));
        assert!(
            starts.into_iter().all(|field| !field.trim_matches('"').starts_with(['=', '+', '-', '@', '\t']))
        );
    }
}

#[test]
fn csv_prints_every_figure_with_its_definition_and_its_alerts() {
    let report = of_cases(&[handled(1, [1, 2, 3, 4]), opened(2)]);
    let text = String::from_utf8(to_csv(&report, Language::Zh)).unwrap();
    assert!(text.contains("结案率,50.00%,比例,1,2,,已结案"));
    assert!(text.contains("结案率,1,是\r\n结案率,2,否\r\n"));
    assert!(report.figures.iter().all(|figure| text.contains(&figure.definition.zh)));
}

#[test]
fn a_workbook_reads_back_with_figures_definitions_and_ids() {
    let report = of_cases(&[handled(1, [1, 2, 3, 4]), opened(2)]);
    let bytes = to_xlsx(&report, Language::En).unwrap();
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let figures = book.worksheet_range("Figures").unwrap();
    let closed = figures.rows().find(|row| row[0] == Data::String("Closed".to_owned())).unwrap();
    assert_eq!(closed[1], Data::Float(0.5));
    assert_eq!(closed[6], Data::String(report.figures[0].definition.en.clone()));
    let alerts = book.worksheet_range("Alerts").unwrap();
    let closed: Vec<String> = alerts
        .rows()
        .filter(|row| row[0] == Data::String("Closed".to_owned()))
        .map(|row| row[1].to_string())
        .collect();
    assert_eq!(closed, ["1", "2"]);
    assert_eq!(book.sheet_names().len(), 2 + report.tables.len());
}

#[test]
fn a_workbook_has_no_formula_and_is_the_same_twice() {
    for language in Language::ALL {
        let bytes = to_xlsx(&hostile(), language).unwrap();
        assert_eq!(bytes, to_xlsx(&hostile(), language).unwrap());
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
        for sheet in book.sheet_names() {
            assert!(book.worksheet_formula(&sheet).unwrap().is_empty());
        }
    }
}

#[test]
fn json_goes_there_and_back() {
    let report = hostile();
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    for figure in &report.figures {
        assert_eq!(serde_json::to_value(figure.name).unwrap(), figure.name.as_str());
    }
}
