//! Cameras that are added, replaced and removed while they play over real connections.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::{net::SocketAddr, time::Duration};

use camera_farm::{Clip, Farm, RunningFarm};
use common::{encode, has_ffmpeg};
use futures::FutureExt;
use gridwatch_ingest::{
    Address, Attention, CameraId, CameraSource, CameraState, Clock, Frame, FrameReceiver, Generation, Ingest,
    IngestSettings, SamplePolicy,
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(15);

/// A farm of quick cameras: 30 pictures a second, six of them key pictures.
fn farm() -> RunningFarm {
    let folder = tempfile::tempdir().unwrap();
    let options = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 5 -bf 0";
    let file = encode(folder.path(), "quick.h264", "testsrc2=s=128x96:r=30:d=2", options);
    let clip = Clip::load("quick", &file, 30).unwrap();
    Farm::builder().clip(clip).start(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap()
}

/// To look at every key picture.
fn every_key_picture() -> IngestSettings {
    let sampling = SamplePolicy { quiet_interval: Duration::ZERO, ..SamplePolicy::default() };
    IngestSettings { sampling, ..IngestSettings::default() }
}

fn ingest() -> Ingest {
    Ingest::new(every_key_picture(), Clock::system()).unwrap()
}

fn source(farm: &RunningFarm, id: &CameraId, number: u32, generation: u32) -> CameraSource {
    let address = Address::parse(&farm.url(&format!("/clip/quick/{number}"))).unwrap();
    CameraSource::new(id.clone(), Generation(generation), address)
}

async fn next(frames: &mut FrameReceiver) -> Frame {
    tokio::time::timeout(PATIENCE, frames.next()).await.expect("a frame")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_frame_of_an_earlier_generation_comes_after_a_later_one_began() {
    if !has_ffmpeg() {
        return;
    }
    let (farm, ingest) = (farm(), ingest());
    let id = CameraId::new("cam").unwrap();
    let mut before = ingest.add(source(&farm, &id, 1, 1));
    for generation in 2..8 {
        next(&mut before).await;
        // In every second turn in the middle of a burst, whose decoder is kept.
        let even = generation % 2 == 0;
        ingest.attend(&id, if even { Attention::Suspicion } else { Attention::None });
        next(&mut before).await;
        if generation % 3 == 0 {
            ingest.remove(&id);
        }
        let mut frames = ingest.add(source(&farm, &id, generation, generation));
        // What was decoded before may still lie there.
        let _ = before.next().now_or_never();
        for _ in 0..3 {
            let frame = next(&mut frames).await;
            assert_eq!((frame.generation, &frame.camera), (Generation(generation), &id));
            assert!(before.next().now_or_never().is_none(), "a frame for who no longer watches");
        }
        before = frames;
    }
    ingest.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_are_the_cameras_own_and_a_kick_or_a_removal_touches_no_other() {
    if !has_ffmpeg() {
        return;
    }
    let (farm, ingest) = (farm(), ingest());
    let ids: Vec<_> = (1..=6).map(|n| CameraId::new(&format!("cam-{n}")).unwrap()).collect();
    let mut receivers: Vec<_> =
        ids.iter().zip(1..).map(|(id, n)| ingest.add(source(&farm, id, n, n))).collect();
    ingest.remove(&ids[5]);
    farm.command("kick /clip/quick/1").unwrap();
    for _ in 0..3 {
        for ((id, n), frames) in ids.iter().zip(1..).zip(&mut receivers).take(5) {
            let frame = next(frames).await;
            assert_eq!((&frame.camera, frame.generation), (id, Generation(n)));
        }
    }
    let mut changes = ingest.health().changes();
    let work = async {
        while ids[..5].iter().any(|id| ingest.state(id) != Some(CameraState::Ok)) {
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, work).await.expect("all five are in order");
    ingest.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_refuses_is_left_alone_until_somebody_asks() {
    if !has_ffmpeg() {
        return;
    }
    let (farm, ingest) = (farm(), ingest());
    let id = CameraId::new("cam").unwrap();
    farm.command("down /clip/quick/1").unwrap();
    let began = tokio::time::Instant::now();
    let mut frames = ingest.add(source(&farm, &id, 1, 1));
    let mut changes = ingest.health().changes();
    let refused = async {
        while ingest.state(&id) != Some(CameraState::Unreachable) {
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("the refusal is reported");
    farm.command("up /clip/quick/1").unwrap();
    assert!(
        next_within(&mut frames, Duration::from_secs(2)).await.is_none(),
        "it is not asked again by itself"
    );
    ingest.retry_now(&id);
    assert!(next_within(&mut frames, PATIENCE).await.is_some());
    // By itself, it would have been asked after ten seconds at the earliest.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    ingest.stop().await;
}

async fn next_within(frames: &mut FrameReceiver, limit: Duration) -> Option<Frame> {
    tokio::time::timeout(limit, frames.next()).await.ok()
}

/// A camera that serves one session and does not notice at once that ours is gone refuses the next one. It is asked
/// again, but not hammered, until it does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_session_is_waited_out() {
    if !has_ffmpeg() {
        return;
    }
    // Waits are drawn by chance. So bounded, a few in a row outlast the session that lingers.
    let settings = IngestSettings { backoff_longest: Duration::from_secs(2), ..every_key_picture() };
    let (farm, ingest) = (farm(), Ingest::new(settings, Clock::system()).unwrap());
    let id = CameraId::new("cam").unwrap();
    let address = Address::parse(&farm.url("/clip/quick/1?sessions=1&linger=6")).unwrap();
    let mut frames = ingest.add(CameraSource::new(id.clone(), Generation(1), address));
    next(&mut frames).await;
    farm.command("kick /clip/quick/1").unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let back = async {
        while ingest.sessions(&id) < Some(2) {
            let health = ingest.health().get(&id, Clock::system().now()).unwrap();
            seen.insert(format!("{:?} {:?}", health.state, health.cause));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE * 2, back).await.expect("it is back");
    assert!(seen.contains("Unreachable Some(Busy)"), "{seen:?}");
    assert!((2..=10).contains(&farm.connects("/clip/quick/1")), "{}", farm.connects("/clip/quick/1"));
    ingest.stop().await;
}

/// A session that was let go of is told so, and the next one waits for that: the camera never has two of ours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_bears_one_session_can_be_changed() {
    if !has_ffmpeg() {
        return;
    }
    let (farm, ingest) = (farm(), ingest());
    let id = CameraId::new("cam").unwrap();
    let address = Address::parse(&farm.url("/clip/quick/1?sessions=1&linger=60")).unwrap();
    for generation in 1..=5 {
        let mut frames = ingest.add(CameraSource::new(id.clone(), Generation(generation), address.clone()));
        assert_eq!(next(&mut frames).await.generation, Generation(generation));
    }
    assert_eq!(farm.connects("/clip/quick/1"), 5, "none was refused");
    ingest.stop().await;
}
