//! A month of 20,000 alerts: the report comes within seconds, and nobody waits for it.

use std::time::Duration;

use gridwatch_alerts::{ActorRole, Move, ReportOf, report, reports::FigureName};
use gridwatch_inference::Phase;
use sqlx::{Connection, SqliteConnection};

use crate::support::{LEFT, TestClock, actor, registry, seen};

const ALERTS: usize = 20_000;

/// One real alert, and copies of it with numbers of their own.
#[tokio::test]
async fn a_busy_month_takes_seconds_and_blocks_nobody() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let (registry, desk) = registry(folder.path(), &clock).await;
    desk.observe(&seen("a", 1, Phase::Alert, LEFT)).await.unwrap();
    let mv = Move::Dismiss { reason: "a bag".to_owned() };
    desk.act(gridwatch_alerts::AlertId(1), mv, actor("ben", ActorRole::ShiftLead), None).await.unwrap();
    let url = format!("sqlite://{}", folder.path().join("gridwatch.db").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) ";
    for copy in [
        "INSERT INTO alerts (id, seq, camera_id, kind, state, level, grid_code, opened_at, evidence_pending, alert, open, lasting) \
         SELECT i, seq, camera_id, kind, state, level, grid_code, opened_at, FALSE, json_set(alert, '$.id', i), FALSE, FALSE \
         FROM n, alerts WHERE id = 1",
        "INSERT INTO timeline (alert_id, at, entry) SELECT i, at, entry FROM n, timeline WHERE alert_id = 1",
    ] {
        sqlx::query(sqlx::AssertSqlSafe(format!("{numbers}{copy}"))).execute(&mut connection).await.unwrap();
    }

    // One thread: what does not give way keeps the ticks from coming.
    let ticks = tokio::spawn(async {
        let mut every = tokio::time::interval(Duration::from_millis(1));
        let (mut longest, mut last) = (Duration::ZERO, every.tick().await);
        loop {
            every.tick().await;
            let now = tokio::time::Instant::now();
            longest = longest.max(now - last);
            last = now;
            if FINISHED.load(std::sync::atomic::Ordering::Relaxed) {
                return longest;
            }
        }
    });
    let begun = tokio::time::Instant::now();
    let month = report(&registry, &desk, ReportOf::Month { year: 2027, month: 1 }).await.unwrap();
    let took = begun.elapsed();
    FINISHED.store(true, std::sync::atomic::Ordering::Relaxed);
    let longest = ticks.await.unwrap();
    let closed = month.figures.iter().find(|figure| figure.name == FigureName::False).unwrap();
    assert_eq!((closed.alerts.len(), closed.of.len()), (ALERTS, ALERTS));
    println!("{ALERTS} alerts: {took:?}, longest wait {longest:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(longest < took / 4, "{longest:?} of {took:?}");
}

static FINISHED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
