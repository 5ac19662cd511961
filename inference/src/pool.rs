//! The sessions of one model: each owned by one worker, all fed from one queue. When one fails or hangs, its batch is
//! lost and no more: the others go on, and another takes its place.

use std::{
    sync::{Arc, Weak, atomic::Ordering::Relaxed},
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, bounded};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{
    batch::BatchModel,
    detector::DetectError,
    worker::{Ended, Progress, Shared, Task, Worker},
};

/// How often the workers are looked after, when none of them asks for it.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// How long is waited for a session to be closed at the end.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// So many threads that hang may be left behind. A model that hangs again and again gets no more.
const ABANDONED_MAX: u64 = 4;

/// What a worker is allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For one batch.
    pub(crate) look: Duration,
    /// For opening a session. TensorRT may have to build it anew.
    pub(crate) open: Duration,
    /// From canary to canary.
    pub(crate) canary: Duration,
    /// From one start of a session to the next, at least; twice as long each time that it fails before it has judged
    /// anything.
    pub(crate) restart_least: Duration,
    /// The same, at most.
    pub(crate) restart_longest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            look: Duration::from_secs(10),
            open: Duration::from_secs(600),
            canary: Duration::from_secs(60),
            restart_least: Duration::from_secs(1),
            restart_longest: Duration::from_secs(60),
        }
    }
}

/// The sessions of one model.
pub(crate) struct Pool {
    pub(crate) shared: Arc<Shared>,
    limits: Limits,
    places: Mutex<Vec<Place>>,
}

/// Where one session works, one after the other.
enum Place {
    Working(Watched),
    Resting {
        until: Instant,
        /// Sessions in a row that failed before they had judged anything.
        failures: u32,
        /// How the last one ended.
        what: String,
    },
}

/// A worker, as it is watched.
struct Watched {
    progress: Arc<Mutex<Progress>>,
    /// Closed when the thread has ended.
    ended: Receiver<()>,
    ask_canary: Sender<()>,
    canary_due: Instant,
    started: Instant,
    /// The task that was under way at the last look, and since when it was seen.
    task: u64,
    since: Instant,
    failures: u32,
    /// How the one before it ended.
    before: Option<String>,
}

/// How the sessions are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// How many are ready.
    pub(crate) ready: usize,
    /// What is wrong with one that is not.
    pub(crate) problem: Option<String>,
}

impl Pool {
    /// Puts each of these models to work, which are open already.
    pub(crate) fn start(
        shared: Shared,
        limits: Limits,
        models: Vec<Box<dyn BatchModel + Send>>,
        now: Instant,
    ) -> Arc<Self> {
        let pool = Self { shared: Arc::new(shared), limits, places: Mutex::default() };
        let places = models.into_iter().map(|model| pool.begin(now, 0, None, Some(model))).collect();
        *pool.places.lock() = places;
        Arc::new(pool)
    }

    /// Looks after all workers: ends the wait for those that hang, starts others for those that have ended, has the
    /// canary shown when it is due.
    pub(crate) fn watch(&self, now: Instant) {
        let mut places = self.places.lock();
        for place in places.iter_mut() {
            match place {
                Place::Working(watched) => {
                    if let Some(what) = self.inspect(watched, now) {
                        *place = self.rest(watched, what, now);
                    }
                }
                Place::Resting { until, failures, what } if now >= *until && self.may_start() => {
                    self.shared.counters.restarts.fetch_add(1, Relaxed);
                    *place = self.begin(now, *failures, Some(what.clone()), None);
                }
                Place::Resting { .. } => {}
            }
        }
        // Nobody would look at what waits for long: better they know.
        if let Some(what) = all_rest(&places) {
            for job in self.shared.queue.try_iter() {
                drop(job.reply.send(Err(DetectError::Model(format!("no session works: {what}")))));
            }
        }
    }

    /// How the sessions are.
    pub(crate) fn condition(&self) -> Condition {
        let mut condition = Condition { ready: 0, problem: None };
        for place in &*self.places.lock() {
            let problem = match place {
                Place::Working(watched) if watched.progress.lock().ready => {
                    condition.ready += 1;
                    continue;
                }
                Place::Working(watched) => watched.before.clone(),
                Place::Resting { what, .. } => Some(what.clone()),
            };
            condition.problem = condition.problem.or(problem);
        }
        condition
    }

    /// How many tasks each worker has begun.
    #[cfg(test)]
    fn begun(&self) -> Vec<u64> {
        let places = self.places.lock();
        let begun = places.iter().map(|place| match place {
            Place::Working(watched) => watched.progress.lock().begun,
            Place::Resting { .. } => 0,
        });
        begun.collect()
    }

