//! `gridwatch bench crash`: a server that is killed again and again in the middle of its work, and what became of that work.

mod audit;
mod case;
mod order;
mod process;
mod receiver;
mod server;
mod street;

use std::{net::SocketAddr, path::Path, time::Duration};

use anyhow::Context;
use gridwatch_alerts::{
    Alert, AlertFilter, ClockTimes, Desk, Policy, PolicyRule, Registry, roster::RungName,
};
use gridwatch_ingest::Clock;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::Serialize;
use tokio::time::Instant;

pub use server::{serve, when_free};

use self::{
    audit::{CHANNELS, Findings, History, audit},
    process::Server,
    receiver::Receiver,
    street::{Dies, Street},
};
use crate::{app, bench::args::BenchCrashArgs, config::Config, world};

/// How many are killed at a moment that is counted from their start as a process, so perhaps before they are ready.
const DIES_EARLY: f64 = 0.15;
/// A server lives no longer than this, counted from then or from when it is ready.
const LIFE_MAX: Duration = Duration::from_millis(1_500);
/// How long everything may take to settle after the last kill.
const SETTLE_MAX: Duration = Duration::from_secs(300);
/// How many events are read at once.
const PAGE: u32 = 10_000;
/// How many findings are told of.
const TOLD_MAX: usize = 30;

/// How long there is for what: so short that steps are due all the time.
const TIMES: ClockTimes =
    ClockTimes { judge_s: 1, accept_s: 1, arrive_s: 1, report_s: 3, answer_s: 1, supervise_s: [2, 3, 4] };

/// What was found. Every field is explained in `docs/performance.md`.
#[derive(Debug, Serialize)]
struct Report {
    kills: u32,
    observations: usize,
    alerts: usize,
    steps_due: u64,
    steps_fired: u64,
    deliveries: u64,
    repeated: usize,
    lost: usize,
    moves: usize,
    met_late: u64,
    received: usize,
    kills_before_ready: u32,
    database: &'static str,
    seed: u64,
    seconds: u64,
}

/// Kills, looks, and prints.
///
/// # Errors
/// When something does not start or settle, or something was lost.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the answer of the command, and what is wrong")]
pub fn run(args: &BenchCrashArgs) -> anyhow::Result<()> {
    let seed = args.seed.unwrap_or_else(|| Clock::system().now().as_millisecond().unsigned_abs());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (report, findings) = runtime.block_on(measure(args, seed))?;
    println!("{}", serde_json::to_string(&report)?);
    for what in findings.lost.iter().take(TOLD_MAX) {
        eprintln!("{what}");
    }
    anyhow::ensure!(
        findings.lost.is_empty() && findings.steps_due == findings.steps_fired,
        "{} thing(s) are not as they must be",
        findings.lost.len()
    );
    Ok(())
}

async fn measure(args: &BenchCrashArgs, seed: u64) -> anyhow::Result<(Report, Findings)> {
    let folder = tempfile::tempdir()?;
    let receiver = Receiver::start(seed).await?;
    let path = folder.path().join("gridwatch.toml");
    std::fs::write(&path, configuration(folder.path(), args.database.as_deref(), receiver.address)?)?;
    let config = Config::read(&path)?;
    set_up(&config).await?;
    let began = Instant::now();
    let mut rng = StdRng::seed_from_u64(seed);
    let mut street = Street::new(StdRng::seed_from_u64(rng.random()), Clock::system());
    let mut kills_before_ready = 0;
    for _ in 0..args.kills {
        let mut server = Server::start(&path)?;
        let after = LIFE_MAX.mul_f64(rng.random());
        let dies =
            if rng.random_bool(DIES_EARLY) { Dies::AfterStart(after) } else { Dies::AfterReady(after) };
        let was_ready = street.attend(&mut server, dies).await?;
        server.kill()?;
        street.last_words(&mut server).await;
        kills_before_ready += u32::from(!was_ready);
    }
    let mut server = Server::start(&path)?;
    street.finish(&mut server, Instant::now() + SETTLE_MAX).await?;
    server.end().await?;
    let (desk, _) = open(&config).await?;
    let (histories, received) = (histories(&desk).await?, receiver.received());
    desk.store().close().await;
    let findings = audit(&histories, street.acknowledged(), &received, &TIMES);
    let acknowledged = street.acknowledged();
    let report = Report {
        kills: args.kills,
        observations: acknowledged.seen.values().map(Vec::len).sum(),
        alerts: histories.len(),
        steps_due: findings.steps_due,
        steps_fired: findings.steps_fired,
        deliveries: findings.deliveries,
        repeated: received.repeated(),
        lost: findings.lost.len(),
        moves: acknowledged.moves.len(),
        met_late: findings.met_late,
        received: received.messages.len(),
        kills_before_ready,
        database: if config.database.file().is_some() { "sqlite" } else { "postgres" },
        seed,
        seconds: began.elapsed().as_secs(),
    };
    Ok((report, findings))
}

