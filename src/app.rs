//! The composition: cameras to frames, frames to observations, observations to alerts, alerts to the wall.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use anyhow::Context;
use gridwatch_alerts::{Cameras, Desk, EvidenceStore, GridTree, OpenIncident, Problems, Recorder, Store};
use gridwatch_console::Parts;
use gridwatch_inference::{
    BatchPolicy, Detector, Detectors, FallRule, FallSettings, InferenceCounters, Observation, Runtime,
    Watcher,
};
use gridwatch_ingest::{CameraSource, Clock, Generation, Ingest, IngestCounters};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{CameraConfig, Config, Models},
    evidence,
};

/// Nobody is watched, because there are no models.
const NO_DETECTORS: &str = "no_detectors";
/// The detectors fail on what they are given.
const DETECTOR_DOWN: &str = "detector_down";
/// This many frames in a row that no detector judged mean that nobody is watching.
const FAILED_FRAMES_MAX: u64 = 20;
/// How often the counters are written into the log.
const COUNTERS_INTERVAL: Duration = Duration::from_secs(60);
/// Observations that may wait between the watchers and the recorder; then watchers wait.
const OBSERVATIONS_MAX: usize = 256;

/// Runs everything that `config` names, until `stop`.
///
/// # Errors
/// Whatever keeps it from starting, each with the file or address it is about.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let detectors = load_detectors(&config.models).await?;
    run_with(config, Some(detectors), stop).await
}

/// As [`run`], with detectors that are loaded already, or none: then nobody is watched, and the wall says so.
///
/// # Errors
/// As [`run`].
pub async fn run_with(
    config: Config,
    detectors: Option<Detectors>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let clock = Clock::system();
    let (grids, cameras) = load_grids(&config)?;
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!("cannot listen on {}; is another gridwatch running there?", config.listen)
    })?;
    let store = Store::open(&config.database).await?;
    let desk = Desk::open(store.clone(), Arc::new(cameras), clock.clone()).await?;
    let problems = Problems::new(clock.clone());
    let evidence_store = EvidenceStore::open(&config.evidence, desk.clone(), problems.clone()).await?;
    let ingest = Ingest::new(config.ingest.clone(), clock.clone())?;

    let (recorder, recording, opened) = Recorder::new(desk.clone(), problems.clone());
    let recording = tokio::spawn(recording.run());
    let evidence = tokio::spawn(evidence::run(opened, ingest.clone(), evidence_store.clone(), clock.clone()));
    for camera in config.cameras.iter().filter(|camera| !camera.enabled) {
        ingest.disable(&camera.entry.id);
    }
    let (observations, observed) = mpsc::channel(OBSERVATIONS_MAX);
    let recorded = tokio::spawn(record(observed, recorder));
    match detectors {
        Some(detectors) => {
            let open = desk.open_incidents().await?;
            let watch =
                Watch { detectors, rule: config.fall, clock: clock.clone(), problems: problems.clone() };
            watch.start(&config.cameras, &open, &ingest, observations, stop.clone());
        }
        None => {
            problems.raise(NO_DETECTORS, "no models");
            for camera in config.cameras.iter().filter(|camera| camera.enabled) {
                drop(ingest.add(source(camera)));
            }
            drop(observations);
        }
    }

    tracing::info!(address = %listener.local_addr()?, cameras = config.cameras.len(), "the wall is open");
    let parts = Parts {
        desk: desk.clone(),
        evidence: evidence_store,
        problems,
        grids: Arc::new(grids),
        ingest: ingest.clone(),
        clock,
    };
    let served = gridwatch_console::serve(listener, parts, stop.clone()).await;
    stop.cancel();
    ingest.stop().await;
    // The watchers end with `stop`; what they had said is still written.
    let _ = tokio::join!(recorded, recording, evidence);
    store.close().await;
    Ok(served?)
}

/// Checks what `config` names without starting anything.
///
/// # Errors
/// As [`run`].
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub async fn check(config: Config) -> anyhow::Result<()> {
    let (grids, cameras) = load_grids(&config)?;
    drop(load_detectors(&config.models).await?);
    let without_grid = cameras.iter().filter(|camera| camera.grid().is_none()).count();
    println!(
        "in order: {} grids, {} cameras ({} outside every grid), both models",
        grids.iter().len(),
        cameras.iter().len(),
        without_grid
    );
    Ok(())
}

