//! `gridwatch backup` and `gridwatch restore`: the configured database into one file, and back.

use gridwatch_alerts::{BackupSummary, Restored};
use gridwatch_ingest::Clock;

use crate::{
    cli::{BackupArgs, RestoreArgs},
    config::Config,
};

/// Writes the database into a file and says what is in it.
///
/// # Errors
/// As [`gridwatch_alerts::backup`], or the configuration has mistakes.
pub async fn backup(args: BackupArgs) -> anyhow::Result<()> {
    let database = Config::read(&args.config.config)?.database;
    let summary = gridwatch_alerts::backup(&database, &args.file, Clock::system().now()).await?;
    if args.json {
        say(&serde_json::to_string(&summary)?);
    } else {
        say(&format!("{database} is in {}: {}", args.file.display(), rows(&summary)));
    }
    Ok(())
}

/// Makes a database of a file and says what is in it.
///
/// # Errors
/// As [`gridwatch_alerts::restore`], or the configuration has mistakes.
pub async fn restore(args: RestoreArgs) -> anyhow::Result<()> {
    let database = Config::read(&args.config.config)?.database;
    let now = Clock::system().now();
    let restored = gridwatch_alerts::restore(&database, &args.file, args.replace, now).await?;
    if args.json {
        say(&serde_json::to_string(&restored)?);
        return Ok(());
    }
    let Restored { backup, kept } = restored;
    say(&format!("{database} is as it was at {}: {}", backup.at, rows(&backup)));
    if let Some(kept) = kept {
        say(&format!("what was there before is in {}", kept.display()));
    }
    Ok(())
}

/// How many rows each table has, in words.
fn rows(summary: &BackupSummary) -> String {
    let tables = summary.tables.iter().map(|(table, rows)| format!("{rows} {table}"));
    tables.collect::<Vec<_>>().join(", ")
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn say(line: &str) {
    println!("{line}");
}
