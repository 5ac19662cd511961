//! The tests of `tests/it`, on a PostgreSQL server that they start for themselves.
#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic")]

#[path = "../it/backup.rs"]
mod backup;
#[path = "../it/canary.rs"]
mod canary;
#[path = "../it/crowds.rs"]
mod crowds;
#[path = "../it/desk.rs"]
mod desk;
#[path = "../it/evidence.rs"]
mod evidence;
#[path = "../it/floods.rs"]
mod floods;
#[path = "../it/held.rs"]
mod held;
#[path = "../it/hostile.rs"]
mod hostile;
#[path = "../it/hub.rs"]
mod hub;
mod kinds;
#[path = "../it/life.rs"]
mod life;
#[path = "../it/manifests.rs"]
mod manifests;
#[path = "../it/originals.rs"]
mod originals;
#[path = "../it/outbox.rs"]
mod outbox;
mod own;
#[path = "../it/recorder.rs"]
mod recorder;
#[path = "../it/registry.rs"]
mod registry;
#[path = "../it/sequences.rs"]
mod sequences;
mod server;
#[path = "../it/silences.rs"]
mod silences;
#[path = "../it/statistics.rs"]
mod statistics;
#[path = "../it/support.rs"]
mod support;

use std::path::Path;

use gridwatch_alerts::Database;

/// The database of a test's folder: the same for the same folder.
fn database(folder: &Path) -> Database {
    let name: String =
        folder.to_string_lossy().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    server::database(&format!("t{}", name.to_lowercase()))
}
