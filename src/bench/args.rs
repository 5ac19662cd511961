//! What can be typed behind `gridwatch bench`.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};

/// What this machine can carry.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Pull many simulated cameras and tell what that costs: CPU, memory, threads, descriptors, and what was dropped.
    ///
    /// Starts the cameras itself, as a process of its own on this machine, and keeps the last 10 s of each as `serve`
    /// does. Nothing is decoded unless it is asked for. The first time, ffmpeg makes the clip that they play.
    Ingest(BenchIngestArgs),
    /// Let everything go wrong at once and tell what becomes of it: all cameras kicked, some silent, many added and
    /// removed.
    ///
    /// Prints one line of JSON, and fails where a bound was not kept: all back within 5 s, no host asked by more
    /// connections at one time than is allowed, the silent without effect on the others, nothing left behind.
    Chaos(BenchChaosArgs),
    /// Do all of it at once on this machine: many cameras, some with people, some with falls, all the way to the alerts.
    ///
    /// The cameras play recorded clips in a process of their own. Most show an empty scene, some people and no fall, and
    /// a few each one fall at a known moment. Tells how long ago cameras were looked at, which falls were alerted how soon,
    /// and what it cost.
    Watch(BenchWatchArgs),
    /// Tell how many pictures a second this machine's models can look at, with each provider that can be had.
    ///
    /// Shows them real pictures as `serve` does, from the frame to the boxes, and measures in turns how fast the sessions
    /// alone are. Tells too whether a provider sees the same people as the processor in full precision.
    Inference(BenchInferenceArgs),
    /// Tell how soon an observation is on every screen, with many screens and a slow one among them.
    ///
    /// Gives falls to the desk as the rules do, at the demo world's cameras; the screens are a process of their own. Prints one
    /// line of JSON, and fails where a change was lost or out of order, or 99 of a hundred were not there within 150 ms.
    Alerts(BenchAlertsArgs),
    /// Hold the screens of `bench alerts` until standard input closes.
    #[command(hide = true)]
    AlertClients(BenchAlertClientsArgs),
    /// Tell how long after their time the clocks of many open alerts run out.
    ///
    /// Opens an alert for each clock in a database, then lets the clocks run: one part is due in the same moment, the rest over
    /// the time. Prints one line of JSON, and fails where one did not run out, or 99 of a hundred were not told of within 1 s.
    Clocks(BenchClocksArgs),
    /// Kill a server again and again in the middle of its work, and look whether anything was lost.
    ///
    /// Gives observations and moves to a server with clocks of a few seconds and messages over HTTP, kills it by SIGKILL at random
    /// moments and starts it again. In the end every incident must have its alert, every clock that was due must have run out
    /// once, and every message must have come, again only under its own key. Prints one line of JSON, and fails where not.
    Crash(BenchCrashArgs),
    /// Run the server of `bench crash` until standard input closes.
    #[command(hide = true)]
    CrashServer {
        /// The configuration.
        config: PathBuf,
    },
    /// Play simulated cameras until standard input closes.
    #[command(hide = true)]
    Farm(BenchFarmArgs),
    /// Play the cameras of `bench watch` until standard input closes.
    #[command(hide = true)]
    Street(BenchStreetArgs),
    /// Hold streams by GStreamer's rtspsrc until standard input closes.
    #[command(hide = true)]
    Rtspsrc {
        /// Where the streams are.
        #[arg(required = true)]
        urls: Vec<String>,
    },
}

/// How to measure ingest.
#[derive(Debug, Args)]
pub struct BenchIngestArgs {
    /// How many cameras are pulled.
    #[arg(long, value_name = "COUNT", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=9999))]
    pub streams: u32,
    /// For how long is measured, once all are up.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub seconds: u32,
    /// Decode every fourth key picture of each camera; the decoders' share is left out of the cost of ingest.
    #[arg(long)]
    pub decode: bool,
    /// Measure one of the usual ways too, with 20 cameras, and tell how many times as much it costs; may be repeated.
    #[arg(long, value_enum)]
    pub baseline: Vec<Baseline>,
    /// What the cameras play.
    #[command(flatten)]
    pub picture: BenchPicture,
    /// Print one line of JSON and nothing else.
    #[arg(long)]
    pub json: bool,
}

