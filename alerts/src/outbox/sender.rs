//! Sends what waits for one channel, the most urgent first.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use jiff::Timestamp;
use rand::rngs::StdRng;

use super::{Lease, SendOutcome, retry_after};
use crate::{canary::LinkKind, clockwork::until, desk::Desk, error::Error};

/// How many deliveries are taken at once.
const BATCH: u32 = 64;

/// The longest sleep: a lease of a sender that died is noticed after it.
const SLEEP_MAX: Duration = Duration::from_secs(5);

/// How long after the database failed it is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// What sends to one channel.
pub trait Transport: Send + Sync {
    /// Sends deliveries, the most urgent of which is the first, and says of each what became of it, in their order. Several may go as
    /// one message. It gives up by itself within 25 s: after 30 s somebody else may send the same.
    fn send<'a>(&'a self, leases: &'a [Lease], now: Timestamp) -> BoxFuture<'a, Vec<SendOutcome>>;
}

/// Sends what waits for a channel until it is dropped. What is dropped half-way is sent again, under the same key, by whoever
/// comes next.
pub async fn run_sender(desk: Desk, channel: String, transport: Arc<dyn Transport>, mut rng: StdRng) {
    let mut changes = desk.hub().subscribe();
    let mut canaries = desk.hub().canaries();
    loop {
        changes.mark_unchanged();
        canaries.mark_unchanged();
        let sleep = match send_due(&desk, &channel, &*transport, &mut rng).await {
            Ok(Some(next)) => until(next, desk.now(), SLEEP_MAX),
            Ok(None) => SLEEP_MAX,
            Err(error) => {
                tracing::error!(channel, %error, "deliveries could not be read or noted, trying again");
                tokio::time::sleep(RETRY_AFTER).await;
                continue;
            }
        };
        tokio::select! {
            () = tokio::time::sleep(sleep) => {}
            _ = changes.changed() => {}
            _ = canaries.changed() => {}
        }
    }
}

async fn send_due(
    desk: &Desk,
    channel: &str,
    transport: &dyn Transport,
    rng: &mut StdRng,
) -> Result<Option<Timestamp>, Error> {
    let store = desk.store();
    loop {
        // Looked at first: to take a lease is to write.
        match store.next_delivery(channel, desk.now()).await? {
            Some(due) if due <= desk.now() => {}
            next => return Ok(next),
        }
        let leases = store.lease_deliveries(channel, BATCH, desk.now()).await?;
        let outcomes = transport.send(&leases, desk.now()).await;
        for (lease, outcome) in leases.iter().zip(&outcomes) {
            let now = desk.now();
            let retry_at = match outcome {
                SendOutcome::Later { after, .. } => {
                    retry_after(lease.attempts + 1, rng).map(|wait| now + wait.max(after.unwrap_or_default()))
                }
                SendOutcome::Wait { after } => Some(now + *after),
                SendOutcome::Sent { .. } | SendOutcome::Never { .. } => None,
            };
            if matches!(outcome, SendOutcome::Sent { .. }) {
                desk.prove(LinkKind::Channel, channel);
            }
            store.settle_delivery(lease.id, outcome, retry_at, now).await?;
        }
    }
}
