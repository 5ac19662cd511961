//! Tests of the crate's face on a SQLite file. `tests/postgres` runs those that are not about the file on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic")]

mod backup;
mod backup_file;
mod buckets;
mod camera;
mod canary;
mod crowds;
mod desk;
mod drills;
mod evidence;
mod floods;
mod held;
mod hostile;
mod hub;
mod large_reports;
mod life;
mod manifests;
mod originals;
mod outbox;
mod recorder;
mod registry;
mod sequences;
mod silences;
mod statistics;
mod store;
mod support;

use std::path::Path;

use gridwatch_alerts::Database;

/// The database of a test's folder.
fn database(folder: &Path) -> Database {
    Database::Sqlite(folder.join("gridwatch.db"))
}
