//! The counters, written into the log.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use gridwatch_inference::{InferenceCounters, Scheduler, scheduler::StalenessByAttention};
use gridwatch_ingest::{Ingest, IngestCounters, Pace};

/// How often they are written.
const INTERVAL: Duration = Duration::from_secs(60);

/// Writes once a minute what was done and what was dropped since the start, how long ago cameras were looked at, and
/// what is given up of that.
pub async fn tell(counters: Arc<InferenceCounters>, ingest: Ingest, scheduler: Scheduler) {
    let mut every = tokio::time::interval(INTERVAL);
    every.tick().await;
    loop {
        every.tick().await;
        let IngestCounters {
            decoded,
            decode_failed,
            decode_superseded,
            decode_busy_us,
            frames_dropped,
            units_dropped,
            sessions,
        } = ingest.counters();
        let InferenceCounters {
            judged,
            person,
            turned,
            closer,
            closer_failed,
            reused,
            held_back,
            failed,
            left_out,
            failed_in_a_row: _,
        } = &*counters;
        let [judged, person, turned, closer, closer_failed, reused, held_back, failed, left_out] =
            [judged, person, turned, closer, closer_failed, reused, held_back, failed, left_out]
                .map(|counter| counter.load(Relaxed));
        tracing::info!(
            decoded,
            decode_failed,
            decode_superseded,
            decode_busy_us,
            frames_dropped,
            units_dropped,
            sessions,
            judged,
            person,
            turned,
            closer,
            closer_failed,
            reused,
            held_back,
            failed,
            left_out,
            "counters since the start"
        );
        let StalenessByAttention { quiet, attended } = scheduler.staleness(&ingest);
        let (Pace { quiet: quiet_every, active: active_every }, shares) = (ingest.pace(), scheduler.shares());
        tracing::info!(
            quiet_p50_s = quiet.p50,
            quiet_p95_s = quiet.p95,
            quiet_p99_s = quiet.p99,
            quiet_max_s = quiet.max,
            quiet_never = quiet.never,
            quiet_behind = ?quiet.behind,
            attended_p50_s = attended.p50,
            attended_p95_s = attended.p95,
            attended_p99_s = attended.p99,
            attended_max_s = attended.max,
            attended_never = attended.never,
            attended_behind = ?attended.behind,
            quiet_every_s = quiet_every.as_secs_f64(),
            active_every_s = active_every.as_secs_f64(),
            turned_share = shares.turned,
            stage = shares.stage().name(),
            "how long ago cameras were looked at"
        );
    }
}
