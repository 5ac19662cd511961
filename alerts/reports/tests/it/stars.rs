//! The rating of grids.

use gridwatch_reports::*;

use super::support::*;

fn stars(cases: &[Case], name: TableName) -> Table {
    let facts = Facts { cases, ..Facts::default() };
    let report = match name {
        TableName::Best | TableName::Worst => quarterly(facts, (2026, 1), &shanghai()),
        _ => monthly(facts, (2026, 3), &shanghai()),
    };
    table(&report.unwrap(), name).clone()
}

fn in_grid(code: &str, case: Case) -> Case {
    Case { grid: Some(code.to_owned()), grid_name: code.to_owned(), ..case }
}

#[test]
fn points_are_as_worked_out_by_hand() {
    let good = [30, 100, 200, 400];
    let late = [30, 300, 400, 500];
    let mut reopened = in_grid("b", handled(4, good));
    reopened.reopened = 1;
    let cases = [
        in_grid("a", handled(1, good)),
        in_grid("b", handled(2, good)),
        in_grid("b", handled(3, late)),
        reopened,
        in_grid("c", opened(5)),
        Case { grid: None, ..handled(6, good) },
    ];
    let table = stars(&cases, TableName::GridStars);
    // b: 50 × 1/3 + 30 × 2/3 + 20 × 1 − 50 × 1/3.
    let points: Vec<(&Cell, &Cell)> = table.rows.iter().map(|row| (&row[2], &row[3])).collect();
    assert_eq!(points[0], (&Cell::Number(5.0), &Cell::Number(100.0)));
    let (Cell::Number(one), Cell::Number(forty)) = points[1] else { panic!("{:?}", points[1]) };
    assert!(*one == 1.0 && (forty - 40.0).abs() < 1e-9);
    assert_eq!(points[2..], [(&Cell::Empty, &Cell::Empty); 2], "never called, and no grid: not rated");
    assert!(table.note.zh.contains("50×按时办结率") && table.note.en.contains("≥90 = 5★"));
    assert_eq!(stars(&cases, TableName::CommunityStars).rows.len(), 1);
}

#[test]
fn nobody_accepting_earns_nothing_for_arrival() {
    let case = Case { accepted_at: None, on_scene_at: None, ..handled(1, [1, 2, 3, 4]) };
    assert_eq!(stars(&[case], TableName::GridStars).rows[0][3], Cell::Number(70.0));
}

#[test]
fn no_grid_is_among_the_best_and_the_worst() {
    for grids in [1, 2, 5, 30] {
        let cases: Vec<Case> = (1..=grids)
            .map(|n| in_grid(&format!("g{n:02}"), handled(n, [30, 100, 100 + n * 10, 900])))
            .collect();
        let (best, worst) = (stars(&cases, TableName::Best), stars(&cases, TableName::Worst));
        assert!(best.rows.len() <= 10 && worst.rows.len() <= 10 && !best.rows.is_empty());
        assert_eq!(best.rows.len() + worst.rows.len(), 20.min(grids as usize));
        assert!(best.rows.iter().all(|row| !worst.rows.contains(row)));
    }
}
