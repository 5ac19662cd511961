//! The pool: order, fairness, and what it does under overload and with broken streams.

use std::{
    sync::{
        atomic::{AtomicBool, AtomicUsize},
        mpsc,
    },
    time::Duration,
};

use bytes::Bytes;

use super::*;
use crate::{
    access_unit::AccessUnit,
    testing::{unit, video},
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

type Delivered = (CameraId, Result<Frame, DecodeError>);

fn job(range: std::ops::Range<u64>, key: bool) -> DecodeJob {
    let units = range.clone().map(|n| unit(n, n as f64, key && n == range.start)).collect();
    DecodeJob { units, burst: true }
}

fn sequences(job: &DecodeJob) -> Vec<u64> {
    job.units.iter().map(|u| u.sequence).collect()
}

fn camera(name: &str) -> CameraId {
    CameraId::new(name).unwrap()
}

/// Real pictures, or nothing where ffmpeg is missing.
fn stream(options: &str) -> Option<Vec<Arc<AccessUnit>>> {
    if !video::has_ffmpeg() {
        return None;
    }
    gstreamer::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = video::encode(folder.path(), "a.mp4", "testsrc2=s=128x96:r=15:d=2", options);
    Some(crate::recording::read(&file, &camera("cam"), jiff::Timestamp::UNIX_EPOCH).unwrap())
}

/// A job for `name` with these pictures.
fn job_of(name: &str, units: &[Arc<AccessUnit>], burst: bool) -> DecodeJob {
    let of = |unit: &Arc<AccessUnit>| Arc::new(AccessUnit { camera: camera(name), ..(**unit).clone() });
    DecodeJob { units: units.iter().map(of).collect(), burst }
}

/// A job that no decoder can make a picture of.
fn broken(name: &str, like: &AccessUnit) -> DecodeJob {
    let data = Bytes::from_static(&[0, 0, 0, 4, 0x65, 0xff, 0xff, 0xff]);
    let unit = AccessUnit { camera: camera(name), data, key: true, ..like.clone() };
    DecodeJob { units: vec![Arc::new(unit)], burst: false }
}

/// A pool whose results come out of the receiver, each only when the one before was taken.
fn pool(threads: usize, bursts_max: usize) -> (DecodePool, mpsc::Receiver<Delivered>) {
    let (sender, results) = mpsc::sync_channel(0);
    let settings = DecodePoolSettings { threads, bursts_max };
    let pool = DecodePool::new(settings, move |camera, result| {
        // A test that is over takes no more.
        let _ = sender.send((camera.clone(), result));
    });
    (pool, results)
}

#[test]
fn a_newer_job_replaces_an_older_one_or_goes_on_from_it() {
    assert_eq!(sequences(&merge(job(0..3, true), job(8..10, true))), [8, 9]);
    assert_eq!(sequences(&merge(job(0..3, true), job(3..5, false))), [0, 1, 2, 3, 4]);
    let most = JOB_UNITS_MAX as u64;
    assert_eq!(merge(job(0..most - 1, true), job(most - 1..most, false)).units.len(), JOB_UNITS_MAX);
    assert_eq!(sequences(&merge(job(0..most, true), job(most..most + 2, false))), [most, most + 1]);
}

#[test]
fn under_overload_every_cameras_turn_comes() {
    let Some(units) = stream(video::H264) else { return };
    let (pool, results) = pool(2, 4);
    let names: Vec<String> = (0..20).map(|n| format!("cam-{n}")).collect();
    let mut turns: HashMap<CameraId, u32> = HashMap::new();
    for name in &names {
        pool.submit(job_of(name, &units[..1], false));
    }
    for _ in 0..200 {
        // Three cameras are much quicker than the others, and all ask far more often than there are decoders.
        for name in names[..3].iter().cycle().take(30).chain(&names) {
            pool.submit(job_of(name, &units[..1], false));
        }
        let (camera, result) = results.recv_timeout(PATIENCE).unwrap();
        assert!(result.is_ok_and(|frame| frame.camera == camera));
        *turns.entry(camera).or_default() += 1;
    }
    let (least, most) = (turns.values().min().unwrap(), turns.values().max().unwrap());
    assert!(turns.len() == 20 && most - least <= 2, "{turns:?}");
    drop(results);
}

#[test]
fn the_newest_job_of_a_camera_wins_and_the_others_are_counted() {
    let Some(units) = stream(video::H264) else { return };
    let (pool, results) = pool(1, 4);
    let keys: Vec<_> = units.iter().filter(|unit| unit.key).cloned().collect();
    // The thread is at work on the first, and waits to hand it over.
    pool.submit(job_of("first", &keys[..1], false));
    while !pool.shared.queue.lock().busy.contains(&camera("first")) {
        thread::yield_now();
    }
    for key in &keys {
        pool.submit(job_of("cam", std::slice::from_ref(key), false));
    }
    assert_eq!(results.recv_timeout(PATIENCE).unwrap().0, camera("first"));
    let (_, newest) = results.recv_timeout(PATIENCE).unwrap();
    assert_eq!(newest.unwrap().captured_at, keys.last().unwrap().received_at);
    assert_eq!(pool.stats().superseded.load(Relaxed), keys.len() as u64 - 1);
    assert!(results.try_recv().is_err(), "nothing older comes after it");
    drop(results);
}

#[test]
fn two_threads_never_work_on_one_camera() {
    let Some(units) = stream(video::H264_B) else { return };
    let names = ["a", "b"];
    let at_work: [AtomicUsize; 2] = Default::default();
    let (twice, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let pool = {
        let (twice, done) = (twice.clone(), done.clone());
        DecodePool::new(DecodePoolSettings { threads: 4, bursts_max: 4 }, move |camera, _| {
            let which = usize::from(camera.as_str() == "b");
            if at_work[which].fetch_add(1, Relaxed) > 0 {
                twice.store(true, Relaxed);
            }
            for _ in 0..50 {
                thread::yield_now();
            }
            at_work[which].fetch_sub(1, Relaxed);
            done.fetch_add(1, Relaxed);
        })
    };
    let mut n = 0;
    while done.load(Relaxed) < 200 {
        pool.submit(job_of(names[n % 2], &units[..1 + n % 3], n % 5 == 0));
        n += 1;
        thread::yield_now();
    }
    drop(pool);
    assert!(!twice.load(Relaxed));
}

#[test]
fn a_camera_with_broken_pictures_spoils_no_other() {
    for options in [video::H264, video::H265] {
        let Some(units) = stream(options) else { return };
        let (pool, results) = pool(1, 4);
        for _ in 0..10 {
            pool.submit(broken("bad", &units[0]));
            assert!(results.recv_timeout(PATIENCE).unwrap().1.is_err());
            pool.submit(job_of("good", &units[..1], false));
            let (_, result) = results.recv_timeout(PATIENCE).unwrap();
            assert!(result.is_ok_and(|frame| frame.camera == camera("good") && frame.width == 128));
        }
        drop(results);
        let stats = pool.stats();
        assert_eq!((stats.failed.load(Relaxed), stats.decoded.load(Relaxed)), (10, 10));
    }
}

#[test]
fn decoders_kept_for_bursts_are_bounded_and_let_go_of() {
    let Some(units) = stream(video::H264) else { return };
    let (pool, results) = pool(1, 2);
    let show = |name: &str, part: std::ops::Range<usize>| {
        pool.submit(job_of(name, &units[part], true));
        let result = results.recv_timeout(PATIENCE).unwrap().1;
        assert!(pool.shared.queue.lock().kept.len() <= 2);
        result
    };
    show("a", 0..3).unwrap();
    show("a", 3..5).unwrap();
    show("b", 0..3).unwrap();
    show("c", 0..3).unwrap();
    // The one unused for longest gave way, and begins again at a key picture.
    assert!(matches!(show("a", 5..7), Err(DecodeError::Gap)));
    show("c", 3..5).unwrap();
    pool.release(&camera("c"));
    assert!(matches!(show("c", 5..7), Err(DecodeError::Gap)));
    show("c", 0..3).unwrap();
}

#[test]
fn a_pool_that_goes_away_leaves_no_thread_waiting() {
    let Some(units) = stream(video::H264) else { return };
    let (pool, results) = pool(3, 2);
    for n in 0..10 {
        pool.submit(job_of(&format!("cam-{n}"), &units[..1], false));
    }
    drop(results);
    let (over, ended) = mpsc::channel();
    thread::spawn(move || {
        drop(pool);
        over.send(())
    });
    ended.recv_timeout(PATIENCE).unwrap();
}
