//! Every file is named with its hash, and what is exchanged is found.

use std::{fs, path::Path, sync::Arc};

use gridwatch_alerts::{
    AlertId, Captured, Database, Desk, Difference, EvidenceFailure, EvidenceKind, EvidencePlace,
    EvidenceStore, Happening, ModelUsed, Origin, Piece, RuleUsed, Store, Verdict, Verifier,
};
use serde_json::json;

use crate::support::{TestClock, at, desk, evidence_at, open_one, problems};

fn origin() -> Arc<Origin> {
    Arc::new(Origin {
        generation: 3,
        models: vec![ModelUsed {
            role: "person".into(),
            file: "person.onnx".into(),
            sha256: "ab".repeat(32),
        }],
        rule: RuleUsed { name: "fall".into(), settings: json!({ "alert_after": "PT10S" }) },
        configuration: "cd".repeat(32),
        program: "0.1.0".into(),
    })
}

fn piece(kind: EvidenceKind, bytes: &[u8]) -> Piece {
    let captured = Some(Captured { from: at(-5), to: at(0) });
    Piece { captured, origin: Some(origin()), ..Piece::new(kind, bytes.to_vec()) }
}

/// The hashes that the timeline notes, oldest first.
async fn sealed(desk: &Desk, id: AlertId) -> Vec<String> {
    let entries = desk.store().timeline(id).await.unwrap();
    let sealed = entries.into_iter().filter_map(|entry| match entry.what {
        Happening::EvidenceSealed { manifest, .. } => Some(manifest),
        _ => None,
    });
    sealed.collect()
}

async fn verify(folder: &Path, desk: &Desk, id: AlertId) -> Verdict {
    let place = EvidencePlace::Folder(folder.join("evidence"));
    Verifier::new(&place, desk.store().clone()).unwrap().verify(id).await.unwrap()
}

async fn with_evidence(folder: &Path) -> (Desk, EvidenceStore, AlertId) {
    let clock = TestClock::new();
    let desk = desk(folder, &clock).await;
    let evidence = evidence_at(&folder.join("evidence"), &desk, &problems(&clock)).await;
    let id = open_one(&desk).await;
    evidence.store(id, piece(EvidenceKind::Snapshot, b"jpeg")).await.unwrap();
    assert!(sealed(&desk, id).await.is_empty(), "the clip is still to come");
    evidence.store(id, piece(EvidenceKind::Clip, b"mp4")).await.unwrap();
    (desk, evidence, id)
}

/// SHA-256 of "jpeg", by sha256sum.
const JPEG: &str = "41e5787e9f28562d07b891b1816b492309d646c0f2829743fa4963a9f9cc1d61";

#[tokio::test]
async fn the_manifest_names_every_file_and_by_what_the_alert_was_judged() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, evidence, id) = with_evidence(folder.path()).await;
    let manifest = evidence.manifest(id).await.unwrap().unwrap();
    let files: Vec<_> = manifest.files.iter().map(|file| (file.name.as_str(), file.bytes)).collect();
    assert_eq!(files, [("clip.mp4", 3), ("snapshot.jpg", 4)]);
    assert_eq!(manifest.file("snapshot.jpg").unwrap().sha256, JPEG);
    let judged = manifest.judged.as_ref().unwrap();
    assert_eq!((judged.captured_at, judged.sha256.as_str()), (at(0), JPEG));
    assert_eq!((manifest.origin.as_ref().unwrap(), manifest.camera.as_str()), (&*origin(), "a"));
    assert_eq!(sealed(&desk, id).await.len(), 1);
    let verdict = verify(folder.path(), &desk, id).await;
    assert_eq!((verdict.files, verdict.differences), (2, vec![]));
}

