//! The database file: what it survives, and what is said of one that cannot be used.

use std::{fs, path::Path, time::Duration};

use gridwatch_alerts::{
    ActorRole, AlertFilter, AlertState, Database, Move, OpenError, Recorder, STORE_FAILING, Store,
};
use gridwatch_inference::Phase;
use sqlx::{Connection, SqliteConnection};

use crate::support::{LEFT, RIGHT, TestClock, actor, desk, older_database, problems, seen};

/// Copies the files as they lie on the disk while the first desk still runs: what a killed process leaves
/// behind.
#[tokio::test]
async fn after_a_kill_the_same_alerts_are_there_once() {
    let (folder, left_behind) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = TestClock::new();
    let running = desk(folder.path(), &clock).await;
    running.observe(&seen("a", 1, Phase::Alert, LEFT)).await.unwrap();
    running.observe(&seen("b", 1, Phase::Alert, RIGHT)).await.unwrap();
    for file in ["gridwatch.db", "gridwatch.db-wal"] {
        fs::copy(folder.path().join(file), left_behind.path().join(file)).unwrap();
    }

    let again = desk(left_behind.path(), &clock).await;
    let all = AlertFilter { limit: 10, ..AlertFilter::default() };
    assert_eq!(again.store().alerts(all).await.unwrap(), running.store().alerts(all).await.unwrap());
    assert_eq!(again.hub().newest(), 2);
    again.observe(&seen("a", 9, Phase::Alert, LEFT)).await.unwrap();
    assert_eq!(again.store().alerts(all).await.unwrap().len(), 2, "the person is still the same alert");
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), &TestClock::new()).await;
    for incident in 0..5 {
        desk.observe(&seen("a", incident, Phase::Alert, LEFT)).await.unwrap();
    }
    let first = AlertFilter { limit: 2, ..AlertFilter::default() };
    let page = desk.store().alerts(first).await.unwrap();
    assert_eq!(page.iter().map(|alert| alert.id.0).collect::<Vec<_>>(), [5, 4]);
    let next = AlertFilter { before: Some(page[1].id), ..first };
    let page = desk.store().alerts(next).await.unwrap();
    assert_eq!(page.iter().map(|alert| alert.id.0).collect::<Vec<_>>(), [3, 2]);
}

#[tokio::test]
async fn a_second_process_is_kept_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gridwatch.db");
    let first = Store::open(&path.as_path().into()).await.unwrap();
    let second = Store::open(&path.as_path().into()).await;
    assert!(matches!(second, Err(OpenError::InUse { .. })), "{second:?}");
    first.close().await;
    drop(first);
    Store::open(&path.as_path().into()).await.unwrap();
}

/// Opens a file that cannot be used and makes sure that it is as it was.
async fn refused(path: &Path) -> OpenError {
    let before = fs::read(path).unwrap();
    let error = Store::open(&path.into()).await.unwrap_err();
    assert_eq!(fs::read(path).unwrap(), before, "the file was touched");
    error
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "buy milk, and a longer line than sixteen bytes").unwrap();
    assert!(matches!(refused(&text).await, OpenError::NotADatabase { .. }));

    let foreign = folder.path().join("foreign.db");
    execute(&foreign, "CREATE TABLE recipes (name TEXT)").await;
    assert!(matches!(refused(&foreign).await, OpenError::NotADatabase { .. }));
}

#[tokio::test]
async fn a_damaged_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gridwatch.db");
    Store::open(&path.as_path().into()).await.unwrap().close().await;
    let mut bytes = fs::read(&path).unwrap();
    let beyond_the_header = 200..bytes.len();
    bytes[beyond_the_header].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    assert!(matches!(refused(&path).await, OpenError::Corrupt { .. }));

    let cut_off = folder.path().join("cut.db");
    fs::write(&cut_off, &fs::read(&path).unwrap()[..100]).unwrap();
    let error = refused(&cut_off).await;
    assert!(matches!(error, OpenError::Corrupt { .. } | OpenError::NotADatabase { .. }), "{error}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gridwatch.db");
    Store::open(&path.as_path().into()).await.unwrap().close().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (999, 'later', TRUE, x'00', 0)";
    execute(&path, newer).await;
    let error = refused(&path).await;
    assert!(matches!(error, OpenError::Newer { found: 999, known: 7, .. }), "{error}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let error = Store::open(&Database::Sqlite(in_the_way.join("gridwatch.db"))).await.unwrap_err();
    assert!(matches!(&error, OpenError::NotWritable { path, .. } if *path == in_the_way), "{error}");
    // No user, the superuser included, may make a file here.
    let error = Store::open(&Database::Sqlite("/sys/gridwatch.db".into())).await.unwrap_err();
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error}");
}

#[tokio::test]
async fn a_database_of_an_older_version_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    older_database(&folder.path().join("gridwatch.db")).await;

    let desk = desk(folder.path(), &TestClock::new()).await;
    let all = AlertFilter { limit: 10, ..AlertFilter::default() };
    let [open, closed] = desk.store().alerts(all).await.unwrap().try_into().unwrap();
    assert_eq!(
        (open.life.state(), open.is_lasting(), open.life.is_open()),
        (AlertState::Pending, true, true)
    );
    assert_eq!((closed.life.state(), closed.life.is_open()), (AlertState::Closed, false));
    assert_eq!(closed.ended_at, Some("2026-01-01T00:01:00Z".parse().unwrap()));
    assert_eq!(desk.open_incidents().await.unwrap().len(), 1);
    let told = desk.hub().events_after(1, 10).await.unwrap();
    assert_eq!(told.len(), 1, "who comes back with an older number loads the alerts anew");
    assert!(serde_json::from_str::<gridwatch_alerts::Alert>(&told[0].alert).is_ok());
    let mv = Move::Dismiss { reason: "long ago".to_owned() };
    desk.act(open.id, mv, actor("officer", ActorRole::DutyOfficer), None).await.unwrap();
}

async fn execute(path: &Path, statement: &'static str) {
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
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
    assert!(
        desk.store().alerts(AlertFilter { limit: 500, ..AlertFilter::default() }).await.unwrap().is_empty()
    );

    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    task.await.unwrap();
    assert_eq!(
        desk.store().alerts(AlertFilter { limit: 500, ..AlertFilter::default() }).await.unwrap().len(),
        3
    );
    assert!(board.list().is_empty());
}
