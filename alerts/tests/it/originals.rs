//! An original is opened by two people, once, and every step is in the timeline.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use gridwatch_alerts::{
    Actor, ActorRole, AlertId, Desk, Error, EvidenceKind, EvidencePlace, EvidenceSettings, EvidenceStore,
    Happening, OriginalRefused as Refused, Piece,
};

use crate::support::{TestClock, actor, desk, evidence_at, evidence_of, open_one, problems};

const CLIP: &[u8] = b"what the camera sent, faces and all";

async fn start(folder: &Path) -> (TestClock, Desk, EvidenceStore, AlertId) {
    let clock = TestClock::new();
    let desk = desk(folder, &clock).await;
    let key = folder.join("key");
    fs::write(&key, "5a".repeat(32)).unwrap();
    fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    let place = EvidencePlace::Folder(folder.join("evidence"));
    let settings = EvidenceSettings { keep_free: 0, originals: Some(key), ..EvidenceSettings::at(place) };
    let evidence = evidence_of(settings, &desk, &problems(&clock)).await;
    let id = open_one(&desk).await;
    evidence.store(id, Piece::new(EvidenceKind::Snapshot, b"jpeg".to_vec())).await.unwrap();
    evidence.store_original(id, CLIP.into(), None).await.unwrap();
    evidence.store(id, Piece::new(EvidenceKind::Clip, b"masked".to_vec())).await.unwrap();
    (clock, desk, evidence, id)
}

fn wang() -> Actor {
    actor("wang", ActorRole::ShiftLead)
}

fn li() -> Actor {
    actor("li", ActorRole::DutyOfficer)
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> Refused {
    match result {
        Err(Error::OriginalRefused(_, why)) => why,
        other => panic!("not refused but {other:?}"),
    }
}

fn token(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn two_people_open_it_once_and_the_timeline_tells_it() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, desk, evidence, id) = start(folder.path()).await;
    let stored = fs::read(folder.path().join("evidence/2027-01/1/original.bin")).unwrap();
    assert!(!stored.windows(8).any(|window| CLIP.windows(8).any(|plain| plain == window)), "in the clear");
    assert!(evidence.manifest(id).await.unwrap().unwrap().file("original.bin").is_some());

    let bad = evidence.request_original(id, "".into(), wang()).await;
    assert!(matches!(bad, Err(Error::BadMove { field: "reason", .. })), "{bad:?}");
    let asked = evidence.request_original(id, "police case 17".into(), wang()).await.unwrap();
    assert_eq!(asked.original_requests[0].number, 1);
    assert_eq!(refusal(evidence.open_original(id, 1, "guess", "x").await), Refused::NotApproved);
    assert_eq!(refusal(evidence.approve_original(id, 1, wang()).await), Refused::OwnRequest);
    let elsewhere = Actor { from: "another screen".into(), role: ActorRole::GridLeader, ..wang() };
    assert_eq!(refusal(evidence.approve_original(id, 1, elsewhere).await), Refused::OwnRequest);
    assert_eq!(refusal(evidence.approve_original(id, 1, Actor::system()).await), Refused::OwnRequest);
    assert_eq!(refusal(evidence.approve_original(id, 2, li()).await), Refused::NoRequest);
    let link = evidence.approve_original(id, 1, li()).await.unwrap();
    assert_eq!(refusal(evidence.approve_original(id, 1, li()).await), Refused::Approved);

    assert_eq!(refusal(evidence.open_original(id, 1, "guess", "x").await), Refused::WrongLink);
    clock.turn(15 * 60);
    assert_eq!(evidence.open_original(id, 1, token(&link.url), "10.0.0.9").await.unwrap(), CLIP);
    assert_eq!(refusal(evidence.open_original(id, 1, token(&link.url), "x").await), Refused::Opened);

    let entries = desk.store().timeline(id).await.unwrap();
    let steps: Vec<_> = entries[entries.len() - 3..]
        .iter()
        .map(|entry| (entry.by.person.as_deref().unwrap(), entry.what.clone(), entry.by.from.as_str()))
        .collect();
    let expected = [
        ("wang", Happening::OriginalRequested { request: 1, reason: "police case 17".into() }, "test"),
        ("li", Happening::OriginalApproved { request: 1 }, "test"),
        ("wang", Happening::OriginalOpened { request: 1 }, "10.0.0.9"),
    ];
    assert_eq!(steps, expected);
}

#[tokio::test]
async fn a_link_is_over_after_fifteen_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, _, evidence, id) = start(folder.path()).await;
    evidence.request_original(id, "police".into(), wang()).await.unwrap();
    let link = evidence.approve_original(id, 1, li()).await.unwrap();
    clock.turn(15 * 60 + 1);
    assert_eq!(refusal(evidence.open_original(id, 1, token(&link.url), "x").await), Refused::Expired);
    // Another request has a link of its own.
    evidence.request_original(id, "police".into(), wang()).await.unwrap();
    let second = evidence.approve_original(id, 2, li()).await.unwrap();
    assert_eq!(refusal(evidence.open_original(id, 2, token(&link.url), "x").await), Refused::WrongLink);
    assert_eq!(evidence.open_original(id, 2, token(&second.url), "x").await.unwrap(), CLIP);
}

#[tokio::test]
async fn without_the_switch_nothing_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk(folder.path(), &clock).await;
    let evidence = evidence_at(&folder.path().join("evidence"), &desk, &problems(&clock)).await;
    let id = open_one(&desk).await;
    evidence.store_original(id, CLIP.into(), None).await.unwrap();
    assert!(!folder.path().join("evidence/2027-01").exists());
    assert_eq!(refusal(evidence.request_original(id, "police".into(), wang()).await), Refused::NotKept);
}

#[tokio::test]
async fn a_file_that_was_changed_is_not_opened_and_the_link_is_not_used_up() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _, evidence, id) = start(folder.path()).await;
    evidence.request_original(id, "police".into(), wang()).await.unwrap();
    let link = evidence.approve_original(id, 1, li()).await.unwrap();
    let path = folder.path().join("evidence/2027-01/1/original.bin");
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    changed[90] ^= 1;
    fs::write(&path, changed).unwrap();
    assert_eq!(refusal(evidence.open_original(id, 1, token(&link.url), "x").await), Refused::NotReadable);
    fs::write(&path, whole).unwrap();
    assert_eq!(evidence.open_original(id, 1, token(&link.url), "x").await.unwrap(), CLIP);
}
