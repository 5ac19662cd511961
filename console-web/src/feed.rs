//! Works out once for all sockets which cameras have news.
//!
//! Each camera carries the number of the round in which it last had news. A socket remembers the last round
//! it told of and asks for what came later; no socket has a queue, and none can fall out of step.

use std::{sync::Arc, time::Duration};

use gridwatch_alerts::Desk;
use gridwatch_ingest::{Clock, HealthBoard};
use parking_lot::RwLock;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::cameras::Camera;

/// How often leases are looked at: a lapsed one is shown within a second.
const LEASE_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The shortest time between two rounds: when a whole switch fails, its cameras come in a few messages, not
/// in one each.
const ROUND_INTERVAL_MIN: Duration = Duration::from_millis(200);

/// What all sockets share about cameras. Cheap to clone.
#[derive(Clone)]
pub struct CameraFeed {
    desk: Desk,
    health: HealthBoard,
    clock: Clock,
    shown: Arc<RwLock<Vec<Shown>>>,
    round: watch::Sender<u64>,
}

struct Shown {
    camera: Camera,
    round: u64,
}

impl CameraFeed {
    /// A feed of all registered cameras, with round 0 done.
    pub fn new(desk: Desk, health: HealthBoard, clock: Clock) -> Self {
        let feed = Self { desk, health, clock, shown: Arc::default(), round: watch::Sender::new(0) };
        *feed.shown.write() = feed.now().into_iter().map(|camera| Shown { camera, round: 0 }).collect();
        feed
    }

    /// All cameras as they are now.
    pub fn now(&self) -> Vec<Camera> {
        let now = self.clock.now();
        let cameras = self.desk.cameras();
        cameras
            .iter()
            .map(|camera| Camera::shown(camera, self.health.get(&camera.id).as_ref(), now))
            .collect()
    }

    /// Becomes ready whenever there is news; the value is the round.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.round.subscribe()
    }

    /// The cameras that had news after `round`.
    pub fn after(&self, round: u64) -> Vec<Camera> {
        self.shown
            .read()
            .iter()
            .filter(|shown| shown.round > round)
            .map(|shown| shown.camera.clone())
            .collect()
    }

    /// Does round after round until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut changes = self.health.changes();
        let mut lease_check = tokio::time::interval(LEASE_CHECK_INTERVAL);
        lease_check.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                // The board lives as long as this feed holds it, so this cannot fail.
                _ = changes.changed() => {}
                _ = lease_check.tick() => {}
            }
            self.do_round();
            tokio::time::sleep(ROUND_INTERVAL_MIN).await;
        }
    }

    fn do_round(&self) {
        let round = *self.round.borrow() + 1;
        let mut news = false;
        let now = self.now();
        for (shown, camera) in self.shown.write().iter_mut().zip(now) {
            if camera.differs_from(&shown.camera) {
                shown.round = round;
                news = true;
            }
            shown.camera = camera;
        }
        if news {
            self.round.send_replace(round);
        }
    }
}
