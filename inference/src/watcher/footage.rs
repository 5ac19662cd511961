//! The watcher on recorded clips: whether it looks again only where there is something new to see.

use std::path::Path;

use gridwatch_ingest::{CameraId, Clock, Generation, Ingest, IngestSettings};
use jiff::SignedDuration;

use super::*;
use crate::{
    family::footage::data,
    model::{ModelSpec, Role},
    provider::EngineChoice,
    replay::picture_at,
    testing::runtime,
};

/// A small model in every place: what is tested is whether it is asked, not what it sees.
fn detectors(data: &Path) -> Detectors {
    // Starts GStreamer; no camera is added.
    Ingest::new(IngestSettings::default(), Clock::system()).unwrap();
    let start = |role| {
        let file = data.join("models/kazperson_yolox_192x320.onnx");
        let engine = EngineChoice::default();
        let spec = ModelSpec { file, role, score_min: 0.3, iou_max: 0.45, threads: 1, sessions: 1, engine };
        Detector::start(runtime(), &spec).unwrap()
    };
    Detectors { person: start(Role::Person), fallen: start(Role::Fallen), crowd: None }
}

fn watcher(data: &Path) -> Watcher {
    Watcher::new(detectors(data), Arc::default(), 1)
}

fn at(seconds: f64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs_f64(seconds)
}

/// Pictures of a clip, so many seconds apart.
fn pictures(data: &Path, clip: &str, every: f64, count: u32) -> Vec<Frame> {
    let (path, camera) = (data.join(clip), CameraId::new("cam").unwrap());
    let picture = |n| {
        let second = every * f64::from(n);
        let frame = picture_at(&path, &camera, std::time::Duration::from_secs_f64(second)).unwrap();
        frame.taken_at(at(second))
    };
    (0..count).map(picture).collect()
}

/// The same picture with each pixel off by up to three levels, another way each time.
fn trembling(frame: &Frame, seed: u32) -> Frame {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let bgr: Vec<u8> = frame
        .to_bgr()
        .into_iter()
        .map(|value| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            value.saturating_add((state % 7) as u8).saturating_sub(3)
        })
        .collect();
    let size = (frame.width, frame.height);
    let camera = frame.camera.clone();
    Frame::from_bgr(camera, Generation(1), frame.captured_at, size, &bgr).unwrap()
}

#[tokio::test]
async fn a_still_picture_is_looked_at_once_a_minute_though_it_trembles() {
    let Some(data) = data() else { return };
    let still = pictures(&data, "clips/intel/people-detection.mp4", 1.0, 1).remove(0);
    let mut watcher = watcher(&data);
    let (mut asked, mut reused) = (0, 0);
    for second in 0..120 {
        let frame = trembling(&still, second).taken_at(at(f64::from(second)));
        let looked = watcher.look(frame, None).await.unwrap();
        asked += u64::from(looked.person) + u64::from(looked.turned);
        reused += looked.reused;
    }
    assert!(reused > 9 * asked, "{asked} asked, {reused} not");
    assert!(asked >= 2, "and not once and for all");
}

#[tokio::test]
async fn where_people_move_nobody_is_missed_by_looking_less() {
    let Some(data) = data() else { return };
    let frames = pictures(&data, "clips/intel/one-by-one-person-detection.mp4", 1.0, 60);
    let detectors = detectors(&data);
    let mut watcher = Watcher::new(detectors.clone(), Arc::default(), 1);
    let mut reused = 0;
    for frame in frames {
        let blocks = Blocks::of(&frame.planes()[0]);
        let Some(stands) = watcher.person.answer(&blocks, frame.captured_at).cloned() else {
            watcher.look(frame, None).await.unwrap();
            continue;
        };
        reused += 1;
        let seen = detectors.person.detect(&frame).await.unwrap();
        for person in seen.detections.iter().filter(|person| person.score >= 0.5) {
            let known = stands.detections.iter().any(|other| other.rect.iou(&person.rect) >= 0.5);
            assert!(known, "{person:?} at {} is not in {stands:?}", frame.captured_at);
        }
        watcher.look(frame, None).await.unwrap();
    }
    assert!(reused >= 1, "nothing was used again, so nothing was tested");
}

#[tokio::test]
async fn no_model_is_asked_about_a_blind_camera() {
    let Some(data) = data() else { return };
    let frames = pictures(&data, "clips/intel/people-detection.mp4", 1.0, 2);
    let mut watcher = watcher(&data);
    for (frame, held_back) in frames.into_iter().zip([Some(HeldBack::Covered), None]) {
        let looked = watcher.look(frame, held_back).await.unwrap();
        assert_eq!((looked.held_back, looked.person), (held_back, held_back.is_none()));
        assert_eq!(looked.turned, held_back.is_none());
    }
}