/// Loads both models at the same time; each keeps its own thread.
///
/// # Errors
/// When ONNX Runtime or a model cannot be used.
pub async fn load_detectors(models: &Models) -> anyhow::Result<Detectors> {
    let models = models.clone();
    let loaded = tokio::task::spawn_blocking(move || -> anyhow::Result<Detectors> {
        let runtime = Runtime::load(models.runtime)?;
        Ok(Detectors {
            person: Detector::start(&runtime, &models.person, BatchPolicy::default())?,
            // A row here is three views: more of them at once take memory and time, and are no faster.
            fallen: Detector::start(
                &runtime,
                &models.fallen,
                BatchPolicy { rows_max: 2, ..BatchPolicy::default() },
            )?,
        })
    });
    loaded.await?
}

fn load_grids(config: &Config) -> anyhow::Result<(GridTree, Cameras)> {
    let grids =
        GridTree::load(&config.grids).with_context(|| format!("grid tree {}", config.grids.display()))?;
    let entries = config.cameras.iter().map(|camera| camera.entry.clone());
    let cameras = Cameras::register(entries, &grids).map_err(|errors| {
        let all: String = errors.iter().map(|error| format!("\n  {error}")).collect();
        anyhow::anyhow!("{} camera(s) cannot be registered:{all}", errors.len())
    })?;
    Ok((grids, cameras))
}

fn source(camera: &CameraConfig) -> CameraSource {
    CameraSource {
        id: camera.entry.id.clone(),
        generation: Generation(1),
        address: camera.address.clone(),
        transport: camera.transport,
        main: camera.main.clone(),
    }
}

/// Hands every observation to the recorder, in order.
async fn record(mut observed: mpsc::Receiver<Observation>, recorder: Recorder) {
    while let Some(observation) = observed.recv().await {
        if let Err(error) = recorder.send(observation).await {
            tracing::error!(%error, "an observation was lost: nobody records any more");
        }
    }
}

/// What is needed to watch cameras.
struct Watch {
    detectors: Detectors,
    rule: FallSettings,
    clock: Clock,
    problems: Problems,
}

impl Watch {
    /// Begins to pull and watch all enabled cameras; each goes on with the falls that were open before a restart.
    fn start(
        self,
        cameras: &[CameraConfig],
        open: &[OpenIncident],
        ingest: &Ingest,
        observations: mpsc::Sender<Observation>,
        stop: CancellationToken,
    ) {
        let now = self.clock.now();
        let counters = Arc::new(InferenceCounters::default());
        for camera in cameras.iter().filter(|camera| camera.enabled) {
            // Milliseconds since 1970 are more than the incidents of any earlier run.
            let first_incident = now.as_millisecond().unsigned_abs();
            let mut watcher = Watcher::new(self.detectors.clone(), FallRule::new(self.rule, first_incident));
            for incident in open.iter().filter(|incident| incident.camera == camera.entry.id) {
                watcher.resume(incident.place, incident.since);
            }
            let frames = ingest.add(source(camera));
            let task = watcher.run(frames, ingest.clone(), observations.clone(), counters.clone());
            let stop = stop.clone();
            tokio::spawn(async move { stop.run_until_cancelled_owned(task).await });
        }
        tokio::spawn(
            stop.clone().run_until_cancelled_owned(tell_when_blind(counters.clone(), self.problems)),
        );
        tokio::spawn(stop.run_until_cancelled_owned(tell_counters(counters, ingest.clone())));
    }
}

/// Writes once a minute into the log what was done and what was dropped since the start.
async fn tell_counters(counters: Arc<InferenceCounters>, ingest: Ingest) {
    let mut every = tokio::time::interval(COUNTERS_INTERVAL);
    every.tick().await;
    loop {
        every.tick().await;
        let IngestCounters {
            decoded,
            decode_failed,
            decode_superseded,
            decode_busy_us,
            frames_dropped,
            units_dropped,
            sessions,
        } = ingest.counters();
        let staleness = ingest.staleness();
        let InferenceCounters { judged, turned, failed, left_out, .. } = &*counters;
        let [judged, turned, failed, left_out] =
            [judged, turned, failed, left_out].map(|counter| counter.load(Relaxed));
        tracing::info!(
            decoded,
            decode_failed,
            decode_superseded,
            decode_busy_us,
            frames_dropped,
            units_dropped,
            sessions,
            staleness_p50_s = staleness.p50,
            staleness_p95_s = staleness.p95,
            staleness_p99_s = staleness.p99,
            staleness_max_s = staleness.max,
            never_decoded = staleness.never,
            judged,
            turned,
            failed,
            left_out,
            "counters since the start"
        );
    }
}

/// Puts it on the wall when the detectors judge nothing any more.
async fn tell_when_blind(counters: Arc<InferenceCounters>, problems: Problems) {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        if counters.failed_in_a_row.load(Relaxed) >= FAILED_FRAMES_MAX {
            problems.raise(DETECTOR_DOWN, "frames are not judged");
        } else {
            problems.clear(DETECTOR_DOWN);
        }
    }
}
