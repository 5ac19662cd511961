//! `gridwatch bench watch`: all of it at once, from many cameras to the alerts.

mod report;

use std::{collections::HashMap, fs, path::Path, time::Duration};

use anyhow::Context;
use gridwatch_alerts::{Alert, AlertFilter};
use gridwatch_ingest::{CameraId, Clock, IngestCounters};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{
    farm::Cameras,
    street::{Shows, Street},
    usage,
};
use crate::{
    app::{Station, load_detectors},
    bench::args::BenchWatchArgs,
    config::Config,
    world,
};
use report::{Ages, Found, Report};

/// How often it is looked how long ago each camera was looked at.
const SAMPLE: Duration = Duration::from_secs(1);
/// Descriptors for everything but the streams.
const OTHER_DESCRIPTORS: u64 = 256;
/// How often is asked whether all are up.
const UP_POLL: Duration = Duration::from_millis(50);

/// Measures and prints.
///
/// # Errors
/// When the machine's limits do not suffice, clips or models are missing, or the cameras do not start.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub fn run(args: &BenchWatchArgs) -> anyhow::Result<()> {
    usage::allow_descriptors(u64::from(args.street.cameras) + OTHER_DESCRIPTORS)?;
    let street = Street::new(&args.street)?;
    let cameras = Cameras::start_street(&args.street)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(measure(args, &street, cameras))?;
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        println!("{}", report.in_words());
    }
    Ok(())
}

async fn measure(args: &BenchWatchArgs, street: &Street, mut cameras: Cameras) -> anyhow::Result<Report> {
    let config = config(args, street, &cameras)?;
    let detectors = load_detectors(&config.models).await?;
    let began = Instant::now();
    let station = Station::start(&config, Some(detectors), CancellationToken::new()).await?;
    let ids: Vec<CameraId> = config.cameras.iter().map(|camera| camera.entry.id.clone()).collect();
    let settled = began + Duration::from_secs(args.street.settle.into());
    let all_up_s = all_up(&station, settled).await.map(|at| at.duration_since(began).as_secs_f64());
    sleep_until(settled).await;

    let mut run = Run { station: &station, street, ids: &ids, clock: Clock::system() };
    let before = Usage::now(&station, &mut cameras)?;
    let looks_before = run.looks();
    let ages = run.sample(Duration::from_secs(args.street.seconds.into())).await;
    let after = Usage::now(&station, &mut cameras)?;
    let looks = run.looks();
    let seconds = after.at.duration_since(before.at).as_secs_f64();
    let per_s: Vec<f64> =
        looks.iter().zip(&looks_before).map(|(after, before)| (after - before) as f64 / seconds).collect();
    let found = run.found(&mut cameras).await?;
    let shares = station.scheduler.shares();
    let rss_mb = usage::rss_mb()?;
    let threads = usage::threads()?;
    let report =
        Report::new(&args.street, street, &ages, &per_s, &found, (&before, &after), all_up_s, shares);
    station.close().await;
    Ok(Report { rss_mb: super::report::rounded(rss_mb, 1), threads, ..report })
}

/// A configuration whose cameras are those of the street, and whose database and evidence are begun anew. The grids are those of
/// the demo world; where cameras stand does not matter here.
fn config(args: &BenchWatchArgs, street: &Street, cameras: &Cameras) -> anyhow::Result<Config> {
    let folder = std::path::absolute(args.street.cache.join("watch"))?;
    begin_anew(&folder)?;
    world::write_grids(&world::world(), &folder)?;
    let data = std::path::absolute(&args.street.data)?;
    let mut text = match &args.config {
        Some(file) => fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?,
        None => String::new(),
    };
    let in_folder = |name: &str| folder.join(name);
    text += &format!(
        "\n[store]\ndatabase = {:?}\nevidence = {:?}\n[grids]\nfile = {:?}\n",
        in_folder("watch.db"),
        in_folder("evidence"),
        in_folder(world::GRIDS)
    );
    for (n, place) in street.places.iter().enumerate() {
        let (number, url) = (n + 1, cameras.url_of(&place.path));
        text +=
            &format!("[[camera]]\nid = \"camera-{number}\"\nname = \"camera {number}\"\nurl = \"{url}\"\n");
    }
    Config::parse(&text, &data).map_err(|mistakes| {
        let all: String = mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect();
        anyhow::anyhow!("the configuration of the measurement is broken:{all}")
    })
}

