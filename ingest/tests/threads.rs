//! Cameras that come and go leave no thread and no descriptor behind. Alone in its process, because it counts them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::{fs, net::SocketAddr, time::Duration};

use camera_farm::{Clip, Farm};
use common::{encode, has_ffmpeg};
use gridwatch_ingest::{
    Address, Attention, CameraId, CameraSource, Clock, Generation, Ingest, IngestSettings, SamplePolicy,
};

/// Threads and open descriptors of this process.
fn held() -> (usize, usize) {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let threads = status.lines().find_map(|line| line.strip_prefix("Threads:")).unwrap();
    (threads.trim().parse().unwrap(), fs::read_dir("/proc/self/fd").unwrap().count())
}

#[test]
fn a_hundred_cameras_that_came_and_went_leave_nothing_behind() {
    if !has_ffmpeg() {
        return;
    }
    // One thread for the look-ups, so that only what is left behind changes the count.
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().max_blocking_threads(1).thread_keep_alive(Duration::from_secs(60));
    runtime.build().unwrap().block_on(come_and_go());
}

async fn come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let options = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 5 -bf 0";
    let file = encode(folder.path(), "quick.h264", "testsrc2=s=128x96:r=30:d=2", options);
    let clip = Clip::load("quick", &file, 30).unwrap();
    let farm = Farm::builder().clip(clip).start(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let sampling = SamplePolicy {
        quiet_interval: Duration::ZERO,
        burst_interval: Duration::from_millis(50),
        ..SamplePolicy::default()
    };
    let settings = IngestSettings { sampling, ..IngestSettings::default() };
    let ingest = Ingest::new(settings, Clock::system()).unwrap();

    let mut at_first = None;
    for round in 0..11u32 {
        let sources = (1..=10).map(|n| {
            let id = CameraId::new(&format!("cam-{n}")).unwrap();
            let address = Address::parse(&farm.url(&format!("/clip/quick/{n}"))).unwrap();
            CameraSource::new(id, Generation(round), address)
        });
        let mut cameras: Vec<_> = sources.map(|s| (s.id.clone(), ingest.add(s))).collect();
        for (id, frames) in &mut cameras {
            tokio::time::timeout(Duration::from_secs(15), frames.next()).await.expect("a frame");
            ingest.attend(id, Attention::Suspicion);
        }
        for (id, frames) in &mut cameras {
            tokio::time::timeout(Duration::from_secs(15), frames.next()).await.expect("a frame");
            ingest.remove(id);
        }
        // The farm has seen every connection close.
        let closed = async {
            while farm.stats().open > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(15), closed).await.expect("connections close");
        at_first.get_or_insert_with(held);
    }
    let (threads, descriptors) = held();
    let (threads_first, descriptors_first) = at_first.unwrap();
    assert!(threads <= threads_first, "{threads_first} threads became {threads}");
    // Decoders kept for bursts have a descriptor or two, and there are at most sixteen of them.
    assert!(descriptors <= descriptors_first + 40, "{descriptors_first} descriptors became {descriptors}");
    ingest.stop().await;
}
