//! The one way from the rules to the desk: in order, bounded, and nothing is ever dropped.

use std::time::Duration;

use gridwatch_inference::Observation;
use tokio::sync::mpsc;

use crate::{
    alert::AlertId,
    desk::{Desk, Outcome},
    drill::{Drill, DrillEnd},
    error::Error,
    evidence::{Evidence, EvidenceFailure, EvidenceKind},
    problems::{Problems, STORE_FAILING},
};

/// How many observations may wait. When all places are taken, senders wait.
const OBSERVATIONS_MAX: usize = 1024;

/// How many orders for evidence may wait. Each holds one small picture. When all places are taken, the evidence of the
/// next order is marked as not recorded: evidence never delays an alert.
const ORDERS_MAX: usize = 64;

/// How long to wait before the database is tried again: at first, and at most.
const RETRY_DELAY_MIN: Duration = Duration::from_millis(100);
const RETRY_DELAY_MAX: Duration = Duration::from_secs(5);

/// Takes observations. Cheap to clone; [`Recording::run`] ends when all clones are dropped.
#[derive(Clone, Debug)]
pub struct Recorder {
    work: mpsc::Sender<Work>,
}

/// What waits for the desk, in order.
#[derive(Debug)]
enum Work {
    Seen(Box<Observation>),
    Canary,
    DrillOver(Box<Drill>, DrillEnd),
}

/// Evidence that is to be made, and the observation to make it from.
#[derive(Clone, Debug)]
pub struct EvidenceOrder {
    /// Of this alert.
    pub alert: AlertId,
    /// These pieces.
    pub pieces: Vec<EvidenceKind>,
    /// What opened the alert, or raised its level.
    pub observation: Observation,
}

/// The task behind a [`Recorder`].
pub struct Recording {
    desk: Desk,
    problems: Problems,
    work: mpsc::Receiver<Work>,
    orders: mpsc::Sender<EvidenceOrder>,
}

// === impl Recorder ===

impl Recorder {
    /// A recorder, the task that does its work, and the orders for evidence of alerts that are opened or rise.
    pub fn new(desk: Desk, problems: Problems) -> (Self, Recording, mpsc::Receiver<EvidenceOrder>) {
        let (sender, work) = mpsc::channel(OBSERVATIONS_MAX);
        let (orders, receiver) = mpsc::channel(ORDERS_MAX);
        (Self { work: sender }, Recording { desk, problems, work, orders }, receiver)
    }

    /// Hands an observation over; waits while the queue is full.
    ///
    /// # Errors
    /// The task has ended.
    pub async fn send(&self, observation: Observation) -> Result<(), Error> {
        self.work.send(Work::Seen(Box::new(observation))).await.map_err(|_| Error::RecorderEnded)
    }

    /// As [`Recorder::send`], for a thread outside the async runtime.
    ///
    /// # Errors
    /// The task has ended.
    pub fn blocking_send(&self, observation: Observation) -> Result<(), Error> {
        self.work.blocking_send(Work::Seen(Box::new(observation))).map_err(|_| Error::RecorderEnded)
    }

    /// Says that nothing more of a drill is seen, after what waits already; waits while the queue is full.
    ///
    /// # Errors
    /// The task has ended.
    pub async fn drill_over(&self, drill: Drill, end: DrillEnd) -> Result<(), Error> {
        let over = Work::DrillOver(Box::new(drill), end);
        self.work.send(over).await.map_err(|_| Error::RecorderEnded)
    }

    /// Sends a canary after what waits already; a full queue takes none.
    ///
    /// # Errors
    /// The queue is full, or the task has ended.
    pub(crate) fn canary(&self) -> Result<(), Error> {
        self.work.try_send(Work::Canary).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Error::RecorderBusy,
            mpsc::error::TrySendError::Closed(_) => Error::RecorderEnded,
        })
    }
}

// === impl Recording ===

impl Recording {
    /// Gives each observation to the desk, until all recorders are dropped and the queue is empty. While the
    /// database fails, the oldest observation is tried again and again, and the problem [`STORE_FAILING`] is
    /// on the board.
    pub async fn run(mut self) {
        while let Some(work) = self.work.recv().await {
            let observation = match work {
                Work::Seen(observation) => *observation,
                Work::Canary => {
                    // Not tried again: that it is missing is what it tells.
                    if let Err(error) = self.desk.canary().await {
                        tracing::error!(%error, "the canary could not be written");
                    }
                    continue;
                }
                Work::DrillOver(drill, end) => {
                    // Not tried again: the next start ends what runs.
                    if let Err(error) = self.desk.end_drill(&drill, end).await {
                        tracing::error!(drill.id = drill.id, %error, "the end of a drill could not be written");
                    }
                    continue;
                }
            };
            match self.observe(&observation).await {
                Outcome::Opened(alert) => {
                    tracing::info!(alert.id = %alert, camera.id = %observation.camera, "alert opened");
                    let pieces = EvidenceKind::OF_EVERY_ALERT.to_vec();
                    self.order_evidence(EvidenceOrder { alert, pieces, observation }).await;
                }
                Outcome::Raised(alert, step) => {
                    tracing::info!(alert.id = %alert, camera.id = %observation.camera, "alert rose to a higher level");
                    let pieces = vec![EvidenceKind::Step(step)];
                    self.order_evidence(EvidenceOrder { alert, pieces, observation }).await;
                }
                Outcome::Nothing | Outcome::Noted(_) | Outcome::Updated(_) | Outcome::Ended(_) => {}
            }
        }
    }

    async fn observe(&self, observation: &Observation) -> Outcome {
        let mut delay = RETRY_DELAY_MIN;
        loop {
            match self.desk.observe(observation).await {
                Ok(outcome) => {
                    self.problems.clear(STORE_FAILING);
                    return outcome;
                }
                Err(error) => {
                    tracing::error!(camera.id = %observation.camera, %error, "alert could not be written, trying again");
                    self.problems.raise(STORE_FAILING, self.desk.store().database().to_string());
                }
            }
            tokio::time::sleep(delay).await;
            delay = (delay * 2).min(RETRY_DELAY_MAX);
        }
    }

    async fn order_evidence(&self, order: EvidenceOrder) {
        let Err(refused) = self.orders.try_send(order) else { return };
        let EvidenceOrder { alert, pieces, .. } = refused.into_inner();
        tracing::error!(alert.id = %alert, ?pieces, "no evidence of this alert: its maker is too slow or gone");
        for kind in pieces {
            let failed = Evidence::failed(EvidenceFailure::NotRecorded);
            if let Err(error) = self.desk.set_evidence(alert, kind, failed, None).await {
                tracing::error!(alert.id = %alert, %error, "evidence could not be marked as not recorded");
            }
        }
    }
}
