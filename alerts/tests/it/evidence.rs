//! Pictures and clips: written whole, and never the end of an alert.

use std::{fs, path::Path, process::Command};

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use gridwatch_alerts::{
    EVIDENCE_DISK_FULL, EVIDENCE_WRITE_FAILED, EvidenceFailure, EvidenceKind, EvidencePlace,
    EvidenceSettings, EvidenceState, EvidenceStore, FreeSpace, OpenError, Piece, Problems,
};

use crate::support::{TestClock, desk, evidence_at, open_one, problems};

const SNAPSHOT: EvidenceKind = EvidenceKind::Snapshot;
const CLIP: EvidenceKind = EvidenceKind::Clip;

fn codes(board: &Problems) -> Vec<&'static str> {
    board.list().into_iter().map(|problem| problem.code).collect()
}

#[tokio::test]
async fn a_picture_is_stored_and_the_alert_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk(folder.path(), &clock).await;
    let id = open_one(&desk).await;
    let evidence = evidence_at(&folder.path().join("evidence"), &desk, &problems(&clock)).await;
    // What was awaited before the folder was opened will not come: it is of an earlier run.
    assert_eq!(desk.store().alert(id).await.unwrap().unwrap().clip.error, Some(EvidenceFailure::NotRecorded));

    assert_eq!(
        evidence.store(id, Piece::new(SNAPSHOT, b"jpeg".to_vec())).await.unwrap(),
        EvidenceState::Ready
    );
    let alert = desk.store().alert(id).await.unwrap().unwrap();
    assert_eq!(alert.snapshot.url.as_deref(), Some("/api/media/alerts/1/snapshot.jpg"));
    let path = folder.path().join("evidence/2027-01/1/snapshot.jpg");
    assert_eq!(fs::read(&path).unwrap(), b"jpeg");
    evidence.fail(id, CLIP, EvidenceFailure::NoVideo).await.unwrap();
    let alert = desk.store().alert(id).await.unwrap().unwrap();
    assert_eq!(alert.clip.error, Some(EvidenceFailure::NoVideo));
    assert_eq!(
        fs::read_dir(path.parent().unwrap()).unwrap().count(),
        2,
        "picture and manifest, nothing unfinished"
    );
}

#[tokio::test]
async fn after_a_restart_what_is_there_is_ready_and_what_is_not_has_failed() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk(folder.path(), &clock).await;
    let id = open_one(&desk).await;
    // The file got its name, and the process ended before the alert was told.
    let place = folder.path().join("evidence/2027-01").join(id.to_string());
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("snapshot.jpg"), "jpeg").unwrap();
    fs::write(place.join("clip.unfinished"), "half").unwrap();

    let evidence = evidence_at(&folder.path().join("evidence"), &desk, &problems(&clock)).await;
    let alert = desk.store().alert(id).await.unwrap().unwrap();
    assert_eq!(alert.snapshot.state, EvidenceState::Ready);
    assert_eq!(
        (alert.clip.state, alert.clip.error),
        (EvidenceState::Failed, Some(EvidenceFailure::NotRecorded))
    );
    let manifest = evidence.manifest(id).await.unwrap().unwrap();
    assert_eq!(manifest.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["snapshot.jpg"]);
}

/// A file stands where the month's folder has to be made.
#[tokio::test]
async fn a_failed_write_is_a_problem_until_the_next_one_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let (desk, board) = (desk(folder.path(), &clock).await, problems(&clock));
    let place = folder.path().join("evidence");
    let evidence = evidence_at(&place, &desk, &board).await;
    let id = open_one(&desk).await;
    fs::write(place.join("2027-01"), "in the way").unwrap();
    assert_eq!(
        evidence.store(id, Piece::new(SNAPSHOT, b"jpeg".to_vec())).await.unwrap(),
        EvidenceState::Failed
    );
    assert_eq!(codes(&board), [EVIDENCE_WRITE_FAILED]);
    let alert = desk.store().alert(id).await.unwrap().unwrap();
    assert_eq!(alert.snapshot.error, Some(EvidenceFailure::WriteFailed));

    fs::remove_file(place.join("2027-01")).unwrap();
    assert_eq!(evidence.store(id, Piece::new(CLIP, b"mp4".to_vec())).await.unwrap(), EvidenceState::Ready);
    assert!(codes(&board).is_empty());
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_named_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let desk = desk(folder.path(), &clock).await;
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let settings = EvidenceSettings::at(EvidencePlace::Folder(in_the_way.clone()));
    let refused = EvidenceStore::open(settings, desk, problems(&clock)).await;
    assert!(matches!(refused.err(), Some(OpenError::NotWritable { path, .. }) if path == in_the_way));
}

/// A real full disk of 64 KiB, where this user may mount one.
#[tokio::test]
async fn a_full_disk_fails_the_evidence_and_not_the_alert() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let Some(_mounted) = SmallDisk::mount(&disk) else {
        println!("skipped: no file system can be mounted here");
        return;
    };
    let clock = TestClock::new();
    let (desk, board) = (desk(folder.path(), &clock).await, problems(&clock));
    let evidence = evidence_at(&disk, &desk, &board).await;
    let id = open_one(&desk).await;
    assert_eq!(
        evidence.store(id, Piece::new(CLIP, vec![0; 256 * 1024])).await.unwrap(),
        EvidenceState::Failed
    );
    assert_eq!(codes(&board), [EVIDENCE_DISK_FULL]);
    let alert = desk.store().alert(id).await.unwrap().unwrap();
    assert_eq!(alert.clip.error, Some(EvidenceFailure::DiskFull));
    assert_eq!(
        evidence.store(id, Piece::new(SNAPSHOT, b"small".to_vec())).await.unwrap(),
        EvidenceState::Ready,
        "space is free again"
    );
    assert!(codes(&board).is_empty());
}

/// A file system in memory; gone when dropped.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).output();
    }
}

/// Free space is told by the test: the database's part of the disk is never written to.
#[tokio::test]
async fn evidence_stops_before_the_database_has_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::new();
    let (desk, board) = (desk(folder.path(), &clock).await, problems(&clock));
    let free = Arc::new(AtomicU64::new(5000));
    let told = free.clone();
    let settings = EvidenceSettings {
        keep_free: 4000,
        free_space: FreeSpace::from_fn(move |_| Ok(told.load(Ordering::SeqCst))),
        ..EvidenceSettings::at(EvidencePlace::Folder(folder.path().join("evidence")))
    };
    let evidence = EvidenceStore::open(settings, desk.clone(), board.clone()).await.unwrap();
    let id = open_one(&desk).await;
    let clip = || Piece::new(CLIP, vec![0; 1001]);
    assert_eq!(evidence.store(id, clip()).await.unwrap(), EvidenceState::Failed);
    assert_eq!(codes(&board), [EVIDENCE_DISK_FULL]);
    let alert = desk.store().alert(id).await.unwrap().unwrap();
    assert_eq!(alert.clip.error, Some(EvidenceFailure::DiskFull));
    assert!(!folder.path().join("evidence/2027-01").exists(), "something was written");
    assert_eq!(desk.open_incidents().await.unwrap().len(), 1, "the alert goes on");
    free.store(5001, Ordering::SeqCst);
    assert_eq!(evidence.store(id, clip()).await.unwrap(), EvidenceState::Ready);
    assert!(codes(&board).is_empty());
}
