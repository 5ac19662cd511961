//! Which access units are decoded, by hand-made streams and by streams of chance.

use proptest::prelude::*;

use super::*;
use crate::{camera::CameraId, testing::unit};

/// Runs pictures `range` at 10 a second with a key picture every `gop`; gives the sequences of each job.
fn run(sampler: &mut Sampler, ring: &mut Ring, range: std::ops::Range<u64>, gop: u64) -> Vec<Vec<u64>> {
    let mut jobs = Vec::new();
    for n in range {
        let unit = unit(n, n as f64 / 10.0, n % gop == 0);
        ring.push(unit.clone(), SignedDuration::from_secs(10));
        jobs.extend(sampler.on_access_unit(&unit, ring));
    }
    jobs.iter().map(|job| job.units.iter().map(|u| u.sequence).collect()).collect()
}

/// A camera that was seen for a minute and is known to be quiet.
fn quiet(gop: u64) -> (Sampler, Ring) {
    let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
    run(&mut sampler, &mut ring, 0..600, gop);
    assert!(!sampler.is_attended());
    (sampler, ring)
}

/// Sets the pace of all cameras, in seconds.
fn set_pace(sampler: &Sampler, quiet_s: f64, active_s: f64) {
    let pace = Pace { quiet: Duration::from_secs_f64(quiet_s), active: Duration::from_secs_f64(active_s) };
    sampler.pace.set(pace);
}

/// The last picture of each job.
fn looked_at(jobs: &[Vec<u64>]) -> Vec<u64> {
    jobs.iter().filter_map(|job| job.last().copied()).collect()
}

#[test]
fn a_quiet_camera_is_looked_at_by_its_key_pictures_at_its_pace() {
    let (mut sampler, mut ring) = quiet(20);
    assert_eq!(run(&mut sampler, &mut ring, 600..660, 20), [[600], [620], [640]]);
    let (mut sampler, mut ring) = quiet(5);
    assert_eq!(run(&mut sampler, &mut ring, 600..660, 5), [[615], [635], [655]]);
}

/// Cameras that were all added at once, while they are looked at more and less often: no moment has many more of them than
/// another, and none is looked at much more often than its pace says.
#[test]
fn cameras_that_began_together_are_not_due_together() {
    const CAMERAS: usize = 400;
    let pace = Arc::new(CurrentPace::new(SamplePolicy::default().pace()));
    let mut cameras: Vec<(Sampler, Ring)> = (0..CAMERAS)
        .map(|n| {
            let phase = Phase::of(&CameraId::new(&format!("camera-{n}")).unwrap());
            let sampler = Sampler::at_pace(SamplePolicy::default(), pace.clone(), phase);
            (sampler, Ring::new(1_000_000))
        })
        .collect();
    let mut now = 0;
    for (quiet_s, keys) in [(2.0, 1), (4.0, 2), (8.0, 4), (6.4, 3), (4.9, 2), (8.0, 4)] {
        pace.set(Pace { quiet: Duration::from_secs_f64(quiet_s), active: Duration::from_secs(1) });
        // Until all have taken up the new pace.
        let from = now + 200;
        let mut looks = std::collections::BTreeMap::<u64, usize>::new();
        for (sampler, ring) in &mut cameras {
            for look in looked_at(&run(sampler, ring, now..from + 240, 20)) {
                *looks.entry(look).or_default() += usize::from(look >= from);
            }
        }
        let each = CAMERAS / keys;
        for (at, count) in looks.range(from..) {
            assert!(count.abs_diff(each) < each / 4, "{count} of {each} at {at}, every {quiet_s} s");
        }
        assert_eq!(looks.range(from..).count(), 12, "every {quiet_s} s");
        now = from + 240;
    }
}

#[test]
fn a_key_picture_is_taken_early_where_the_next_would_come_too_late() {
    for (quiet_s, gop, expected) in [
        // Its turn comes soon once after the pace has changed.
        (8.0, 20, vec![620, 700, 780]),
        (5.0, 20, vec![620, 660, 700, 740, 780, 820]),
        (8.0, 50, vec![650, 700, 750, 800, 850]),
        // Where key pictures are rarer than the floor, a group is decoded once it is due, and the next key picture.
        (8.0, 100, vec![680, 700, 780, 800]),
    ] {
        let (mut sampler, mut ring) = quiet(gop);
        run(&mut sampler, &mut ring, 600..601, gop);
        set_pace(&sampler, quiet_s, 1.0);
        let jobs = run(&mut sampler, &mut ring, 601..860, gop);
        assert_eq!(looked_at(&jobs), expected, "{quiet_s} s, a key picture every {gop}");
    }
}

