//! What was committed is told in order, from memory and from the database alike.

use gridwatch_inference::{EndReason, Phase};

use crate::support::{LEFT, TestClock, desk, seen};

#[tokio::test]
async fn events_are_the_same_from_memory_and_from_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let before = desk(folder.path(), &clock).await;
    let mut told = before.hub().subscribe();
    for incident in 0..3 {
        before.observe(&seen("a", incident, Phase::Alert, LEFT)).await.unwrap();
        before.observe(&seen("a", incident, Phase::Ended(EndReason::Gone), LEFT)).await.unwrap();
    }
    assert!(told.has_changed().unwrap());
    assert_eq!(*told.borrow_and_update(), 6);
    let from_memory = before.hub().events_after(2, 3).await.unwrap();
    assert_eq!(from_memory.iter().map(|event| event.seq).collect::<Vec<_>>(), [3, 4, 5]);
    before.store().close().await;
    drop(before);

    let after = desk(folder.path(), &clock).await;
    assert_eq!(after.hub().newest(), 6);
    assert_eq!(after.hub().events_after(2, 3).await.unwrap(), from_memory);
    assert!(after.hub().events_after(6, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_number_of_another_history_is_known_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), &TestClock::new()).await;
    assert!(desk.hub().reaches(0));
    assert!(!desk.hub().reaches(1));
    desk.observe(&seen("a", 1, Phase::Alert, LEFT)).await.unwrap();
    assert!(desk.hub().reaches(0) && desk.hub().reaches(1));
    assert!(!desk.hub().reaches(2));
}

/// More events than memory holds: a listener at the beginning is served by the database, without a gap.
#[tokio::test]
async fn a_listener_far_behind_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk(folder.path(), &clock).await;
    desk.observe(&seen("a", 1, Phase::Alert, LEFT)).await.unwrap();
    for _ in 0..1100 {
        clock.turn(5);
        desk.observe(&seen("a", 1, Phase::Ongoing, LEFT)).await.unwrap();
    }
    let mut seq = 0;
    loop {
        let events = desk.hub().events_after(seq, 100).await.unwrap();
        let Some(last) = events.last() else { break };
        assert!(events.iter().map(|event| event.seq).eq(seq + 1..=last.seq));
        seq = last.seq;
    }
    assert_eq!(seq, 1101);
}
