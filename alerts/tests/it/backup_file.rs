//! Backups and the database as a file: what is in the way, what is older, and what nobody may change.

use std::fs;

use gridwatch_alerts::{AlertFilter, AlertState, BackupError, Database, OpenError, Store, backup, restore};
use gridwatch_inference::Phase;
use sqlx::{Connection, SqliteConnection};

use crate::{
    backup::{busy_desk, close},
    support::{LEFT, TestClock, at, desk, desk_on, older_database, seen},
};

#[tokio::test]
async fn the_file_that_was_there_is_kept_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, database) = (TestClock::new(), crate::database(folder.path()));
    let desk = busy_desk(&database, &clock).await;
    let file = folder.path().join("a.backup");
    backup(&database, &file, at(0)).await.unwrap();
    desk.observe(&seen("a", 9, Phase::Alert, LEFT)).await.unwrap();
    let all = AlertFilter { limit: 100, ..AlertFilter::default() };
    let before = desk.store().alerts(all).await.unwrap();
    close(desk).await;

    let error = restore(&database, &file, false, at(60)).await.unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty { .. }), "{error}");
    let kept = restore(&database, &file, true, at(60)).await.unwrap().kept.unwrap();
    assert_eq!(kept, folder.path().join("gridwatch.db.replaced-20270115T080100Z"));
    let restored = desk_on(&database, &clock).await;
    assert_eq!(restored.store().alerts(all).await.unwrap().len(), before.len() - 1);
    let old = Store::open(&Database::Sqlite(kept)).await.unwrap();
    assert_eq!(old.alerts(all).await.unwrap(), before);
    close(restored).await;

    let error = restore(&database, &file, true, at(60)).await.unwrap_err();
    assert!(matches!(error, BackupError::Exists { .. }), "the kept one is not overwritten either: {error}");
}

/// A killed server leaves a log beside the file: both are kept, and nothing of it gets into the new database.
#[tokio::test]
async fn what_a_killed_server_left_is_kept_and_a_damaged_file_is_replaced() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let clock = TestClock::new();
    let desk = busy_desk(&crate::database(one.path()), &clock).await;
    let file = one.path().join("a.backup");
    backup(desk.store().database(), &file, at(0)).await.unwrap();
    desk.observe(&seen("a", 9, Phase::Alert, LEFT)).await.unwrap();
    for name in ["gridwatch.db", "gridwatch.db-wal"] {
        fs::copy(one.path().join(name), other.path().join(name)).unwrap();
    }
    let database = crate::database(other.path());
    let kept = restore(&database, &file, true, at(0)).await.unwrap().kept.unwrap();
    let all = AlertFilter { limit: 100, ..AlertFilter::default() };
    assert_eq!(Store::open(&database).await.unwrap().alerts(all).await.unwrap().len(), 6);
    assert_eq!(Store::open(&Database::Sqlite(kept)).await.unwrap().alerts(all).await.unwrap().len(), 7);

    let path = database.file().unwrap();
    fs::write(path, "no database at all, but the name is taken").unwrap();
    while let Err(error) = restore(&database, &file, true, at(1)).await {
        assert!(matches!(error, BackupError::Open(OpenError::InUse { .. })), "{error}");
        tokio::task::yield_now().await;
    }
    assert_eq!(Store::open(&database).await.unwrap().alerts(all).await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_backup_of_an_older_schema_is_brought_up_to_date() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = one.path().join("gridwatch.db");
    older_database(&old).await;
    let file = one.path().join("a.backup");
    let saved = backup(&old.as_path().into(), &file, at(0)).await.unwrap();
    assert_eq!((saved.schema, saved.tables["alerts"], saved.tables.len()), (2, 2, 2));
    restore(&crate::database(other.path()), &file, false, at(0)).await.unwrap();
    let desk = desk(other.path(), &TestClock::new()).await;
    let all = AlertFilter { limit: 100, ..AlertFilter::default() };
    let states: Vec<_> =
        desk.store().alerts(all).await.unwrap().iter().map(|alert| alert.life.state()).collect();
    assert_eq!(states, [AlertState::Pending, AlertState::Closed]);
    desk.observe(&seen("a", 9, Phase::Alert, LEFT)).await.unwrap();
    assert_eq!(desk.hub().newest(), 3);
}

#[tokio::test]
async fn nobody_can_change_a_restored_timeline() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let desk = busy_desk(&crate::database(one.path()), &TestClock::new()).await;
    let file = one.path().join("a.backup");
    backup(desk.store().database(), &file, at(0)).await.unwrap();
    let to = crate::database(other.path());
    restore(&to, &file, false, at(0)).await.unwrap();
    let mut connection =
        SqliteConnection::connect(&format!("sqlite://{}", to.file().unwrap().display())).await.unwrap();
    for statement in ["UPDATE timeline SET at = 0", "DELETE FROM timeline"] {
        let error = sqlx::query(statement).execute(&mut connection).await.unwrap_err();
        assert!(error.to_string().contains("only added to"), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_database_of_ours_or_newer_is_not_backed_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.backup");
    let text = folder.path().join("notes.txt");
    fs::write(&text, "buy milk, and a longer line than sixteen bytes").unwrap();
    let error = backup(&text.as_path().into(), &file, at(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::Open(OpenError::NotADatabase { .. })), "{error}");

    let database = crate::database(folder.path());
    Store::open(&database).await.unwrap().close().await;
    let url = format!("sqlite://{}", database.file().unwrap().display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (999, 'later', TRUE, x'00', 0)";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    let error = backup(&database, &file, at(0)).await.unwrap_err();
    assert!(matches!(error, BackupError::Open(OpenError::Newer { found: 999, .. })), "{error}");
    assert!(!file.exists());
}
