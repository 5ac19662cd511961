//! What can be typed on the command line.

use std::{fmt, net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use gridwatch_ingest::Transport;

use crate::{bench::BenchCommand, evidence::EvidenceCommand, models::ModelsCommand};

/// gridwatch (格哨) watches a street's cameras: it finds people who have fallen and puts each as one alert on the wall,
/// linked to the grid that answers for the spot.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch the cameras of a configuration file and serve the wall, until Ctrl-C or SIGTERM.
    ///
    /// Everything is checked before anything starts: all mistakes of the configuration, the grid tree, the database and
    /// the models are told in plain sentences.
    Serve(ConfigArgs),
    /// Check a configuration file, its grid tree and its models, and start nothing.
    Check(ConfigArgs),
    /// Write all that the database holds into one file; the server may run meanwhile.
    ///
    /// The file is of one moment, has checksums, and can be restored into either kind of database. Evidence is not in it: copy
    /// its folder afterwards.
    Backup(BackupArgs),
    /// Make the configured database of a file that `backup` wrote; the server must not run.
    ///
    /// The file is checked from end to end before anything is touched. SQLite or PostgreSQL, whichever it was made of.
    Restore(RestoreArgs),
    /// Show the main job on simulated cameras: people fall, the wall shows it, the grid is named.
    ///
    /// Starts RTSP cameras on this computer that play recorded clips, watches them for real, and serves the wall. Its
    /// database lives in a folder of its own and is begun anew each time.
    Demo(DemoArgs),
    /// Look after stored pictures and clips.
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Try cameras.
    #[command(subcommand)]
    Cameras(CamerasCommand),
    /// List, check and get models.
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Measure how well recorded clips are judged.
    #[command(subcommand)]
    Eval(EvalCommand),
    /// Measure what this machine can carry, on simulated cameras.
    #[command(subcommand)]
    Bench(BenchCommand),
}

/// Which configuration.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// The configuration file; `configs/gridwatch.toml` in the source explains every setting.
    #[arg(long, value_name = "FILE", default_value = "gridwatch.toml")]
    pub config: PathBuf,
}

/// Where to write a backup.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write; one that exists is not overwritten.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which database.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Print one line of JSON and nothing else.
    #[arg(long)]
    pub json: bool,
}

/// What to restore.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The file that `backup` wrote.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which database.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Put it in the place of a SQLite file that is there, which is kept beside it under a name with the date.
    #[arg(long)]
    pub replace: bool,
    /// Print one line of JSON and nothing else.
    #[arg(long)]
    pub json: bool,
}

/// How to run the demo.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// A folder with clips and models, laid out as clips/, labels/ and models/. Without it the wall and the cameras run,
    /// and nobody is watched.
    #[arg(long, value_name = "DIR", env = "GRIDWATCH_DATA")]
    pub data: Option<PathBuf>,
    /// Where the wall listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8600")]
    pub listen: SocketAddr,
    /// Where the demo keeps its database and its prepared clips.
    #[arg(long, value_name = "DIR", default_value = "gridwatch-data/demo")]
    pub folder: PathBuf,
}

/// What can be done with a camera.
#[derive(Debug, Subcommand)]
pub enum CamerasCommand {
    /// Try a camera before it is registered: what it sends, or what is wrong and what to do next.
    ///
    /// Connects for 10 s at most, over TCP or, where the camera refuses that, over UDP, and tells codec, size, rate, the
    /// distance of key pictures and the bitrate. Exits with 0 if the camera can be used, else with 1.
    Probe(ProbeArgs),
}

/// Which camera to try.
#[derive(Debug, Args)]
pub struct ProbeArgs {
    /// rtsp://HOST[:PORT]/PATH, or rtsps://, or - to read it from the first line of standard input.
    ///
    /// While the program runs, every account of this computer can see its arguments: do not write a password here.
    #[arg(value_name = "URL")]
    pub url: UrlArgument,
    /// The user name, instead of one in the address.
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// A file whose first line is the password, or - for (the next line of) standard input.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// How the pictures are to travel: tcp, udp, multicast, tls or http [default: tcp, and udp where that is refused]
    #[arg(long, value_name = "NAME", value_parser = transport)]
    pub transport: Option<Transport>,
    /// Print one line of JSON and nothing else.
    #[arg(long)]
    pub json: bool,
    /// Write a picture of the camera there, as JPEG, readable to you alone. People in it can be recognised.
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
    /// The language of the answer [default: Chinese where the environment asks for it, else English]
    #[arg(long, value_enum)]
    pub lang: Option<Language>,
}

fn transport(name: &str) -> Result<Transport, String> {
    let known = Transport::from_name(name);
    known.ok_or_else(|| format!("allowed: {}", Transport::ALL.map(Transport::name).join(", ")))
}

/// An address as it was typed, perhaps with a password in it: printing it shows nothing.
#[derive(Clone)]
pub struct UrlArgument(pub String);

impl From<String> for UrlArgument {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for UrlArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UrlArgument(hidden)")
    }
}

/// A language that people are answered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl Language {
    /// What the environment asks for: English unless that is Chinese.
    pub fn of_environment() -> Self {
        let asked = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
        let first = asked.filter(|value| !value.is_empty()).take(1);
        if first.into_iter().any(|value| value.starts_with("zh")) { Self::Zh } else { Self::En }
    }
}

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum EvalCommand {
    /// Run recorded clips through the decode, detect and rule code of live cameras, and hold the alerts against the truth.
    ///
    /// The clips' own clock drives everything, as fast as the machine can. A fall is found when its alert comes within
    /// 15 s of the start of the fallen state; the delay counts from there.
    Falls(EvalFallsArgs),
    /// Count the people in pictures of recorded clips, and hold the numbers against those counted by eye.
    ///
    /// Where people are small, the picture is looked at in overlapping tiles too. mae is the mean of how many were counted
    /// too many or too few, mape the same as a share of the people who are there (0.1 is a tenth).
    Crowd(EvalCrowdArgs),
}

/// How to evaluate falls.
#[derive(Debug, Args)]
pub struct EvalFallsArgs {
    /// The folder that the paths in the labels are relative to.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The truth [default: falls.json or labels/falls.json in DIR]
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// Take models and thresholds from this configuration file [default: the models in DIR/models, the default thresholds]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print one line of JSON and nothing else.
    #[arg(long)]
    pub json: bool,
    /// Write the same as a page too: one HTML file with pictures in it, people's heads pixelated.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// The language of the page [default: Chinese where the environment asks for it, else English]
    #[arg(long, value_enum)]
    pub lang: Option<Language>,
}

/// How to evaluate crowds.
#[derive(Debug, Args)]
pub struct EvalCrowdArgs {
    /// The folder that the paths in the counts are relative to.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The truth [default: counts.json or labels/counts.json in DIR]
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// Take the models from this configuration file [default: the models in DIR/models]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print one line of JSON and nothing else.
    #[arg(long)]
    pub json: bool,
    /// Write the same as a page too: one HTML file with pictures in it, people's heads pixelated.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// The language of the page [default: Chinese where the environment asks for it, else English]
    #[arg(long, value_enum)]
    pub lang: Option<Language>,
}
