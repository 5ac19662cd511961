//! The controller by itself, and over minutes of simulated cameras, decoders and models.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{super::floor_looks::FloorLooks, *};

const LEAST: Shares = Shares { quiet: 0.25, turned: 1.0 / 16.0, active: 0.125 };

fn seconds(controller: &mut Controller, count: u32, lateness_ms: u64) -> Shares {
    (0..count).map(|_| controller.step(Duration::from_millis(lateness_ms))).last().unwrap()
}

#[test]
fn what_is_given_up_goes_in_order_and_comes_back_in_the_opposite_one() {
    let mut controller = Controller::new(LEAST);
    let mut stages = vec![Stage::Full];
    for _ in 0..40 {
        stages.push(seconds(&mut controller, 1, 3000).stage());
    }
    stages.dedup();
    let all = [Stage::Full, Stage::Quiet, Stage::Turned, Stage::Active];
    assert_eq!(stages, all);
    assert_eq!(seconds(&mut controller, 1, 3000), LEAST);
    let mut back = Vec::new();
    for _ in 0..200 {
        back.push(seconds(&mut controller, 1, 10).stage());
    }
    back.dedup();
    assert_eq!(back, [Stage::Active, Stage::Turned, Stage::Quiet, Stage::Full]);
}

#[test]
fn a_halving_shows_before_the_next_and_a_step_back_needs_calm() {
    let mut controller = Controller::new(LEAST);
    assert_eq!(seconds(&mut controller, 1, 1000).quiet, 0.5);
    assert_eq!(seconds(&mut controller, 1, 1000).quiet, 0.5);
    assert_eq!(seconds(&mut controller, 1, 1000).quiet, 0.25);
    // Neither late nor on time: nothing moves.
    assert_eq!(seconds(&mut controller, 100, 700).quiet, 0.25);
    for _ in 0..10 {
        seconds(&mut controller, CALM_S - 1, 100);
        assert_eq!(seconds(&mut controller, 1, 700).quiet, 0.25, "one second of it was not calm");
    }
    assert_eq!(seconds(&mut controller, CALM_S, 100).quiet, 0.25 + STEP);
}

#[test]
fn nothing_more_is_given_up_while_lateness_falls() {
    let mut controller = Controller::new(LEAST);
    assert_eq!(seconds(&mut controller, 1, 9000).quiet, 0.5);
    for lateness_ms in (1000..9000).rev().step_by(100) {
        assert_eq!(seconds(&mut controller, 1, lateness_ms).quiet, 0.5, "{lateness_ms}");
    }
    assert_eq!(seconds(&mut controller, 1, 1500).quiet, 0.25, "it grows again");
}

/// What a camera in the simulation is looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Quiet,
    Active,
    Suspicion,
}

struct Camera {
    kind: Kind,
    looked_s: f64,
    /// Since when it waits for its turn.
    waits_since_s: Option<f64>,
    turned_s: f64,
    looks_s: Vec<f64>,
}

/// Cameras in the order of their due times before a machine that looks at one after the other.
struct Street {
    cameras: Vec<Camera>,
    cores: f64,
    now_s: f64,
    controller: Controller,
    floor_looks: FloorLooks,
    shares: Shares,
    /// For each second, how late its looks were.
    lateness_s: Vec<f64>,
}

const FLOOR_S: f64 = 8.0;
/// Seconds of one core for decoding and judging a frame, and for showing it turned.
const QUIET_COST_S: f64 = 0.007;
const ACTIVE_COST_S: f64 = 0.012;
const TURNED_COST_S: f64 = 0.05;

impl Street {
    fn new((quiet, active, suspicions, cores): (usize, usize, usize, f64)) -> Self {
        let kinds = [(Kind::Quiet, quiet), (Kind::Active, active), (Kind::Suspicion, suspicions)];
        let cameras = kinds.into_iter().flat_map(|(kind, count)| {
            (0..count).map(move |n| Camera {
                kind,
                looked_s: -2.0 * (n as f64 * 0.618).fract(),
                waits_since_s: None,
                turned_s: -100.0,
                looks_s: Vec::new(),
            })
        });
        Self {
            cameras: cameras.collect(),
            cores,
            now_s: 0.0,
            controller: Controller::new(LEAST),
            floor_looks: FloorLooks::new(Timestamp::UNIX_EPOCH),
            shares: Shares::FULL,
            lateness_s: Vec::new(),
        }
    }

    fn interval_s(&self, kind: Kind) -> f64 {
        match kind {
            Kind::Quiet => 2.0 / self.shares.quiet,
            Kind::Active => 1.0 / self.shares.active,
            Kind::Suspicion => 0.5,
        }
    }

    /// The camera whose turn it is, if one is due: suspicions first, as in the line, then by due time.
    fn next(&mut self) -> Option<usize> {
        let mut first: Option<(bool, f64, usize)> = None;
        for i in 0..self.cameras.len() {
            let interval_s = self.interval_s(self.cameras[i].kind);
            let camera = &mut self.cameras[i];
            let due_s = camera.looked_s + interval_s;
            if due_s <= self.now_s {
                camera.waits_since_s.get_or_insert(self.now_s);
                let place = (camera.kind != Kind::Suspicion, due_s, i);
                first = first.filter(|first| *first < place).or(Some(place));
            }
        }
        first.map(|(_, _, i)| i)
    }

