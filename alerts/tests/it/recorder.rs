//! The way from the rules to the desk drops nothing, also while the database does not take anything.

use std::time::Duration;

use gridwatch_alerts::{AlertFilter, EvidenceState, Recorder, STORE_FAILING};
use gridwatch_inference::Phase;
use sqlx::{Connection, SqliteConnection};

use crate::support::{LEFT, TestClock, desk, problems, seen};

const ALL: AlertFilter = AlertFilter { state: None, before: None, limit: 500 };

#[tokio::test]
async fn what_was_opened_is_handed_on_for_its_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let (recorder, recording, mut opened) =
        Recorder::new(desk(folder.path(), &clock).await, problems(&clock));
    let task = tokio::spawn(recording.run());
    recorder.send(seen("a", 1, Phase::Suspected, LEFT)).await.unwrap();
    recorder.send(seen("a", 1, Phase::Alert, LEFT)).await.unwrap();
    recorder.send(seen("a", 1, Phase::Ongoing, LEFT)).await.unwrap();
    drop(recorder);
    task.await.unwrap();
    assert_eq!(opened.recv().await.unwrap().observation.phase, Phase::Alert);
    assert!(opened.recv().await.is_none());
}

/// Nobody takes the opened alerts: the alerts are written, and their evidence says that it will not come.
#[tokio::test]
async fn a_slow_maker_of_evidence_delays_no_alert() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk(folder.path(), &clock).await;
    let (recorder, recording, opened) = Recorder::new(desk.clone(), problems(&clock));
    let task = tokio::spawn(recording.run());
    for incident in 0..70 {
        recorder.send(seen("a", incident, Phase::Alert, LEFT)).await.unwrap();
    }
    drop(recorder);
    task.await.unwrap();
    assert_eq!(opened.len(), 64);
    let alerts = desk.store().alerts(ALL).await.unwrap();
    assert_eq!(alerts.len(), 70);
    let failed = alerts.iter().filter(|alert| alert.snapshot.state == EvidenceState::Failed);
    assert_eq!(failed.count(), 6);
}

/// Another connection takes the write lock for longer than the desk waits: a real failure of a real database.
#[tokio::test]
async fn a_failing_database_is_a_problem_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let (desk, board) = (desk(folder.path(), &clock).await, problems(&clock));
    let url = format!("sqlite://{}", folder.path().join("gridwatch.db").display());
    let mut other = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();

    let (recorder, recording, _opened) = Recorder::new(desk.clone(), board.clone());
    let task = tokio::spawn(recording.run());
    for incident in 0..3 {
        recorder.send(seen("a", incident, Phase::Alert, LEFT)).await.unwrap();
    }
    drop(recorder);
    tokio::time::timeout(Duration::from_secs(30), async {
        while !board.list().iter().any(|problem| problem.code == STORE_FAILING) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .unwrap();
    assert!(desk.store().alerts(ALL).await.unwrap().is_empty());

    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    task.await.unwrap();
    assert_eq!(desk.store().alerts(ALL).await.unwrap().len(), 3);
    assert!(board.list().is_empty());
}