/// The demo world, with both channels to the receiver.
fn configuration(folder: &Path, database: Option<&str>, receiver: SocketAddr) -> anyhow::Result<String> {
    let mut text = world::configuration(folder, database.unwrap_or("gridwatch.db"), case::CAMERAS)?;
    for (channel, reaches) in CHANNELS.into_iter().zip(["people", "systems"]) {
        // A key for nobody but this measurement: thirty-two zeros.
        text += &format!(
            "[[channel]]\nname = \"{channel}\"\nreaches = \"{reaches}\"\n[channel.webhook]\nurl = \"http://{receiver}/{channel}\"\n\
             secret = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"\n"
        );
    }
    Ok(text)
}

/// Puts people and short times in, where nothing is yet.
async fn set_up(config: &Config) -> anyhow::Result<()> {
    let (desk, registry) = open(config).await?;
    put(&desk, &registry).await?;
    desk.store().close().await;
    Ok(())
}

async fn put(desk: &Desk, registry: &Registry) -> anyhow::Result<()> {
    let any = AlertFilter { limit: 1, ..AlertFilter::default() };
    anyhow::ensure!(
        desk.store().alerts(any).await?.is_empty(),
        "the database is not empty: give one of its own"
    );
    world::staff(registry, desk, "bench").await?;
    let rule = PolicyRule {
        kind: None,
        levels: Vec::new(),
        hours: None,
        times: TIMES,
        ladder: RungName::ALL.to_vec(),
    };
    registry.put_policy(desk, Policy { rules: vec![rule] }, "bench").await?;
    Ok(())
}

async fn open(config: &Config) -> anyhow::Result<(Desk, Registry)> {
    when_free(|| app::open_desk(config, Clock::system())).await
}

/// Everything that the database has, by alert.
async fn histories(desk: &Desk) -> anyhow::Result<Vec<History>> {
    let mut histories: Vec<History> = Vec::new();
    for alert in all_alerts(desk).await? {
        let timeline = desk.store().timeline(alert.id).await?;
        let deliveries = desk.store().deliveries(alert.id).await?;
        histories.push(History { alert, course: Vec::new(), timeline, deliveries });
    }
    let mut seq = 0;
    loop {
        let events = desk.hub().events_after(seq, PAGE).await?;
        let Some(last) = events.last() else { break };
        seq = last.seq;
        for event in &events {
            let alert: Alert = serde_json::from_str(&event.alert)?;
            let found = histories.binary_search_by_key(&alert.id, |history| history.alert.id);
            let index = found
                .ok()
                .with_context(|| format!("an event tells of alert {}, which is not there", alert.id))?;
            histories[index].course.push(alert);
        }
    }
    Ok(histories)
}

/// Oldest first.
async fn all_alerts(desk: &Desk) -> anyhow::Result<Vec<Alert>> {
    let mut all = Vec::new();
    let mut filter = AlertFilter { limit: PAGE, ..AlertFilter::default() };
    loop {
        let page = desk.store().alerts(filter).await?;
        let Some(oldest) = page.last() else { break };
        filter.before = Some(oldest.id);
        all.extend(page);
    }
    all.reverse();
    Ok(all)
}
