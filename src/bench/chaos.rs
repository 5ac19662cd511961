//! `gridwatch bench chaos`: what becomes of a thousand cameras when everything goes wrong at once.

use std::time::Duration;

use anyhow::ensure;
use gridwatch_ingest::{
    Address, CameraId, CameraSource, Clock, DecodePoolSettings, Generation, Ingest, IngestSettings,
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::{farm::Cameras, report::rounded, usage};
use crate::bench::args::BenchChaosArgs;

/// How often all cameras are kicked at once.
const KICKS: usize = 5;
/// How long all may take to be back.
const BACK_MAX_S: f64 = 5.0;
/// Whoever is not back after this long counts as lost.
const BACK_LIMIT: Duration = Duration::from_secs(60);
/// One in so many cameras falls silent.
const SILENT_EVERY: u32 = 10;
/// A camera of the others is disturbed if its newest picture is ever older.
const OTHERS_AGE_MAX_S: f64 = 1.0;
/// Memory, threads and descriptors may differ by this share after that.
const GROWTH_MAX: f64 = 0.1;
/// How often is looked whether something is so.
const POLL: Duration = Duration::from_millis(20);
/// Before memory is read for the last time: the last sessions' buffers go in the background.
const SETTLE: Duration = Duration::from_secs(5);
/// Descriptors for everything but the streams.
const OTHER_DESCRIPTORS: u64 = 128;

/// What happened. Every field is explained in `docs/performance.md`.
#[derive(Debug, Serialize)]
struct Report {
    streams: u32,
    hosts: u32,
    /// Seconds until all were up at first.
    up_s: f64,
    /// Seconds until all were back, for each time that all were kicked at once.
    back_s: Vec<f64>,
    /// The most connections that were being set up at one host at one time, and how many may be.
    connecting_host_most: u64,
    connecting_host_max: usize,
    silent: Silent,
    churn: Churn,
    /// Whether all bounds were kept.
    held: bool,
}

/// While some cameras say nothing.
#[derive(Debug, Serialize)]
struct Silent {
    cameras: u32,
    /// The oldest that the newest picture of any other camera ever was, in seconds.
    others_age_max_s: f64,
    /// Sessions of the others that ended meanwhile.
    others_lost: u64,
    /// Seconds until the silent were back, from when they spoke again.
    back_s: f64,
}

/// Cameras added and removed, again and again.
#[derive(Debug, Serialize)]
struct Churn {
    cameras: u32,
    rounds: u32,
    /// Resident memory before and after, in units of 1,000,000 bytes.
    rss_mb: [f64; 2],
    threads: [u64; 2],
    fds: [usize; 2],
}

/// Measures and prints.
///
/// # Errors
/// When the machine's limits do not suffice, the cameras do not start, or a bound was not kept.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub fn run(args: &BenchChaosArgs) -> anyhow::Result<()> {
    usage::allow_descriptors(u64::from(args.streams) * 2 + OTHER_DESCRIPTORS)?;
    let cameras = Cameras::start(args.streams + args.streams / 2, &args.picture)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(Chaos::new(args, cameras)?.measure())?;
    println!("{}", serde_json::to_string(&report)?);
    ensure!(report.held, "a bound was not kept");
    Ok(())
}

struct Chaos {
    ingest: Ingest,
    clock: Clock,
    connecting_host_max: usize,
    farm: Cameras,
    streams: u32,
    hosts: u32,
    rounds: u32,
    silent_time: Duration,
}

