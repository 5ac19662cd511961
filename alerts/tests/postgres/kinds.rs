//! A backup of one kind of database in the other.

use gridwatch_alerts::{BackupError, Database, DocumentKind, backup, restore};
use gridwatch_inference::Phase;
use sqlx::{Connection, SqliteConnection};

use crate::{
    backup::{busy_desk, close, content, moves},
    server,
    support::{LEFT, RIGHT, TestClock, at, desk_on, older_database, seen},
};

fn file(folder: &tempfile::TempDir) -> Database {
    Database::Sqlite(folder.path().join("gridwatch.db"))
}

#[tokio::test]
async fn a_street_that_grows_moves_from_sqlite_to_postgres() {
    let folder = tempfile::tempdir().unwrap();
    moves(&file(&folder), &server::database("grown"), folder.path()).await;
}

#[tokio::test]
async fn one_that_shrinks_moves_from_postgres_to_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    moves(&server::database("shrunk"), &file(&folder), folder.path()).await;
}

/// The newest rows may have been deleted; their numbers are known outside all the same.
#[tokio::test]
async fn no_number_is_given_twice_on_the_way_there_and_back() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (clock, there) = (TestClock::new(), server::database("numbers"));
    let desk = busy_desk(&file(&one), &clock).await;
    close(desk).await;
    let mut connection =
        SqliteConnection::connect(&format!("sqlite://{}/gridwatch.db", one.path().display())).await.unwrap();
    let given = "UPDATE sqlite_sequence SET seq = 500 WHERE name = 'events'";
    sqlx::query(given).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    let (first, second) = (one.path().join("1.backup"), one.path().join("2.backup"));
    backup(&file(&one), &first, at(0)).await.unwrap();
    restore(&there, &first, false, at(0)).await.unwrap();
    let desk = desk_on(&there, &clock).await;
    desk.observe(&seen("a", 9, Phase::Alert, RIGHT)).await.unwrap();
    assert_eq!(desk.hub().newest(), 501);
    server::psql("numbers", "SELECT setval('events_seq_seq', 600)");
    backup(&there, &second, at(0)).await.unwrap();
    restore(&file(&other), &second, false, at(0)).await.unwrap();
    let desk = desk_on(&file(&other), &clock).await;
    desk.observe(&seen("c", 1, Phase::Alert, LEFT)).await.unwrap();
    assert_eq!(desk.hub().newest(), 601);
}

#[tokio::test]
async fn nobody_can_change_a_restored_timeline() {
    let folder = tempfile::tempdir().unwrap();
    let there = server::database("guarded");
    busy_desk(&file(&folder), &TestClock::new()).await;
    let saved = folder.path().join("a.backup");
    backup(&file(&folder), &saved, at(0)).await.unwrap();
    restore(&there, &saved, false, at(0)).await.unwrap();
    for statement in ["UPDATE timeline SET at = 0", "DELETE FROM timeline", "TRUNCATE timeline"] {
        let said = server::psql("guarded", statement);
        assert!(said.contains("only added to"), "{statement}: {said}");
    }
}

#[tokio::test]
async fn a_schema_that_postgres_never_had_goes_by_way_of_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old.db");
    older_database(&old).await;
    let saved = folder.path().join("old.backup");
    backup(&Database::Sqlite(old), &saved, at(0)).await.unwrap();
    let there = server::database("way");
    let error = restore(&there, &saved, false, at(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::TooOld { found: 2, oldest: 3, .. }), "{error}");

    restore(&file(&folder), &saved, false, at(0)).await.unwrap();
    let up_to_date = folder.path().join("up_to_date.backup");
    backup(&file(&folder), &up_to_date, at(0)).await.unwrap();
    let restored = loop {
        // The server notices a moment later that the session has ended.
        match restore(&there, &up_to_date, false, at(0)).await {
            Err(BackupError::Open(_)) => tokio::task::yield_now().await,
            restored => break restored.unwrap(),
        }
    };
    assert_eq!(restored.backup.tables["alerts"], 2);
}

#[tokio::test]
async fn a_database_with_tables_of_others_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    busy_desk(&file(&folder), &TestClock::new()).await;
    let saved = folder.path().join("a.backup");
    backup(&file(&folder), &saved, at(0)).await.unwrap();
    let there = server::database("kitchen");
    server::psql("kitchen", "CREATE TABLE recipes (name TEXT)");
    let error = restore(&there, &saved, false, at(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty { .. }), "{error}");
    assert!(server::psql("kitchen", "\\dt").contains("(1 row)"));
}

/// A text with a zero byte is nothing that PostgreSQL can hold: half-way through, everything is taken back.
#[tokio::test]
async fn what_fails_half_way_leaves_nothing_behind() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let desk = busy_desk(&file(&one), &TestClock::new()).await;
    let document = [("night".to_owned(), &"")];
    desk.store().put_documents(DocumentKind::Silence, &document, false, "a\0b", at(3)).await.unwrap();
    let saved = one.path().join("a.backup");
    backup(&file(&one), &saved, at(0)).await.unwrap();
    let there = server::database("half");
    let error = restore(&there, &saved, false, at(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::Database { .. }), "{error}");
    assert!(server::psql("half", "\\dt").contains("Did not find any"), "{}", server::psql("half", "\\dt"));

    restore(&file(&other), &saved, false, at(0)).await.unwrap();
    let again = one.path().join("again.backup");
    backup(&file(&other), &again, at(0)).await.unwrap();
    assert_eq!(content(&again), content(&saved));
    assert!(content(&saved)["documents"].iter().any(|row| row.contains("a\\u0000b")));
}
