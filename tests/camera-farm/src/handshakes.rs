//! How many connections are between accept and PLAY, at each address of the farm.

use parking_lot::Mutex;
use std::{collections::HashMap, net::IpAddr, sync::Arc};

/// Counts for each address on which clients come in. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Handshakes(Arc<Mutex<HashMap<IpAddr, Count>>>);

#[derive(Default)]
struct Count {
    now: u64,
    max: u64,
}

/// A connection that does not play yet; dropping it ends that.
pub(crate) struct Handshake {
    handshakes: Handshakes,
    host: IpAddr,
}

// === impl Handshakes ===

impl Handshakes {
    pub(crate) fn begin(&self, host: IpAddr) -> Handshake {
        let mut hosts = self.0.lock();
        let count = hosts.entry(host).or_default();
        count.now += 1;
        count.max = count.max.max(count.now);
        Handshake { handshakes: self.clone(), host }
    }

    /// The most at one time at this address.
    pub(crate) fn max_at(&self, host: IpAddr) -> u64 {
        self.0.lock().get(&host).map_or(0, |count| count.max)
    }

    /// The most at one time at any one address.
    pub(crate) fn max(&self) -> u64 {
        self.0.lock().values().map(|count| count.max).max().unwrap_or(0)
    }
}

// === impl Handshake ===

impl Drop for Handshake {
    fn drop(&mut self) {
        if let Some(count) = self.handshakes.0.lock().get_mut(&self.host) {
            count.now -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_at_one_time_is_kept_for_each_address() {
        let (handshakes, a, b) = (Handshakes::default(), IpAddr::from([1; 4]), IpAddr::from([2; 4]));
        let open = [handshakes.begin(a), handshakes.begin(a), handshakes.begin(b)];
        drop(open);
        drop(handshakes.begin(a));
        assert_eq!((handshakes.max_at(a), handshakes.max_at(b), handshakes.max()), (2, 1, 2));
        assert_eq!(handshakes.max_at(IpAddr::from([3; 4])), 0);
    }
}
