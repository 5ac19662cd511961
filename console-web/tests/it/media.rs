//! Pictures and clips: whole, in part, and nothing else from the disk.

use gridwatch_alerts::{EvidenceFailure, EvidenceKind};

use crate::support::Console;

#[tokio::test]
async fn a_part_of_a_clip_can_be_asked_for() {
    let console = Console::start().await;
    let id = console.open_alert(1).await;
    console.store(id, EvidenceKind::Clip, b"0123456789").await;
    let path = "/api/media/alerts/1/clip.mp4";

    let whole = console.request("GET", path, "Accept-Encoding: gzip\r\n").await;
    assert_eq!((whole.status, whole.body.as_slice()), (200, b"0123456789".as_slice()));
    assert!(whole.head.contains("content-type: video/mp4"));
    assert!(whole.head.contains("accept-ranges: bytes"));
    assert!(whole.head.contains("cache-control: private, max-age="));
    assert!(!whole.head.contains("content-encoding"));
    let part = console.request("GET", path, "Range: bytes=2-4\r\n").await;
    assert_eq!((part.status, part.body.as_slice()), (206, b"234".as_slice()));
    assert!(part.head.contains("content-range: bytes 2-4/10"));
    let beyond = console.request("GET", path, "Range: bytes=90-\r\n").await;
    assert_eq!(beyond.status, 416);
    let head = console.request("HEAD", path, "").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test]
async fn evidence_that_is_not_there_is_not_found() {
    let console = Console::start().await;
    let id = console.open_alert(1).await;
    let snapshot = "/api/media/alerts/1/snapshot.jpg";
    assert_eq!(console.get(snapshot).await.code(), "not_found", "pending");
    console.evidence.fail(id, EvidenceKind::Snapshot, EvidenceFailure::NoVideo).await.unwrap();
    assert_eq!(console.get(snapshot).await.code(), "not_found", "failed");

    console.store(id, EvidenceKind::Clip, b"mp4").await;
    std::fs::remove_file(console.evidence_file("clip.mp4")).unwrap();
    let gone = console.get("/api/media/alerts/1/clip.mp4").await;
    assert_eq!((gone.status, gone.code().as_str()), (404, "not_found"));
}

#[tokio::test]
async fn no_path_leads_out_of_the_evidence() {
    let console = Console::start().await;
    let id = console.open_alert(1).await;
    console.store(id, EvidenceKind::Snapshot, b"jpeg").await;
    for path in [
        "/api/media/alerts/../../../../gridwatch.db",
        "/api/media/alerts/..%2f..%2f..%2fgridwatch.db/snapshot.jpg",
        "/api/media/alerts/%2e%2e/snapshot.jpg",
        "/api/media/alerts/1/..%2f..%2f..%2fgridwatch.db",
        "/api/media/alerts/1%00/snapshot.jpg",
        "/api/media/alerts/1/snapshot.jpg/../../clip.mp4",
        "/api/media/alerts/1/",
        "/api/media/alerts/01x/snapshot.jpg",
        "/api/media/alerts/1/original.bin",
        "/api/media/alerts/1/originals/..%2f..%2f1/key",
        "/api/media/alerts/x/manifest.json",
        "/api/media/",
        "/assets/../../../etc/passwd",
        "/assets/..%2f..%2fCargo.toml",
    ] {
        assert_eq!(console.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_picture_of_each_rise_is_there_and_no_other() {
    let console = Console::start().await;
    let id = console.open_raised_crowd().await;
    assert_eq!(console.get("/api/media/alerts/1/steps/1").await.status, 404, "not there yet");
    console.store(id, EvidenceKind::Step(1), b"jpeg").await;
    let alert = console.get("/api/alerts/1").await.json();
    let step = &alert["crowd"]["course"][1];
    assert_eq!(
        (&step["level"], &step["snapshot"]["state"]),
        (&"danger".into(), &"ready".into()),
        "{alert:#}"
    );
    let picture = console.get(step["snapshot"]["url"].as_str().unwrap()).await;
    assert_eq!((picture.status, picture.body.as_slice()), (200, b"jpeg".as_slice()));
    assert!(picture.head.contains("content-type: image/jpeg"));
    for path in ["0", "2", "256", "-1", "1x", "..%2f..", ""] {
        let path = format!("/api/media/alerts/1/steps/{path}");
        assert_eq!(console.get(&path).await.status, 404, "{path}");
    }
}
