//! Evidence is kept for its time and no longer, unless somebody holds it.

use std::path::Path;

use gridwatch_alerts::{
    ActorRole, AlertId, Desk, Error, EvidenceFailure, EvidenceKind, EvidencePlace, EvidenceSettings,
    EvidenceState, EvidenceStore, Happening, Outcome, Piece, RETENTION_BATCH,
};
use gridwatch_inference::Phase;
use jiff::SignedDuration;

use crate::support::{LEFT, TestClock, actor, close_one, desk, evidence_of, problems, seen};

const DAY: i64 = 24 * 3600;

async fn start(folder: &Path, keep: SignedDuration) -> (TestClock, Desk, EvidenceStore) {
    let clock = TestClock::new();
    let desk = desk(folder, &clock).await;
    let place = EvidencePlace::Folder(folder.join("evidence"));
    let settings = EvidenceSettings { keep_free: 0, keep, ..EvidenceSettings::at(place) };
    let evidence = evidence_of(settings, &desk, &problems(&clock)).await;
    (clock, desk, evidence)
}

async fn closed_with_evidence(desk: &Desk, evidence: &EvidenceStore, incident: u64) -> AlertId {
    let opened = desk.observe(&seen("a", incident, Phase::Alert, LEFT)).await.unwrap();
    let Outcome::Opened(id) = opened else { panic!("not opened but {opened:?}") };
    evidence.store(id, Piece::new(EvidenceKind::Snapshot, b"jpeg".to_vec())).await.unwrap();
    evidence.fail(id, EvidenceKind::Clip, EvidenceFailure::NoVideo).await.unwrap();
    close_one(desk, id).await;
    id
}

async fn whats(desk: &Desk, id: AlertId) -> Vec<Happening> {
    desk.store().timeline(id).await.unwrap().into_iter().map(|entry| entry.what).collect()
}

#[tokio::test]
async fn evidence_is_deleted_after_its_time_and_the_alert_says_so() {
    let folder = tempfile::tempdir().unwrap();
    // Less than the law asks for is not less.
    let (clock, desk, evidence) = start(folder.path(), SignedDuration::from_hours(1)).await;
    let id = closed_with_evidence(&desk, &evidence, 1).await;
    clock.turn(30 * DAY);
    assert_eq!(evidence.delete_expired().await.unwrap(), 0, "to the second");
    clock.turn(1);
    assert_eq!(evidence.delete_expired().await.unwrap(), 1);
    let alert = desk.store().alert(id).await.unwrap().unwrap();
    assert_eq!(
        (alert.snapshot.state, alert.snapshot.error, alert.snapshot.url),
        (EvidenceState::Failed, Some(EvidenceFailure::Deleted), None)
    );
    assert_eq!(alert.clip.error, Some(EvidenceFailure::NoVideo), "what never was is not deleted");
    assert!(alert.evidence_deleted_at.is_some());
    assert!(!folder.path().join("evidence/2027-01").exists(), "the month is empty and gone");
    assert!(whats(&desk, id).await.contains(&Happening::EvidenceDeleted { files: 2 }));
    assert_eq!(evidence.delete_expired().await.unwrap(), 0, "once");
    let late = evidence.hold(id, "police".into(), actor("lead", ActorRole::ShiftLead)).await;
    assert!(matches!(late, Err(Error::BadMove { field: "alert", .. })), "{late:?}");
}

#[tokio::test]
async fn what_is_held_stays_until_it_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, desk, evidence) = start(folder.path(), SignedDuration::from_hours(40 * 24)).await;
    let (held, other) =
        (closed_with_evidence(&desk, &evidence, 1).await, closed_with_evidence(&desk, &evidence, 2).await);
    let lead = || actor("lead", ActorRole::ShiftLead);
    let empty = evidence.hold(held, " ".into(), lead()).await;
    assert!(matches!(empty, Err(Error::BadMove { field: "reason", .. })), "{empty:?}");
    let alert = evidence.hold(held, "case 17 of the police".into(), lead()).await.unwrap();
    assert_eq!(alert.legal_hold.unwrap().reason, "case 17 of the police");
    assert!(evidence.hold(held, "again".into(), lead()).await.is_err());
    clock.turn(39 * DAY);
    assert_eq!(evidence.delete_expired().await.unwrap(), 0, "40 days were asked for");
    clock.turn(400 * DAY);
    assert_eq!(evidence.delete_expired().await.unwrap(), 1);
    let state = async |id| desk.store().alert(id).await.unwrap().unwrap().snapshot.state;
    assert_eq!((state(held).await, state(other).await), (EvidenceState::Ready, EvidenceState::Failed));

    let alert = evidence.release(held, "the case is closed".into(), lead()).await.unwrap();
    assert_eq!(alert.legal_hold, None);
    assert!(evidence.release(held, "again".into(), lead()).await.is_err());
    assert_eq!(evidence.delete_expired().await.unwrap(), 1);
    let whats = whats(&desk, held).await;
    let expected = [
        Happening::EvidenceHeld { reason: "case 17 of the police".into() },
        Happening::EvidenceReleased { reason: "the case is closed".into() },
        Happening::EvidenceDeleted { files: 2 },
    ];
    assert_eq!(whats[whats.len() - 3..], expected);
}

#[tokio::test]
async fn what_somebody_works_with_is_not_deleted_and_batches_are_small() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, desk, evidence) = start(folder.path(), SignedDuration::ZERO).await;
    for incident in 0..u64::from(RETENTION_BATCH) + 1 {
        closed_with_evidence(&desk, &evidence, incident).await;
    }
    let open = desk.observe(&seen("b", 1, Phase::Alert, LEFT)).await.unwrap();
    assert!(matches!(open, Outcome::Opened(_)));
    clock.turn(31 * DAY);
    assert_eq!(evidence.delete_expired().await.unwrap(), RETENTION_BATCH as usize);
    assert_eq!(evidence.delete_expired().await.unwrap(), 1);
    assert_eq!(evidence.delete_expired().await.unwrap(), 0, "the open one is left");
}

/// Killed between the files and the note: the next batch notes it.
#[tokio::test]
async fn a_deletion_that_was_interrupted_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, desk, evidence) = start(folder.path(), SignedDuration::ZERO).await;
    let id = closed_with_evidence(&desk, &evidence, 1).await;
    std::fs::remove_dir_all(folder.path().join("evidence/2027-01")).unwrap();
    clock.turn(31 * DAY);
    assert_eq!(evidence.delete_expired().await.unwrap(), 1);
    assert!(whats(&desk, id).await.contains(&Happening::EvidenceDeleted { files: 0 }));
}