#[tokio::test]
async fn what_was_exchanged_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, _, id) = with_evidence(folder.path()).await;
    let place = folder.path().join("evidence/2027-01").join(id.to_string());
    let seen = async || verify(folder.path(), &desk, id).await.differences;

    fs::write(place.join("clip.mp4"), "mp3").unwrap();
    let [Difference::FileDiffers { name, .. }] = &seen().await[..] else { panic!("another clip") };
    assert_eq!(name, "clip.mp4");
    // Whoever changes the manifest too is told by the timeline.
    let manifest = fs::read_to_string(place.join("manifest.json")).unwrap();
    let told = seen().await;
    let Difference::FileDiffers { expected, found, .. } = &told[0] else { panic!("{told:?}") };
    fs::write(place.join("manifest.json"), manifest.replace(expected, found)).unwrap();
    assert!(matches!(&seen().await[..], [Difference::ManifestExchanged { .. }]));
    fs::write(place.join("manifest.json"), &manifest).unwrap();
    fs::write(place.join("clip.mp4"), "mp4").unwrap();
    assert_eq!(seen().await, []);

    fs::write(place.join("other.jpg"), "x").unwrap();
    assert_eq!(seen().await, [Difference::FileNotNamed { name: "other.jpg".into() }]);
    fs::remove_file(place.join("other.jpg")).unwrap();
    fs::remove_file(place.join("snapshot.jpg")).unwrap();
    assert_eq!(seen().await, [Difference::FileMissing { name: "snapshot.jpg".into() }]);
    fs::write(place.join("manifest.json"), "{}").unwrap();
    assert!(matches!(
        &seen().await[..],
        [Difference::ManifestExchanged { .. }, Difference::ManifestUnreadable]
    ));
    fs::remove_file(place.join("manifest.json")).unwrap();
    assert_eq!(seen().await, [Difference::ManifestMissing]);
}

#[tokio::test]
async fn what_fails_last_completes_the_evidence_too() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk(folder.path(), &clock).await;
    let evidence = evidence_at(&folder.path().join("evidence"), &desk, &problems(&clock)).await;
    let id = open_one(&desk).await;
    evidence.store(id, piece(EvidenceKind::Snapshot, b"jpeg")).await.unwrap();
    evidence.fail(id, EvidenceKind::Clip, EvidenceFailure::MaskingFailed).await.unwrap();
    assert_eq!(sealed(&desk, id).await.len(), 1);
    assert_eq!(verify(folder.path(), &desk, id).await.differences, []);

    let seen = crate::support::seen("b", 1, gridwatch_inference::Phase::Alert, crate::support::LEFT);
    let outcome = desk.observe(&seen).await.unwrap();
    let gridwatch_alerts::Outcome::Opened(other) = outcome else { panic!("not opened but {outcome:?}") };
    for kind in EvidenceKind::OF_EVERY_ALERT {
        evidence.fail(other, kind, EvidenceFailure::NoVideo).await.unwrap();
    }
    assert!(sealed(&desk, other).await.is_empty(), "nothing was written");
    assert!(verify(folder.path(), &desk, other).await.without_manifest);
}

/// As `gridwatch evidence verify` does it beside a running server.
#[tokio::test]
async fn a_second_reader_verifies_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, _, id) = with_evidence(folder.path()).await;
    let database: Database = desk.store().database().clone();
    let reader = Store::open_to_read(&database).await.unwrap();
    let place = EvidencePlace::Folder(folder.path().join("evidence"));
    let mut verdicts = Vec::new();
    Verifier::new(&place, reader.clone())
        .unwrap()
        .verify_all(|verdict| verdicts.push(verdict))
        .await
        .unwrap();
    assert_eq!(verdicts.iter().map(|verdict| (verdict.alert, verdict.files)).collect::<Vec<_>>(), [(id, 2)]);
    let by = "admin";
    let nothing: [(String, &()); 0] = [];
    let refused =
        reader.put_documents(gridwatch_alerts::DocumentKind::Policy, &nothing, false, by, at(0)).await;
    assert!(matches!(refused, Err(gridwatch_alerts::Error::Superseded)), "{refused:?}");
    reader.close().await;
}