impl Chaos {
    fn new(args: &BenchChaosArgs, farm: Cameras) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let defaults = IngestSettings::default();
        let decoders = DecodePoolSettings { cores: 0.0, ..defaults.decoders };
        let connecting_host_max = defaults.connects_host_max;
        let ingest = Ingest::new(IngestSettings { decoders, ..defaults }, clock.clone())?;
        let BenchChaosArgs { streams, hosts, rounds, silent_seconds, .. } = *args;
        let silent_time = Duration::from_secs(silent_seconds.into());
        Ok(Self { ingest, clock, connecting_host_max, farm, streams, hosts, rounds, silent_time })
    }

    async fn measure(mut self) -> anyhow::Result<Report> {
        let streams = self.streams;
        let up_s = {
            let began = self.clock.now();
            (1..=streams).try_for_each(|n| self.add(n))?;
            self.all_newer_than(1..=streams, began).await
        };
        let mut back_s = Vec::new();
        for _ in 0..KICKS {
            back_s.push(self.kick_all().await?);
        }
        let silent = self.silence_some().await?;
        let churn = self.churn().await?;
        let connecting_host_most = self.farm.stats()?.handshakes_max;
        self.ingest.stop().await;

        let grew = |before: f64, after: f64| after > before * (1.0 + GROWTH_MAX);
        let held = back_s.iter().chain([&up_s]).all(|s| *s <= BACK_MAX_S)
            && connecting_host_most <= self.connecting_host_max as u64
            && silent.others_age_max_s <= OTHERS_AGE_MAX_S
            && silent.others_lost == 0
            && !grew(churn.rss_mb[0], churn.rss_mb[1])
            && !grew(churn.threads[0] as f64, churn.threads[1] as f64)
            && !grew(churn.fds[0] as f64, churn.fds[1] as f64);
        Ok(Report {
            streams,
            hosts: self.hosts,
            up_s,
            back_s,
            connecting_host_most,
            connecting_host_max: self.connecting_host_max,
            silent,
            churn,
            held,
        })
    }

    /// Closes every camera's connection at once; seconds until each has given a picture over a new one.
    async fn kick_all(&mut self) -> anyhow::Result<f64> {
        let sessions = self.ingest.counters().sessions;
        self.farm.command("kick *")?;
        let kicked = self.clock.now();
        let began = Instant::now();
        while self.ingest.counters().sessions < sessions + u64::from(self.streams)
            && began.elapsed() < BACK_LIMIT
        {
            sleep(POLL).await;
        }
        // All connections are new now; what is newer than this moment came over them.
        let connected = self.clock.now();
        let rest = self.all_newer_than(1..=self.streams, connected).await;
        Ok(rounded(connected.duration_since(kicked).as_secs_f64() + rest, 2))
    }

    async fn silence_some(&mut self) -> anyhow::Result<Silent> {
        let silent: Vec<u32> = (1..=self.streams).filter(|n| n.is_multiple_of(SILENT_EVERY)).collect();
        let others: Vec<CameraId> =
            (1..=self.streams).filter(|n| !n.is_multiple_of(SILENT_EVERY)).map(id).collect();
        let sessions = |ingest: &Ingest| others.iter().filter_map(|id| ingest.sessions(id)).sum::<u64>();
        let before = sessions(&self.ingest);
        for n in &silent {
            self.farm.command(&format!("stall /cam/{n:04}"))?;
        }
        let began = Instant::now();
        let mut oldest = SignedDuration::ZERO;
        while began.elapsed() < self.silent_time {
            sleep(POLL).await;
            let now = self.clock.now();
            let age = |id: &CameraId| {
                self.ingest.newest_picture(id).map_or(SignedDuration::MAX, |at| now.duration_since(at))
            };
            oldest = others.iter().map(age).fold(oldest, SignedDuration::max);
        }
        let others_lost = sessions(&self.ingest) - before;
        for n in &silent {
            self.farm.command(&format!("unstall /cam/{n:04}"))?;
        }
        let back_s = self.all_newer_than(silent.iter().copied(), self.clock.now()).await;
        Ok(Silent {
            cameras: silent.len() as u32,
            others_age_max_s: rounded(oldest.as_secs_f64(), 2),
            others_lost,
            back_s,
        })
    }

    async fn churn(&mut self) -> anyhow::Result<Churn> {
        let cameras = self.streams / 2;
        let more = self.streams + 1..=self.streams + cameras;
        // One round beforehand: what a first use takes for good is no leak.
        self.round(more.clone()).await?;
        let before = (usage::rss_mb()?, usage::threads()?, usage::descriptors()?);
        for _ in 0..self.rounds {
            self.round(more.clone()).await?;
        }
        sleep(SETTLE).await;
        let after = (usage::rss_mb()?, usage::threads()?, usage::descriptors()?);
        Ok(Churn {
            cameras,
            rounds: self.rounds,
            rss_mb: [rounded(before.0, 1), rounded(after.0, 1)],
            threads: [before.1, after.1],
            fds: [before.2, after.2],
        })
    }

    /// Adds cameras, waits until they play, and removes them.
    async fn round(&mut self, cameras: std::ops::RangeInclusive<u32>) -> anyhow::Result<()> {
        let began = self.clock.now();
        cameras.clone().try_for_each(|n| self.add(n))?;
        self.all_newer_than(cameras.clone(), began).await;
        cameras.clone().for_each(|n| self.ingest.remove(&id(n)));
        let all = u64::from(self.streams);
        let limit = Instant::now() + BACK_LIMIT;
        while self.farm.stats()?.open > all && Instant::now() < limit {
            sleep(POLL).await;
        }
        Ok(())
    }

    fn add(&self, n: u32) -> anyhow::Result<()> {
        let address = Address::parse(&self.farm.url_at_host(n, n % self.hosts))?;
        drop(self.ingest.add(CameraSource::new(id(n), Generation(1), address)));
        Ok(())
    }

    /// Seconds until each of these cameras has a picture that can be decoded and is newer than `at`.
    async fn all_newer_than(&self, cameras: impl Iterator<Item = u32>, at: Timestamp) -> f64 {
        let began = Instant::now();
        let mut waiting: Vec<CameraId> = cameras.map(id).collect();
        loop {
            waiting.retain(|id| self.ingest.newest_picture(id).is_none_or(|newest| newest <= at));
            if waiting.is_empty() || began.elapsed() > BACK_LIMIT {
                return rounded(began.elapsed().as_secs_f64(), 2);
            }
            sleep(POLL).await;
        }
    }
}

#[expect(clippy::expect_used, reason = "a name that is made here")]
fn id(n: u32) -> CameraId {
    CameraId::new(&format!("camera-{n}")).expect("letters, a dash and digits")
}