#[test]
fn somebody_in_the_picture_is_looked_at_between_key_pictures_too() {
    let (mut sampler, mut ring) = quiet(20);
    sampler.attend(Attention::Track);
    let jobs = run(&mut sampler, &mut ring, 600..645, 20);
    let group = |from: u64| (from..=from + 10).collect::<Vec<_>>();
    assert_eq!(jobs, [vec![600], group(600), vec![620], group(620), vec![640]]);
    // At half the pace only the key pictures are left.
    set_pace(&sampler, 8.0, 2.0);
    assert_eq!(run(&mut sampler, &mut ring, 645..690, 20), [[660], [680]]);
}

#[test]
fn an_open_alert_and_a_suspicion_keep_their_pace_whatever_the_others_lose() {
    let (mut sampler, mut ring) = quiet(20);
    set_pace(&sampler, 8.0, 8.0);
    sampler.attend(Attention::Alarm);
    let jobs = run(&mut sampler, &mut ring, 600..650, 20);
    assert_eq!(looked_at(&jobs), [600, 610, 620, 630, 640]);
    sampler.attend(Attention::Suspicion);
    let jobs = run(&mut sampler, &mut ring, 650..670, 20);
    assert_eq!(looked_at(&jobs), [650, 655, 660, 665]);
    sampler.attend(Attention::None);
    assert_eq!(looked_at(&run(&mut sampler, &mut ring, 670..800, 20)), [700, 780]);
}

#[test]
fn a_session_that_does_not_begin_with_a_key_picture_has_nothing_of_the_last_one_looked_at_again() {
    for burst in [false, true] {
        let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
        run(&mut sampler, &mut ring, 0..10, 20);
        if burst {
            sampler.attend(Attention::Suspicion);
        }
        sampler.restart();
        let jobs = run(&mut sampler, &mut ring, 11..30, 20);
        assert_eq!(jobs.first(), Some(&vec![20]), "burst: {burst}");
    }
}

#[test]
fn a_camera_whose_time_runs_away_is_not_decoded_all_the_time() {
    let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
    let mut looks = 0;
    for n in 0..100 {
        // Ten pictures a second, each eight seconds later than the one before, if the camera is to be believed.
        let unit =
            AccessUnit { pts: Duration::from_secs(8 * n), ..(*unit(n, n as f64 / 10.0, n == 0)).clone() };
        let unit = Arc::new(unit);
        ring.push(unit.clone(), SignedDuration::from_secs(10));
        looks += usize::from(sampler.on_access_unit(&unit, &ring).is_some());
    }
    assert_eq!(looks, 4, "the key picture, and the group every four seconds");
}

#[test]
fn pictures_out_of_order_are_no_reason_to_look_again() {
    let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
    sampler.attend(Attention::Suspicion);
    let mut looks = Vec::new();
    // Every key picture or reference comes before the two that are shown before it.
    let shown = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11, 15, 13, 14];
    for (n, shown) in (0..).zip(shown) {
        let unit = unit(n, f64::from(shown) / 10.0, n == 0);
        ring.push(unit.clone(), SignedDuration::from_secs(10));
        looks.extend(sampler.on_access_unit(&unit, &ring).map(|_| shown));
    }
    assert_eq!(looks, [0, 6, 12]);
}

#[test]
fn time_that_jumps_back_is_a_new_beginning() {
    let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
    let mut looks = Vec::new();
    for (n, at_s) in (0..).zip([100.0, 100.2, 3.0, 3.2]) {
        let unit = unit(n, at_s, true);
        ring.push(unit.clone(), SignedDuration::from_secs(10));
        looks.extend(sampler.on_access_unit(&unit, &ring).map(|_| n));
    }
    assert_eq!(looks, [0, 2]);
}

#[test]
fn a_burst_begins_at_the_last_key_picture_and_leaves_nothing_out() {
    let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
    run(&mut sampler, &mut ring, 0..23, 20);
    sampler.attend(Attention::Suspicion);
    let jobs = run(&mut sampler, &mut ring, 23..45, 20);
    let expected: Vec<Vec<u64>> = vec![
        (20..=23).collect(),
        (24..=28).collect(),
        (29..=33).collect(),
        (34..=38).collect(),
        (40..=43).collect(),
    ];
    assert_eq!(jobs, expected);
    sampler.attend(Attention::None);
    assert_eq!(run(&mut sampler, &mut ring, 45..70, 20), [[60u64]]);
}

