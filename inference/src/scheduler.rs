//! The scheduler: how often every camera is looked at, and by what, within what the machine bears.
//!
//! Ingest keeps the order: each camera is due at its own interval, and who is due first is decoded first. What the
//! intervals are now is decided here, once a second, by the [`Controller`]: it is told how late looks are, which is how
//! long jobs wait for a decoder and how old frames are when they have been judged.

mod controller;
mod floor_looks;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use gridwatch_ingest::{CameraId, Clock, Ingest, Pace, SamplePolicy, Staleness};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

pub use controller::{Controller, Shares, Stage};
pub use floor_looks::FloorLook;
use floor_looks::FloorLooks;

/// How often the controller is asked.
const INTERVAL: Duration = Duration::from_secs(1);
/// The least share of the turned views' looks for which nobody is suspected: a sixteenth, so 8 s become 128 s.
const TURNED_LEAST: f64 = 1.0 / 16.0;
/// The lateness of a second is that of this share of its looks: a few large pictures are no overload.
const LATE_SHARE: f64 = 0.9;
/// So many ages are remembered of one second; more say no more.
const AGES_MAX: usize = 4096;

/// Paces all cameras of one ingest. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Scheduler {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    policy: SamplePolicy,
    /// The distance between two floor looks of one camera at the full rate.
    turned_floor: Duration,
    watched: Mutex<HashMap<CameraId, Arc<Looks>>>,
    floor_looks: FloorLooks,
    shares: Mutex<Shares>,
    /// How late the looks of the last second were.
    lateness: Mutex<Duration>,
    /// How old frames were when they had been judged, since the last step.
    ages: Mutex<Vec<Duration>>,
}

/// The looks at one camera.
#[derive(Debug, Default)]
struct Looks {
    count: AtomicU64,
    /// When the newest frame that was judged had arrived, in milliseconds since 1970; 0 before the first.
    newest_ms: AtomicI64,
}

/// One camera's place at the scheduler: its watcher tells what it has judged, and asks for what it may do.
#[derive(Clone)]
pub struct Seat {
    shared: Arc<Shared>,
    looks: Arc<Looks>,
}

/// How old the newest judged frames are, of the cameras from which pictures arrive.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StalenessByAttention {
    /// Of those where nothing goes on.
    pub quiet: Staleness,
    /// Of those that are looked at more often.
    pub attended: Staleness,
}

impl Scheduler {
    /// A scheduler that begins with the nominal rates: looks by `policy`, floor looks of the turned views every
    /// `turned_floor`.
    pub fn new(policy: SamplePolicy, turned_floor: SignedDuration, clock: Clock) -> Self {
        let turned_floor = Duration::try_from(turned_floor).unwrap_or_default();
        Self {
            shared: Arc::new(Shared {
                policy,
                turned_floor,
                watched: Mutex::default(),
                floor_looks: FloorLooks::new(clock.now()),
                clock,
                shares: Mutex::new(Shares::FULL),
                lateness: Mutex::default(),
                ages: Mutex::default(),
            }),
        }
    }

    /// A place for this camera's watcher, in that of any earlier one.
    pub fn enter(&self, camera: &CameraId) -> Seat {
        let looks = Arc::<Looks>::default();
        self.shared.watched.lock().insert(camera.clone(), looks.clone());
        Seat { shared: self.shared.clone(), looks }
    }

    /// Lets go of a camera that is watched no more.
    pub fn leave(&self, camera: &CameraId) {
        self.shared.watched.lock().remove(camera);
    }

    /// What is left of the nominal rates.
    pub fn shares(&self) -> Shares {
        *self.shared.shares.lock()
    }

    /// How often a camera was looked at, and when the newest of these frames had arrived; nothing if it is not watched.
    pub fn looks(&self, camera: &CameraId) -> Option<(u64, Option<Timestamp>)> {
        let watched = self.shared.watched.lock();
        watched.get(camera).map(|looks| (looks.count.load(Relaxed), looks.newest()))
    }

    /// How old the newest judged frame is of each camera of `ingest` from which pictures arrive.
    pub fn staleness(&self, ingest: &Ingest) -> StalenessByAttention {
        let now = self.shared.clock.now();
        let watched = self.shared.watched.lock().clone();
        let (mut quiet, mut attended) = (Vec::new(), Vec::new());
        for (camera, is_attended) in ingest.playing() {
            let Some(looks) = watched.get(&camera) else { continue };
            let age = looks.newest().map(|at| now.duration_since(at).as_secs_f64().max(0.0));
            if is_attended { &mut attended } else { &mut quiet }.push((camera, age));
        }
        StalenessByAttention { quiet: Staleness::of(quiet), attended: Staleness::of(attended) }
    }

