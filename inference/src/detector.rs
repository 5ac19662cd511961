//! A model at work: one thread owns it, takes frames of all cameras from a bounded queue, and looks at them in batches.

use std::{thread, time::Duration};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use gridwatch_ingest::Frame;
use tokio::sync::oneshot;

use crate::{
    batch::{Batch, BatchModel, Seen},
    letterbox::Preprocessor,
    model::{ModelError, ModelSpec, OnnxModel},
    runtime::Runtime,
};

/// A camera has one frame under way at a time, so this is also how many cameras can wait for one detector. What comes
/// on top is refused and counted by the caller.
const QUEUE: usize = 2048;

/// When a batch is full enough to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchPolicy {
    /// No batch has more frames. Each is a row, or three where it is shown turned too.
    pub rows_max: usize,
    /// A batch waits no longer than this for more rows.
    pub wait_max: Duration,
}

impl Default for BatchPolicy {
    fn default() -> Self {
        Self { rows_max: 8, wait_max: Duration::from_millis(4) }
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
    /// The detector's thread has ended.
    #[error("the detector has stopped")]
    Stopped,
}

/// A handle on a model's thread. Cheap to clone; the thread ends with the last handle.
#[derive(Clone)]
pub struct Detector {
    jobs: Sender<Job>,
}

struct Job {
    frame: Frame,
    reply: oneshot::Sender<Result<Seen, DetectError>>,
}

impl Detector {
    /// Loads the model on a thread of its own and waits until it is ready. Blocks while it loads.
    ///
    /// # Errors
    /// When the file is missing, broken, or of no family that can do what it is for.
    pub fn start(runtime: &Runtime, spec: &ModelSpec, policy: BatchPolicy) -> Result<Self, ModelError> {
        let (ready, loaded) = bounded(1);
        let (jobs, queue) = bounded(QUEUE);
        let (runtime, owned_spec) = (runtime.clone(), spec.clone());
        let name = spec.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        // Linux keeps 15 bytes of a thread's name.
        let name = format!("ort-{}", name.chars().filter(char::is_ascii).take(11).collect::<String>());
        let thread_error = |source| ModelError::Thread { file: spec.file.clone(), source };
        let thread = thread::Builder::new().name(name).spawn(move || {
            match OnnxModel::load(&runtime, &owned_spec) {
                Ok(mut model) => {
                    if ready.send(Ok(())).is_ok() {
                        work(&mut model, &queue, policy);
                    }
                }
                // Nobody waits any more if this fails.
                Err(error) => drop(ready.send(Err(error))),
            }
        });
        thread.map_err(thread_error)?;
        loaded
            .recv()
            .unwrap_or_else(|_| Err(thread_error(std::io::Error::other("it ended while loading"))))?;
        Ok(Self { jobs })
    }

    /// Looks at one frame.
    ///
    /// # Errors
    /// When too many frames wait, the model fails, or its thread is gone.
    pub async fn detect(&self, frame: &Frame) -> Result<Seen, DetectError> {
        let (reply, seen) = oneshot::channel();
        self.jobs.try_send(Job { frame: frame.clone(), reply }).map_err(|error| match error {
            TrySendError::Full(_) => DetectError::Overloaded,
            TrySendError::Disconnected(_) => DetectError::Stopped,
        })?;
        seen.await.unwrap_or(Err(DetectError::Stopped))
    }
}

/// Runs until all handles are gone.
fn work(model: &mut impl BatchModel, queue: &Receiver<Job>, policy: BatchPolicy) {
    let mut preprocessor = Preprocessor::default();
    let mut memory = Vec::new();
    while let Some(jobs) = gather(queue, policy) {
        memory = run_batch(model, jobs, &mut preprocessor, memory);
    }
}

/// Waits for a job, then for more until the batch is full or has waited long enough. None when all handles are gone.
fn gather(queue: &Receiver<Job>, policy: BatchPolicy) -> Option<Vec<Job>> {
    let mut jobs = vec![queue.recv().ok()?];
    let deadline = crossbeam_channel::after(policy.wait_max);
    while jobs.len() < policy.rows_max {
        crossbeam_channel::select! {
            recv(queue) -> job => match job {
                Ok(job) => jobs.push(job),
                Err(_) => break,
            },
            recv(deadline) -> _ => break,
        }
    }
    Some(jobs)
}

/// Looks at the jobs' frames together and answers each. Gives the tensor's memory back.
fn run_batch(
    model: &mut impl BatchModel,
    jobs: Vec<Job>,
    preprocessor: &mut Preprocessor,
    memory: Vec<f32>,
) -> Vec<f32> {
    let (input, mut batch) = (model.input(), Batch::new(memory));
    let mut replies = Vec::with_capacity(jobs.len());
    for job in jobs {
        match batch.push(&job.frame, &input, preprocessor) {
            Ok(()) => replies.push(job.reply),
            // The camera's task may be gone; then nobody needs the answer. So for every reply below.
            Err(what) => drop(job.reply.send(Err(DetectError::Model(what)))),
        }
    }
    if !replies.is_empty() {
        match model.run(&batch).and_then(|seen| batch.assign(seen)) {
            Ok(seen) => replies.into_iter().zip(seen).for_each(|(reply, seen)| drop(reply.send(Ok(seen)))),
            Err(what) => {
                tracing::error!(rows = replies.len(), error = %what, "a batch failed");
                for reply in replies {
                    drop(reply.send(Err(DetectError::Model(what.clone()))));
                }
            }
        }
    }
    batch.into_tensor()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        detection::{Detection, View},
        geometry::Rect,
        letterbox::{Fit, Input, InputSize},
        testing::frame,
        turned::ALL_VIEWS,
    };

