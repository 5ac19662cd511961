//! What can be typed after `gridwatch models`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What can be done with models.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models of the manifest: what each is for, and whether its file is there and the right one.
    List(ListArgs),
    /// Load a model file and tell of which family it is, what it takes and gives, and what it can be used for.
    ///
    /// Exits with 1 if it fits no family, with what was expected, or if it is another file than the manifest names.
    Check(CheckArgs),
    /// Get a model's file: over the network, or from a folder.
    ///
    /// A download that was broken off goes on where it stopped. The file lies in its place only when it is whole and its
    /// SHA-256 is the one of the manifest; where that gives none, the first file's is written into models.lock.toml beside
    /// it, and every later file must have the same. Proxies are taken from HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
    Pull(PullArgs),
}

/// Which manifest and which folder.
#[derive(Debug, Args)]
pub struct ModelsConfigArgs {
    /// Take manifest and folders from this configuration file [default: gridwatch.toml, if there is one here; else the
    /// built-in manifest and the folder models]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// How to list models.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub from: ModelsConfigArgs,
    /// Print one line of JSON and nothing else.
    #[arg(long)]
    pub json: bool,
}

/// Which file to check.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The ONNX file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub from: ModelsConfigArgs,
    /// Print one line of JSON and nothing else.
    #[arg(long)]
    pub json: bool,
}

/// Which model to get.
#[derive(Debug, Args)]
pub struct PullArgs {
    /// The model, as `gridwatch models list` names it.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Copy the file from this folder instead of downloading it [default: models.offline of the configuration, if set]
    #[arg(long = "from", value_name = "DIR")]
    pub offline: Option<PathBuf>,
    /// Put the file there [default: models.folder of the configuration]
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// How long, in seconds, the server may say nothing.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub timeout: u32,
    #[command(flatten)]
    pub from: ModelsConfigArgs,
}
