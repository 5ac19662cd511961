//! Clips muxed from real streams, read by another program's eyes.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use common::{H264, H264_B, H265, H265_B, encode, has_ffmpeg, says};
use gridwatch_ingest::{
    AccessUnit, CameraId, ClipEncoder, ClipError, ClipPictures, Codec, Generation, StreamParameters, mux,
    recording,
};
use jiff::{SignedDuration, Timestamp};

type Units = Vec<Arc<AccessUnit>>;

fn stream(folder: &Path, source: &str, options: &str) -> Units {
    gstreamer::init().unwrap();
    let file = encode(folder, "stream.mp4", source, options);
    recording::read(&file, &CameraId::new("cam").unwrap(), Timestamp::UNIX_EPOCH).unwrap()
}

/// Muxes, writes the file, and makes sure that a decoder has nothing to complain about.
fn muxed(folder: &Path, units: &[Arc<AccessUnit>]) -> PathBuf {
    let file = folder.join("clip.mp4");
    std::fs::write(&file, mux(units).unwrap()).unwrap();
    let (_, complaints) = says("ffmpeg", "-i FILE -f null -", &file);
    assert_eq!(complaints, "");
    file
}

fn duration_s(file: &Path) -> f64 {
    says("ffprobe", "-show_entries format=duration -of csv=p=0 FILE", file).0.parse().unwrap()
}

/// The presentation times of the decoded pictures, in the order in which a player shows them.
fn shown_s(file: &Path) -> Vec<f64> {
    let (lines, _) = says("ffprobe", "-show_entries frame=pts_time -of csv=p=0 FILE", file);
    let times = lines.lines().map(|line| line.trim_end_matches(','));
    times.filter(|time| !time.is_empty()).map(|time| time.parse().unwrap()).collect()
}

/// The same pictures later: another session, with its own numbers and times.
fn again(units: &Units, sequence: u64, pts: Duration, received: SignedDuration) -> Units {
    let later = |unit: &Arc<AccessUnit>| {
        Arc::new(AccessUnit {
            sequence: unit.sequence + sequence,
            pts: unit.pts + pts,
            received_at: unit.received_at + received,
            ..(**unit).clone()
        })
    };
    units.iter().map(later).collect()
}

#[test]
fn a_clip_is_a_fragmented_mp4_that_begins_with_a_key_picture_and_plays_in_order() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for options in [H264, H264_B, H265, H265_B] {
        let units = stream(folder.path(), "testsrc2=s=320x240:r=15:d=4", options);
        let file = muxed(folder.path(), &units);
        let bytes = std::fs::read(&file).unwrap();
        let boxes = |name: &[u8; 4]| bytes.windows(4).filter(|four| four == name).count();
        assert!(boxes(b"moof") >= 3, "{options}: a fragment a second");
        let (packets, _) = says("ffprobe", "-show_entries packet=flags -of csv=p=0 FILE", &file);
        assert!(packets.starts_with('K'), "{options}");
        assert!((duration_s(&file) - 4.0).abs() < 0.3, "{options}: {} s", duration_s(&file));
        let shown = shown_s(&file);
        assert_eq!(shown.len(), units.len(), "{options}");
        let steps: Vec<f64> = shown.windows(2).map(|two| two[1] - two[0]).collect();
        assert!(steps.iter().all(|step| (step - 1.0 / 15.0).abs() < 0.005), "{options}: {steps:?}");
    }
}

#[test]
fn a_clip_from_the_middle_of_a_stream_begins_at_its_key_picture() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for options in [H264, H264_B, H265, H265_B] {
        let units = stream(folder.path(), "testsrc2=s=320x240:r=15:d=4", options);
        let start = (1..units.len()).find(|n| units[*n].key).unwrap();
        let file = muxed(folder.path(), &units[start..]);
        let shown = shown_s(&file);
        // Up to three pictures that are shown before the first key picture cannot be decoded without what was before.
        assert!(shown.len() + 3 >= units.len() - start, "{options}: {} pictures", shown.len());
        let steps: Vec<f64> = shown.windows(2).map(|two| two[1] - two[0]).collect();
        assert!(steps.iter().all(|step| (step - 1.0 / 15.0).abs() < 0.005), "{options}: {steps:?}");
    }
}

#[test]
fn a_reconnect_leaves_a_pause_of_the_time_it_took_and_no_hole_of_hours() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for options in [H264, H264_B, H265_B] {
        let first = stream(folder.path(), "testsrc2=s=320x240:r=15:d=2", options);
        let hours = Duration::from_secs(36_000);
        // The new session's times begin hours later, anew, or within what a picture may step back or forth.
        for pts in [hours, Duration::ZERO, Duration::from_millis(1400), Duration::from_millis(2500)] {
            let second = again(&first, 100, pts, SignedDuration::from_secs(5));
            let all: Units = first.iter().chain(&second).cloned().collect();
            let file = muxed(folder.path(), &all);
            let length = duration_s(&file);
            assert!((length - 7.0).abs() < 0.5, "{options}: {length} s with times {pts:?} later");
            let shown = shown_s(&file);
            assert_eq!(shown.len(), all.len(), "{options} {pts:?}");
            assert!(shown.windows(2).all(|two| two[0] < two[1]), "{options} {pts:?}: {shown:?}");
        }
    }
}

