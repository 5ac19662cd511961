//! The threads that decode, and the order in which cameras get their turn.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use parking_lot::{Condvar, Mutex};

use super::chain::{DecodeError, DecoderChain};
use crate::{
    access_unit::Codec,
    camera::CameraId,
    frame::Frame,
    sampler::{DecodeJob, JOB_UNITS_MAX},
};

/// How large the pool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodePoolSettings {
    /// Threads that decode. With none, nothing is decoded and jobs are let go of.
    pub threads: usize,
    /// Cameras that may hold a decoder of their own for a burst at one time; the one unused for longest gives way.
    pub bursts_max: usize,
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
}

/// A small pool of decoder threads.
///
/// Every camera has one place in the queue and one job in it. A newer job takes the older one's place, so under
/// overload every camera's turn comes later but none is passed over.
pub struct DecodePool {
    shared: Arc<Shared>,
    threads: Vec<thread::JoinHandle<()>>,
}

/// What becomes of a job: the camera it was for, and its frame or why there is none.
pub type Deliver = dyn Fn(&CameraId, Result<Frame, DecodeError>) + Send + Sync;

struct Shared {
    queue: Mutex<Queue>,
    work: Condvar,
    stats: DecodeStats,
    settings: DecodePoolSettings,
    deliver: Box<Deliver>,
}

#[derive(Default)]
struct Queue {
    order: VecDeque<CameraId>,
    jobs: HashMap<CameraId, DecodeJob>,
    busy: HashSet<CameraId>,
    /// Decoders kept between the jobs of a burst, the least recently used first.
    kept: VecDeque<(CameraId, DecoderChain)>,
    stopping: bool,
}

impl DecodePool {
    /// Starts the threads. `deliver` is called on them with every result.
    pub fn new(
        settings: DecodePoolSettings,
        deliver: impl Fn(&CameraId, Result<Frame, DecodeError>) + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            work: Condvar::new(),
            stats: DecodeStats::default(),
            settings,
            deliver: Box::new(deliver),
        });
        let threads = (0..settings.threads)
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
        let Some(camera) = job.units.first().map(|unit| unit.camera.clone()) else { return };
        let mut queue = self.shared.queue.lock();
        match queue.jobs.remove(&camera) {
            None => {
                queue.order.push_back(camera.clone());
                queue.jobs.insert(camera, job);
            }
            Some(waiting) => {
                self.shared.stats.superseded.fetch_add(1, Relaxed);
                queue.jobs.insert(camera, merge(waiting, job));
            }
        }
        drop(queue);
        self.shared.work.notify_one();
    }

    /// Lets go of the decoder that `camera` held for a burst.
    pub fn release(&self, camera: &CameraId) {
        let mut queue = self.shared.queue.lock();
        let released = take_kept(&mut queue.kept, camera);
        drop(queue);
        // Stopping a decoder takes time; not under the lock.
        drop(released);
    }

    /// What the pool has done so far.
    pub fn stats(&self) -> &DecodeStats {
        &self.shared.stats
    }
}

impl Drop for DecodePool {
    fn drop(&mut self) {
        self.shared.queue.lock().stopping = true;
        self.shared.work.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has already said so.
            let _ = thread.join();
        }
    }
}

// === impl Shared ===

impl Shared {
    fn run(&self) {
        let mut shared_chains: HashMap<Codec, DecoderChain> = HashMap::new();
        while let Some((camera, job)) = self.next() {
            let result =
                if job.burst { self.run_burst(&camera, &job) } else { run_single(&mut shared_chains, &job) };
            let counter = if result.is_ok() { &self.stats.decoded } else { &self.stats.failed };
            counter.fetch_add(1, Relaxed);
            (self.deliver)(&camera, result);
            self.queue.lock().busy.remove(&camera);
            // A job of this camera may have waited for it to be free again.
            self.work.notify_one();
        }
    }

    /// Waits for the next job of a camera that no other thread is at work on. None when the pool stops.
    fn next(&self) -> Option<(CameraId, DecodeJob)> {
        let mut queue = self.queue.lock();
        loop {
            if queue.stopping {
                return None;
            }
            let free = queue.order.iter().position(|camera| !queue.busy.contains(camera));
            let camera = free.and_then(|at| queue.order.remove(at));
            if let Some(camera) = camera
                && let Some(job) = queue.jobs.remove(&camera)
            {
                queue.busy.insert(camera.clone());
                return Some((camera, job));
            }
            self.work.wait(&mut queue);
        }
    }

    fn run_burst(&self, camera: &CameraId, job: &DecodeJob) -> Result<Frame, DecodeError> {
        let codec = job.units.first().ok_or(DecodeError::NoPicture)?.parameters.codec;
        let kept = take_kept(&mut self.queue.lock().kept, camera).filter(|chain| chain.codec() == codec);
        let mut chain = match kept {
            Some(chain) => chain,
            None => DecoderChain::new(codec)?,
        };
        let result = chain.decode(&job.units, false);
        if matches!(result, Err(DecodeError::Chain { .. })) {
            return result;
        }
        let mut queue = self.queue.lock();
        queue.kept.push_back((camera.clone(), chain));
        let oldest = if queue.kept.len() > self.settings.bursts_max { queue.kept.pop_front() } else { None };
        drop(queue);
        drop(oldest);
        result
    }
}

/// One picture or one catch-up, on this thread's decoder for the codec. A decoder that failed is replaced.
fn run_single(chains: &mut HashMap<Codec, DecoderChain>, job: &DecodeJob) -> Result<Frame, DecodeError> {
    let codec = job.units.first().ok_or(DecodeError::NoPicture)?.parameters.codec;
    let mut chain = match chains.remove(&codec) {
        Some(chain) => chain,
        None => DecoderChain::new(codec)?,
    };
    let result = chain.decode(&job.units, true);
    if !matches!(result, Err(DecodeError::Chain { .. })) {
        chains.insert(codec, chain);
    }
    result
}

fn take_kept(kept: &mut VecDeque<(CameraId, DecoderChain)>, camera: &CameraId) -> Option<DecoderChain> {
    let at = kept.iter().position(|(holder, _)| holder == camera)?;
    kept.remove(at).map(|(_, chain)| chain)
}

/// The one job that stands for two of the same camera: the newer alone if it can be decoded alone or both together are
/// too much, else both.
fn merge(waiting: DecodeJob, newer: DecodeJob) -> DecodeJob {
    let alone = newer.units.first().is_some_and(|unit| unit.key);
    if alone || !waiting.burst || waiting.units.len() + newer.units.len() > JOB_UNITS_MAX {
        return newer;
    }
    let mut units = waiting.units;
    units.extend(newer.units);
    DecodeJob { units, burst: true }
}

#[cfg(test)]
mod tests;
