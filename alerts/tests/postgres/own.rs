//! What is PostgreSQL's own: who may use a database, and what is said of one that cannot be used.

use gridwatch_alerts::{AlertFilter, Database, OpenError, Store};
use gridwatch_inference::Phase;
use sqlx::{Connection, PgConnection};

use crate::{
    server,
    support::{LEFT, TestClock, desk_on, seen},
};

#[tokio::test]
async fn a_second_process_is_kept_away_until_the_first_has_gone() {
    let database = server::database("kept_away");
    let first = Store::open(&database).await.unwrap();
    let second = Store::open(&database).await;
    assert!(matches!(second, Err(OpenError::InUse { .. })), "{second:?}");
    first.close().await;
    drop(first);
    // The server notices a moment later that the session has ended.
    while Store::open(&database).await.is_err() {
        tokio::task::yield_now().await;
    }
}

/// The network between a server and its database breaks, and another server takes over.
#[tokio::test]
async fn whoever_was_taken_over_writes_nothing_more() {
    let database = server::database("taken_over");
    let clock = TestClock::new();
    let first = desk_on(&database, &clock).await;
    first.observe(&seen("a", 1, Phase::Alert, LEFT)).await.unwrap();
    server::psql(
        "taken_over",
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = \
         (SELECT oid FROM pg_database WHERE datname = 'taken_over')",
    );
    let second = desk_on(&database, &clock).await;
    let refused = first.observe(&seen("b", 1, Phase::Alert, LEFT)).await.unwrap_err();
    assert!(refused.to_string().contains("taken over"), "{refused}");
    second.observe(&seen("b", 1, Phase::Alert, LEFT)).await.unwrap();
    assert_eq!(second.hub().newest(), 2);
}

/// A server is killed while its database still works at its last transaction: the next one waits for that, and knows of it.
#[tokio::test]
async fn what_a_dead_server_still_writes_is_waited_for() {
    let database = server::database("late");
    let clock = TestClock::new();
    let first = desk_on(&database, &clock).await;
    // Whoever writes an event waits here.
    server::psql(
        "late",
        "CREATE FUNCTION brake() RETURNS TRIGGER AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NEW; END; $$ \
         LANGUAGE plpgsql; CREATE TRIGGER brake BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION brake();",
    );
    let Database::Postgres(url) = &database else { panic!("{database}") };
    let mut brake = PgConnection::connect(url.as_str()).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(42)").execute(&mut brake).await.unwrap();
    let writing = tokio::spawn(async move { first.observe(&seen("a", 1, Phase::Alert, LEFT)).await });
    while waiting(&mut brake, "advisory").await == 0 {}
    server::psql(
        "late",
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 1735551332",
    );
    let second = tokio::spawn(async move { desk_on(&database, &clock).await });
    while waiting(&mut brake, "transactionid").await == 0 {
        assert!(!second.is_finished(), "it did not wait, and does not know of the alert");
    }
    sqlx::query("SELECT pg_advisory_unlock(42)").execute(&mut brake).await.unwrap();
    writing.await.unwrap().unwrap();
    let second = second.await.unwrap();
    second.observe(&seen("a", 7, Phase::Alert, LEFT)).await.unwrap();
    let all = AlertFilter { limit: 9, ..AlertFilter::default() };
    assert_eq!(second.store().alerts(all).await.unwrap().len(), 1, "the person is still the same alert");
}

/// How many sessions wait for a lock of this type in this database.
async fn waiting(connection: &mut PgConnection, locktype: &str) -> i64 {
    let statement = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) \
                     WHERE NOT granted AND locktype = $1 AND datname = current_database()";
    sqlx::query_scalar(statement).bind(locktype).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_left_alone() {
    let database = server::database("foreign");
    server::psql("foreign", "CREATE TABLE recipes (name TEXT)");
    assert!(matches!(Store::open(&database).await, Err(OpenError::NotADatabase { .. })));
    assert!(server::psql("foreign", "\\dt").contains("(1 row)"));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let database = server::database("newer");
    Store::open(&database).await.unwrap().close().await;
    server::psql(
        "newer",
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (999, 'later', TRUE, '', 0)",
    );
    let refused = loop {
        match Store::open(&database).await {
            Err(OpenError::InUse { .. }) => tokio::task::yield_now().await,
            other => break other,
        }
    };
    assert!(matches!(refused, Err(OpenError::Newer { found: 999, known: 7, .. })), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
    let nobody: Database = "postgres://gridwatch:s3cret@127.0.0.1:1/gridwatch".parse().unwrap();
    let error = Store::open(&nobody).await.unwrap_err().to_string();
    assert!(error.contains("postgres://127.0.0.1:1/gridwatch") && !error.contains("s3cret"), "{error}");
}
