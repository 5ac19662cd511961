//! The composition: cameras to frames, frames to observations, observations to alerts, alerts to the wall.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use anyhow::Context;
use gridwatch_alerts::{
    Cameras, Desk, Drills, EvidenceStore, GridTree, Level, OpenIncident, PUSH_CHANNEL, PictureLinks,
    Problems, Reach, Recorder, Registry, Route, Store, run_canary, run_clocks, run_grids, run_retention,
};
use gridwatch_channels::PushServer;
use gridwatch_console::Parts;
use gridwatch_inference::{
    Detector, DetectorStatus, Detectors, InferenceCounters, Observation, Runtime, Scheduler, Watcher,
    crowd::OpenCrowd,
};
use gridwatch_ingest::{CameraSource, Clock, Generation, Ingest};
use rand::{SeedableRng, rngs::StdRng};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    camera_time,
    channels::{self, Words},
    config::{CameraConfig, Config, Models},
    counters,
    drills::Stage,
    evidence::{self, Origins},
    push,
};

/// Nobody is watched, because there are no models.
const NO_DETECTORS: &str = "no_detectors";
/// The detectors fail on what they are given.
const DETECTOR_DOWN: &str = "detector_down";
/// A session of a model fails, hangs or does not see what is to be seen.
const MODEL_FAILING: &str = "model_failing";
/// This many frames in a row that no detector judged mean that nobody is watching.
const FAILED_FRAMES_MAX: u64 = 20;
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
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!("cannot listen on {}; is another gridwatch running there?", config.listen)
    })?;
    let station = Station::start(&config, detectors, stop.clone()).await?;
    tracing::info!(address = %listener.local_addr()?, cameras = config.cameras.len(), "the wall is open");
    let served = gridwatch_console::serve(listener, station.parts(), stop).await;
    station.close().await;
    Ok(served?)
}

/// All that runs between the cameras and the alerts.
pub struct Station {
    /// The cameras.
    pub ingest: Ingest,
    /// The alerts.
    pub desk: Desk,
    /// How often cameras are looked at; at its full rates where nobody looks.
    pub scheduler: Scheduler,
    /// What was looked at.
    pub counters: Arc<InferenceCounters>,
    evidence: EvidenceStore,
    drills: Drills,
    links: PictureLinks,
    push: Option<PushServer>,
    problems: Problems,
    registry: Registry,
    clock: Clock,
    /// Recorder and evidence: what goes on until everything that was seen is written.
    writing: Vec<JoinHandle<()>>,
    stop: CancellationToken,
}

impl Station {
    /// Pulls and watches all cameras of `config` until `stop`; without detectors nobody watches, which is a problem.
    ///
    /// # Errors
    /// When the grid tree, a camera, the database, the folder for evidence or GStreamer cannot be used.
    pub async fn start(
        config: &Config,
        detectors: Option<Detectors>,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let (desk, registry) = open_desk(config, clock.clone()).await?;
        let problems = Problems::new(clock.clone());
        let evidence = EvidenceStore::open(config.evidence.clone(), desk.clone(), problems.clone()).await?;
        let ingest = Ingest::new(config.ingest.clone(), clock.clone())?;
        let scheduler = Scheduler::new(config.ingest.sampling, config.fall.floor, clock.clone());
        let counters = Arc::<InferenceCounters>::default();

        let maker = evidence::Maker {
            ingest: ingest.clone(),
            store: evidence.clone(),
            detectors: detectors.clone(),
            origins: Arc::new(Origins::read(config, detectors.is_some()).await.context("a model's file")?),
            clock: clock.clone(),
            masking: Arc::new(Semaphore::new(1)),
        };
        let (recorder, recording, orders) = Recorder::new(desk.clone(), problems.clone());
        let (drills, ordered) =
            Drills::open(desk.clone(), config.drills.clone(), detectors.is_some()).await?;
        if let Some(detectors) = detectors.clone() {
            let stage = Stage {
                detectors,
                scenes: Arc::new(config.scenes()),
                sampling: config.ingest.sampling,
                recorder: recorder.clone(),
                clock: clock.clone(),
                stop: stop.clone(),
            };
            let stop = stop.clone();
            tokio::spawn(async move { stop.run_until_cancelled(stage.run(ordered)).await });
        }
        let (observations, observed) = mpsc::channel(OBSERVATIONS_MAX);
        let writing = vec![
            tokio::spawn(recording.run()),
            tokio::spawn(maker.run(orders)),
            tokio::spawn(record(observed, recorder.clone())),
        ];
        let links = PictureLinks::new(config.public_url.clone(), &mut StdRng::from_os_rng());
        let push = config
            .push
            .as_ref()
            .map(|settings| push::server(settings, config.zone.time_zone()))
            .transpose()?;
        let station = Self {
            ingest,
            desk,
            registry,
            scheduler,
            counters,
            evidence,
            drills,
            links,
            push,
            problems,
            clock,
            writing,
            stop,
        };
        let words = Words {
            registry: station.registry.clone(),
            language: config.language,
            links: station.links.clone(),
        };
        for sender in channels::senders(config, &station.desk, &words, station.push.as_ref()).await? {
            station.spawn(sender);
        }
        station.spawn(run_retention(station.evidence.clone()));
        station.spawn(run_clocks(station.desk.clone(), station.problems.clone()));
        station.spawn(run_canary(station.desk.clone(), recorder, station.problems.clone()));
        station.spawn(run_grids(station.registry.clone(), station.desk.clone()));
        let zone = config.zone.time_zone().clone();
        let (desk, ingest) = (station.desk.clone(), station.ingest.clone());
        station.spawn(camera_time::run(desk, ingest, zone, station.clock.clone()));
        for camera in config.cameras.iter().filter(|camera| !camera.enabled) {
            station.ingest.disable(&camera.entry.id);
        }
        match detectors {
            Some(detectors) => station.watch(&config.cameras, detectors, &observations).await?,
            None => {
                station.problems.raise(NO_DETECTORS, "no models");
                for camera in config.cameras.iter().filter(|camera| camera.enabled) {
                    drop(station.ingest.add(source(camera)));
                }
            }
        }
        Ok(station)
    }