#[test]
fn a_clip_ends_where_the_streams_parameters_change() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let small = stream(folder.path(), "testsrc2=s=320x240:r=15:d=2", H264);
    let large = stream(folder.path(), "testsrc2=s=640x480:r=15:d=2", H264_B);
    let large = again(&large, 100, Duration::from_secs(2), SignedDuration::from_secs(2));
    let all: Units = small.iter().chain(&large).cloned().collect();
    let file = muxed(folder.path(), &all);
    assert!((duration_s(&file) - 2.0).abs() < 0.3);
    assert_eq!(shown_s(&file).len(), small.len());
    let (size, _) = says("ffprobe", "-show_entries stream=width,height -of csv=p=0 FILE", &file);
    assert_eq!(size, "320,240");
}

#[test]
fn nothing_recorded_is_said_so() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let units = stream(folder.path(), "testsrc2=s=320x240:r=15:d=1", H264);
    assert!(matches!(mux(&[]), Err(ClipError::NotRecorded)));
    assert!(matches!(mux(&units[1..]), Err(ClipError::NotRecorded)), "no key picture to begin with");
    muxed(folder.path(), &units[..1]);
}

/// The muxer says so on its bus alone, and nothing ever comes out of it.
#[tokio::test]
async fn a_stream_that_cannot_be_muxed_is_an_error_and_not_a_wait() {
    gstreamer::init().unwrap();
    let picture = include_bytes!("../src/decode/trial/red.h264").as_slice();
    let configuration = include_bytes!("../src/decode/trial/red.h264.configuration").as_slice();
    for length in [3, 9] {
        let unit = Arc::new(AccessUnit {
            camera: CameraId::new("cam").unwrap(),
            generation: Generation(1),
            sequence: 0,
            pts: Duration::ZERO,
            received_at: Timestamp::UNIX_EPOCH,
            key: true,
            parameters: Arc::new(StreamParameters {
                codec: Codec::H264,
                configuration: configuration[..length].into(),
                width: 64,
                height: 64,
            }),
            data: picture.into(),
        });
        let muxed = tokio::task::spawn_blocking(move || mux(&[unit]));
        let result = tokio::time::timeout(Duration::from_secs(5), muxed).await.expect("it ends").unwrap();
        assert!(matches!(result, Err(ClipError::Mux { .. })), "{result:?}");
    }
}

#[test]
fn the_pictures_of_a_clip_come_in_order_and_no_more_often_than_asked() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for options in [H264, H264_B, H265, H265_B] {
        let units = stream(folder.path(), "testsrc2=s=320x240:r=15:d=4", options);
        let pictures: Result<Vec<_>, _> =
            ClipPictures::new(&units, Duration::from_millis(125)).unwrap().collect();
        let pictures = pictures.unwrap();
        // Eight of 15 a second.
        assert!((28..=34).contains(&pictures.len()), "{options}: {} pictures", pictures.len());
        let shown: Vec<f64> = pictures.iter().map(|(at, _)| at.as_secs_f64()).collect();
        assert!(shown.windows(2).all(|two| two[0] < two[1] && two[1] - two[0] < 0.4), "{options}: {shown:?}");
        assert!(shown[0] < 0.3 && *shown.last().unwrap() > 3.6, "{options}: {shown:?}");
        for (at, frame) in &pictures {
            let captured = frame.captured_at.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64();
            let first = units[0].pts.as_secs_f64();
            assert!(
                (captured - first - at.as_secs_f64()).abs() < 0.01,
                "{options}: {captured} shown at {at:?}"
            );
        }
    }
    assert!(ClipPictures::new(&[], Duration::from_millis(125)).is_err());
}

#[test]
fn pictures_that_were_changed_become_a_clip_that_plays() {
    if !has_ffmpeg() {
        return;
    }
    gstreamer::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    // The second is one whose rows are no multiple of four bytes.
    for (width, height) in [(320, 240), (318, 178)] {
        let mut encoder = ClipEncoder::new((width, height), 8).unwrap();
        let step = Duration::from_millis(125);
        for n in 0..24u32 {
            let colour = [[250, 10, 10], [10, 250, 10], [10, 10, 250]][(n / 8) as usize];
            encoder.push(colour.repeat((width * height) as usize), step * n, step).unwrap();
        }
        let refused = encoder.push(vec![0; 3], step * 24, step);
        assert!(matches!(refused, Err(ClipError::Mux { .. })), "{refused:?}");
        let file = folder.path().join("changed.mp4");
        std::fs::write(&file, encoder.finish().unwrap()).unwrap();
        let (_, complaints) = says("ffmpeg", "-i FILE -f null -", &file);
        assert_eq!(complaints, "");
        assert!((duration_s(&file) - 3.0).abs() < 0.3, "{} s", duration_s(&file));
        assert_eq!(shown_s(&file).len(), 24);
        let entries = "-show_entries stream=codec_name,profile,width,height -of csv=p=0 FILE";
        let expected = format!("h264,Constrained Baseline,{width},{height}");
        assert_eq!(says("ffprobe", entries, &file).0, expected);
        let camera = CameraId::new("cam").unwrap();
        let units = recording::read(&file, &camera, Timestamp::UNIX_EPOCH).unwrap();
        let colours: Vec<u8> = ClipPictures::new(&units, Duration::from_secs(1))
            .unwrap()
            .map(|picture| {
                let (_, frame) = picture.unwrap();
                let middle =
                    frame.to_rgb()[(3 * (width * (height / 2) + width / 2)) as usize..][..3].to_vec();
                (0..3).max_by_key(|n| middle[usize::from(*n)]).unwrap()
            })
            .collect();
        assert_eq!(colours, [0, 1, 2, 2], "one a second, and the last");
    }
    assert!(ClipEncoder::new((320, 240), 8).unwrap().finish().is_err(), "a clip of nothing");
}
