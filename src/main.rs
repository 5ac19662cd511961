//! gridwatch (格哨): the command line, and the one place where the parts are put together.

mod app;
mod backup;
mod bench;
mod camera_time;
mod channels;
mod cli;
mod config;
mod counters;
mod demo;
mod drills;
mod eval;
mod evidence;
mod models;
mod probe;
mod push;
mod world;

use std::{io::IsTerminal, process::ExitCode};

use clap::Parser;
use cli::{CamerasCommand, Cli, Command, EvalCommand};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log(&cli.command);
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the last word of a command that failed is for whoever typed it")]
fn report(error: &anyhow::Error) {
    eprintln!("gridwatch: {}", in_words(error));
}

/// An error and what led to it; what a sentence says already is not said again.
fn in_words(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| match said {
        said if said.is_empty() => cause,
        said if said.contains(&cause) => said,
        said => format!("{said}: {cause}"),
    })
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let done = match command {
        Command::Serve(args) => in_runtime(async {
            let config = config::Config::read(&args.config)?;
            app::run(config, stop_on_signal()?).await
        }),
        Command::Check(args) => in_runtime(async { app::check(config::Config::read(&args.config)?).await }),
        Command::Backup(args) => in_runtime(backup::backup(args)),
        Command::Restore(args) => in_runtime(backup::restore(args)),
        Command::Demo(args) => in_runtime(async { demo::run(args, stop_on_signal()?).await }),
        Command::Eval(EvalCommand::Falls(args)) => in_runtime(eval::falls(args)),
        Command::Eval(EvalCommand::Crowd(args)) => in_runtime(eval::crowd(args)),
        Command::Evidence(command) => return in_runtime(evidence::run(command)),
        Command::Models(command) => return in_runtime(models::run(command)),
        Command::Cameras(CamerasCommand::Probe(args)) => return probe::run(args),
        // Its processes have the threads that they measure with, and no others.
        Command::Bench(command) => bench::run(command),
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn in_runtime<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// Log lines go to standard error. `RUST_LOG` chooses; by default a server tells what happens, a demo the main job, and
/// a measurement only what goes wrong.
fn start_log(command: &Command) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new(match command {
            Command::Serve(_) | Command::Check(_) => "info,retina=error,sqlx=warn,ort=warn",
            Command::Demo(_) => "warn,retina=error,gridwatch=info,gridwatch_alerts=info",
            Command::Backup(_) | Command::Restore(_) => "warn",
            Command::Eval(_) | Command::Models(_) | Command::Evidence(_) => "warn,ort=error",
            Command::Cameras(_) => "error",
            Command::Bench(_) => "warn,retina=error",
        })
    });
    let terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal).init();
}

/// A token that is cancelled by Ctrl-C or SIGTERM.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let asked = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            // Without a handler the process would end at once; without the signal it goes on.
            result = tokio::signal::ctrl_c() => if result.is_err() { return },
        }
        tracing::info!("stopping");
        asked.cancel();
    });
    Ok(stop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_twice() {
        let file = config::Config::read("/no/such/file".as_ref()).unwrap_err();
        let error = anyhow::Error::new(file).context("the server does not start");
        assert_eq!(
            in_words(&error),
            "the server does not start: cannot read the configuration /no/such/file: \
             No such file or directory (os error 2)"
        );
    }
}
