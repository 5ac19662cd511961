//! Lets the clocks of all alerts run out in time.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    desk::Desk,
    problems::{CLOCKS_FAILING, Problems},
};

/// The longest sleep. Time that jumps is noticed after it, however far away the next clock seemed.
const SLEEP_MAX: Duration = Duration::from_secs(1);

/// How long after a failure it is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Lets clocks run out until it is dropped. While the database fails, it is a problem on the board, and what is due stays due.
pub async fn run_clocks(desk: Desk, problems: Problems) {
    let mut changes = desk.hub().subscribe();
    loop {
        changes.mark_unchanged();
        let next = match fire_all(&desk).await {
            Ok(next) => {
                problems.clear(CLOCKS_FAILING);
                next
            }
            Err(error) => {
                tracing::error!(%error, "clocks could not run out, trying again");
                problems.raise(CLOCKS_FAILING, desk.store().database().to_string());
                tokio::time::sleep(RETRY_AFTER).await;
                continue;
            }
        };
        let sleep = next.map_or(SLEEP_MAX, |due| until(due, desk.now(), SLEEP_MAX));
        tokio::select! {
            () = tokio::time::sleep(sleep) => {}
            // A change may have started a clock that runs out sooner. The sender lives as long as the desk.
            _ = changes.changed() => {}
        }
    }
}

async fn fire_all(desk: &Desk) -> Result<Option<Timestamp>, crate::Error> {
    while desk.tick().await? > 0 {}
    desk.next_due().await
}

/// How long there is until then, at most `longest`; nothing where it is over.
pub(crate) fn until(due: Timestamp, now: Timestamp, longest: Duration) -> Duration {
    let left = due.duration_since(now);
    Duration::try_from(left).map_or(Duration::ZERO, |left| left.min(longest))
}
