//! Grids over time: what an import would do, doing it, and the past that stays.

use gridwatch_grids::{
    Field, Grid, GridLevel, GridTree, GridVersion, History, HistoryError, Lang, TreeVersion,
};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::support::square;

fn at(day: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + day * 86_400).unwrap()
}

fn street() -> Grid {
    square("s", GridLevel::Street, None, [0, 0, 900, 900])
}

fn base(code: &str, width: i32) -> Grid {
    square(code, GridLevel::Base, Some("s"), [0, 0, width, 100])
}

fn tree(grids: Vec<Grid>) -> GridTree {
    GridTree::new(grids).unwrap()
}

fn codes(tree: &GridTree) -> Vec<&str> {
    tree.iter().map(Grid::code).collect()
}

fn take(history: &mut History, imported: &GridTree, day: i64) -> Vec<GridVersion> {
    let changes = history.plan(imported, at(day)).unwrap();
    history.apply(&changes).unwrap()
}

#[test]
fn an_import_begins_changes_and_ends_grids_and_the_past_stays() {
    let mut history = History::default();
    assert_eq!(take(&mut history, &tree(vec![street(), base("a", 100), base("b", 100)]), 0).len(), 3);

    let next = tree(vec![street(), base("a", 200), base("c", 100)]);
    let changes = history.plan(&next, at(10)).unwrap();
    assert_eq!(history.tree_at(at(20)).iter().len(), 3, "a plan changes nothing");
    assert_eq!((changes.added.len(), changes.ended.len(), changes.unchanged), (1, 1, 1));
    assert_eq!((changes.added[0].code(), changes.ended[0].code()), ("c", "b"));
    assert_eq!((changes.changed[0].after.code(), &changes.changed[0].fields[..]), ("a", &[Field::Area][..]));
    let written = history.apply(&changes).unwrap();
    let ended: Vec<_> =
        written.iter().filter(|v| v.valid_to == Some(at(10))).map(|v| v.grid.code()).collect();
    let begun: Vec<_> = written.iter().filter(|v| v.valid_from == at(10)).map(|v| v.grid.code()).collect();
    assert_eq!((ended, begun), (vec!["a", "b"], vec!["a", "c"]));

    assert_eq!(codes(&history.tree_at(at(-1))), [""; 0]);
    for day in [0, 9] {
        assert_eq!(codes(&history.tree_at(at(day))), ["a", "b", "s"]);
        assert_eq!(history.tree_at(at(day)).by_code("a"), Some(&base("a", 100)));
    }
    for day in [10, 99] {
        assert_eq!(codes(&history.tree_at(at(day))), ["a", "c", "s"]);
        assert_eq!(history.tree_at(at(day)).by_code("a"), Some(&base("a", 200)));
    }
    assert_eq!(history.versions("a").len(), 2);

    let tree_of =
        |day, grids, added, changed, ended| TreeVersion { valid_from: at(day), grids, added, changed, ended };
    assert_eq!(history.tree_versions(), [tree_of(10, 3, 1, 1, 1), tree_of(0, 3, 3, 0, 0)]);
    let next = [-1, 0, 9, 10].map(|day| history.next_change(at(day)));
    assert_eq!(next, [Some(at(0)), Some(at(10)), Some(at(10)), None]);
    assert!(history.versions("nobody").is_empty());
}

#[test]
fn the_same_import_again_changes_nothing() {
    let mut history = History::default();
    let imported = tree(vec![street(), base("a", 100)]);
    take(&mut history, &imported, 0);
    for day in [0, 1] {
        let changes = history.plan(&imported, at(day)).unwrap();
        assert!(changes.is_empty() && changes.unchanged == 2);
        assert!(history.apply(&changes).unwrap().is_empty());
    }
    assert_eq!(history.iter().count(), 2);
}

#[test]
fn a_grid_may_come_back() {
    let mut history = History::default();
    for (day, grids) in
        [(0, vec![street(), base("a", 100)]), (5, vec![street()]), (9, vec![street(), base("a", 100)])]
    {
        take(&mut history, &tree(grids), day);
    }
    let held = |day| history.tree_at(at(day)).by_code("a").is_some();
    assert_eq!([held(0), held(5), held(8), held(9)], [true, false, false, true]);
}

#[test]
fn times_must_increase() {
    let mut history = History::default();
    take(&mut history, &tree(vec![street(), base("a", 100)]), 5);
    let changed = tree(vec![street(), base("a", 200)]);
    let refused = HistoryError::TimeNotIncreasing { at: at(4), latest: at(5) };
    assert_eq!(history.plan(&changed, at(4)), Err(refused));
    // Changed again at the very time it began, it would never have been valid.
    assert!(matches!(history.plan(&changed, at(5)), Err(HistoryError::TimeNotIncreasing { .. })));
    assert!(history.plan(&changed, at(6)).is_ok());
}

