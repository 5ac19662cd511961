//! Models by name: the manifest that knows them, and `gridwatch models`, which lists, checks and gets their files.
//!
//! The project ships no weights. A model is a section of the manifest (`configs/models.toml`, part of the program; the
//! configuration may name another) and a file in the folder for models, which counts only when its digest is right.

mod args;
mod check;
mod digest;
mod download;
mod list;
mod lock;
mod manifest;
mod partial;
mod progress;
mod pull;
mod standing;
mod verify;

use std::{path::Path, process::ExitCode};

pub use args::ModelsCommand;
pub use digest::Digest;
pub use manifest::Manifest;
pub use verify::Named;

use crate::config::{Config, Models};

/// The configuration that is taken if it is there and no other is named.
const CONFIG: &str = "gridwatch.toml";

/// Runs `gridwatch models`. The exit code of `check` says whether the file can be used.
///
/// # Errors
/// Whatever keeps the command from its answer, in a sentence with what to do next.
pub async fn run(command: ModelsCommand) -> anyhow::Result<ExitCode> {
    let config = match &command {
        ModelsCommand::List(args) => &args.from,
        ModelsCommand::Check(args) => &args.from,
        ModelsCommand::Pull(args) => &args.from,
    };
    let models = configured(config.config.as_deref())?;
    match command {
        ModelsCommand::List(args) => list::run(&args, &models)?,
        ModelsCommand::Check(args) => return check::run(&args, &models),
        ModelsCommand::Pull(args) => pull::run(args, &models).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn configured(file: Option<&Path>) -> anyhow::Result<Models> {
    let usual = Path::new(CONFIG);
    let config = match file.or_else(|| usual.is_file().then_some(usual)) {
        Some(file) => Config::read(file)?,
        None => Config::parse("", Path::new(""))
            .map_err(|_| anyhow::anyhow!("the default configuration is broken"))?,
    };
    Ok(config.models)
}
