//! The threads that decode.

use std::{
    collections::VecDeque,
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::{Condvar, Mutex};

use super::{
    budget::Budget,
    chain::{DecodeError, DecoderChain},
    choice::DecoderChoice,
    decoders::Decoders,
    line::Line,
};
use crate::{access_unit::Codec, camera::CameraId, frame::Frame, sampler::DecodeJob};

/// How much the pool may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecodePoolSettings {
    /// The share of the machine that decoding may take, in processor cores; there are as many threads, rounded up. With 0,
    /// nothing is decoded and jobs are let go of.
    pub cores: f64,
    /// Cameras that may hold a decoder of their own for a burst at one time; the one unused for longest gives way.
    pub bursts_max: usize,
}

impl Default for DecodePoolSettings {
    /// Half of the machine: the other half is for the detectors and everything else.
    fn default() -> Self {
        let all = thread::available_parallelism().map_or(1, NonZero::get);
        Self { cores: all as f64 / 2.0, bursts_max: 16 }
    }
}

/// What the pool has done so far. Counters only grow.
#[derive(Debug, Default)]
pub struct DecodeStats {
    /// Frames given out.
    pub decoded: AtomicU64,
    /// Jobs replaced by a newer one of the same camera before their turn came.
    pub superseded: AtomicU64,
    /// Jobs that gave no frame.
    pub failed: AtomicU64,
    /// Microseconds that threads were at work on jobs, all together.
    pub busy_us: AtomicU64,
}

/// A small pool of decoder threads.
///
/// Every camera has one place in the [`Line`] and one job in it. A newer job takes the older one's place. Threads that
/// have used up the pool's [`Budget`] pause before the next job.
pub struct DecodePool {
    shared: Arc<Shared>,
    threads: Vec<thread::JoinHandle<()>>,
}

/// What becomes of a job: the camera it was for, and its frame or why there is none.
pub type Deliver = dyn Fn(&CameraId, Result<Frame, DecodeError>) + Send + Sync;

/// The time since some fixed moment, for measuring.
type Stopwatch = dyn Fn() -> Duration + Send + Sync;

struct Shared {
    work: Mutex<Work>,
    /// Told when there is a job, or the end.
    wake: Condvar,
    decoders: Decoders,
    stats: DecodeStats,
    settings: DecodePoolSettings,
    stopwatch: Box<Stopwatch>,
    deliver: Box<Deliver>,
}

struct Work {
    line: Line,
    budget: Budget,
    /// Decoders kept between the jobs of a burst, the least recently used first.
    kept: VecDeque<(CameraId, DecoderChain)>,
    /// Those kept for the rest of a group, the same.
    halfway: VecDeque<(CameraId, DecoderChain)>,
    /// Those that are free.
    idle: Vec<DecoderChain>,
    stopping: bool,
}

/// So many decoders are kept for the rest of a group, and so many free ones: at 640×360 each has a few megabytes.
const HALFWAY_MAX: usize = 64;
const IDLE_MAX: usize = 32;

impl DecodePool {
    /// Starts the threads. `deliver` is called on them with every result.
    pub fn new(
        settings: DecodePoolSettings,
        deliver: impl Fn(&CameraId, Result<Frame, DecodeError>) + Send + Sync + 'static,
    ) -> Self {
        let began = tokio::time::Instant::now();
        Self::with_stopwatch(settings, move || began.elapsed(), deliver)
    }

    fn with_stopwatch(
        settings: DecodePoolSettings,
        stopwatch: impl Fn() -> Duration + Send + Sync + 'static,
        deliver: impl Fn(&CameraId, Result<Frame, DecodeError>) + Send + Sync + 'static,
    ) -> Self {
        let budget = Budget::new(settings.cores, stopwatch());
        let work = Work {
            line: Line::default(),
            budget,
            kept: VecDeque::new(),
            halfway: VecDeque::new(),
            idle: Vec::new(),
            stopping: false,
        };
        let shared = Arc::new(Shared {
            work: Mutex::new(work),
            wake: Condvar::new(),
            decoders: Decoders::default(),
            stats: DecodeStats::default(),
            settings,
            stopwatch: Box::new(stopwatch),
            deliver: Box::new(deliver),
        });
        let threads = (0..settings.cores.ceil() as usize)
            .filter_map(|n| {
                let shared = shared.clone();
                let spawned = thread::Builder::new().name(format!("decode-{n}")).spawn(move || shared.run());
                spawned.inspect_err(|error| tracing::error!(%error, "a decoder thread did not start")).ok()
            })
            .collect();
        Self { shared, threads }
    }

    /// Puts a job in its camera's place.
    pub fn submit(&self, job: DecodeJob) {
        if self.threads.is_empty() {
            return;
        }
        if self.shared.work.lock().line.put(job) {
            self.shared.stats.superseded.fetch_add(1, Relaxed);
        }
        self.shared.wake.notify_one();
    }

    /// For how long the camera that has waited for a decoder for longest waits at `now`; zero where none waits.
    pub fn longest_wait(&self, now: Timestamp) -> SignedDuration {
        self.shared.work.lock().line.longest_wait(now)
    }

    /// Lets go of the decoder that `camera` held for a burst.
    pub fn release(&self, camera: &CameraId) {
        let released = {
            let mut work = self.shared.work.lock();
            take_kept(&mut work.kept, camera).and_then(|chain| work.put_idle(chain))
        };
        // Stopping a decoder takes time; not under the lock.
        drop(released);
    }

