//! A model at work: a handle on the sessions that look at frames of all cameras.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use crossbeam_channel::{Sender, TrySendError, bounded};
use gridwatch_ingest::Frame;
use serde::Serialize;
use tokio::{runtime::Handle, sync::oneshot, time::Instant};

use crate::{
    batch::{BatchModel, Seen},
    canary::{self, Canary},
    crowd::Spoke,
    geometry::Part,
    model::{Blueprint, ModelError, ModelSpec, Role},
    pool::{Limits, Pool, supervise},
    provider::{Engine, Provider, Refusal},
    runtime::Runtime,
    worker::{Eyes, Job, Shared},
};

/// A camera has one frame under way at a time, so this is also how many cameras can wait for one detector. What comes
/// on top is refused and counted by the caller.
const QUEUE: usize = 2048;

/// When a batch is full enough to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchPolicy {
    /// No batch has more frames. Each is a row for each view that it is shown in.
    pub(crate) frames_max: usize,
    /// A batch waits no longer than this for more.
    pub(crate) wait_max: Duration,
}

impl BatchPolicy {
    /// A processor is no faster with large batches, so nothing waits for others; what waits already goes together. A GPU
    /// is.
    pub(crate) fn of(engine: Engine) -> Self {
        match engine.provider {
            Provider::Cpu | Provider::OpenVino => Self { frames_max: 4, wait_max: Duration::ZERO },
            Provider::Cuda | Provider::TensorRt => {
                Self { frames_max: 16, wait_max: Duration::from_millis(4) }
            }
        }
    }
}

/// Why a frame was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DetectError {
    /// More frames wait than the queue holds.
    #[error("the detector's queue is full")]
    Overloaded,
    /// The model failed on this batch.
    #[error("the model failed: {0}")]
    Model(String),
    /// The model did not come back from this batch.
    #[error("the model hangs")]
    Hung,
    /// The detector's threads have ended.
    #[error("the detector has stopped")]
    Stopped,
}

/// A handle on a model's sessions. Cheap to clone; the sessions end with the last handle.
#[derive(Clone)]
pub struct Detector {
    jobs: Sender<Job>,
    pool: Arc<Pool>,
    made: Arc<Made>,
}

/// What does not change while it works.
struct Made {
    file: PathBuf,
    role: Role,
    engine: Engine,
    views: usize,
    counts_by: Spoke,
    sessions: usize,
    passed_over: Vec<Refusal>,
}

/// How a model is doing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DetectorStatus {
    /// Its file.
    pub file: PathBuf,
    /// What it is for.
    pub role: Role,
    /// What does its work: made sure of at the start, and the same until the end.
    #[serde(flatten)]
    pub engine: Engine,
    /// The better ones, and why each was passed over.
    pub passed_over: Vec<Refusal>,
    /// In how many views it is shown each frame.
    pub views: usize,
    /// How many sessions it has.
    pub sessions: usize,
    /// How many of them are ready.
    pub ready: usize,
    /// What is wrong with one that is not.
    pub problem: Option<String>,
    /// Batches that were judged.
    pub batches: u64,
    /// Batches that it failed on.
    pub failed: u64,
    /// Batches that it did not come back from.
    pub hung: u64,
    /// How often a session did not see in the canary what is to be seen.
    pub canary_failed: u64,
    /// Sessions that were started again.
    pub restarts: u64,
}

impl Detector {
    /// Loads the model, finds what can do its work, makes sure that it does, and starts the sessions. Blocks meanwhile;
    /// must be called within a tokio runtime, which looks after the sessions.
    ///
    /// # Errors
    /// When the file is missing, broken, or of no family that can do what it is for; when nothing that may do its work
    /// does it rightly.
    pub fn start(runtime: &Runtime, spec: &ModelSpec) -> Result<Self, ModelError> {
        let tokio = Handle::try_current()
            .map_err(|source| ModelError::Unwatched { file: spec.file.clone(), source })?;
        let (blueprint, mut believed) = Blueprint::read(runtime, spec)?;
        let broken = |what| ModelError::Broken { file: spec.file.clone(), what };
        let mut eyes = Eyes::default();
        let canary = canary::picture().ok_or_else(|| broken("no canary".to_owned()))?;
        let reference = eyes.look_at(&mut believed, &canary).map_err(broken)?;
        let canary = Canary::new(canary, reference);

        let mut believed = Some(believed);
        let chosen = choose(spec.engine.candidates(), |engine| {
            let mut model = match believed.take() {
                Some(believed) if engine == Engine::CPU => believed,
                _ => blueprint.open(engine)?,
            };
            canary
                .check(&eyes.look_at(&mut model, &canary.frame)?)
                .map_err(|what| format!("the canary: {what}"))?;
            Ok(model)
        });
        let (engine, model, passed_over) = chosen.map_err(|refusals| ModelError::Refused {
            library: runtime.path().to_owned(),
            file: spec.file.clone(),
            refusals,
        })?;
        for refusal in &passed_over {
            tracing::info!(file = %spec.file.display(), %refusal, "a provider is passed over");
        }
        let sessions = spec.sessions.max(1);
        // The others at the same time: some providers take a while.
        let others: Result<Vec<_>, _> = thread::scope(|scope| {
            let others: Vec<_> = (1..sessions).map(|_| scope.spawn(|| blueprint.open(engine))).collect();
            let joined = others.into_iter().map(|other| other.join());
            joined.map(|other| other.unwrap_or_else(|_| Err("a thread panicked".to_owned()))).collect()
        });
        let boxed = |model| Box::new(model) as Box<dyn BatchModel + Send>;
        let models = [model].into_iter().chain(others.map_err(broken)?).map(boxed).collect();
        let (views, counts_by) = (blueprint.input().views.len(), blueprint.counts_by());
        tracing::info!(file = %spec.file.display(), %engine, views, sessions, "a model is ready");

        let (jobs, queue) = bounded(QUEUE);
        let open = Box::new(move || -> Result<Box<dyn BatchModel + Send>, String> {
            Ok(Box::new(blueprint.open(engine)?))
        });
        let shared = Shared {
            name: thread_name(spec),
            open,
            canary,
            policy: BatchPolicy::of(engine),
            queue,
            counters: Default::default(),
            changed: Default::default(),
        };
        let pool = Pool::start(shared, Limits::default(), models, Instant::now());
        tokio.spawn(supervise(Arc::downgrade(&pool)));
        let made = Made {
            file: spec.file.clone(),
            role: spec.role,
            engine,
            views,
            counts_by,
            sessions,
            passed_over,
        };
        Ok(Self { jobs, pool, made: Arc::new(made) })
    }