    /// What is wrong with the server.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    /// What the console shows.
    pub fn parts(&self) -> Parts {
        Parts {
            desk: self.desk.clone(),
            evidence: self.evidence.clone(),
            drills: self.drills.clone(),
            links: self.links.clone(),
            push: self.push.clone(),
            problems: self.problems.clone(),
            registry: self.registry.clone(),
            ingest: self.ingest.clone(),
            clock: self.clock.clone(),
        }
    }

    /// Begins to pull and watch all enabled cameras; each goes on with what was open before a restart.
    async fn watch(
        &self,
        cameras: &[CameraConfig],
        detectors: Detectors,
        observations: &mpsc::Sender<Observation>,
    ) -> anyhow::Result<()> {
        let open = self.desk.open_incidents().await?;
        for incident in open.iter().filter(|incident| is_unwatched(incident, cameras)) {
            tracing::info!(alert.id = %incident.alert, "an alert has ended: its zone is not watched any more");
            self.desk.end_unwatched(incident.alert).await?;
        }
        // Milliseconds since 1970 are more than the incidents of any earlier run.
        let first_incident = self.clock.now().as_millisecond().unsigned_abs();
        for camera in cameras.iter().filter(|camera| camera.enabled) {
            let id = &camera.entry.id;
            let mut watcher = Watcher::new(detectors.clone(), camera.scene.clone(), first_incident)
                .seated(self.scheduler.enter(id));
            for incident in open.iter().filter(|incident| incident.camera == *id) {
                match &incident.crowd {
                    None => watcher.resume(incident.place, incident.since),
                    Some(crowd) => watcher.resume_crowd(OpenCrowd {
                        zone: crowd.zone.clone(),
                        level: crowd.level.into(),
                        since: incident.since,
                        peak: crowd.peak,
                    }),
                }
            }
            let frames = self.ingest.add(source(camera));
            let (ingest, counters) = (self.ingest.clone(), self.counters.clone());
            self.spawn(watcher.run(frames, ingest, observations.clone(), counters));
        }
        self.spawn(self.scheduler.clone().run(self.ingest.clone()));
        self.spawn(tell_when_blind(self.counters.clone(), detectors, self.problems.clone()));
        self.spawn(counters::tell(self.counters.clone(), self.ingest.clone(), self.scheduler.clone()));
        Ok(())
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        tokio::spawn(async move { stop.run_until_cancelled_owned(task).await });
    }

    /// Stops everything; what was seen is still written.
    pub async fn close(self) {
        self.stop.cancel();
        self.ingest.stop().await;
        for task in self.writing {
            // One that panicked has said so.
            let _ = task.await;
        }
        self.desk.store().close().await;
    }
}

