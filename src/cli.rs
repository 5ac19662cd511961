//! What can be typed on the command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

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
    /// Show the main job on simulated cameras: people fall, the wall shows it, the grid is named.
    ///
    /// Starts RTSP cameras on this computer that play recorded clips, watches them for real, and serves the wall. Its
    /// database lives in a folder of its own and is begun anew each time.
    Demo(DemoArgs),
    /// Measure how well recorded clips are judged.
    #[command(subcommand)]
    Eval(EvalCommand),
}

/// Which configuration.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// The configuration file; `configs/gridwatch.toml` in the source explains every setting.
    #[arg(long, value_name = "FILE", default_value = "gridwatch.toml")]
    pub config: PathBuf,
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

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum EvalCommand {
    /// Run recorded clips through the decode, detect and rule code of live cameras, and hold the alerts against the truth.
    ///
    /// The clips' own clock drives everything, as fast as the machine can. A fall is found when its alert comes within
    /// 15 s of the start of the fallen state; the delay counts from there.
    Falls(EvalFallsArgs),
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
}
