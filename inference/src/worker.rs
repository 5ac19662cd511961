//! The thread that owns one session: it takes frames of all cameras from the queue, looks at them in batches, and
//! answers each.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use crossbeam_channel::Receiver;
use gridwatch_ingest::Frame;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use crate::{
    batch::{Batch, BatchModel, Seen},
    canary::Canary,
    detector::{BatchPolicy, DetectError},
    geometry::Part,
    preprocess::Preprocessor,
};

/// A part of a frame to look at, and who wants to know.
pub(crate) struct Job {
    pub(crate) frame: Frame,
    pub(crate) part: Part,
    pub(crate) reply: Reply,
}

pub(crate) type Reply = oneshot::Sender<Result<Seen, DetectError>>;

/// Opens one more session of the model.
pub(crate) type Open = Box<dyn Fn() -> Result<Box<dyn BatchModel + Send>, String> + Send + Sync>;

/// What all workers of a model share.
pub(crate) struct Shared {
    pub(crate) name: String,
    pub(crate) open: Open,
    pub(crate) canary: Canary,
    pub(crate) policy: BatchPolicy,
    pub(crate) queue: Receiver<Job>,
    pub(crate) counters: Counters,
    /// Told when a worker is ready, and when one has ended.
    pub(crate) changed: Arc<Notify>,
}

/// What the workers of a model have done. Counters only grow, but for the last.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) batches: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) hung: AtomicU64,
    pub(crate) canary_failed: AtomicU64,
    pub(crate) restarts: AtomicU64,
    /// Threads that nobody waits for any more and that have not come back.
    pub(crate) abandoned: AtomicU64,
}

/// What a worker is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Opens its session, and shows it the canary.
    Open,
    /// Looks at a batch, or at the canary.
    Look,
}

/// Why a worker has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Nobody asks any more, or it was abandoned.
    Dismissed,
    /// Its session could not be opened, failed on a batch, or the thread panicked.
    Failed(String),
    /// Its session did not see in the canary what is to be seen.
    Canary(String),
}

/// How far a worker is, for whoever watches over it.
#[derive(Default)]
pub(crate) struct Progress {
    /// Counts the tasks that were begun.
    pub(crate) begun: u64,
    /// What is under way, and who waits for it. Whoever takes it out answers.
    pub(crate) under_way: Option<(Task, Vec<Reply>)>,
    /// The session is open and has passed the canary.
    pub(crate) ready: bool,
    /// It has judged a batch or the canary since it was ready.
    pub(crate) proven: bool,
    /// Nobody waits for it any more.
    pub(crate) abandoned: bool,
    pub(crate) ended: Option<Ended>,
}

/// One worker's part of a thread.
pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) progress: Arc<Mutex<Progress>>,
    /// Asks for a look at the canary; closed when the worker is abandoned.
    pub(crate) canary: Receiver<()>,
}

impl Worker {
    /// Serves until nobody asks any more or the session fails. Opens a session where none is given.
    pub(crate) fn run(self, model: Option<Box<dyn BatchModel + Send>>) {
        // Says that it has ended in any case, a panic too.
        let mut end = End { worker: &self, how: Ended::Failed("the thread panicked".to_owned()) };
        end.how = self.serve(model).err().unwrap_or(Ended::Dismissed);
    }

    fn serve(&self, model: Option<Box<dyn BatchModel + Send>>) -> Result<(), Ended> {
        self.begin(Task::Open, Vec::new());
        let mut model = model.map_or_else(|| (self.shared.open)(), Ok).map_err(Ended::Failed)?;
        let mut eyes = Eyes::default();
        self.look_at_canary(&mut *model, &mut eyes)?;
        self.finish(|progress| progress.ready = true)?;
        self.shared.changed.notify_one();
        loop {
            crossbeam_channel::select! {
                recv(self.shared.queue) -> job => {
                    let Ok(job) = job else { return Ok(()) };
                    self.look(&mut *model, gather(job, &self.shared.queue, self.shared.policy), &mut eyes)?;
                }
                recv(self.canary) -> asked => {
                    if asked.is_err() {
                        return Ok(());
                    }
                    self.begin(Task::Look, Vec::new());
                    self.look_at_canary(&mut *model, &mut eyes)?;
                    self.finish(|progress| progress.proven = true)?;
                }
            }
        }
    }

    fn look_at_canary(&self, model: &mut dyn BatchModel, eyes: &mut Eyes) -> Result<(), Ended> {
        let canary = &self.shared.canary;
        let seen = eyes.look_at(model, &canary.frame).map_err(Ended::Canary)?;
        canary.check(&seen).map_err(Ended::Canary)
    }