#[test]
fn a_plan_for_another_state_is_refused_and_does_nothing() {
    let mut history = History::default();
    take(&mut history, &tree(vec![street(), base("a", 100)]), 0);
    let old = history.plan(&tree(vec![street(), base("a", 200)]), at(9)).unwrap();
    take(&mut history, &tree(vec![street(), base("b", 100)]), 5);
    assert_eq!(history.apply(&old), Err(HistoryError::Stale));
    assert_eq!(codes(&history.tree_at(at(20))), ["b", "s"]);
    let again = history.plan(&tree(vec![street(), base("a", 200)]), at(9)).unwrap();
    history.apply(&again).unwrap();
    assert_eq!(history.apply(&again), Err(HistoryError::Stale), "not twice");
}

#[test]
fn versions_that_make_no_tree_are_refused() {
    let version = |grid: Grid, from: i64, to: Option<i64>| GridVersion {
        grid,
        valid_from: at(from),
        valid_to: to.map(at),
    };
    let refused = |versions| History::new(versions).map(|_| ()).unwrap_err();
    assert!(matches!(refused(vec![version(street(), 5, Some(5))]), HistoryError::EndsBeforeItBegins { .. }));
    assert!(matches!(
        refused(vec![version(street(), 0, Some(5)), version(street(), 4, None)]),
        HistoryError::TwoVersions { .. }
    ));
    assert!(matches!(
        refused(vec![version(street(), 0, None), version(street(), 4, None)]),
        HistoryError::TwoVersions { .. }
    ));
    let gap =
        vec![version(street(), 0, Some(5)), version(street(), 6, None), version(base("a", 10), 0, None)];
    assert_eq!(refused(gap), HistoryError::NoParent { code: "a".into(), parent: "s".into(), at: at(5) });
    assert!(matches!(refused(vec![version(base("a", 10), 0, None)]), HistoryError::NoParent { .. }));
    let unbroken =
        vec![version(street(), 0, Some(5)), version(street(), 5, None), version(base("a", 10), 1, Some(9))];
    assert!(History::new(unbroken).is_ok());
}

#[test]
fn a_version_is_stored_as_columns() {
    let version = GridVersion { grid: base("a", 100), valid_from: at(0), valid_to: None };
    let row = serde_json::to_value(&version).unwrap();
    let columns: Vec<&String> = row.as_object().unwrap().keys().collect();
    let expected =
        ["area", "code", "households", "level", "name", "parent", "people", "valid_from", "valid_to"];
    assert_eq!(columns, expected);
    assert!(row["area"].as_str().unwrap().starts_with(r#"{"type":"Polygon""#));
    assert_eq!(serde_json::from_value::<GridVersion>(row.clone()).unwrap(), version);
    let mut broken = row;
    broken["area"] = "{}".into();
    assert!(serde_json::from_value::<GridVersion>(broken).is_err());
}

#[test]
fn a_refusal_can_be_read_alone() {
    let error = HistoryError::TimeNotIncreasing { at: at(4), latest: at(5) };
    assert!(error.describe(Lang::En).contains("name a later time"));
    assert!(error.describe(Lang::ZhCn).contains("请选择更晚的生效时间"));
}

proptest! {
    /// Whatever is imported when, every tree of the past stays as it was imported, also through storage.
    #[test]
    fn no_import_edits_the_past(imports in prop::collection::vec(prop::collection::btree_map(0..6_u8, 1..4_i32, 0..6), 1..8)) {
        let mut history = History::default();
        let mut trees = Vec::new();
        for (day, import) in imports.into_iter().enumerate() {
            let bases = import.into_iter().map(|(code, width)| base(&format!("b{code}"), width * 100));
            let imported = tree(std::iter::once(street()).chain(bases).collect());
            let day = i64::try_from(day).unwrap();
            take(&mut history, &imported, day);
            trees.push((day, imported));
        }
        let stored = serde_json::to_string(&history.iter().collect::<Vec<_>>()).unwrap();
        let restored = History::new(serde_json::from_str(&stored).unwrap()).unwrap();
        for history in [history, restored] {
            for (day, imported) in &trees {
                let past = history.tree_at(at(*day));
                prop_assert_eq!(past.iter().len(), imported.iter().len());
                for grid in imported.iter() {
                    prop_assert_eq!(past.by_code(grid.code()), Some(grid));
                }
            }
        }
    }
}
