//! Grids that take over at their time, people and rotations from files.

use std::{sync::Arc, time::Duration};

use gridwatch_alerts::{
    AlertFilter, AlertId, Desk, GridTree, Intent, Registry, RegistryError, grids::HistoryError, run_grids,
};
use gridwatch_inference::Phase;
use gridwatch_roster::{Outcome, PersonId, Plan};
use jiff::Timestamp;

use crate::support::{LEFT, RIGHT, TestClock, at, registry, seen, tree};

/// The street alone answers where there was a community, and a base grid comes.
fn other() -> Arc<GridTree> {
    Arc::new(tree(&[("1", "street", None, 2.0), ("1101", "base", Some("1"), 1.0)]))
}

async fn grid_of(desk: &Desk, incident: u64) -> String {
    let place = if incident.is_multiple_of(2) { LEFT } else { RIGHT };
    desk.observe(&seen("a", incident, Phase::Alert, place)).await.unwrap();
    let alert =
        desk.store().alerts(AlertFilter { limit: 1, ..AlertFilter::default() }).await.unwrap().remove(0);
    alert.grid.unwrap().code
}

#[tokio::test]
async fn a_planned_tree_takes_over_by_itself_at_its_time_and_old_alerts_keep_their_grid() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let (registry, desk) = registry(folder.path(), &clock).await;
    assert_eq!(grid_of(&desk, 0).await, "11");

    let changes = registry.put_grids(&desk, other(), at(60), "ann").await.unwrap();
    assert_eq!((changes.added.len(), changes.ended.len(), changes.unchanged), (1, 1, 1));
    let running = tokio::spawn(run_grids(registry.clone(), desk.clone()));
    assert_eq!(answering(&desk), "11", "not before its time");
    clock.turn(60);
    tokio::time::timeout(Duration::from_secs(20), async {
        while answering(&desk) != "1101" {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    running.abort();
    assert_eq!(grid_of(&desk, 1).await, "1101");
    assert_eq!(desk.store().alert(AlertId(1)).await.unwrap().unwrap().grid.unwrap().code, "11");
    assert!(registry.directory().await.grids().by_code("11").is_none());
    assert!(registry.grids_at(at(59)).await.by_code("11").is_some());
}

fn answering(desk: &Desk) -> String {
    desk.cameras().iter().next().unwrap().grid().unwrap().code.clone()
}

#[tokio::test]
async fn a_planned_tree_takes_over_after_a_restart_too() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let (before, desk) = registry(folder.path(), &clock).await;
    before.put_grids(&desk, other(), at(60), "ann").await.unwrap();
    desk.store().close().await;
    drop((before, desk));

    let (again, desk) = registry(folder.path(), &clock).await;
    assert_eq!((answering(&desk), again.next_grids_at().await), ("11".to_owned(), Some(at(60))));
    assert!(!again.turn_grids(&desk).await);
    clock.turn(60);
    assert!(again.turn_grids(&desk).await && !again.turn_grids(&desk).await, "once");
    assert_eq!((answering(&desk), again.next_grids_at().await), ("1101".to_owned(), None));
    desk.store().close().await;
    drop((again, desk));

    let (_again, desk) = registry(folder.path(), &clock).await;
    assert_eq!(answering(&desk), "1101", "it began before this start");
}

#[tokio::test]
async fn every_tree_is_known_with_who_took_it_over_and_the_past_is_not_edited() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let (registry, desk) = registry(folder.path(), &clock).await;
    let planned = registry.plan_grids(other(), at(60)).await.unwrap();
    assert_eq!(planned.added.len(), 1);
    assert_eq!(registry.grid_versions().await.len(), 1, "a plan changes nothing");
    registry.put_grids(&desk, other(), at(60), "ann").await.unwrap();
    let late = registry.put_grids(&desk, Arc::new(GridTree::default()), at(30), "ben").await;
    assert!(
        matches!(late, Err(RegistryError::Grids(HistoryError::TimeNotIncreasing { .. }))),
        "before what is planned"
    );
    let same = registry.put_grids(&desk, other(), at(90), "ben").await.unwrap();
    assert!(same.is_empty());

    let trees = registry.grid_versions().await;
    let counts: Vec<_> =
        trees.iter().map(|tree| (tree.valid_from, tree.grids, tree.added, tree.ended)).collect();
    assert_eq!(counts, [(at(60), 2, 1, 1), (at(0), 2, 2, 0)], "what changes nothing is no version");
    let takeovers = desk.store().grid_takeovers().await.unwrap();
    let by: Vec<_> = takeovers.iter().map(|takeover| (takeover.valid_from, takeover.by.as_str())).collect();
    assert_eq!(by, [(at(60), "ann"), (at(0), "gridwatch")]);
}

