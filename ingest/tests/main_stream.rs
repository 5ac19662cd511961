//! A camera with two streams: the large one is opened only while it is wanted, and never at the cost of the small one.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::{net::SocketAddr, time::Duration};

use camera_farm::{Clip, Farm, RunningFarm};
use common::{encode, has_ffmpeg, says, until};
use gridwatch_ingest::{
    Address, Attention, CameraId, CameraSource, CameraState, Clock, FrameReceiver, Generation, Ingest,
    IngestSettings, LiveEvent,
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often something is looked at that nobody tells of.
const LOOK: Duration = Duration::from_millis(20);

/// A farm with a small and a large clip, three key pictures a second.
fn farm() -> RunningFarm {
    let folder = tempfile::tempdir().unwrap();
    let options = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 5 -bf 0";
    let clip = |name: &str, size: &str| {
        let file =
            encode(folder.path(), &format!("{name}.h264"), &format!("testsrc2=s={size}:r=15:d=2"), options);
        Clip::load(name, &file, 15).unwrap()
    };
    let (small, large) = (clip("small", "128x96"), clip("large", "320x240"));
    Farm::builder().clip(small).clip(large).start(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap()
}

fn add(farm: &RunningFarm, ingest: &Ingest, sub: &str, main: &str) -> (CameraId, FrameReceiver) {
    let id = CameraId::new("cam").unwrap();
    let address = |path: &str| Address::parse(&farm.url(path)).unwrap();
    let source = CameraSource::new(id.clone(), Generation(1), address(sub));
    let frames = ingest.add(CameraSource { main: Some(address(main)), ..source });
    (id, frames)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_open_while_something_is_suspected_and_its_clip_is_the_large_one() {
    if !has_ffmpeg() {
        return;
    }
    let (farm, ingest) = (farm(), Ingest::new(IngestSettings::default(), Clock::system()).unwrap());
    let (id, mut frames) = add(&farm, &ingest, "/clip/small/1", "/clip/large/1");
    let frame = tokio::time::timeout(PATIENCE, frames.next()).await.expect("a frame");
    assert_eq!((frame.width, farm.plays("/clip/large/1")), (128, 0), "nobody wants it yet");

    ingest.attend(&id, Attention::Suspicion);
    until(PATIENCE, "the main stream plays", || farm.plays("/clip/large/1") == 1).await;
    let clock = Clock::system();
    let from = clock.now() + jiff::SignedDuration::from_secs(1);
    let to = from + jiff::SignedDuration::from_secs(1);
    until(PATIENCE, "the span is over", || ingest.newest_picture(&id).is_some_and(|newest| newest > to))
        .await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let width = async {
        loop {
            std::fs::write(file.path(), ingest.clip(&id, from, to).await.unwrap()).unwrap();
            let (width, _) = says("ffprobe", "-show_entries stream=width -of csv=p=0 FILE", file.path());
            if width == "320" {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, width)
        .await
        .expect("the clip is the main stream's, once its ring has the span");
    let long_ago = from - jiff::SignedDuration::from_secs(4);
    std::fs::write(file.path(), ingest.clip(&id, long_ago, to).await.unwrap()).unwrap();
    let (width, _) = says("ffprobe", "-show_entries stream=width -of csv=p=0 FILE", file.path());
    assert_eq!(width, "128", "what the main stream did not see comes from the sub stream");

    ingest.attend(&id, Attention::Alarm);
    until(PATIENCE, "the main stream is closed again", || farm.stats().open == 1).await;
    assert_eq!((farm.plays("/clip/small/1"), farm.plays("/clip/large/1")), (1, 1));
    ingest.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_is_given_the_large_one_as_soon_as_it_plays() {
    if !has_ffmpeg() {
        return;
    }
    let (farm, ingest) = (farm(), Ingest::new(IngestSettings::default(), Clock::system()).unwrap());
    let (id, mut frames) = add(&farm, &ingest, "/clip/small/1", "/clip/large/1");
    tokio::time::timeout(PATIENCE, frames.next()).await.expect("a frame");
    let mut view = ingest.live(&id).unwrap();
    let work = async {
        // The small one may have come first, if it was quicker.
        while !matches!(view.next().await.unwrap(), LiveEvent::Start { width: 320, .. }) {}
    };
    tokio::time::timeout(PATIENCE, work).await.expect("the main stream is shown");
    assert_eq!(farm.plays("/clip/large/1"), 1);
    drop(view);
    until(PATIENCE, "the main stream is closed again", || farm.stats().open == 1).await;
    ingest.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_bears_one_session_keeps_its_sub_stream() {
    if !has_ffmpeg() {
        return;
    }
    let (farm, ingest) = (farm(), Ingest::new(IngestSettings::default(), Clock::system()).unwrap());
    let path = "/clip/small/1?sessions=1";
    let (id, mut frames) = add(&farm, &ingest, path, path);
    tokio::time::timeout(PATIENCE, frames.next()).await.expect("a frame");
    ingest.attend(&id, Attention::Suspicion);
    until(PATIENCE, "the main stream is asked for", || farm.connects("/clip/small/1") == 2).await;
    until(PATIENCE, "and refused", || farm.stats().open == 1).await;
    let then = ingest.newest_picture(&id).unwrap();
    until(PATIENCE, "the sub stream goes on", || ingest.newest_picture(&id).unwrap() > then).await;
    assert_eq!(ingest.sessions(&id), Some(1));
    until(PATIENCE, "nothing is wrong with it", || ingest.state(&id) == Some(CameraState::Ok)).await;
    assert_eq!(
        (farm.plays("/clip/small/1"), farm.connects("/clip/small/1")),
        (1, 2),
        "it is not asked again"
    );
    ingest.stop().await;
}
