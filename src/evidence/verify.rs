//! `gridwatch evidence verify`: whether evidence is what was written.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use gridwatch_alerts::{AlertId, Difference, Store, Verdict, Verifier};
use serde::Serialize;

use crate::{cli::ConfigArgs, config::Config};

/// What can be done with stored pictures and clips.
#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Hold files against their manifests, and manifests against the timelines of their alerts; say which differ.
    ///
    /// Changes nothing and works beside a running server. Exits with 0 if nothing differs, else with 1.
    Verify(VerifyArgs),
}

/// Which evidence to verify.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The alert's number [default: all alerts whose evidence is not deleted]
    #[arg(value_name = "ALERT")]
    pub alert: Option<i64>,
    /// Whose evidence.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Print one line of JSON and nothing else.
    #[arg(long)]
    pub json: bool,
}

/// What the command found in all.
#[derive(Debug, Default, Serialize)]
struct Found {
    alerts: u64,
    files: u64,
    without_manifest: u64,
    differing: Vec<Verdict>,
}

/// Runs `gridwatch evidence`.
///
/// # Errors
/// The configuration, the database or the place of the evidence cannot be used.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub async fn run(EvidenceCommand::Verify(args): EvidenceCommand) -> anyhow::Result<ExitCode> {
    let config = Config::read(&args.config.config)?;
    let store = Store::open_to_read(&config.database).await?;
    let verifier = Verifier::new(&config.evidence.place, store.clone())?;
    let mut found = Found::default();
    match args.alert {
        Some(alert) => found.add(verifier.verify(AlertId(alert)).await?),
        None => verifier.verify_all(|verdict| found.add(verdict)).await?,
    }
    store.close().await;
    if args.json {
        println!("{}", serde_json::to_string(&found)?);
    } else {
        for verdict in &found.differing {
            for difference in &verdict.differences {
                println!("alert {}: {}", verdict.alert, in_words(difference));
            }
        }
        println!(
            "{} alerts, {} files held against their manifests; {} alerts without a manifest; {} differ",
            found.alerts,
            found.files,
            found.without_manifest,
            found.differing.len()
        );
    }
    Ok(if found.differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Found {
    fn add(&mut self, verdict: Verdict) {
        self.alerts += 1;
        self.files += verdict.files as u64;
        self.without_manifest += u64::from(verdict.without_manifest);
        if !verdict.differences.is_empty() {
            self.differing.push(verdict);
        }
    }
}

fn in_words(difference: &Difference) -> String {
    match difference {
        Difference::ManifestMissing => "the manifest is missing".to_owned(),
        Difference::ManifestExchanged { expected, found } => {
            format!("the manifest is another one: the timeline has {expected}, there is {found}")
        }
        Difference::NotInTimeline => "the timeline knows of no manifest".to_owned(),
        Difference::ManifestUnreadable => "the manifest cannot be read, or is another alert's".to_owned(),
        Difference::FileMissing { name } => format!("{name} is missing"),
        Difference::FileDiffers { name, expected, found } => {
            format!("{name} is another one: the manifest has {expected}, there is {found}")
        }
        Difference::FileNotNamed { name } => format!("{name} is there, and the manifest does not name it"),
        Difference::PieceNotNamed { name } => {
            format!("{name} is said to be ready, and the manifest does not name it")
        }
    }
}