/// How to measure the way from an observation to the screens.
#[derive(Debug, Args)]
pub struct BenchAlertsArgs {
    /// How many screens there are.
    #[arg(long, value_name = "COUNT", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=511))]
    pub clients: u32,
    /// How many falls there are a second.
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rate: u32,
    /// For how long.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub seconds: u32,
    /// Print one line of JSON and nothing else, which is what it does anyway.
    #[arg(long)]
    pub json: bool,
}

/// Which screens.
#[derive(Debug, Args)]
pub struct BenchAlertClientsArgs {
    /// The server's address and port.
    pub address: String,
    /// How many.
    pub clients: u32,
}

/// How to measure clocks.
#[derive(Debug, Args)]
pub struct BenchClocksArgs {
    /// How many clocks fall due.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=30_000))]
    pub clocks: u32,
    /// How many of them fall due in one moment.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub at_once: u32,
    /// Over which time the others do.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub seconds: u32,
    /// An empty database, such as postgres://user:password@host/name [default: a SQLite file that goes with the run]
    #[arg(long, value_name = "DATABASE")]
    pub database: Option<String>,
    /// Print one line of JSON and nothing else, which is what it does anyway.
    #[arg(long)]
    pub json: bool,
}

/// How to kill a server.
#[derive(Debug, Args)]
pub struct BenchCrashArgs {
    /// How often it is killed.
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub kills: u32,
    /// An empty database, such as postgres://user:password@host/name [default: a SQLite file that goes with the run]
    #[arg(long, value_name = "DATABASE")]
    pub database: Option<String>,
    /// What decides when it is killed and what happens meanwhile [default: the time]
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Print one line of JSON and nothing else, which is what it does anyway.
    #[arg(long)]
    pub json: bool,
}

/// How to measure what becomes of cameras when much goes wrong.
#[derive(Debug, Args)]
pub struct BenchChaosArgs {
    /// How many cameras are pulled.
    #[arg(long, value_name = "COUNT", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(10..=6000))]
    pub streams: u32,
    /// At how many hosts (loopback addresses) they are.
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=250))]
    pub hosts: u32,
    /// For how long a tenth of them says nothing.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(6..=3600))]
    pub silent_seconds: u32,
    /// How often half as many cameras are added and removed again.
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,
    /// What the cameras play.
    #[command(flatten)]
    pub picture: BenchPicture,
}

/// How to measure all of it at once.
#[derive(Debug, Args)]
pub struct BenchWatchArgs {
    /// What is before the cameras.
    #[command(flatten)]
    pub street: BenchStreetArgs,
    /// Take [models], [ingest] and [fall] from this file, with paths relative to DIR [default: all at their defaults, so models
    /// in DIR/models]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print one line of JSON and nothing else.
    #[arg(long)]
    pub json: bool,
}

/// What the cameras of `bench watch` show.
#[derive(Debug, Args)]
pub struct BenchStreetArgs {
    /// How many cameras are pulled.
    #[arg(long, value_name = "COUNT", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=9999))]
    pub cameras: u32,
    /// How many of them show people and no fall.
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub active: u32,
    /// How many show one fall.
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    pub falls: u32,
    /// For how long is measured.
    #[arg(long, value_name = "SECONDS", default_value_t = 180, value_parser = clap::value_parser!(u32).range(60..=3000))]
    pub seconds: u32,
    /// For how long the cameras are watched before that, counted from when the first is added.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(20..=600))]
    pub settle: u32,
    /// A folder with clips and models, laid out as clips/, labels/ and models/.
    #[arg(long, value_name = "DIR", env = "GRIDWATCH_DATA")]
    pub data: PathBuf,
    /// Where prepared clips are kept for the next time.
    #[arg(long, value_name = "DIR", default_value = "gridwatch-data/bench")]
    pub cache: PathBuf,
}

