//! Recorded clips of several containers, and files that are none.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use common::{H264, H264_B, H265_B, encode, has_ffmpeg};
use gridwatch_ingest::{AccessUnit, CameraId, Codec, recording, recording::RecordingError};
use jiff::Timestamp;

/// Reads on a thread of its own; an answer must come soon, whatever the file is.
async fn read(path: &Path) -> Result<Vec<Arc<AccessUnit>>, RecordingError> {
    gstreamer::init().unwrap();
    let path: PathBuf = path.to_owned();
    let work = tokio::task::spawn_blocking(move || {
        recording::read(&path, &CameraId::new("cam").unwrap(), Timestamp::UNIX_EPOCH)
    });
    tokio::time::timeout(Duration::from_secs(8), work).await.expect("an answer within 8 s").unwrap()
}

#[tokio::test]
async fn containers_are_read_with_their_own_times() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let with_sound = "-f lavfi -i sine=frequency=440:duration=2 -c:a aac";
    for (options, codec) in [(H264, Codec::H264), (H264_B, Codec::H264), (H265_B, Codec::H265)] {
        for name in ["clip.mp4", "clip.mkv", "clip.ts"] {
            let options = format!("{with_sound} {options}");
            let file = encode(folder.path(), name, "testsrc2=s=352x288:r=15:d=2", &options);
            let units = read(&file).await.unwrap();
            assert_eq!(units.len(), 30, "{name} {options}");
            assert!(units[0].key && units.iter().filter(|unit| unit.key).count() >= 3, "{name} {options}");
            assert!(units.iter().zip(0..).all(|(unit, n)| unit.sequence == n));
            let parameters = &units[0].parameters;
            assert_eq!((parameters.codec, parameters.width, parameters.height), (codec, 352, 288));
            assert!(!parameters.configuration.is_empty());
            let mut times: Vec<_> = units.iter().map(|unit| unit.pts).collect();
            times.sort();
            assert_eq!(times[0], Duration::ZERO);
            let steps = times.windows(2).map(|two| (two[1] - two[0]).as_secs_f64());
            assert!(steps.into_iter().all(|step| (step - 1.0 / 15.0).abs() < 0.01), "{name}: {times:?}");
        }
    }
}

#[tokio::test]
async fn what_is_no_video_is_said_soon() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| folder.path().join(name);
    std::fs::write(of("text.mp4"), "This is not a video.\n".repeat(500)).unwrap();
    std::fs::write(of("empty.mp4"), "").unwrap();
    let whole =
        std::fs::read(encode(folder.path(), "whole.mp4", "testsrc2=s=320x240:r=15:d=2", H264)).unwrap();
    // The index of such a file stands at its end.
    std::fs::write(of("cut.mp4"), &whole[..whole.len() / 2]).unwrap();
    encode(folder.path(), "sound.mp4", "sine=frequency=440:duration=2", "-c:a aac");
    encode(folder.path(), "sound.ts", "sine=frequency=440:duration=2", "-c:a aac");
    encode(folder.path(), "other.mkv", "testsrc2=s=320x240:r=15:d=1", "-c:v mpeg4");
    for name in ["text.mp4", "empty.mp4", "cut.mp4", "sound.mp4", "sound.ts", "other.mkv"] {
        let result = read(&of(name)).await;
        let said = result.as_ref().map(Vec::len).map_err(ToString::to_string);
        assert!(matches!(result, Err(RecordingError::NoVideo { .. })), "{name}: {said:?}");
        assert!(said.unwrap_err().contains(name));
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.mp4");
    let error = read(&missing).await.unwrap_err();
    assert!(matches!(&error, RecordingError::File { path, .. } if *path == missing), "{error}");
    let error = read(folder.path()).await.unwrap_err();
    assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
}