    const SIZE: InputSize = InputSize { width: 32, height: 32 };

    /// Sees in every row one box whose score tells the picture's first pixel, and refuses batches that hold a 255.
    struct FirstPixel {
        views: &'static [View],
    }

    impl BatchModel for FirstPixel {
        fn input(&self) -> Input {
            Input { size: SIZE, fit: Fit::Letterbox, white: 255.0, views: self.views }
        }

        fn run(&mut self, batch: &Batch) -> Result<Vec<Vec<Detection>>, String> {
            let rows = batch.tensor().chunks_exact(SIZE.values());
            // The grey is at the left of a picture that was turned by 90°.
            let corners = rows.map(|row| if row[0] == 114.0 { row[SIZE.width - 1] } else { row[0] });
            let boxes = corners.map(|corner| match corner {
                255.0 => Err("refused".to_owned()),
                colour => Ok(vec![Detection {
                    rect: Rect::new(0.0, 0.0, 32.0, 32.0),
                    score: colour,
                    view: View::Upright,
                }]),
            });
            boxes.collect()
        }
    }

    /// Runs `colours` as one frame each of cameras named after their colour, in batches of at most `rows_max`, each
    /// frame shown in all `views`.
    fn answers(
        colours: &[u8],
        rows_max: usize,
        views: &'static [View],
    ) -> Vec<(u8, Result<Seen, DetectError>)> {
        let (jobs, queue) = bounded(QUEUE);
        let mut waiting = Vec::new();
        for colour in colours {
            let (reply, seen) = oneshot::channel();
            // Sizes differ too, so that a box mapped back by another row's letterbox shows.
            let frame = frame(&format!("cam-{colour}"), 32 + u32::from(*colour), 64, [*colour, 0, 0]);
            jobs.send(Job { frame, reply }).unwrap();
            waiting.push((*colour, seen));
        }
        drop(jobs);
        // Nobody waits that long: every job is there already, and nobody is left to send more.
        let policy = BatchPolicy { rows_max, wait_max: Duration::from_secs(60) };
        work(&mut FirstPixel { views }, &queue, policy);
        waiting.into_iter().map(|(colour, mut seen)| (colour, seen.try_recv().unwrap())).collect()
    }

    proptest! {
        #[test]
        fn every_row_goes_back_to_its_camera(
            colours in prop::collection::vec(0u8..255, 1..40), rows_max in 1usize..12, turned: bool
        ) {
            let views = if turned { ALL_VIEWS } else { &[View::Upright] };
            for (colour, answer) in answers(&colours, rows_max, views) {
                let seen = answer.unwrap();
                prop_assert_eq!(seen.camera.as_str(), format!("cam-{colour}"));
                let seen_in: Vec<View> = seen.detections.iter().map(|d| d.view).collect();
                prop_assert_eq!(seen_in, views, "one box of each view");
                for detection in &seen.detections {
                    prop_assert!((detection.score - f32::from(colour)).abs() < 0.5);
                    // The box filled the input, so in every view it is the whole frame.
                    let whole = Rect::new(0.0, 0.0, 32.0 + f32::from(colour), 64.0);
                    prop_assert!(detection.rect.iou(&whole) > 0.999, "{:?}", detection);
                }
            }
        }
    }

    #[test]
    fn a_batch_that_fails_costs_only_that_batch() {
        let failed = |answers: Vec<(u8, Result<Seen, _>)>| answers.iter().filter(|(_, a)| a.is_err()).count();
        assert_eq!(failed(answers(&[1, 2, 255, 4, 5, 6], 2, &[View::Upright])), 2);
        assert_eq!(failed(answers(&[1, 2, 255, 4, 5, 6], 2, ALL_VIEWS)), 2);
    }
}
