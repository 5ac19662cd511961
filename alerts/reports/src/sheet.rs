//! What is printed where, the same for CSV and XLSX.

use crate::{
    figure::{Figure, Unit},
    language::{Language, Words},
    report::{Cell, Report, Table},
};

type Line = Vec<Cell>;

/// The title, the period, how many alerts are left out, and the figures with their definitions.
pub(crate) fn figures(report: &Report) -> Vec<Line> {
    let count = |ids: &[i64]| Cell::Number(ids.len() as f64);
    let mut lines = vec![
        vec![Cell::Words(report.title.clone())],
        vec![
            words("期间", "Period"),
            Cell::Text(format!("{} – {}", report.first_day, report.last_day)),
            Cell::Text(format!("{} – {}", report.from, report.to)),
        ],
        vec![words("演练（不计入）", "Drills (not counted)"), count(&report.left_out.drills)],
        vec![words("并案（不计入）", "Merged (not counted)"), count(&report.left_out.merged)],
        vec![],
        FIGURE_COLUMNS.map(|(zh, en)| words(zh, en)).to_vec(),
    ];
    lines.extend(report.figures.iter().map(figure));
    lines
}

/// One table: its heads and rows.
pub(crate) fn table(table: &Table) -> Vec<Line> {
    let heads = table.columns.iter().cloned().map(Cell::Words).collect();
    let title = vec![Cell::Words(table.title.clone()), Cell::Words(table.note.clone())];
    [title, heads].into_iter().chain(table.rows.iter().cloned()).collect()
}

/// Every alert of every figure, and whether it is counted or only counted among.
pub(crate) fn trace(report: &Report) -> Vec<Line> {
    let mut lines =
        vec![vec![words("指标", "Figure"), words("告警编号", "Alert"), words("计入分子", "Counted")]];
    for figure in &report.figures {
        let label = || Cell::Words(figure.label.clone());
        let counted: std::collections::BTreeSet<i64> = figure.alerts.iter().copied().collect();
        lines.extend(figure.of.iter().map(|id| {
            let word = if counted.contains(id) { words("是", "yes") } else { words("否", "no") };
            vec![label(), Cell::Text(id.to_string()), word]
        }));
    }
    let left_out = [
        (&report.left_out.drills, ("演练（不计入）", "Drill (not counted)")),
        (&report.left_out.merged, ("并案（不计入）", "Merged (not counted)")),
    ];
    for (ids, (zh, en)) in left_out {
        lines.extend(ids.iter().map(|id| vec![words(zh, en), Cell::Text(id.to_string()), words("否", "no")]));
    }
    lines
}

/// A cell as text, without any guard; a share as per cent.
pub(crate) fn text(cell: &Cell, language: Language) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Words(words) => words.of(language).to_owned(),
        Cell::Number(number) => round(*number).to_string(),
        Cell::Share(share) => format!("{:.2}%", share * 100.0),
    }
}

/// Four digits behind the point: a nuisance rate is a few thousandths.
fn round(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}

const FIGURE_COLUMNS: [(&str, &str); 7] = [
    ("指标", "Figure"),
    ("数值", "Value"),
    ("单位", "Unit"),
    ("分子", "Numerator"),
    ("分母", "Denominator"),
    ("95% 上限", "Upper 95 % bound"),
    ("定义", "Definition"),
];

fn figure(figure: &Figure) -> Line {
    let number: fn(f64) -> Cell = if figure.unit == Unit::Share { Cell::Share } else { Cell::Number };
    let unit = words(figure.unit.label(Language::Zh), figure.unit.label(Language::En));
    vec![
        Cell::Words(figure.label.clone()),
        figure.value.map_or(Cell::Empty, number),
        unit,
        Cell::Number(figure.numerator),
        Cell::Number(figure.denominator),
        figure.upper_95.map_or(Cell::Empty, Cell::Number),
        Cell::Words(figure.definition.clone()),
    ]
}

fn words(zh: &str, en: &str) -> Cell {
    Cell::Words(Words::new(zh, en))
}
