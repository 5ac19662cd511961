//! `gridwatch bench alerts`: how soon an observation is on every screen, with many screens and a slow one among them.

use std::time::Duration;

use anyhow::Context;
use gridwatch_alerts::Recorder;
use gridwatch_inference::{FallFinding, Finding, Observation, Phase, geometry::Rect};
use gridwatch_ingest::{CameraId, Clock, Generation};
use serde::Serialize;
use tokio::{
    net::TcpListener,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    alert_clients::Heard,
    helper::{Helper, this_program},
    report::rounded,
    usage,
};
use crate::{app::Station, bench::args::BenchAlertsArgs, config::Config, world};

/// How soon 99 of a hundred are to be on every screen.
const P99_MAX_MS: f64 = 150.0;
/// How many cameras of the demo world see falls: all.
const CAMERAS: usize = 1_200;
/// Descriptors for everything but the screens.
const OTHER_DESCRIPTORS: u64 = 128;

/// What was measured. Every field is explained in `docs/performance.md`.
#[derive(Debug, Serialize)]
struct Report {
    clients: u32,
    rate: u32,
    seconds: u32,
    observations: u64,
    alerts: usize,
    #[serde(flatten)]
    heard: Heard,
    cores: f64,
    clients_cores: f64,
    rss_mb: f64,
    held: bool,
}

/// Measures and prints.
///
/// # Errors
/// When the machine's limits do not suffice, something does not start, or a bound was not kept.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub fn run(args: &BenchAlertsArgs) -> anyhow::Result<()> {
    usage::allow_descriptors(u64::from(args.clients) + OTHER_DESCRIPTORS)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(measure(args))?;
    println!("{}", serde_json::to_string(&report)?);
    anyhow::ensure!(report.held, "a bound was not kept");
    Ok(())
}

async fn measure(args: &BenchAlertsArgs) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let text = world::configuration(folder.path(), "gridwatch.db", CAMERAS)?;
    let config = Config::parse(&text, folder.path()).map_err(|mistakes| anyhow::anyhow!("{mistakes:?}"))?;
    let cameras = (0..CAMERAS).map(world::camera).collect::<Result<Vec<_>, _>>()?;
    let stop = CancellationToken::new();
    let station = Station::start(&config, None, stop.clone()).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(gridwatch_console::serve(listener, station.parts(), stop.clone()));

    let mut command = this_program()?;
    command.args(["bench", "alert-clients", &address.to_string(), &args.clients.to_string()]);
    let (mut clients, _) = tokio::task::spawn_blocking(|| Helper::start("the screens", command)).await??;

    let pid = std::process::id();
    let before = (usage::cpu_s(pid)?, usage::cpu_s(clients.pid())?);
    let began = Instant::now();
    let observations = observe(args, &station, &cameras).await?;
    let took_s = began.elapsed().as_secs_f64();
    let after = (usage::cpu_s(pid)?, usage::cpu_s(clients.pid())?);
    let rss_mb = usage::rss_mb()?;

    let newest = station.desk.hub().newest();
    let answer = tokio::task::spawn_blocking(move || clients.ask(&newest.to_string())).await??;
    let heard: Heard =
        serde_json::from_str(&answer).with_context(|| format!("the screens said {answer:?}"))?;
    let alerts = station.desk.open_incidents().await?.len();
    stop.cancel();
    serving.await??;
    station.close().await;
    let held = heard.p99_ms <= P99_MAX_MS
        && heard.lost == 0
        && heard.out_of_order == 0
        && heard.slow_caught_up
        && alerts as u64 == observations;
    Ok(Report {
        clients: args.clients,
        rate: args.rate,
        seconds: args.seconds,
        observations,
        alerts,
        heard,
        cores: rounded((after.0 - before.0) / took_s, 3),
        clients_cores: rounded((after.1 - before.1) / took_s, 3),
        rss_mb: rounded(rss_mb, 1),
        held,
    })
}

/// Gives as many falls a second as asked for to the recorder, as the rules do.
async fn observe(args: &BenchAlertsArgs, station: &Station, cameras: &[CameraId]) -> anyhow::Result<u64> {
    let clock = Clock::system();
    let (recorder, recording, mut orders) = Recorder::new(station.desk.clone(), station.problems().clone());
    let recording = tokio::spawn(recording.run());
    // Nobody makes pictures here.
    tokio::spawn(async move { while orders.recv().await.is_some() {} });
    let mut every = interval(Duration::from_secs(1) / args.rate);
    every.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let count = u64::from(args.rate) * u64::from(args.seconds);
    for incident in 0..count {
        every.tick().await;
        let now = clock.now();
        let camera = &cameras[incident as usize % cameras.len()];
        let finding = Finding::Fall(FallFinding { score: 0.8, share: 0.9, transitions: Vec::new() });
        let place = Rect::new(0.1, 0.6, 0.3, 0.7);
        let observation = Observation {
            camera: camera.clone(),
            generation: Generation(1),
            finding,
            incident,
            phase: Phase::Alert,
            since: now,
            at: now,
            place,
            judged: None,
            recorded: None,
        };
        recorder.send(observation).await?;
    }
    drop(recorder);
    recording.await?;
    Ok(count)
}
