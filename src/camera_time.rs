//! Writes down for how long each camera could be reached and was of use.

use std::time::Duration;

use gridwatch_alerts::{CameraDays, Desk};
use gridwatch_ingest::{CameraState, Clock, Ingest};
use jiff::tz::TimeZone;

/// How often the cameras' states are looked at: a state lasts at least as long as a blip, which is not shown.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// After how many looks the sums are written: a minute. A kill loses no more than that.
const LOOKS_A_WRITE: u32 = 12;

/// Looks and writes until it is dropped. What could not be written waits, and is written with the next.
pub async fn run(desk: Desk, ingest: Ingest, zone: TimeZone, clock: Clock) {
    let mut days = CameraDays::new(zone.clone());
    let mut every = tokio::time::interval(LOOK_INTERVAL);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for look in 1u32.. {
        every.tick().await;
        let now = clock.now();
        let cameras = desk.cameras();
        let state =
            |id| ingest.health().get(id, now).map_or(CameraState::Unknown, |health| health.state_at(now));
        days.look(now, cameras.iter().map(|camera| (camera.id.clone(), state(&camera.id))));
        if look.is_multiple_of(LOOKS_A_WRITE) {
            let sums = days.take();
            let today = now.to_zoned(zone.clone()).date();
            if let Err(error) = desk.store().add_camera_days(&sums, today).await {
                tracing::error!(%error, "the time of cameras could not be written, trying again");
                days.give_back(sums);
            }
        }
    }
}