/// The desk of `config`, and the registry of its place. Nothing runs yet.
///
/// # Errors
/// When the grid tree, a camera or the database cannot be used.
pub async fn open_desk(config: &Config, clock: Clock) -> anyhow::Result<(Desk, Registry)> {
    let grids = load_grids(config)?;
    let store = Store::open(&config.database).await?;
    if !store.has_grids().await? {
        // What is taken over stays, so what does not fit together is told before.
        register(config, &grids, &grids)?;
    }
    let mut routes: Vec<Route> = config.channels.iter().map(|channel| channel.route.clone()).collect();
    routes.extend(config.push.as_ref().map(|_| Route {
        channel: PUSH_CHANNEL.to_owned(),
        reaches: Reach::People,
        level: Level::BLUE,
        grid: None,
        alarms_only: false,
    }));
    let registry = Registry::open(store.clone(), &grids, config.zone.clone(), routes, clock.clone()).await?;
    let cameras = register(config, &grids, registry.directory().await.grids())?;
    let desk = Desk::open(store, Arc::new(cameras), registry.setup().await, clock).await?;
    Ok((desk, registry))
}

/// Checks what `config` names without starting anything.
///
/// # Errors
/// As [`run`].
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub async fn check(config: Config) -> anyhow::Result<()> {
    let grids = load_grids(&config)?;
    let cameras = register(&config, &grids, &grids)?;
    let channels = channels::build(&config, 0)?;
    let detectors = load_detectors(&config.models).await?;
    let without_grid = cameras.iter().filter(|camera| camera.grid().is_none()).count();
    println!(
        "in order: {} grids, {} cameras ({} outside every grid), {} channel(s), both models",
        grids.iter().len(),
        cameras.iter().len(),
        without_grid,
        channels.len()
    );
    for DetectorStatus { file, engine, sessions, views, passed_over, .. } in detectors.status() {
        println!("{}: {engine}, {sessions} sessions, {views} view(s) of each frame", file.display());
        for refusal in passed_over {
            println!("  passed over: {refusal}");
        }
    }
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
        models.named.iter().try_for_each(|named| named.verify(&runtime))?;
        Ok(Detectors {
            person: Detector::start(&runtime, &models.person)?,
            fallen: Detector::start(&runtime, &models.fallen)?,
            crowd: models.crowd.as_ref().map(|model| Detector::start(&runtime, model)).transpose()?,
        })
    });
    loaded.await?
}

fn load_grids(config: &Config) -> anyhow::Result<GridTree> {
    GridTree::load(&config.grids).with_context(|| format!("grid tree {}", config.grids.display()))
}

/// Registers the cameras in the grids that are valid now. One that names a grid of the configuration's file which has ended since
/// must not keep the server from starting: the deepest grid at its position answers for it.
fn register(config: &Config, file: &GridTree, now: &GridTree) -> anyhow::Result<Cameras> {
    let entries = config.cameras.iter().map(|camera| {
        let mut entry = camera.entry.clone();
        let has_ended = |code: &mut String| now.by_code(code).is_none() && file.by_code(code).is_some();
        if let Some(code) = entry.grid.take_if(has_ended) {
            tracing::warn!(camera.id = %entry.id, grid.code = code, "the camera names a grid that is no more");
        }
        entry
    });
    Cameras::register(entries, now).map_err(|errors| {
        let all: String = errors.iter().map(|error| format!("\n  {error}")).collect();
        anyhow::anyhow!("{} camera(s) cannot be registered:{all}", errors.len())
    })
}

/// Whether it is a crowd in a zone that its camera does not have any more. A camera that is switched off may come back.
fn is_unwatched(incident: &OpenIncident, cameras: &[CameraConfig]) -> bool {
    let Some(crowd) = &incident.crowd else { return false };
    let camera = cameras.iter().find(|camera| camera.entry.id == incident.camera);
    let has_zone =
        |camera: &CameraConfig| camera.scene.crowd_zones.iter().any(|place| *place.name == *crowd.zone);
    !camera.is_some_and(has_zone)
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

/// Puts it on the wall when the detectors judge nothing any more, and when a session of theirs is not in order.
async fn tell_when_blind(counters: Arc<InferenceCounters>, detectors: Detectors, problems: Problems) {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        let failing =
            detectors.status().into_iter().find_map(|model| model.problem.map(|what| (model.file, what)));
        match failing {
            Some((file, what)) => problems.raise(MODEL_FAILING, format!("{}: {what}", file.display())),
            None => problems.clear(MODEL_FAILING),
        }
        if counters.failed_in_a_row.load(Relaxed) >= FAILED_FRAMES_MAX {
            problems.raise(DETECTOR_DOWN, "frames are not judged");
        } else {
            problems.clear(DETECTOR_DOWN);
        }
    }
}
