//! `gridwatch bench clocks`: how long after their time the clocks of many open alerts run out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::Duration,
};

use gridwatch_alerts::{
    Alert, ClockKind, ClockTimes, Event, Policy, PolicyRule, Problems, roster::RungName, run_clocks,
};
use gridwatch_inference::{FallFinding, Finding, Observation, Phase, geometry::Rect};
use gridwatch_ingest::{Clock, Generation};
use jiff::{SignedDuration, Timestamp};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::report::rounded;
use crate::{app, bench::args::BenchClocksArgs, config::Config, world};

/// How late 99 of a hundred may be.
const P99_MAX_MS: f64 = 1_000.0;
/// Every run is the same.
const SEED: u64 = 1;
/// How many cameras there are.
const CAMERAS: usize = 1_200;
/// From the start of the clocks to the first that is due.
const LEAD: SignedDuration = SignedDuration::from_secs(2);
/// How long after its time the last may still come.
const PATIENCE: Duration = Duration::from_secs(120);
/// Changes that are read at once.
const PAGE: u32 = 1_024;

/// What was measured. Every field is explained in `docs/performance.md`.
#[derive(Debug, Serialize)]
struct Report {
    clocks: u32,
    fired: usize,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    at_once: u32,
    at_once_max_ms: f64,
    seconds: u32,
    held: bool,
}

/// Measures and prints.
///
/// # Errors
/// When something does not start, or a bound was not kept.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub fn run(args: &BenchClocksArgs) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(measure(args))?;
    println!("{}", serde_json::to_string(&report)?);
    anyhow::ensure!(report.held, "a bound was not kept");
    Ok(())
}

async fn measure(args: &BenchClocksArgs) -> anyhow::Result<Report> {
    let folder = tempfile::tempdir()?;
    let database = args.database.as_deref().unwrap_or("gridwatch.db");
    let text = world::configuration(folder.path(), database, CAMERAS)?;
    let config = Config::parse(&text, folder.path()).map_err(|mistakes| anyhow::anyhow!("{mistakes:?}"))?;
    let start = Clock::system().now();
    open_alerts(args, &config, start).await?;

    // As after a restart, with a clock that goes on just before the first one is due.
    let offset = start - LEAD - Clock::system().now();
    let clock = Clock::from_fn(move || Clock::system().now() + offset);
    let (desk, _) = super::crash::when_free(|| app::open_desk(&config, clock.clone())).await?;
    let mut seq = desk.hub().newest();
    let mut changes = desk.hub().subscribe();
    let running = tokio::spawn(run_clocks(desk.clone(), Problems::new(clock.clone())));
    let until = Instant::now() + Duration::from_secs(args.seconds.into()) + PATIENCE;
    let mut heard: Vec<(Timestamp, Event)> = Vec::new();
    while heard.len() < args.clocks as usize {
        let events = desk.hub().events_after(seq, PAGE).await?;
        let now = clock.now();
        if let Some(last) = events.last() {
            seq = last.seq;
            heard.extend(events.into_iter().map(|event| (now, event)));
        } else if timeout_at(until, changes.changed()).await.is_err() {
            break;
        }
    }
    running.abort();
    desk.store().close().await;
    report(args, start, &heard)
}

/// Opens an alert for each clock, at the moment that makes it due when it is to be.
async fn open_alerts(args: &BenchClocksArgs, config: &Config, start: Timestamp) -> anyhow::Result<()> {
    let now = Arc::new(AtomicI64::new(start.as_millisecond()));
    let clock = {
        let now = now.clone();
        Clock::from_fn(move || Timestamp::from_millisecond(now.load(SeqCst)).unwrap_or(start))
    };
    let (desk, registry) = app::open_desk(config, clock.clone()).await?;
    world::staff(&registry, &desk, "bench").await?;
    // All are opened before the first is due, and nothing but these clocks runs out meanwhile.
    let judge_s = args.seconds + 60;
    let times = ClockTimes { judge_s, supervise_s: [judge_s * 10; 3], ..ClockTimes::default() };
    let rule =
        PolicyRule { kind: None, levels: Vec::new(), hours: None, times, ladder: RungName::ALL.to_vec() };
    registry.put_policy(&desk, Policy { rules: vec![rule] }, "bench").await?;
    let judge = SignedDuration::from_secs(judge_s.into());
    let mut rng = StdRng::seed_from_u64(SEED);
    for number in 0..args.clocks {
        let due_ms = due_ms(args, number, &mut rng);
        now.store((start + SignedDuration::from_millis(due_ms) - judge).as_millisecond(), SeqCst);
        let row = (number as usize / CAMERAS) as f32 / 32.0;
        let at = clock.now();
        let observation = Observation {
            camera: world::camera(number as usize % CAMERAS)?,
            generation: Generation(1),
            finding: Finding::Fall(FallFinding { score: 0.8, share: 0.9, transitions: Vec::new() }),
            incident: number.into(),
            phase: Phase::Alert,
            since: at,
            at,
            place: Rect::new(0.1, row, 0.2, row + 0.01),
            judged: None,
            recorded: None,
        };
        desk.observe(&observation).await?;
    }
    desk.store().close().await;
    Ok(())
}

/// The first ones are due in one moment in the middle, the others at any.
fn due_ms(args: &BenchClocksArgs, number: u32, rng: &mut StdRng) -> i64 {
    let span = i64::from(args.seconds) * 1_000;
    if number < args.at_once { span / 2 } else { rng.random_range(0..=span) }
}

fn report(args: &BenchClocksArgs, start: Timestamp, heard: &[(Timestamp, Event)]) -> anyhow::Result<Report> {
    let middle = start + SignedDuration::from_millis(i64::from(args.seconds) * 500);
    let (mut late, mut at_once) = (Vec::new(), Vec::new());
    for (at, event) in heard {
        let alert: Alert = serde_json::from_str(&event.alert)?;
        for fired in alert.life.clocks().iter().filter(|clock| clock.kind == ClockKind::Judge) {
            anyhow::ensure!(
                fired.fired_at.is_some_and(|at| at >= fired.due_at),
                "alert {}: it did not run out",
                alert.id
            );
            let ms = at.duration_since(fired.due_at).as_micros() as f64 / 1_000.0;
            late.push(ms);
            if fired.due_at.as_millisecond() == middle.as_millisecond() {
                at_once.push(ms);
            }
        }
    }
    late.sort_by(f64::total_cmp);
    let percentile = |share: usize| {
        late.get((late.len() * share / 100).min(late.len().saturating_sub(1))).copied().unwrap_or(f64::MAX)
    };
    let p99_ms = percentile(99);
    Ok(Report {
        clocks: args.clocks,
        fired: late.len(),
        p50_ms: rounded(percentile(50), 2),
        p99_ms: rounded(p99_ms, 2),
        max_ms: rounded(percentile(100), 2),
        at_once: args.at_once,
        at_once_max_ms: rounded(at_once.into_iter().fold(0.0, f64::max), 2),
        seconds: args.seconds,
        held: late.len() == args.clocks as usize && p99_ms < P99_MAX_MS,
    })
}