    fn run(&mut self, until_s: f64) {
        while self.now_s < until_s {
            let second_ends_s = self.now_s.floor() + 1.0;
            let mut waits_s = Vec::new();
            while self.now_s < second_ends_s {
                let Some(next) = self.next() else {
                    self.now_s += 0.005;
                    continue;
                };
                let (kind, turned_after_s) = (self.cameras[next].kind, FLOOR_S / self.shares.turned);
                let on_time = FLOOR_S / (FLOOR_S + self.lateness_s.last().copied().unwrap_or_default());
                let floor_looks_per_s = self.cameras.len() as f64 * on_time / turned_after_s;
                let camera = &mut self.cameras[next];
                waits_s.push(self.now_s - camera.waits_since_s.take().unwrap_or(self.now_s));
                let mut cost_s = if kind == Kind::Quiet { QUIET_COST_S } else { ACTIVE_COST_S };
                let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs_f64(self.now_s);
                let floor_due = kind != Kind::Suspicion && self.now_s - camera.turned_s >= turned_after_s;
                if floor_due && self.floor_looks.ask(now, floor_looks_per_s).is_some() {
                    camera.turned_s = self.now_s;
                    cost_s += TURNED_COST_S;
                }
                camera.looked_s = self.now_s;
                camera.looks_s.push(self.now_s);
                self.now_s += cost_s / self.cores;
            }
            waits_s.sort_by(f64::total_cmp);
            let late_s = waits_s.get(waits_s.len() * 9 / 10).copied().unwrap_or_default();
            self.lateness_s.push(late_s);
            self.shares = self.controller.step(Duration::from_secs_f64(late_s.max(0.0)));
        }
    }

    /// Of the cameras of one kind: the longest time between two looks from then on.
    fn longest_s(&self, kind: Kind, from_s: f64) -> f64 {
        let longest = |camera: &Camera| {
            let looks = camera.looks_s.iter().copied().filter(|at_s| *at_s >= from_s);
            let times: Vec<f64> = [from_s].into_iter().chain(looks).chain([self.now_s]).collect();
            times.array_windows().map(|[one, next]| next - one).fold(0.0, f64::max)
        };
        self.cameras.iter().filter(|camera| camera.kind == kind).map(longest).fold(0.0, f64::max)
    }

    /// Of the cameras of one kind: the fewest and the most looks from then on.
    fn looks(&self, kind: Kind, from_s: f64) -> Option<(usize, usize)> {
        let count = |camera: &Camera| camera.looks_s.iter().filter(|at_s| **at_s >= from_s).count();
        let counts = self.cameras.iter().filter(|camera| camera.kind == kind).map(count);
        counts.clone().min().zip(counts.max())
    }

    /// What is asked for at the least rates, in cores: by looks, and by what does not wait for them.
    fn least_cores(&self) -> (f64, f64) {
        let look = |camera: &Camera| match camera.kind {
            Kind::Quiet => QUIET_COST_S / FLOOR_S,
            Kind::Active => ACTIVE_COST_S / FLOOR_S,
            Kind::Suspicion => 0.0,
        };
        let suspicions = self.cameras.iter().filter(|camera| camera.kind == Kind::Suspicion).count();
        // The rate of floor looks has some room.
        let turned = 1.25 * self.cameras.len() as f64 * TURNED_COST_S * LEAST.turned / FLOOR_S;
        (self.cameras.iter().map(look).sum(), suspicions as f64 * ACTIVE_COST_S / 0.5 + turned)
    }
}

/// Streets that ask for up to a few times what there is.
fn streets() -> impl Strategy<Value = (usize, usize, usize, f64)> {
    (20usize..700, 1usize..80, 0usize..8, 0.5..2.0f64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nobody_starves_and_a_suspicion_is_never_late(street in streets()) {
        let mut street = Street::new(street);
        street.run(180.0);
        let (looks, fixed) = street.least_cores();
        prop_assume!(fixed < 0.8 * street.cores);
        let overload = (looks / (street.cores - fixed)).max(1.0);
        for kind in [Kind::Quiet, Kind::Active] {
            let longest_s = street.longest_s(kind, 60.0);
            prop_assert!(longest_s <= 1.3 * FLOOR_S * overload + 1.0, "{kind:?}: {longest_s} s at {overload}");
        }
        prop_assert!(street.longest_s(Kind::Suspicion, 1.0) <= 0.8);
    }

    #[test]
    fn the_same_attention_gets_the_same_and_more_never_gets_less(street in streets()) {
        let mut street = Street::new(street);
        street.run(180.0);
        let [quiet, active] = [Kind::Quiet, Kind::Active].map(|kind| street.looks(kind, 60.0).unwrap());
        prop_assert!(quiet.1 - quiet.0 <= 2 && active.1 - active.0 <= 2, "{quiet:?} {active:?}");
        prop_assert!(active.0 + 1 >= quiet.1, "{quiet:?} {active:?}");
    }

    #[test]
    fn what_is_asked_stays_within_what_there_is(street in streets()) {
        let mut street = Street::new(street);
        street.run(180.0);
        let (looks, fixed) = street.least_cores();
        prop_assume!(looks + fixed < 0.7 * street.cores);
        let late = street.lateness_s[60..].iter().filter(|late_s| **late_s > LATE.as_secs_f64()).count();
        prop_assert!(late <= 120 / 3, "late in {late} of 120 seconds");
        // A rate is given up only when all that goes before it has been.
        let Shares { quiet, turned, active } = street.shares;
        prop_assert!(active == 1.0 || turned == LEAST.turned && quiet == LEAST.quiet);
        prop_assert!(turned == 1.0 || quiet == LEAST.quiet);
    }

    #[test]
    fn when_the_overload_is_over_everything_comes_back(street in streets()) {
        let mut street = Street::new(street);
        street.run(60.0);
        street.cores = 50.0;
        street.run(240.0);
        prop_assert_eq!(street.shares, Shares::FULL);
        prop_assert!(street.longest_s(Kind::Quiet, 200.0) <= 2.2 && street.longest_s(Kind::Active, 200.0) <= 1.2);
    }
}
