//! The way from the rules to the desk drops nothing, also while the database does not take anything.

use gridwatch_alerts::{AlertFilter, EvidenceState, Recorder};
use gridwatch_inference::Phase;

use crate::support::{LEFT, TestClock, desk, problems, seen};

const ALL: AlertFilter = AlertFilter { limit: 500, open: None, lasting: None, state: None, before: None };

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