    /// Looks at one frame.
    ///
    /// # Errors
    /// When too many frames wait, the model fails, or its threads are gone.
    pub async fn detect(&self, frame: &Frame) -> Result<Seen, DetectError> {
        self.detect_part(frame, Part::whole(frame.width, frame.height)).await
    }

    /// Looks at a part of a frame, as large as the input makes it. What is seen is in pixels of the whole frame.
    ///
    /// # Errors
    /// As [`Detector::detect`]; and when `part` does not lie within the frame.
    pub async fn detect_part(&self, frame: &Frame, part: Part) -> Result<Seen, DetectError> {
        let (reply, seen) = oneshot::channel();
        self.jobs.try_send(Job { frame: frame.clone(), part, reply }).map_err(|error| match error {
            TrySendError::Full(_) => DetectError::Overloaded,
            TrySendError::Disconnected(_) => DetectError::Stopped,
        })?;
        seen.await.unwrap_or(Err(DetectError::Stopped))
    }

    /// What the model tells people by: boxes, or heads, which [`Seen::heads`] has.
    pub fn counts_by(&self) -> Spoke {
        self.made.counts_by
    }

    /// How many frames are under way when each session has so many batches.
    pub(crate) fn frames_under_way(&self, batches: usize) -> usize {
        batches * self.made.sessions * self.pool.shared.policy.frames_max
    }

    /// How the model is doing.
    pub fn status(&self) -> DetectorStatus {
        let Made { file, role, engine, views, sessions, passed_over, .. } = &*self.made;
        let counters = &self.pool.shared.counters;
        let count = |counter: &AtomicU64| counter.load(Relaxed);
        let condition = self.pool.condition();
        DetectorStatus {
            file: file.clone(),
            role: *role,
            engine: *engine,
            passed_over: passed_over.clone(),
            views: *views,
            sessions: *sessions,
            ready: condition.ready,
            problem: condition.problem,
            batches: count(&counters.batches),
            failed: count(&counters.failed),
            hung: count(&counters.hung),
            canary_failed: count(&counters.canary_failed),
            restarts: count(&counters.restarts),
        }
    }
}

/// Linux keeps 15 bytes of a thread's name.
fn thread_name(spec: &ModelSpec) -> String {
    let stem = spec.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    format!("ort-{}", stem.chars().filter(char::is_ascii).take(11).collect::<String>())
}

/// Tries one candidate after the other until one does the work; with why the ones before it did not. All refusals when
/// none does.
fn choose<T>(
    candidates: Vec<Engine>,
    mut start: impl FnMut(Engine) -> Result<T, String>,
) -> Result<(Engine, T, Vec<Refusal>), Vec<Refusal>> {
    let mut refusals = Vec::new();
    for engine in candidates {
        match start(engine) {
            Ok(started) => return Ok((engine, started, refusals)),
            Err(what) => refusals.push(Refusal { engine, what }),
        }
    }
    Err(refusals)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::EngineChoice;

    #[test]
    fn the_first_that_works_is_taken_and_the_others_are_told() {
        let candidates = EngineChoice::default().candidates();
        let fails_on_gpus = |engine: Engine| match engine.provider {
            Provider::Cuda | Provider::TensorRt => Err("no device".to_owned()),
            _ => Ok(()),
        };
        let (engine, (), passed_over) = choose(candidates.clone(), fails_on_gpus).unwrap();
        assert_eq!(engine.provider, Provider::OpenVino);
        assert!(passed_over.len() == 3 && passed_over.iter().all(|refusal| refusal.what == "no device"));
        let refusals = choose(candidates.clone(), |_| Err::<(), _>("broken".to_owned())).unwrap_err();
        assert_eq!(refusals.iter().map(|r| r.engine).collect::<Vec<_>>(), candidates);
    }
}
