//! `gridwatch bench ingest`: what it costs to hold many streams.

use std::time::Duration;

use gridwatch_ingest::{
    Address, CameraId, CameraSource, Clock, DecodePoolSettings, Generation, Ingest, IngestCounters,
    IngestSettings, SamplePolicy,
};
use jiff::SignedDuration;
use tokio::time::{Instant, sleep};

use super::{
    baseline,
    farm::Cameras,
    report::{Baselines, Compared, Dropped, Report, Stale, rounded},
    usage,
};
use crate::bench::args::{Baseline, BenchIngestArgs};

/// Whoever has no picture after this long counts as not up.
const UP_LIMIT: Duration = Duration::from_secs(30);
/// How often is asked whether all are up.
const UP_POLL: Duration = Duration::from_millis(20);
/// A camera is live whose newest picture is no older.
const LIVE: SignedDuration = SignedDuration::from_secs(2);
/// With `--decode`, every so many key pictures of a camera one is decoded.
const DECODE_EVERY: f64 = 4.0;
/// The baselines are even enough to be measured no longer than this.
const BASELINE_MAX: Duration = Duration::from_secs(20);
/// Descriptors for everything but the streams.
const OTHER_DESCRIPTORS: u64 = 128;

/// Measures and prints.
///
/// # Errors
/// When the machine's limits do not suffice, the cameras do not start, or a baseline fails.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub fn run(args: &BenchIngestArgs) -> anyhow::Result<()> {
    usage::allow_descriptors(u64::from(args.streams) + OTHER_DESCRIPTORS)?;
    let mut cameras = Cameras::start(args.streams.max(baseline::STREAMS), &args.picture)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (mut report, ours_ms) = runtime.block_on(measure(args, &mut cameras))?;
    report.baseline = compare(args, &cameras, ours_ms)?;
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        println!("{}", report.in_words());
    }
    Ok(())
}

/// Pulls the cameras and measures; gives the report and our milliseconds a stream and second, not rounded.
async fn measure(args: &BenchIngestArgs, cameras: &mut Cameras) -> anyhow::Result<(Report, f64)> {
    let clock = Clock::system();
    let ingest = Ingest::new(settings(args), clock.clone())?;
    let began = Instant::now();
    for n in 1..=args.streams {
        let id = CameraId::new(&format!("camera-{n}"))?;
        let address = Address::parse(&cameras.url(n))?;
        let mut frames = ingest.add(CameraSource::new(id, Generation(1), address));
        if args.decode {
            // Taken and let go of, as by detectors that have time.
            tokio::spawn(async move {
                loop {
                    frames.next().await;
                }
            });
        }
    }
    let all_up_s = all_up(&ingest, began).await;
    let before = Usage::now(&ingest, cameras)?;
    sleep(Duration::from_secs(args.seconds.into())).await;
    let now = clock.now();
    let newest = ingest.newest_pictures();
    let staleness = args.decode.then(|| Stale::new(&ingest.staleness()));
    let after = Usage::now(&ingest, cameras)?;
    let report = Report {
        streams: args.streams,
        live: newest.iter().flatten().filter(|at| now.duration_since(**at) <= LIVE).count(),
        all_up_s: all_up_s.map(|s| rounded(s, 2)),
        cores: rounded(after.since(&before, |u| u.cpu_s), 3),
        ingest_ms_per_stream_s: 0.0,
        staleness,
        decoded_per_s: rounded(after.since(&before, |u| u.counters.decoded as f64), 1),
        rss_mb: rounded(usage::rss_mb()?, 1),
        threads: usage::threads()?,
        fds: usage::descriptors()?,
        dropped: after.dropped_since(&before),
        baseline: None,
    };
    ingest.stop().await;
    let ours_ms = after.since(&before, |u| u.cpu_s - u.decode_cpu_s) * 1000.0 / f64::from(args.streams);
    Ok((Report { ingest_ms_per_stream_s: rounded(ours_ms, 3), ..report }, ours_ms))
}

fn settings(args: &BenchIngestArgs) -> IngestSettings {
    let defaults = IngestSettings::default();
    let every = Duration::from_secs_f64(args.picture.gop * DECODE_EVERY);
    IngestSettings {
        // The test picture moves all the time, but what is measured is key pictures.
        sampling: SamplePolicy {
            quiet_interval: every,
            active_interval: every,
            floor_interval: every * 2,
            ..defaults.sampling
        },
        decoders: DecodePoolSettings {
            cores: if args.decode { defaults.decoders.cores } else { 0.0 },
            ..defaults.decoders
        },
        ..defaults
    }
}

/// Waits until every camera has given a picture that can be decoded; the seconds since `began`, if they have in time.
async fn all_up(ingest: &Ingest, began: Instant) -> Option<f64> {
    while ingest.newest_pictures().iter().any(Option::is_none) {
        if began.elapsed() > UP_LIMIT {
            return None;
        }
        sleep(UP_POLL).await;
    }
    Some(began.elapsed().as_secs_f64())
}

/// What had been used and done at one moment.
struct Usage {
    at: Instant,
    cpu_s: f64,
    decode_cpu_s: f64,
    counters: IngestCounters,
    late: u64,
}

impl Usage {
    fn now(ingest: &Ingest, cameras: &mut Cameras) -> anyhow::Result<Self> {
        Ok(Self {
            late: cameras.stats()?.late,
            counters: ingest.counters(),
            at: Instant::now(),
            cpu_s: usage::cpu_s(std::process::id())?,
            decode_cpu_s: usage::threads_cpu_s("decode-")?,
        })
    }

    /// The growth of `what` a second.
    fn since(&self, before: &Self, what: impl Fn(&Self) -> f64) -> f64 {
        (what(self) - what(before)) / self.at.duration_since(before.at).as_secs_f64()
    }

    fn dropped_since(&self, before: &Self) -> Dropped {
        let (new, old) = (&self.counters, &before.counters);
        Dropped {
            late: self.late - before.late,
            not_kept: new.units_dropped - old.units_dropped,
            superseded: new.decode_superseded - old.decode_superseded,
            decode_failed: new.decode_failed - old.decode_failed,
            frames: new.frames_dropped - old.frames_dropped,
        }
    }
}

/// Measures the usual ways that were asked for, one after the other.
fn compare(args: &BenchIngestArgs, cameras: &Cameras, ours_ms: f64) -> anyhow::Result<Option<Baselines>> {
    let window = Duration::from_secs(args.seconds.into()).min(BASELINE_MAX);
    let mut baselines = Baselines::default();
    for baseline in &args.baseline {
        match baseline {
            Baseline::Ffmpeg => {
                baselines.ffmpeg = Some(Compared::new(baseline::ffmpeg(cameras, window)?, ours_ms));
            }
            Baseline::Rtspsrc => {
                baselines.rtspsrc = Some(Compared::new(baseline::rtspsrc(cameras, window)?, ours_ms));
            }
        }
    }
    Ok((!args.baseline.is_empty()).then_some(baselines))
}