#[test]
fn a_burst_whose_time_stands_still_takes_no_more_than_a_job_may_hold() {
    let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(1_000_000));
    run(&mut sampler, &mut ring, 0..1, 20);
    sampler.attend(Attention::Suspicion);
    let units = (1..3 * JOB_UNITS_MAX as u64).map(|n| unit(n, 0.1, false));
    for unit in units {
        ring.push(unit.clone(), SignedDuration::from_secs(10));
        sampler.on_access_unit(&unit, &ring);
    }
    let late = unit(3 * JOB_UNITS_MAX as u64, 9.0, false);
    ring.push(late.clone(), SignedDuration::from_secs(10));
    let job = sampler.on_access_unit(&late, &ring).unwrap();
    assert!(job.units.len() <= JOB_UNITS_MAX);
}

#[test]
fn what_goes_on_before_a_camera_says_how_soon_it_is_due_again() {
    let policy = SamplePolicy::default();
    let (mut sampler, mut ring) = (Sampler::new(policy), Ring::new(1_000_000));
    let mut intervals = Vec::new();
    for n in 0..1200 {
        // Nobody is there but from the 60th second on.
        let size = if n < 600 { 500 } else { 3000 };
        let unit =
            AccessUnit { data: vec![0; size].into(), ..(*unit(n, n as f64 / 10.0, n % 20 == 0)).clone() };
        let unit = Arc::new(unit);
        ring.push(unit.clone(), SignedDuration::from_secs(10));
        if n == 700 {
            sampler.attend(Attention::Suspicion);
        }
        let job = sampler.on_access_unit(&unit, &ring);
        intervals.extend(job.map(|job| (n, job.interval)));
    }
    let at = |from: u64| intervals.iter().find(|(n, _)| *n >= from).map(|(_, interval)| *interval);
    assert_eq!(at(0), Some(policy.active_interval), "nothing is known yet");
    assert_eq!(at(300), Some(policy.quiet_interval));
    assert_eq!(at(640), Some(policy.active_interval));
    assert_eq!(at(720), Some(policy.burst_interval));
}

/// What one attention gets from a stream, by the least and most distance of two looks after the first ten seconds, and how
/// many units were decoded for each that came.
fn looks(attention: Attention, rate: f64, gop_s: f64, pace: (f64, f64), seconds: f64) -> (Vec<f64>, f64) {
    let (mut sampler, mut ring) = (Sampler::new(SamplePolicy::default()), Ring::new(10_000_000));
    set_pace(&sampler, pace.0, pace.1);
    sampler.attend(attention);
    let gop = (rate * gop_s).round().max(1.0) as u64;
    let (mut at_s, mut units, count) = (Vec::new(), 0, (rate * seconds) as u64);
    for n in 0..count {
        let unit = unit(n, n as f64 / rate, n % gop == 0);
        ring.push(unit.clone(), SignedDuration::from_secs(60));
        if let Some(job) = sampler.on_access_unit(&unit, &ring) {
            units += job.units.len();
            at_s.push(unit.pts.as_secs_f64());
        }
    }
    at_s.retain(|at_s| *at_s >= 10.0);
    (at_s, units as f64 / count as f64)
}

proptest! {
    /// However a camera sends its key pictures (but no more rarely than two floors apart, beyond which the floor itself costs
    /// more) and whatever the pace is: never longer than the floor without a look, and never more decoding than twice all
    /// pictures.
    #[test]
    fn no_stream_goes_unseen_for_longer_than_the_floor_or_costs_more_than_twice_its_pictures(
        rate in 5.0..30.0f64, gop_s in 0.2..16.0f64, quiet_s in 1.0..8.0f64, active_share in 0.1..1.0f64,
        attention in prop::sample::select(vec![Attention::None, Attention::Track, Attention::Alarm]),
    ) {
        let pace = (quiet_s, quiet_s * active_share);
        let (at_s, cost) = looks(attention, rate, gop_s, pace, 120.0);
        let longest = at_s.windows(2).map(|two| two[1] - two[0]).fold(0.0, f64::max);
        prop_assert!(at_s.len() > 1 && longest <= 8.0 + 1.5 / rate, "{longest} s between two looks");
        prop_assert!(cost <= 2.2, "{cost} units decoded for each that came");
    }

    /// More attention never gives fewer looks.
    #[test]
    fn more_attention_never_gives_fewer_looks(rate in 8.0..30.0f64, gop_s in 0.5..4.0f64, slow in 1.0..8.0f64) {
        let pace = ((2.0 * slow).min(8.0), slow);
        let count = |attention| looks(attention, rate, gop_s, pace, 100.0).0.len();
        let counts =
            [Attention::None, Attention::Track, Attention::Alarm, Attention::Suspicion].map(count);
        prop_assert!(counts.array_windows().all(|[less, more]| *less <= more + 1), "{counts:?}");
    }
}
