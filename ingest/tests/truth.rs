//! What ingest says of cameras that play: what they send, and what is wrong with what they show.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::{net::SocketAddr, time::Duration};

use camera_farm::{Clip, Farm, RunningFarm};
use common::{encode, has_ffmpeg, until};
use gridwatch_ingest::{
    Address, CameraId, CameraSource, CameraState, Cause, Clock, Codec, Generation, Ingest, IngestSettings,
    OutageScope, SamplePolicy,
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

const ENCODER: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 15 -bf 0";

/// A farm with a clip of noise and one of darkness, a key picture a second.
fn farm() -> RunningFarm {
    let folder = tempfile::tempdir().unwrap();
    let clip = |name: &str, source: &str| {
        let file = encode(folder.path(), &format!("{name}.h264"), source, ENCODER);
        Clip::load(name, &file, 15).unwrap()
    };
    let scene = clip("scene", "testsrc2=s=640x360:r=15:d=6,noise=alls=8:allf=t");
    let dark = clip("dark", "color=black:s=640x360:r=15:d=4,noise=alls=3:allf=t");
    Farm::builder().clip(scene).clip(dark).start(SocketAddr::from(([0, 0, 0, 0], 0))).unwrap()
}

fn ingest() -> Ingest {
    let sampling = SamplePolicy { quiet_interval: Duration::ZERO, ..SamplePolicy::default() };
    Ingest::new(IngestSettings { sampling, ..IngestSettings::default() }, Clock::system()).unwrap()
}

fn add(farm: &RunningFarm, ingest: &Ingest, name: &str, host: &str, path: &str) -> CameraId {
    let id = CameraId::new(name).unwrap();
    let address = Address::parse(&format!("rtsp://{host}:{}{path}", farm.addr().port())).unwrap();
    // Nobody takes the frames: each newer one takes the place of the one before.
    drop(ingest.add(CameraSource::new(id.clone(), Generation(1), address)));
    id
}

fn is(ingest: &Ingest, id: &CameraId, state: CameraState, cause: Option<Cause>) -> bool {
    let now = Clock::system().now();
    ingest.health().get(id, now).is_some_and(|health| (health.state_at(now), health.cause) == (state, cause))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_in_the_dark_is_blind_and_one_that_sees_is_measured() {
    if !has_ffmpeg() {
        return;
    }
    let (farm, ingest) = (farm(), ingest());
    let sees = add(&farm, &ingest, "sees", "127.0.0.1", "/clip/scene/1?clock=90");
    let dark = add(&farm, &ingest, "dark", "127.0.0.1", "/clip/dark/1");
    until(PATIENCE, "the dark one is blind", || is(&ingest, &dark, CameraState::Blind, Some(Cause::Black)))
        .await;
    assert!(is(&ingest, &sees, CameraState::Ok, None));

    let about =
        |found: Option<f64>, wanted: f64| found.is_some_and(|found| (found / wanted - 1.0).abs() < 0.1);
    let figures = ingest.figures(&sees).expect("figures of a camera that plays");
    let parameters = &figures.parameters;
    assert_eq!((parameters.codec, parameters.width, parameters.height), (Codec::H264, 640, 360));
    assert!(about(figures.fps, 15.0) && about(figures.gop_s, 1.0), "{figures:?}");
    assert!(figures.bitrate_kbps.is_some_and(|kbps| kbps > 100.0), "{figures:?}");
    assert_eq!(figures.lost_packets, 0);
    assert!(about(figures.clock_offset.map(|offset| offset.as_secs_f64()), 90.0), "{figures:?}");
    ingest.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blip_is_no_fault_and_the_third_within_minutes_is_one() {
    if !has_ffmpeg() {
        return;
    }
    let (farm, ingest) = (farm(), ingest());
    let id = add(&farm, &ingest, "cam", "127.0.0.1", "/clip/scene/1");
    until(PATIENCE, "it is in order", || is(&ingest, &id, CameraState::Ok, None)).await;
    for sessions in 2..=4 {
        assert!(is(&ingest, &id, CameraState::Ok, None), "not after {} losses", sessions - 2);
        farm.command("kick /clip/scene/1").unwrap();
        let back = || {
            let state = ingest.state(&id).unwrap();
            assert!(
                matches!(state, CameraState::Ok | CameraState::Degraded),
                "a blip is not shown: {state:?}"
            );
            ingest.sessions(&id) == Some(sessions)
        };
        until(PATIENCE, "it is back", back).await;
        let then = Clock::system().now();
        until(PATIENCE, "it has pictures again", || {
            ingest.newest_picture(&id).is_some_and(|newest| newest > then)
        })
        .await;
    }
    until(PATIENCE, "it is unstable", || is(&ingest, &id, CameraState::Degraded, Some(Cause::Unstable)))
        .await;
    ingest.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cameras_of_one_host_that_go_together_are_one_outage() {
    if !has_ffmpeg() {
        return;
    }
    let (farm, ingest) = (farm(), ingest());
    let recorder: Vec<CameraId> = (1..=8)
        .map(|n| add(&farm, &ingest, &format!("channel-{n}"), "127.0.0.2", &format!("/clip/scene/{n}")))
        .collect();
    // As many elsewhere, so that the subnet as a whole is not lost.
    let others: Vec<CameraId> = (11..=18)
        .map(|n| add(&farm, &ingest, &format!("other-{n}"), "127.0.0.3", &format!("/clip/scene/{n}")))
        .collect();
    let all_ok = |ids: &[CameraId]| ids.iter().all(|id| is(&ingest, id, CameraState::Ok, None));
    until(PATIENCE, "all are in order", || all_ok(&recorder) && all_ok(&others)).await;
    assert_eq!(ingest.outages(), []);
    (1..=8).for_each(|n| farm.command(&format!("down /clip/scene/{n}")).unwrap());
    until(PATIENCE, "the outage is told", || {
        ingest.outages().iter().any(|outage| outage.cameras == recorder)
    })
    .await;
    let [outage] = ingest.outages().try_into().expect("one event");
    assert_eq!((outage.scope, outage.of), (OutageScope::Host("127.0.0.2".to_owned()), 8));
    assert!(all_ok(&others));
    (1..=8).for_each(|n| farm.command(&format!("up /clip/scene/{n}")).unwrap());
    recorder.iter().for_each(|id| ingest.retry_now(id));
    until(PATIENCE, "all are back", || ingest.outages().is_empty()).await;
    ingest.stop().await;
}