impl BenchStreetArgs {
    /// The same, as it would be typed.
    pub fn as_args(&self) -> impl Iterator<Item = OsString> {
        let Self { cameras, active, falls, seconds, settle, data, cache } = self;
        let numbers = format!(
            "--cameras {cameras} --active {active} --falls {falls} --seconds {seconds} --settle {settle}"
        );
        let words: Vec<OsString> = numbers.split(' ').map(OsString::from).collect();
        let folders = [("--data", data), ("--cache", cache)];
        let folders = folders.map(|(name, folder)| [OsString::from(name), folder.clone().into_os_string()]);
        words.into_iter().chain(folders.into_iter().flatten())
    }
}

/// How to measure what runs the models.
#[derive(Debug, Args)]
pub struct BenchInferenceArgs {
    /// A folder with clips and models, laid out as clips/ and models/.
    #[arg(long, value_name = "DIR", env = "GRIDWATCH_DATA")]
    pub data: PathBuf,
    /// Files in DIR/models, separated by commas; with :fallen behind it, a model is shown the turned views.
    #[arg(long, value_name = "FILES", value_delimiter = ',', default_value = "kazperson_yolox_192x320.onnx")]
    pub models: Vec<String>,
    /// How many sessions each model has [default: as many as there are cores]
    #[arg(long, value_name = "COUNT")]
    pub sessions: Option<usize>,
    /// How many rounds; each takes a second with all that is around the sessions, and a second without.
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,
    /// Where TensorRT keeps what it has built.
    #[arg(long, value_name = "DIR", default_value = "gridwatch-data/engines")]
    pub engine_cache: PathBuf,
    /// Print one line of JSON and nothing else.
    #[arg(long)]
    pub json: bool,
}

/// A usual way to hold camera streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Baseline {
    /// One ffmpeg a camera that decodes key pictures only
    Ffmpeg,
    /// One GStreamer pipeline a camera: rtspsrc ! rtph264depay ! h264parse ! avdec_h264 ! … ! appsink
    Rtspsrc,
}

/// Which cameras to play.
#[derive(Debug, Args)]
pub struct BenchFarmArgs {
    /// How many.
    #[arg(long)]
    pub cameras: usize,
    /// What they play.
    #[command(flatten)]
    pub picture: BenchPicture,
}

/// The stream of a simulated camera.
#[derive(Debug, Args)]
pub struct BenchPicture {
    /// Width of the picture in pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = 640, value_parser = clap::value_parser!(u32).range(16..=4096))]
    pub width: u32,
    /// Height of the picture in pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = 360, value_parser = clap::value_parser!(u32).range(16..=4096))]
    pub height: u32,
    /// Pictures a second.
    #[arg(long, value_name = "RATE", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub fps: u32,
    /// Seconds from key picture to key picture.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    pub gop: f64,
    /// Bit rate of a stream, in 1000 bits a second.
    #[arg(long, value_name = "KBIT", default_value_t = 313, value_parser = clap::value_parser!(u32).range(50..=20_000))]
    pub kbit: u32,
    /// Where the clip is kept for the next time.
    #[arg(long, value_name = "DIR", default_value = "gridwatch-data/bench")]
    pub cache: PathBuf,
}

impl BenchPicture {
    /// The same, as it would be typed.
    pub fn as_args(&self) -> impl Iterator<Item = OsString> {
        let Self { width, height, fps, gop, kbit, cache } = self;
        let numbers =
            format!("--width {width} --height {height} --fps {fps} --gop {gop} --kbit {kbit} --cache");
        let words: Vec<OsString> = numbers.split(' ').map(OsString::from).collect();
        words.into_iter().chain([cache.clone().into_os_string()])
    }
}
