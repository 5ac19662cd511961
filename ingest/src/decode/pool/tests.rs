//! The pool: order, fairness, and what it does under overload and with broken streams.

use std::{
    collections::HashMap,
    sync::{
        atomic::{AtomicBool, AtomicUsize},
        mpsc,
    },
    time::Duration,
};

use bytes::Bytes;

use super::*;
use crate::{access_unit::AccessUnit, testing::video};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often each camera is to be looked at.
const INTERVAL: Duration = Duration::from_millis(1500);

type Delivered = (CameraId, Result<Frame, DecodeError>);

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
    Some(crate::recording::read(&file, &camera("cam"), Timestamp::UNIX_EPOCH).unwrap())
}

/// A job for `name` with these pictures.
fn job_of(name: &str, units: &[Arc<AccessUnit>], burst: bool) -> DecodeJob {
    let of = |unit: &Arc<AccessUnit>| Arc::new(AccessUnit { camera: camera(name), ..(**unit).clone() });
    DecodeJob { units: units.iter().map(of).collect(), burst, goes_on: false, interval: INTERVAL }
}

/// A job that no decoder can make a picture of.
fn broken(name: &str, like: &AccessUnit) -> DecodeJob {
    let data = Bytes::from_static(&[0, 0, 0, 4, 0x65, 0xff, 0xff, 0xff]);
    let unit = AccessUnit { camera: camera(name), data, key: true, ..like.clone() };
    DecodeJob { units: vec![Arc::new(unit)], burst: false, goes_on: false, interval: INTERVAL }
}

/// A pool whose results come out of the receiver, each only when the one before was taken.
fn pool(cores: f64, bursts_max: usize) -> (DecodePool, mpsc::Receiver<Delivered>) {
    let (sender, results) = mpsc::sync_channel(0);
    let settings = DecodePoolSettings { cores, bursts_max };
    let pool = DecodePool::new(settings, move |camera, result| {
        // A test that is over takes no more.
        let _ = sender.send((camera.clone(), result));
    });
    (pool, results)
}

#[test]
fn under_overload_every_cameras_turn_comes() {
    let Some(units) = stream(video::H264) else { return };
    // One thread: of two, the machine may hold up one, and with it the camera that it is at work on.
    let (pool, results) = pool(1.0, 4);
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
    let (pool, results) = pool(1.0, 4);
    let keys: Vec<_> = units.iter().filter(|unit| unit.key).cloned().collect();
    // The thread is at work on the first, and waits to hand it over.
    pool.submit(job_of("first", &keys[..1], false));
    while !pool.shared.work.lock().line.is_empty() {
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
        DecodePool::new(DecodePoolSettings { cores: 4.0, bursts_max: 4 }, move |camera, _| {
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
        let (pool, results) = pool(1.0, 4);
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
    let (pool, results) = pool(1.0, 2);
    let show = |name: &str, part: std::ops::Range<usize>| {
        pool.submit(job_of(name, &units[part], true));
        let result = results.recv_timeout(PATIENCE).unwrap().1;
        assert!(pool.shared.work.lock().kept.len() <= 2);
        result
    };
    show("a", 0..3).unwrap();
    show("a", 3..5).unwrap();
    show("b", 0..3).unwrap();
    show("c", 0..3).unwrap();
    show("d", 0..3).unwrap();
    // The one unused for longest gave way, and begins again at a key picture once another camera has its decoder.
    assert!(matches!(show("a", 5..7), Err(DecodeError::Gap)));
    show("c", 3..5).unwrap();
    pool.release(&camera("c"));
    pool.submit(job_of("e", &units[..1], false));
    results.recv_timeout(PATIENCE).unwrap().1.unwrap();
    assert!(matches!(show("c", 5..7), Err(DecodeError::Gap)));
    show("c", 0..3).unwrap();
}

#[test]
fn the_rest_of_a_group_is_decoded_from_where_its_camera_was_last_looked_at() {
    for options in [video::H264, video::H264_B] {
        let Some(units) = stream(options) else { return };
        let (pool, results) = pool(1.0, 2);
        let show = |job: DecodeJob| {
            pool.submit(job);
            results.recv_timeout(PATIENCE).unwrap().1.unwrap()
        };
        show(DecodeJob { goes_on: true, ..job_of("a", &units[..1], false) });
        for other in 0..5 {
            show(job_of(&format!("other-{other}"), &units[..1], false));
        }
        let whole = job_of("a", &units[..8], false);
        let expected = show(job_of("b", &units[..8], false));
        let mut rest = whole.clone();
        if options == video::H264 {
            // Were it decoded again, nothing would come of it.
            rest.units[0] = broken("a", &units[0]).units.remove(0);
        }
        let frame = show(rest);
        assert_eq!(frame.captured_at, expected.captured_at, "{options}");
        assert_eq!(frame.to_bgr(), expected.to_bgr(), "{options}");
        assert_eq!(pool.shared.work.lock().halfway.len(), 0, "{options}");
        // Whose decoder has gone to somebody else is decoded from the key picture on.
        show(DecodeJob { goes_on: true, ..job_of("a", &units[..1], false) });
        pool.forget(&camera("a"));
        assert_eq!(show(whole).to_bgr(), expected.to_bgr(), "{options}");
    }
}

#[test]
fn a_pool_that_goes_away_leaves_no_thread_waiting() {
    let Some(units) = stream(video::H264) else { return };
    let (pool, results) = pool(3.0, 2);
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

#[test]
fn without_a_share_nothing_is_decoded_and_nothing_waits() {
    let Some(units) = stream(video::H264) else { return };
    let (pool, _results) = pool(0.0, 2);
    pool.submit(job_of("cam", &units[..1], false));
    assert!(pool.threads.is_empty() && pool.shared.work.lock().line.is_empty());
}

#[test]
fn the_pool_takes_its_share_and_no_more_and_says_how_much() {
    let Some(units) = stream(video::H264) else { return };
    // Every look at the stopwatch costs a millisecond: so long is a job, and so long is every look whether to go on.
    let now_ms = Arc::new(AtomicU64::new(0));
    let (sender, results) = mpsc::sync_channel(0);
    let clock = now_ms.clone();
    let pool = DecodePool::with_stopwatch(
        DecodePoolSettings { cores: 0.2, bursts_max: 2 },
        move || Duration::from_millis(clock.fetch_add(1, Relaxed)),
        move |_, result| {
            let _ = sender.send(result.is_ok());
        },
    );
    for _ in 0..200 {
        pool.submit(job_of("cam", &units[..1], false));
        assert!(results.recv_timeout(PATIENCE).unwrap());
    }
    drop(results);
    let busy_s = pool.stats().busy_us.load(Relaxed) as f64 / 1e6;
    let passed_s = now_ms.load(Relaxed) as f64 / 1e3;
    assert!((busy_s - 0.2).abs() < 1e-9, "{busy_s}");
    assert!((passed_s + 0.2) * 0.2 + 0.001 >= busy_s, "{busy_s} s in {passed_s} s");
    assert_eq!(pool.choices().len(), 2);
}
