//! The order of turns, by itself and over minutes of simulated overload.

use std::{ops::Range, sync::Arc, time::Duration};

use jiff::SignedDuration;

use super::*;
use crate::{access_unit::AccessUnit, sampler::SamplePolicy, testing};

fn camera(name: &str) -> CameraId {
    CameraId::new(name).unwrap()
}

fn at(at_s: f64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_millis((at_s * 1000.0).round() as i64)
}

/// A job of one key picture that arrived then.
fn job(name: &str, at_s: f64, interval: Duration, burst: bool) -> DecodeJob {
    let unit = AccessUnit { camera: camera(name), ..(*testing::unit(0, at_s, true)).clone() };
    DecodeJob { units: vec![Arc::new(unit)], burst, goes_on: false, interval }
}

fn active(name: &str, at_s: f64) -> DecodeJob {
    job(name, at_s, SamplePolicy::default().quiet_interval, false)
}

fn quiet(name: &str, at_s: f64) -> DecodeJob {
    job(name, at_s, SamplePolicy::default().floor_interval, false)
}

fn burst(name: &str, at_s: f64) -> DecodeJob {
    job(name, at_s, SamplePolicy::default().burst_interval, true)
}

/// Takes and does all jobs that wait; whose they were.
fn all(line: &mut Line) -> Vec<String> {
    let mut order = Vec::new();
    while let Some((camera, _)) = line.take() {
        line.done(&camera);
        order.push(camera.as_str().to_owned());
    }
    order
}

/// Looks at these cameras at time 0.
fn looked_at(names: &[&str]) -> Line {
    let mut line = Line::default();
    for name in names {
        line.put(quiet(name, 0.0));
    }
    assert_eq!(all(&mut line), names);
    line
}

#[test]
fn who_is_due_first_goes_first_and_who_was_never_looked_at_is_due_at_once() {
    let mut line = looked_at(&["q", "a", "b"]);
    line.put(quiet("q", 3.0));
    line.put(active("a", 3.1));
    line.put(quiet("new", 3.2));
    line.put(quiet("newer", 3.2));
    line.put(burst("b", 3.3));
    assert_eq!(all(&mut line), ["b", "new", "newer", "a", "q"]);
}

#[test]
fn nothing_but_a_look_moves_a_due_time() {
    let mut line = looked_at(&["a", "b"]);
    assert!(!line.put(active("a", 2.0)));
    line.put(active("b", 2.1));
    for n in 0..20 {
        assert!(line.put(active("a", 3.0 + f64::from(n))));
    }
    let (first, job) = line.take().unwrap();
    assert_eq!((first, job.units[0].received_at), (camera("a"), at(22.0)));
    // The newest look counts, so it is the other's turn now whoever asks more often.
    line.put(active("a", 23.0));
    line.done(&camera("a"));
    assert_eq!(all(&mut line), ["b", "a"]);
}

#[test]
fn a_camera_at_work_waits_for_its_own_job_and_holds_up_no_other() {
    let mut line = Line::default();
    line.put(quiet("a", 0.0));
    line.take().unwrap();
    line.put(burst("a", 0.5));
    line.put(quiet("b", 0.5));
    assert_eq!(line.take().unwrap().0, camera("b"));
    assert!(line.take().is_none() && !line.is_empty());
    line.done(&camera("a"));
    assert_eq!(all(&mut line), ["a"]);
}

#[test]
fn a_clock_that_was_set_back_costs_nobody_their_turn() {
    let mut line = Line::default();
    line.put(active("before", 10_000.0));
    all(&mut line);
    line.put(active("since", 5.0));
    all(&mut line);
    line.put(active("since", 6.0));
    line.put(active("before", 6.0));
    assert_eq!(all(&mut line), ["before", "since"]);
}

#[test]
fn a_camera_that_is_gone_leaves_nothing_behind() {
    let mut line = looked_at(&["a"]);
    line.put(burst("b", 1.0));
    line.put(active("a", 1.0));
    for name in ["a", "b"] {
        line.forget(&camera(name));
    }
    assert!(line.is_empty() && line.take().is_none());
    assert!(line.looked.is_empty() && line.bursts.is_empty() && line.others.is_empty());
}

#[test]
fn a_newer_job_replaces_an_older_one_or_goes_on_from_it() {
    let job = |range: Range<u64>, key: bool| {
        let units = range.clone().map(|n| testing::unit(n, n as f64, key && n == range.start)).collect();
        DecodeJob { units, burst: true, goes_on: false, interval: Duration::from_millis(500) }
    };
    let sequences = |job: DecodeJob| job.units.iter().map(|unit| unit.sequence).collect::<Vec<_>>();
    assert_eq!(sequences(merge(job(0..3, true), job(8..10, true))), [8, 9]);
    assert_eq!(sequences(merge(job(0..3, true), job(3..5, false))), [0, 1, 2, 3, 4]);
    let most = JOB_UNITS_MAX as u64;
    assert_eq!(merge(job(0..most - 1, true), job(most - 1..most, false)).units.len(), JOB_UNITS_MAX);
    assert_eq!(sequences(merge(job(0..most, true), job(most..most + 2, false))), [most, most + 1]);
}

/// Cameras of one kind in a simulation: how many, how often each has a job, and the job.
struct Kind {
    cameras: usize,
    every_s: f64,
    job: fn(&str, f64) -> DecodeJob,
    name: &'static str,
}

const ACTIVE: Kind = Kind { cameras: 0, every_s: 1.5, job: active, name: "active" };
const QUIET: Kind = Kind { cameras: 0, every_s: 1.5, job: quiet, name: "quiet" };
const BURST: Kind = Kind { cameras: 0, every_s: 0.5, job: burst, name: "burst" };

