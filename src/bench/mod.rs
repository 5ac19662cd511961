//! `gridwatch bench`: what this machine can carry, measured on simulated cameras.
//!
//! The cameras, and whatever we are compared with, are processes of their own, so that what is measured here is ours
//! alone.

mod alert_clients;
mod alerts;
mod args;
mod baseline;
mod chaos;
mod clocks;
mod crash;
mod farm;
mod helper;
mod inference;
mod ingest;
mod report;
mod rtspsrc;
mod street;
mod usage;
mod watch;

pub use args::BenchCommand;

/// Runs a measurement, or one of the helpers that a measurement starts.
///
/// # Errors
/// When a helper does not start, or the machine's limits do not suffice; each says what to do.
pub fn run(command: BenchCommand) -> anyhow::Result<()> {
    match command {
        BenchCommand::Ingest(args) => ingest::run(&args),
        BenchCommand::Chaos(args) => chaos::run(&args),
        BenchCommand::Inference(args) => inference::run(&args),
        BenchCommand::Watch(args) => watch::run(&args),
        BenchCommand::Alerts(args) => alerts::run(&args),
        BenchCommand::AlertClients(args) => alert_clients::serve(&args),
        BenchCommand::Clocks(args) => clocks::run(&args),
        BenchCommand::Crash(args) => crash::run(&args),
        BenchCommand::CrashServer { config } => crash::serve(&config),
        BenchCommand::Farm(args) => farm::serve(&args),
        BenchCommand::Street(args) => farm::serve_street(&args),
        BenchCommand::Rtspsrc { urls } => rtspsrc::serve(&urls),
    }
}
