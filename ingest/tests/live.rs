//! Cameras that are viewed while they play over real connections. Alone in its process, because it counts threads.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::{fs, net::SocketAddr, path::Path, time::Duration};

use camera_farm::{Clip, Farm, RunningFarm};
use common::{encode, has_ffmpeg, says};
use gridwatch_ingest::{
    Address, CameraId, CameraSource, Clock, Generation, Ingest, IngestSettings, LiveError, LiveEvent,
    LiveView, Transport,
};
use jiff::{SignedDuration, Timestamp};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// One camera with a key picture every 10 s, one with every tenth a key picture in H.264, one in H.265; 15 pictures a second each.
fn farm(folder: &Path) -> RunningFarm {
    let make = |name: &str, extension: &str, seconds: u32, options: &str| {
        let source = format!("testsrc2=s=320x240:r=15:d={seconds}");
        let options = format!("{options} -preset ultrafast -pix_fmt yuv420p");
        let file = encode(folder, &format!("{name}.{extension}"), &source, &options);
        Clip::load(name, &file, 15).unwrap()
    };
    let long = make("long", "h264", 10, "-c:v libx264 -g 150 -bf 0");
    let quick = make("quick", "h264", 2, "-c:v libx264 -g 10 -bf 0");
    let h265 = "-c:v libx265 -x265-params log-level=error:repeat-headers=1:open-gop=0:keyint=10:min-keyint=10:bframes=0";
    let quick265 = make("quick265", "h265", 2, h265);
    let farm = Farm::builder().clip(long).clip(quick).clip(quick265);
    farm.cameras(40).start(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap()
}

fn ingest() -> Ingest {
    Ingest::new(IngestSettings::default(), Clock::system()).unwrap()
}

fn id(name: &str) -> CameraId {
    CameraId::new(name).unwrap()
}

fn source(farm: &RunningFarm, id: &CameraId, path: &str, generation: u32) -> CameraSource {
    let address = Address::parse(&farm.url(path)).unwrap();
    CameraSource {
        id: id.clone(),
        generation: Generation(generation),
        address,
        main: None,
        transport: Transport::Tcp,
    }
}

async fn next(view: &mut LiveView) -> LiveEvent {
    tokio::time::timeout(PATIENCE, view.next()).await.expect("something comes").unwrap()
}

/// The file of a start and so many pictures after it, and what these fragments say of themselves.
async fn watch(view: &mut LiveView, pictures: u32) -> (Vec<u8>, Vec<(Timestamp, bool)>) {
    let LiveEvent::Start { segment, .. } = next(view).await else { panic!("a start comes first") };
    let (mut file, mut seen, mut fragments) = (segment.to_vec(), 0, Vec::new());
    while seen < pictures {
        let LiveEvent::Fragment { at, key, pictures, data } = next(view).await else { panic!("no fragment") };
        file.extend_from_slice(&data);
        fragments.push((at, key));
        seen += pictures;
    }
    assert_eq!(seen, pictures, "one picture each");
    (file, fragments)
}

/// The times at which the pictures of this file are shown, of which a decoder has nothing to complain.
fn shown_s(folder: &Path, data: &[u8]) -> Vec<f64> {
    let file = folder.join("live.mp4");
    fs::write(&file, data).unwrap();
    assert_eq!(says("ffmpeg", "-i FILE -f null -", &file).1, "");
    let (lines, _) = says("ffprobe", "-show_entries frame=pts_time -of csv=p=0 FILE", &file);
    let times = lines.lines().map(|line| line.trim_end_matches(','));
    times.filter(|time| !time.is_empty()).map(|time| time.parse().unwrap()).collect()
}

/// Waits until so long has been received from the camera.
async fn received(ingest: &Ingest, camera: &CameraId, seconds: i64) {
    let span = async {
        let mut first = None;
        loop {
            let newest = ingest.newest_pictures().into_iter().flatten().max();
            if let (Some(newest), Some(first)) = (newest, first)
                && newest.duration_since(first) >= SignedDuration::from_secs(seconds)
            {
                return;
            }
            first = first.or(newest);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, span).await.unwrap_or_else(|_| panic!("{camera} sends nothing"));
}

fn muxers() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.starts_with("live-mux") || name.starts_with("mp4mux")).count()
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// One after the other in one test, because threads are counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cameras_are_viewed() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let farm = farm(folder.path());
    a_view_begins_in_the_ring_at_once(folder.path(), &farm).await;
    twenty_viewers_take_one_session_and_one_muxer(folder.path(), &farm).await;
    h265_is_viewed_as_well(folder.path(), &farm).await;
    who_does_not_read_misses_and_the_others_do_not(&farm).await;
    another_camera_in_its_place_and_then_none(&farm).await;
}