    fn may_start(&self) -> bool {
        self.shared.counters.abandoned.load(Relaxed) < ABANDONED_MAX
    }

    fn begin(
        &self,
        now: Instant,
        failures: u32,
        before: Option<String>,
        model: Option<Box<dyn BatchModel + Send>>,
    ) -> Place {
        let progress = Arc::new(Mutex::new(Progress::default()));
        let (ask_canary, canary) = bounded(1);
        let worker = Worker { shared: self.shared.clone(), progress: progress.clone(), canary };
        let (alive, ended) = bounded(0);
        let watched = Watched {
            progress,
            ended,
            ask_canary,
            canary_due: now + self.limits.canary,
            started: now,
            task: 0,
            since: now,
            failures,
            before,
        };
        match thread::Builder::new().name(self.shared.name.clone()).spawn(move || {
            // Let go of when the session is closed.
            let _alive: Sender<()> = alive;
            worker.run(model);
        }) {
            Ok(_) => Place::Working(watched),
            Err(error) => self.rest(&watched, format!("its thread did not start: {error}"), now),
        }
    }

    /// What a place does after its worker has ended.
    fn rest(&self, watched: &Watched, what: String, now: Instant) -> Place {
        let failures = if watched.progress.lock().proven { 1 } else { watched.failures + 1 };
        let wait = self.limits.restart_least * 2u32.saturating_pow(failures - 1).min(1 << 16);
        let until = (watched.started + wait.min(self.limits.restart_longest)).max(now);
        tracing::error!(model = self.shared.name, failures, what, "a session has ended and is started again");
        Place::Resting { until, failures, what }
    }

    /// Why the worker is to be replaced, if it is.
    fn inspect(&self, watched: &mut Watched, now: Instant) -> Option<String> {
        let counters = &self.shared.counters;
        let mut progress = watched.progress.lock();
        if let Some(ended) = &progress.ended {
            return match ended {
                // Nobody asks any more.
                Ended::Dismissed => None,
                Ended::Failed(what) => Some(what.clone()),
                Ended::Canary(what) => {
                    counters.canary_failed.fetch_add(1, Relaxed);
                    Some(format!("the canary: {what}"))
                }
            };
        }
        if watched.task != progress.begun {
            (watched.task, watched.since) = (progress.begun, now);
        }
        if let Some((task, _)) = &progress.under_way {
            let limit = if *task == Task::Open { self.limits.open } else { self.limits.look };
            if now - watched.since >= limit {
                counters.hung.fetch_add(1, Relaxed);
                counters.abandoned.fetch_add(1, Relaxed);
                progress.abandoned = true;
                let replies = progress.under_way.take().map(|(_, replies)| replies);
                for reply in replies.into_iter().flatten() {
                    drop(reply.send(Err(DetectError::Hung)));
                }
                return Some(format!("it hung for {} s", limit.as_secs_f64()));
            }
        }
        if now >= watched.canary_due {
            // One that was asked for and not looked at yet is as good.
            let _ = watched.ask_canary.try_send(());
            watched.canary_due = now + self.limits.canary;
        }
        None
    }
}

/// Waits until the sessions are closed, but not for long: a process that ends meanwhile may crash.
impl Drop for Pool {
    fn drop(&mut self) {
        for place in self.places.get_mut().drain(..) {
            if let Place::Working(Watched { ended, ask_canary, .. }) = place {
                // Dismisses it.
                drop(ask_canary);
                // Nothing is ever sent: it closes, or hangs.
                let _ = ended.recv_timeout(CLOSE_LIMIT);
            }
        }
    }
}

/// How the last one ended, where no place has a worker.
fn all_rest(places: &[Place]) -> Option<String> {
    let what = places.iter().map(|place| match place {
        Place::Resting { what, .. } => Some(what.clone()),
        Place::Working(_) => None,
    });
    what.reduce(|a, b| a.and(b)).flatten()
}

/// Looks after a pool until nobody needs it any more.
pub(crate) async fn supervise(pool: Weak<Pool>) {
    let Some(changed) = pool.upgrade().map(|pool| pool.shared.changed.clone()) else { return };
    let mut every = tokio::time::interval(WATCH_INTERVAL);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = changed.notified() => {}
        }
        let Some(pool) = pool.upgrade() else { return };
        pool.watch(Instant::now());
    }
}

#[cfg(test)]
mod tests;