    /// Looks at the jobs' frames together and answers each.
    fn look(&self, model: &mut dyn BatchModel, jobs: Vec<Job>, eyes: &mut Eyes) -> Result<(), Ended> {
        let input = model.input();
        let mut batch = Batch::new(std::mem::take(&mut eyes.memory));
        let mut replies = Vec::with_capacity(jobs.len());
        for job in jobs {
            match batch.push(&job.frame, job.part, &input, &mut eyes.preprocessor) {
                Ok(()) => replies.push(job.reply),
                // The camera's task may be gone; then nobody needs the answer. So for every reply below.
                Err(what) => drop(job.reply.send(Err(DetectError::Model(what)))),
            }
        }
        if replies.is_empty() {
            eyes.memory = batch.into_tensor();
            return Ok(());
        }
        self.begin(Task::Look, replies);
        let seen = judged(model, &batch);
        let replies = self.finish(|progress| progress.proven |= seen.is_ok())?;
        eyes.memory = batch.into_tensor();
        let counters = &self.shared.counters;
        match seen {
            Ok(seen) => {
                counters.batches.fetch_add(1, Relaxed);
                replies.into_iter().zip(seen).for_each(|(reply, seen)| drop(reply.send(Ok(seen))));
                Ok(())
            }
            Err(what) => {
                counters.failed.fetch_add(1, Relaxed);
                for reply in replies {
                    drop(reply.send(Err(DetectError::Model(what.clone()))));
                }
                Err(Ended::Failed(what))
            }
        }
    }

    fn begin(&self, task: Task, replies: Vec<Reply>) {
        let mut progress = self.progress.lock();
        progress.begun += 1;
        progress.under_way = Some((task, replies));
    }

    /// Who waits for what was under way; an error when the worker was abandoned meanwhile and they have their answer.
    fn finish(&self, note: impl FnOnce(&mut Progress)) -> Result<Vec<Reply>, Ended> {
        let mut progress = self.progress.lock();
        let (_, replies) = progress.under_way.take().ok_or(Ended::Dismissed)?;
        note(&mut progress);
        Ok(replies)
    }
}

/// Tells how a worker has ended when it is dropped.
struct End<'a> {
    worker: &'a Worker,
    how: Ended,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        let shared = &self.worker.shared;
        let mut progress = self.worker.progress.lock();
        if let (Ended::Failed(what), Some((_, replies))) = (&self.how, progress.under_way.take()) {
            for reply in replies {
                drop(reply.send(Err(DetectError::Model(what.clone()))));
            }
        }
        if progress.abandoned {
            shared.counters.abandoned.fetch_sub(1, Relaxed);
        }
        progress.ended = Some(self.how.clone());
        drop(progress);
        shared.changed.notify_one();
    }
}

/// What is kept from batch to batch.
#[derive(Default)]
pub(crate) struct Eyes {
    preprocessor: Preprocessor,
    memory: Vec<f32>,
}

impl Eyes {
    /// What a model sees in one frame.
    pub(crate) fn look_at(&mut self, model: &mut dyn BatchModel, frame: &Frame) -> Result<Seen, String> {
        let mut batch = Batch::new(std::mem::take(&mut self.memory));
        let whole = Part::whole(frame.width, frame.height);
        batch.push(frame, whole, &model.input(), &mut self.preprocessor)?;
        let seen = judged(model, &batch);
        self.memory = batch.into_tensor();
        seen?.pop().ok_or_else(|| "nothing came out".to_owned())
    }
}

/// What the model sees in the batch, frame by frame; an error when that is not to be believed.
fn judged(model: &mut dyn BatchModel, batch: &Batch) -> Result<Vec<Seen>, String> {
    let seen = batch.assign(model.run(batch)?)?;
    let scored = seen.iter().flat_map(|seen| &seen.detections).map(|d| (d.score, d.rect));
    let boxes = scored.flat_map(|(score, rect)| [score, rect.x1, rect.y1, rect.x2, rect.y2]);
    let heads = seen.iter().flat_map(|seen| &seen.heads).flat_map(|head| [head.x, head.y, head.weight]);
    if boxes.chain(heads).any(|value| !value.is_finite()) {
        return Err("the output holds values that are no numbers".to_owned());
    }
    Ok(seen)
}

/// The first job and what comes with it: what waits already, then what comes until the batch is full or has waited long
/// enough.
fn gather(first: Job, queue: &Receiver<Job>, policy: BatchPolicy) -> Vec<Job> {
    let mut jobs = vec![first];
    jobs.extend(queue.try_iter().take(policy.frames_max.saturating_sub(1)));
    if policy.wait_max.is_zero() {
        return jobs;
    }
    let deadline = crossbeam_channel::after(policy.wait_max);
    while jobs.len() < policy.frames_max {
        crossbeam_channel::select! {
            recv(queue) -> job => match job {
                Ok(job) => jobs.push(job),
                Err(_) => break,
            },
            recv(deadline) -> _ => break,
        }
    }
    jobs
}
