//! Who may connect now: so many cameras at one time, and only a few of them at one host.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lets connections begin: `all_max` at one time, `host_max` of them at one host.
///
/// An NVR with 64 channels is one host: when it comes back, its channels are asked a few at a time, and while it
/// hangs it holds no more than its share of the places.
#[derive(Debug)]
pub(crate) struct ConnectGate {
    all: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
    host_max: usize,
}

/// A place at the gate; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _host: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl ConnectGate {
    /// A gate with these bounds, each at least 1.
    pub(crate) fn new(all_max: usize, host_max: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all_max.max(1))),
            hosts: Mutex::default(),
            host_max: host_max.max(1),
        }
    }

    /// Waits for a place for a connection to `host`. None when the gate is closed for good.
    pub(crate) async fn enter(&self, host: &str) -> Option<Place> {
        // The host's place first: who waits for a busy host keeps no place that others could use.
        let host = self.host(host).acquire_owned().await.ok()?;
        let all = self.all.clone().acquire_owned().await.ok()?;
        Some(Place { _host: host, _all: all })
    }

    fn host(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock();
        // Hosts at which nobody connects or waits are forgotten, so the table is no longer than the queue at the gate.
        hosts.retain(|_, places| Arc::strong_count(places) > 1);
        hosts.entry(host.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.host_max))).clone()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_host_takes_no_more_than_its_share() {
        let gate = ConnectGate::new(3, 2);
        let (one, two) = (gate.enter("nvr").await.unwrap(), gate.enter("nvr").await.unwrap());
        assert!(gate.enter("nvr").now_or_never().is_none(), "a third at one host waits");
        let other = gate.enter("gate").now_or_never().flatten().expect("another host has a place");
        assert!(gate.enter("yard").now_or_never().is_none(), "a fourth in all waits");
        drop(one);
        assert!(gate.enter("yard").now_or_never().flatten().is_some());
        drop((two, other));
        drop(gate.enter("yard").await);
        assert_eq!(gate.hosts.lock().len(), 1, "hosts without anybody are forgotten");
    }
}
