//! What is wrong with the server itself right now, for everyone to see.

use std::{collections::BTreeMap, sync::Arc};

use gridwatch_ingest::Clock;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use utoipa::ToSchema;

/// Something is wrong with the server itself.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// What kind of problem; clients have a sentence for each.
    #[schema(example = "evidence_disk_full")]
    pub code: &'static str,
    /// What it concerns, for the person who mends it; no secret, no sentence.
    pub detail: String,
    /// Since when.
    pub since: Timestamp,
}

/// The problems of this moment, at most one of each code. Cheap to clone; all clones are the same board.
#[derive(Clone)]
pub struct Problems {
    current: Arc<Mutex<BTreeMap<&'static str, Problem>>>,
    clock: Clock,
}

/// Evidence cannot be written for lack of space.
pub const EVIDENCE_DISK_FULL: &str = "evidence_disk_full";
/// Evidence cannot be written for another reason.
pub const EVIDENCE_WRITE_FAILED: &str = "evidence_write_failed";
/// Something does not come through: a screen, a phone, a channel, or the whole chain.
pub const CANARY_MISSING: &str = "canary_missing";
/// Evidence that is over its time cannot be deleted.
pub const EVIDENCE_NOT_DELETED: &str = "evidence_not_deleted";
/// Clocks cannot run out, because the database fails.
pub const CLOCKS_FAILING: &str = "clocks_failing";
/// Alerts cannot be written; they wait in memory.
pub const STORE_FAILING: &str = "store_failing";

impl Problems {
    /// An empty board.
    pub fn new(clock: Clock) -> Self {
        Self { current: Arc::default(), clock }
    }

    /// Puts a problem on the board. One that is already there keeps its `since`. The number of codes is what
    /// the program text names, so the board is bounded.
    pub fn raise(&self, code: &'static str, detail: impl Into<String>) {
        let now = self.clock.now();
        let detail = detail.into();
        let mut current = self.current.lock();
        let problem =
            current.entry(code).or_insert_with(|| Problem { code, detail: String::new(), since: now });
        problem.detail = detail;
    }

    /// Takes a problem off the board, if it is there.
    pub fn clear(&self, code: &'static str) {
        self.current.lock().remove(code);
    }

    /// What is on the board, by code.
    pub fn list(&self) -> Vec<Problem> {
        self.current.lock().values().cloned().collect()
    }
}