async fn a_view_begins_in_the_ring_at_once(folder: &Path, farm: &RunningFarm) {
    let (ingest, camera) = (ingest(), id("long"));
    assert_eq!(ingest.live(&camera).err(), Some(LiveError::NoSuchCamera));
    drop(ingest.add(source(farm, &camera, "/clip/long/1", 1)));
    received(&ingest, &camera, 2).await;
    let asked = tokio::time::Instant::now();
    let mut view = ingest.live(&camera).unwrap();
    let (file, fragments) = watch(&mut view, 20).await;
    // The next key picture is up to eight seconds away.
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(fragments[0].1, "it begins with a key picture");
    assert!(fragments[1..].iter().all(|(_, key)| !key), "there was no other");
    assert_eq!(shown_s(folder, &file).len(), 20);
    ingest.stop().await;
    let end = async { while view.next().await.is_ok() {} };
    tokio::time::timeout(PATIENCE, end).await.expect("views end with ingest");
}

async fn twenty_viewers_take_one_session_and_one_muxer(folder: &Path, farm: &RunningFarm) {
    let (ingest, camera) = (ingest(), id("quick"));
    drop(ingest.add(source(farm, &camera, "/clip/quick/2", 1)));
    received(&ingest, &camera, 1).await;
    until("nobody views yet", || muxers() == 0).await;
    let mut views: Vec<_> = (0..20).map(|_| ingest.live(&camera).unwrap()).collect();
    let watched = views.iter_mut().map(|view| watch(view, 45));
    let watched = futures::future::join_all(watched).await;
    for (file, fragments) in &watched {
        assert!(fragments[0].1);
        assert_eq!(fragments.iter().filter(|(_, key)| *key).count(), 5, "every tenth of 45");
        // All are given the very same, from where each began.
        let common = watched[0].1.iter().filter(|fragment| fragments.contains(fragment)).count();
        assert!(common > 20, "{common}");
        assert!(file.len() > 1000);
    }
    let shown = shown_s(folder, &watched[0].0);
    assert_eq!(shown.len(), 45);
    assert!(shown.windows(2).all(|two| (two[1] - two[0] - 1.0 / 15.0).abs() < 0.002), "{shown:?}");
    assert_eq!(farm.plays("/clip/quick/2"), 1, "one session");
    assert!(muxers() <= 2, "one muxer, which takes two threads");
    drop(views);
    until("the muxer is gone with its last viewer", || muxers() == 0).await;
    let mut again = ingest.live(&camera).unwrap();
    watch(&mut again, 5).await;
    ingest.stop().await;
}

async fn h265_is_viewed_as_well(folder: &Path, farm: &RunningFarm) {
    let (ingest, camera) = (ingest(), id("h265"));
    drop(ingest.add(source(farm, &camera, "/clip/quick265/3", 1)));
    received(&ingest, &camera, 1).await;
    let (file, fragments) = watch(&mut ingest.live(&camera).unwrap(), 30).await;
    assert!(fragments[0].1);
    assert_eq!(shown_s(folder, &file).len(), 30);
    ingest.stop().await;
}

async fn who_does_not_read_misses_and_the_others_do_not(farm: &RunningFarm) {
    let (ingest, camera) = (ingest(), id("slow"));
    drop(ingest.add(source(farm, &camera, "/clip/quick/4", 1)));
    let mut quick = ingest.live(&camera).unwrap();
    let mut slow = ingest.live(&camera).unwrap();
    let (_, by_quick) = watch(&mut quick, 3).await;
    let (_, by_slow) = watch(&mut slow, 3).await;
    assert_eq!(by_quick, by_slow);
    // 12 s and a bit; the slow one does not read. Nothing but fragments comes for the quick one.
    let mut all = Vec::new();
    while all.len() < 190 {
        let LiveEvent::Fragment { at, key, .. } = next(&mut quick).await else { panic!("no fragment") };
        all.push((at, key));
    }
    let LiveEvent::Missed { pictures } = next(&mut slow).await else { panic!("it was not told") };
    let LiveEvent::Fragment { at, key, .. } = next(&mut slow).await else { panic!("no fragment") };
    assert!(key);
    // What it goes on with is what the quick one got after as many pictures.
    while all.len() <= pictures as usize {
        let LiveEvent::Fragment { at, key, .. } = next(&mut quick).await else { panic!("no fragment") };
        all.push((at, key));
    }
    assert_eq!(all[pictures as usize], (at, true));
    assert!(pictures > 150, "at most the newest group was kept for it: {pictures}");
    assert_eq!(farm.plays("/clip/quick/4"), 1);
    ingest.stop().await;
}

async fn another_camera_in_its_place_and_then_none(farm: &RunningFarm) {
    let (ingest, camera) = (ingest(), id("changed"));
    drop(ingest.add(source(farm, &camera, "/clip/quick/5", 1)));
    let mut view = ingest.live(&camera).unwrap();
    watch(&mut view, 3).await;
    drop(ingest.add(source(farm, &camera, "/clip/quick265/6", 2)));
    let swapped_at = Clock::system().now();
    let LiveEvent::Start { codecs, .. } = next(&mut view).await else {
        panic!("something of the old camera")
    };
    assert!(codecs.starts_with("hvc1"), "{codecs}");
    let LiveEvent::Fragment { at, key, .. } = next(&mut view).await else { panic!("no fragment") };
    assert!(key && at >= swapped_at);
    ingest.remove(&camera);
    let end = tokio::time::timeout(PATIENCE, view.next()).await.expect("an end");
    assert_eq!(end, Err(LiveError::NoSuchCamera));
    ingest.stop().await;
}