    /// Paces `ingest` for as long as it is polled.
    pub async fn run(self, ingest: Ingest) {
        let policy = self.shared.policy;
        let least = Shares {
            quiet: share(policy.quiet_interval, policy.floor_interval),
            turned: TURNED_LEAST,
            active: share(policy.active_interval, policy.floor_interval),
        };
        let mut controller = Controller::new(least);
        let mut every = tokio::time::interval(INTERVAL);
        loop {
            every.tick().await;
            let decode_wait = Duration::try_from(ingest.decode_wait()).unwrap_or_default();
            let age = self.shared.age_of_late();
            let lateness = decode_wait.max(age);
            tracing::debug!(
                decode_wait_ms = decode_wait.as_millis() as u64,
                age_ms = age.as_millis() as u64,
                "how late looks are"
            );
            let (before, shares) = (self.shares(), controller.step(lateness));
            *self.shared.shares.lock() = shares;
            *self.shared.lateness.lock() = lateness;
            ingest.set_pace(Pace {
                quiet: policy.quiet_interval.div_f64(shares.quiet),
                active: policy.active_interval.div_f64(shares.active),
            });
            if shares.stage() != before.stage() {
                let Shares { quiet, turned, active } = shares;
                tracing::info!(
                    stage = shares.stage().name(),
                    quiet,
                    turned,
                    active,
                    lateness_ms = lateness.as_millis() as u64,
                    "the looks' rates change"
                );
            }
        }
    }
}

/// What is left of a rate where its interval grows from `nominal` to `longest`.
fn share(nominal: Duration, longest: Duration) -> f64 {
    let share = nominal.as_secs_f64() / longest.as_secs_f64();
    if share > 0.0 { share.min(1.0) } else { 1.0 }
}

// === impl Seat ===

impl Seat {
    /// Says that a frame which had arrived at `captured_at` has been judged.
    pub fn judged(&self, captured_at: Timestamp) {
        self.looks.newest_ms.store(captured_at.as_millisecond(), Relaxed);
        if self.looks.count.fetch_add(1, Relaxed) == 0 {
            // When many cameras come at once they wait for each other, however rarely the others are looked at.
            return;
        }
        let age = self.shared.clock.now().duration_since(captured_at);
        let mut ages = self.shared.ages.lock();
        if ages.len() < AGES_MAX {
            ages.push(Duration::try_from(age).unwrap_or_default());
        }
    }

    /// By how much the looks of the turned views for which nobody is suspected are to be rarer now, 1 or more.
    pub fn turned_stretch(&self) -> f32 {
        1.0 / self.shared.shares.lock().turned as f32
    }

    /// Asks for one look of the turned views for which nobody is suspected. None while there are enough of them: then the
    /// camera's next look asks again. To be held until the look is over.
    pub fn floor_look(&self) -> Option<FloorLook> {
        let Shared { clock, policy, turned_floor, watched, floor_looks, shares, lateness, .. } =
            &*self.shared;
        let (cameras, share) = (watched.lock().len(), shares.lock().turned);
        // Where even the least rates are too much, all looks are late: these by as much as the others.
        let floor_s = policy.floor_interval.as_secs_f64();
        let on_time = floor_s / (floor_s + lateness.lock().as_secs_f64());
        floor_looks.ask(clock.now(), cameras as f64 * share * on_time / turned_floor.as_secs_f64())
    }
}

// === impl Shared ===

impl Shared {
    /// How old the frames of the last second were when they had been judged, but for the few oldest.
    fn age_of_late(&self) -> Duration {
        let mut ages = std::mem::take(&mut *self.ages.lock());
        ages.sort_unstable();
        let rank = (ages.len() as f64 * LATE_SHARE) as usize;
        ages.get(rank).copied().unwrap_or_default()
    }
}

// === impl Looks ===

impl Looks {
    fn newest(&self) -> Option<Timestamp> {
        let newest_ms = self.newest_ms.load(Relaxed);
        Timestamp::from_millisecond(newest_ms).ok().filter(|_| newest_ms != 0)
    }
}

#[cfg(test)]
mod tests;