const PEOPLE: &str = "编号,姓名,角色,网格编码,电话\nann,安然,网格员,11,13800000001\nben,白宁,值班长,1,\n";
const ROTATIONS: &str = "编号,岗位,网格编码,起始日期,星期,开始,结束,人员\n\
                         r1,主岗,11,2026-01-05,每天,00:00,00:00,ann\n\
                         r2,值班长,,2026-01-05,每天,08:00,20:00,ben\n";

fn admin() -> PersonId {
    PersonId::new("admin").unwrap()
}

async fn people_of(registry: &Registry) -> Vec<String> {
    registry.directory().await.roster().people().map(|person| person.id.to_string()).collect()
}

#[tokio::test]
async fn people_and_rotations_come_from_files_whole_or_not_at_all() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let (first, desk) = registry(folder.path(), &clock).await;
    let dry = first.import_people(&desk, PEOPLE, admin(), Intent::DryRun).await.unwrap();
    assert_eq!((dry.accepted.len(), dry.is_whole(), people_of(&first).await.len()), (2, true, 0));
    let bad = format!("{PEOPLE}eve,易薇,网格员,99,\n");
    let refused = first.import_people(&desk, bad, admin(), Intent::TakeIn).await.unwrap();
    assert_eq!((refused.refused, refused.problems[0].row), (vec!["eve".to_owned()], 4));
    assert_eq!(people_of(&first).await, [""; 0], "nothing half done");

    first.import_people(&desk, PEOPLE, admin(), Intent::TakeIn).await.unwrap();
    let again = first.import_people(&desk, PEOPLE, admin(), Intent::TakeIn).await.unwrap();
    assert!(again.accepted.iter().all(|one| one.outcome == Outcome::Unchanged));
    first.import_rotations(&desk, ROTATIONS, admin(), Intent::TakeIn).await.unwrap();
    assert_eq!(on_duty(&first, "r1", at(0)).await, ["ann"]);
    let unknown = ROTATIONS.replace("ben", "nobody");
    let refused = first.import_rotations(&desk, unknown, admin(), Intent::TakeIn).await.unwrap();
    assert_eq!(refused.refused, ["r2"]);
    let no_table = first.import_rotations(&desk, "", admin(), Intent::TakeIn).await;
    assert!(matches!(no_table, Err(RegistryError::File(_))));
    desk.store().close().await;
    drop((first, desk));

    let (again, desk) = registry(folder.path(), &clock).await;
    assert_eq!(people_of(&again).await, ["ann", "ben"]);
    assert_eq!(on_duty(&again, "r1", at(0)).await, ["ann"]);
    let versions = versions(&desk).await;
    assert_eq!(
        versions,
        [("ann".to_owned(), "admin".to_owned())],
        "what is there just so is not written again"
    );
}

async fn on_duty(registry: &Registry, entry: &str, at: Timestamp) -> Vec<String> {
    let directory = registry.directory().await;
    let roster = directory.roster();
    let entry = roster.entries().find(|one| one.id.as_str() == entry).unwrap();
    let Plan::Rotation(rotation) = &entry.plan else { panic!("a rotation was read") };
    roster.on_duty(&rotation.post, at).into_iter().map(String::from).collect()
}

async fn versions(desk: &Desk) -> Vec<(String, String)> {
    use gridwatch_alerts::{Document, DocumentKind, roster::Person};
    let versions: Vec<Document<Person>> =
        desk.store().document_versions(DocumentKind::Person, "ann").await.unwrap();
    versions.into_iter().map(|version| (version.id, version.made_by)).collect()
}

/// People are set up before the grids they will work in begin.
#[tokio::test]
async fn people_may_belong_to_a_grid_that_is_planned_but_not_to_one_that_has_ended() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let (registry, desk) = registry(folder.path(), &clock).await;
    let file = PEOPLE.replace(",11,", ",1101,");
    let soon = registry.import_people(&desk, file.clone(), admin(), Intent::DryRun).await.unwrap();
    assert_eq!(soon.refused, ["ann"]);
    registry.put_grids(&desk, other(), at(60), "ann").await.unwrap();
    let planned = registry.import_people(&desk, file, admin(), Intent::DryRun).await.unwrap();
    assert!(planned.is_whole());
    clock.turn(61);
    let ended = registry.import_people(&desk, PEOPLE, admin(), Intent::DryRun).await.unwrap();
    assert_eq!(ended.refused, ["ann"]);
}