fn begin_anew(folder: &Path) -> anyhow::Result<()> {
    if folder.is_dir() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))
}

/// When every camera had given a picture that can be decoded, if that was before `limit`.
async fn all_up(station: &Station, limit: Instant) -> Option<Instant> {
    while station.ingest.newest_pictures().iter().any(Option::is_none) {
        if Instant::now() > limit {
            return None;
        }
        sleep(UP_POLL).await;
    }
    Some(Instant::now())
}

struct Run<'a> {
    station: &'a Station,
    street: &'a Street,
    /// In the order of the street's places.
    ids: &'a [CameraId],
    clock: Clock,
}

impl Run<'_> {
    /// How often each camera was looked at so far.
    fn looks(&self) -> Vec<u64> {
        let looks = |id| self.station.scheduler.looks(id).map_or(0, |(count, _)| count);
        self.ids.iter().map(looks).collect()
    }

    /// Looks every second for so long how old the newest judged frame of each camera is.
    async fn sample(&mut self, time: Duration) -> Ages {
        let (mut every, end) = (interval(SAMPLE), Instant::now() + time);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ages = Ages::default();
        while every.tick().await < end {
            let now = self.clock.now();
            for (id, place) in self.ids.iter().zip(&self.street.places) {
                let newest = self.station.scheduler.looks(id).and_then(|(_, newest)| newest);
                let age_s = newest.map(|at| now.duration_since(at).as_secs_f64().max(0.0));
                ages.add(&place.shows, age_s);
            }
        }
        sleep_until(end).await;
        ages
    }

    /// Holds the alerts against the falls that were shown.
    async fn found(&self, cameras: &mut Cameras) -> anyhow::Result<Found> {
        let alerts =
            self.station.desk.store().alerts(AlertFilter { limit: 500, ..AlertFilter::default() }).await?;
        let mut by_camera: HashMap<&str, Vec<&Alert>> = HashMap::new();
        for alert in &alerts {
            by_camera.entry(alert.camera.id.as_str()).or_default().push(alert);
        }
        let mut found = Found::default();
        for (id, place) in self.ids.iter().zip(&self.street.places) {
            let alerts = by_camera.remove(id.as_str()).unwrap_or_default();
            match place.shows {
                Shows::Fall(after) => {
                    let elapsed_s =
                        cameras.once_elapsed_s(&place.path)?.context("a fall was never played")?;
                    let began = self.clock.now() - SignedDuration::from_secs_f64(elapsed_s);
                    let fallen: Timestamp = began + SignedDuration::try_from(after)?;
                    found.add_fall(id, fallen, &alerts);
                }
                Shows::Nothing | Shows::People => found.add_false(id, &alerts),
            }
        }
        Ok(found)
    }
}

/// What had been used and done at one moment.
pub struct Usage {
    at: Instant,
    cpu_s: f64,
    decode_cpu_s: f64,
    models_cpu_s: f64,
    farm_cpu_s: f64,
    late: u64,
    ingest: IngestCounters,
    inference: [u64; 6],
}

impl Usage {
    fn now(station: &Station, cameras: &mut Cameras) -> anyhow::Result<Self> {
        use std::sync::atomic::Ordering::Relaxed;
        let counters = &*station.counters;
        let inference = [
            &counters.judged,
            &counters.person,
            &counters.turned,
            &counters.reused,
            &counters.failed,
            &counters.held_back,
        ];
        Ok(Self {
            late: cameras.stats()?.late,
            ingest: station.ingest.counters(),
            inference: inference.map(|counter| counter.load(Relaxed)),
            at: Instant::now(),
            cpu_s: usage::cpu_s(std::process::id())?,
            decode_cpu_s: usage::threads_cpu_s("decode-")?,
            models_cpu_s: usage::threads_cpu_s("ort-")?,
            farm_cpu_s: usage::cpu_s(cameras.pid())?,
        })
    }
}
