//! Works out once for all sockets which cameras have news, and which were lost together.
//!
//! Each camera carries the number of the round in which it last had news. A socket remembers the last round
//! it told of and asks for what came later; no socket has a queue, and none can fall out of step.

use std::{sync::Arc, time::Duration};

use gridwatch_alerts::{Desk, Registration};
use gridwatch_ingest::{Clock, Ingest};
use parking_lot::RwLock;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    cameras::Camera,
    outages::{self, Outage},
};

/// How often leases are looked at: a lapsed one is shown within a second.
const LEASE_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The shortest time between two rounds: when a whole switch fails, its cameras come in a few messages, not
/// in one each.
const ROUND_INTERVAL_MIN: Duration = Duration::from_millis(200);

/// What all sockets share about cameras. Cheap to clone.
#[derive(Clone)]
pub struct CameraFeed {
    desk: Desk,
    ingest: Ingest,
    clock: Clock,
    shown: Arc<RwLock<Vec<Shown>>>,
    outages: Arc<RwLock<Vec<Outage>>>,
    round: watch::Sender<u64>,
}

struct Shown {
    camera: Camera,
    round: u64,
}

impl CameraFeed {
    /// A feed of all registered cameras, with round 0 done.
    pub fn new(desk: Desk, ingest: Ingest, clock: Clock) -> Self {
        let round = watch::Sender::new(0);
        let feed = Self { desk, ingest, clock, shown: Arc::default(), outages: Arc::default(), round };
        *feed.shown.write() = feed.now().into_iter().map(|camera| Shown { camera, round: 0 }).collect();
        feed
    }

    /// All cameras as they are now.
    pub fn now(&self) -> Vec<Camera> {
        self.desk.cameras().iter().map(|camera| self.one(camera)).collect()
    }

    /// One camera as it is now.
    pub fn one(&self, camera: &Registration) -> Camera {
        let now = self.clock.now();
        Camera::shown(camera, self.ingest.health().get(&camera.id, now).as_ref(), now)
    }

    /// Cameras that were lost together, as of the newest round.
    pub fn outages(&self) -> Vec<Outage> {
        self.outages.read().clone()
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
        let mut changes = self.ingest.health().changes();
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
        let outages: Vec<Outage> = self.ingest.outages().into_iter().map(Outage::from).collect();
        let before = std::mem::replace(&mut *self.outages.write(), outages.clone());
        if outages != before {
            outages::log_changes(&before, &outages);
            news = true;
        }
        if news {
            self.round.send_replace(round);
        }
    }
}