    /// Lets go of a camera that is gone: its decoder, its job, and when it was looked at.
    pub fn forget(&self, camera: &CameraId) {
        let halfway = {
            let mut work = self.shared.work.lock();
            work.line.forget(camera);
            take_kept(&mut work.halfway, camera)
        };
        drop(halfway);
        self.release(camera);
    }

    /// Which decoder reads each codec; nothing before the threads have begun.
    pub fn choices(&self) -> Vec<DecoderChoice> {
        self.shared.decoders.choices()
    }

    /// What the pool has done so far.
    pub fn stats(&self) -> &DecodeStats {
        &self.shared.stats
    }
}

impl Drop for DecodePool {
    fn drop(&mut self) {
        self.shared.work.lock().stopping = true;
        self.shared.wake.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has already said so.
            let _ = thread.join();
        }
    }
}

// === impl Shared ===

impl Shared {
    fn run(&self) {
        self.decoders.choose_all();
        while let Some((camera, job)) = self.next() {
            let began = (self.stopwatch)();
            let result = self.decode(&camera, &job);
            let now = (self.stopwatch)();
            let busy = now.saturating_sub(began);
            self.work.lock().budget.spend(now, busy);
            self.stats.busy_us.fetch_add(busy.as_micros() as u64, Relaxed);
            let counter = if result.is_ok() { &self.stats.decoded } else { &self.stats.failed };
            counter.fetch_add(1, Relaxed);
            (self.deliver)(&camera, result);
            self.work.lock().line.done(&camera);
            // A job of this camera may have waited for it to be free again.
            self.wake.notify_one();
        }
    }

    /// Waits until the budget allows a job and there is one, of a camera that no other thread is at work on. None when
    /// the pool stops.
    fn next(&self) -> Option<(CameraId, DecodeJob)> {
        let mut work = self.work.lock();
        loop {
            if work.stopping {
                return None;
            }
            let pause = work.budget.pause((self.stopwatch)());
            if !pause.is_zero() {
                self.wake.wait_for(&mut work, pause);
            } else if let Some(taken) = work.line.take() {
                if !work.line.is_empty() {
                    // Who pauses may have been told of that job instead of who is free.
                    self.wake.notify_one();
                }
                return Some(taken);
            } else {
                self.wake.wait(&mut work);
            }
        }
    }

    /// Decodes a job with the decoder that is kept for its camera, or one that is free, or a new one; keeps it for what
    /// comes next, and lets go of it where it fails.
    fn decode(&self, camera: &CameraId, job: &DecodeJob) -> Result<Frame, DecodeError> {
        let codec = job.units.first().ok_or(DecodeError::NoPicture)?.parameters.codec;
        let at_hand = self.work.lock().chain_for(camera, codec);
        let at_hand = at_hand.filter(|chain| chain.codec() == codec && self.decoders.uses(chain));
        let mut chain = match at_hand {
            Some(chain) => chain,
            None => self.decoders.chain(codec)?,
        };
        let result = chain.decode(&job.units, !job.burst);
        self.decoders.on_job(codec, chain.decoder(), result.as_ref().err());
        if matches!(result, Err(DecodeError::Chain { .. })) {
            return result;
        }
        let mut work = self.work.lock();
        let left_over = if job.burst {
            push_bounded(&mut work.kept, (camera.clone(), chain), self.settings.bursts_max)
        } else if job.goes_on && result.is_ok() && chain.is_software() {
            push_bounded(&mut work.halfway, (camera.clone(), chain), HALFWAY_MAX)
        } else {
            Some(chain)
        };
        let left_over = left_over.and_then(|chain| work.put_idle(chain));
        drop(work);
        // Stopping a decoder takes time; not under the lock.
        drop(left_over);
        result
    }
}

impl Work {
    /// The decoder that is kept for this camera, or one that is free.
    fn chain_for(&mut self, camera: &CameraId, codec: Codec) -> Option<DecoderChain> {
        let kept = take_kept(&mut self.kept, camera).or_else(|| take_kept(&mut self.halfway, camera));
        kept.or_else(|| {
            let at = self.idle.iter().rposition(|chain| chain.codec() == codec)?;
            Some(self.idle.swap_remove(at))
        })
    }

    /// Puts a decoder to those that are free, or gives it back where there are enough.
    fn put_idle(&mut self, chain: DecoderChain) -> Option<DecoderChain> {
        if self.idle.len() >= IDLE_MAX {
            return Some(chain);
        }
        self.idle.push(chain);
        None
    }
}

/// Adds one; gives what was added first where there are more than `most`.
fn push_bounded(
    kept: &mut VecDeque<(CameraId, DecoderChain)>,
    newest: (CameraId, DecoderChain),
    most: usize,
) -> Option<DecoderChain> {
    kept.push_back(newest);
    if kept.len() > most { kept.pop_front().map(|(_, chain)| chain) } else { None }
}

fn take_kept(kept: &mut VecDeque<(CameraId, DecoderChain)>, camera: &CameraId) -> Option<DecoderChain> {
    let at = kept.iter().position(|(holder, _)| holder == camera)?;
    kept.remove(at).map(|(_, chain)| chain)
}

#[cfg(test)]
mod tests;