/// Runs `kinds` for five minutes on one decoder that does `jobs_per_s`. For each kind, the least and the most of its cameras'
/// longest times between two looks, the first minute left out.
fn simulate(kinds: &[Kind], jobs_per_s: f64) -> Vec<(f64, f64)> {
    let end_s = 300.0;
    // When each camera has its next job, and its looks so far.
    let mut cameras: Vec<(usize, String, f64)> = Vec::new();
    for (kind, Kind { cameras: count, every_s, name, .. }) in kinds.iter().enumerate() {
        let offset = |n: usize| every_s * (n as f64 * 0.618).fract();
        cameras.extend((0..*count).map(|n| (kind, format!("{name}-{n}"), offset(n))));
    }
    let mut looks: HashMap<CameraId, Vec<f64>> = HashMap::new();
    let (mut line, mut now_s) = (Line::default(), 0.0);
    while now_s < end_s {
        for (kind, name, next_s) in &mut cameras {
            while *next_s <= now_s {
                line.put((kinds[*kind].job)(name, *next_s));
                *next_s += kinds[*kind].every_s;
            }
        }
        if let Some((camera, job)) = line.take() {
            // How fresh what was looked at is, is told by its arrival.
            looks
                .entry(camera.clone())
                .or_default()
                .push(job.units[0].received_at.as_millisecond() as f64 / 1000.0);
            line.done(&camera);
        }
        now_s += 1.0 / jobs_per_s;
    }
    let longest = |name: &String| {
        let looks = looks.get(&camera(name)).cloned().unwrap_or_default();
        let mut times: Vec<f64> = looks.into_iter().filter(|at_s| *at_s >= 60.0).collect();
        times.insert(0, 60.0);
        times.push(end_s);
        times.windows(2).map(|two| two[1] - two[0]).fold(0.0, f64::max)
    };
    let of_kind = |kind: usize| {
        let gaps: Vec<f64> =
            cameras.iter().filter(|(of, ..)| *of == kind).map(|(_, name, _)| longest(name)).collect();
        (gaps.iter().copied().fold(f64::INFINITY, f64::min), gaps.iter().copied().fold(0.0, f64::max))
    };
    (0..kinds.len()).map(of_kind).collect()
}

#[test]
fn with_half_the_capacity_all_active_cameras_are_late_alike() {
    // 200 cameras want 133 looks a second.
    let gaps = simulate(&[Kind { cameras: 200, ..ACTIVE }], 67.0);
    let (least, most) = gaps[0];
    assert!(most <= 2.0 * least && most <= 6.0, "{gaps:?}");
}

#[test]
fn quiet_cameras_are_later_than_active_ones_and_never_starve() {
    // They want 33 + 19 looks a second.
    let gaps = simulate(&[Kind { cameras: 50, ..ACTIVE }, Kind { cameras: 150, ..QUIET }], 26.0);
    let [(active_least, active_most), (quiet_least, quiet_most)] = gaps[..] else { unreachable!() };
    assert!(active_most <= 2.0 * active_least && quiet_most <= 2.0 * quiet_least, "{gaps:?}");
    assert!(active_most < quiet_least, "{gaps:?}");
    // All are late by about 2.7 s, and a look is only to be had every 1.5 s.
    assert!(active_most <= 7.5 && quiet_most <= 14.0, "{gaps:?}");
}

#[test]
fn bursts_are_on_time_whatever_the_others_want() {
    let gaps = simulate(&[Kind { cameras: 200, ..ACTIVE }, Kind { cameras: 5, ..BURST }], 40.0);
    let (others, bursts) = (gaps[0], gaps[1]);
    assert!(bursts.1 <= 1.0, "{gaps:?}");
    assert!(others.1 <= 2.0 * others.0 && others.1 <= 12.0, "{gaps:?}");
}

#[test]
fn more_bursts_than_the_machine_bears_starve_nobody() {
    // The bursts alone want three times what there is.
    let gaps = simulate(&[Kind { cameras: 60, ..BURST }, Kind { cameras: 20, ..QUIET }], 40.0);
    let (bursts, others) = (gaps[0], gaps[1]);
    assert!(bursts.1 <= 3.0 && others.1 <= 8.0, "{gaps:?}");
}

#[test]
fn with_time_to_spare_nobody_waits_until_they_are_due() {
    let gaps = simulate(&[Kind { cameras: 50, ..QUIET }], 100.0);
    assert!(gaps[0].1 <= 3.0, "{gaps:?}");
}

#[test]
fn how_long_the_first_waits_is_told_whatever_jobs_it_had_meanwhile() {
    let mut line = looked_at(&["a", "b"]);
    assert_eq!(line.longest_wait(at(100.0)), SignedDuration::ZERO);
    line.put(quiet("a", 8.0));
    line.put(burst("b", 9.0));
    line.put(quiet("a", 16.0));
    assert_eq!(line.longest_wait(at(20.0)), SignedDuration::from_secs(12));
    line.take().unwrap();
    line.take().unwrap();
    assert_eq!(line.longest_wait(at(20.0)), SignedDuration::ZERO, "who is at work waits no more");
    line.put(quiet("new", 10.0));
    assert_eq!(
        line.longest_wait(at(20.0)),
        SignedDuration::ZERO,
        "who comes first waits for others that have"
    );
    // The computer's clock was set back.
    line.put(quiet("b", 3.0));
    assert_eq!(line.longest_wait(at(2.0)), SignedDuration::ZERO);
}
