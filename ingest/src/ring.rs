//! The last seconds of one camera, encoded, beginning with a key picture.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use jiff::{SignedDuration, Timestamp};

use crate::access_unit::AccessUnit;

/// The newest access units of one camera, cut at key pictures so that every start can be decoded.
///
/// Bounded in time, bytes and number. Whole groups of pictures leave at the old end; when a single group is larger than
/// the limit, it goes and everything up to the next key picture is dropped and counted.
#[derive(Debug)]
pub struct Ring {
    units: VecDeque<Arc<AccessUnit>>,
    /// Where the second group begins, if there is one; looking for it at every picture would read a whole group each time.
    second_group: Option<usize>,
    bytes: usize,
    bytes_max: usize,
    budget: Arc<RingBudget>,
    dropped: u64,
}

/// The most pictures in a ring, whatever their size: an empty one takes memory too. Over six minutes at 25 a second without
/// a key picture; then the group goes, as one that is too large does.
const UNITS_MAX: usize = 10_000;

/// What all rings together may hold.
///
/// Where they come near it, those that hold more than an equal share give up their oldest groups first; at the limit
/// itself, whichever takes a picture gives up its own. The count is exact; two that push at one moment may exceed the
/// limit by a picture each.
#[derive(Debug)]
pub struct RingBudget {
    bytes_max: usize,
    bytes: AtomicUsize,
    rings: AtomicUsize,
}

/// Of units in decoding order those that show `from..=to`, beginning with the key picture at or before `from`, or the first there is.
pub fn span<'a>(
    units: impl DoubleEndedIterator<Item = &'a Arc<AccessUnit>> + ExactSizeIterator + Clone,
    from: Timestamp,
    to: Timestamp,
) -> Vec<Arc<AccessUnit>> {
    let start = units.clone().rposition(|unit| unit.key && unit.received_at <= from).unwrap_or(0);
    units.skip(start).take_while(|unit| unit.received_at <= to).cloned().collect()
}

impl Ring {
    /// An empty ring that never holds more than `bytes_max` bytes of pictures.
    pub fn new(bytes_max: usize) -> Self {
        Self::within(bytes_max, RingBudget::new(usize::MAX))
    }

    /// The same, which also leaves to others what `budget` says.
    pub fn within(bytes_max: usize, budget: Arc<RingBudget>) -> Self {
        budget.rings.fetch_add(1, Relaxed);
        Self { units: VecDeque::new(), second_group: None, bytes: 0, bytes_max, budget, dropped: 0 }
    }

    /// Takes the newest access unit and lets go of what is older than `keep`, except for the pictures that are needed
    /// to decode what stays.
    ///
    /// A unit that does not follow the ring's newest (other parameters, another generation, a gap) and is not a key
    /// picture cannot be decoded, so it is dropped.
    pub fn push(&mut self, unit: Arc<AccessUnit>, keep: SignedDuration) {
        let follows = self.units.back().is_some_and(|last| {
            last.generation == unit.generation
                && last.sequence + 1 == unit.sequence
                && last.parameters == unit.parameters
        });
        if !follows && !unit.key {
            self.dropped += 1;
            return;
        }
        if self.units.back().is_some_and(|last| last.generation != unit.generation) {
            self.clear();
        }
        let now = unit.received_at;
        self.bytes += unit.data.len();
        self.budget.bytes.fetch_add(unit.data.len(), Relaxed);
        if unit.key && !self.units.is_empty() {
            self.second_group.get_or_insert(self.units.len());
        }
        self.units.push_back(unit);
        self.trim(now, keep);
        while self.bytes > self.bytes_max
            || self.units.len() > UNITS_MAX
            || self.bytes > 0 && self.budget.asks_for(self.bytes)
        {
            self.dropped += self.drop_first_group();
        }
    }

    /// Lets go of what is older than `keep` at `now`, except for the pictures that are needed to decode what stays.
    pub fn trim(&mut self, now: Timestamp, keep: SignedDuration) {
        let oldest_wanted = now - keep;
        while self.second_group.is_some_and(|start| self.units[start].received_at <= oldest_wanted) {
            self.drop_first_group();
        }
    }

    /// Lets go of everything, once the newest is older than `keep` at `now`.
    pub fn expire(&mut self, now: Timestamp, keep: SignedDuration) {
        if self.newest_at().is_some_and(|newest| newest <= now - keep) {
            self.clear();
        }
    }

    /// All units, oldest first.
    pub fn units(&self) -> impl DoubleEndedIterator<Item = &Arc<AccessUnit>> + ExactSizeIterator + Clone {
        self.units.iter()
    }

    /// The units from the last key picture to the newest.
    pub fn newest_group(&self) -> Vec<Arc<AccessUnit>> {
        let start = self.units.iter().rposition(|unit| unit.key).unwrap_or(self.units.len());
        self.units.range(start..).cloned().collect()
    }

    /// The units that show `from..=to`, beginning with the key picture at or before `from`, or the oldest there is.
    pub fn span(&self, from: Timestamp, to: Timestamp) -> Vec<Arc<AccessUnit>> {
        span(self.units(), from, to)
    }

    /// When the newest access unit arrived.
    pub fn newest_at(&self) -> Option<Timestamp> {
        self.units.back().map(|unit| unit.received_at)
    }

    /// How many access units were given but not kept, because they could not be decoded or did not fit.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn clear(&mut self) {
        self.units.clear();
        self.second_group = None;
        self.give_back(self.bytes);
    }

    fn give_back(&mut self, bytes: usize) {
        self.bytes -= bytes;
        self.budget.bytes.fetch_sub(bytes, Relaxed);
    }

    fn drop_first_group(&mut self) -> u64 {
        let end = self.second_group.unwrap_or(self.units.len());
        let bytes = self.units.drain(..end).map(|unit| unit.data.len()).sum();
        self.give_back(bytes);
        self.second_group = self.units.iter().skip(1).position(|unit| unit.key).map(|i| i + 1);
        end as u64
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.clear();
        self.budget.rings.fetch_sub(1, Relaxed);
    }
}

// === impl RingBudget ===

impl RingBudget {
    /// For rings that together hold no more than `bytes_max` bytes of pictures.
    pub fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self { bytes_max, bytes: AtomicUsize::new(0), rings: AtomicUsize::new(0) })
    }

    /// How many bytes all rings hold right now.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }

    /// Whether a ring that holds `bytes` has to give up some.
    fn asks_for(&self, bytes: usize) -> bool {
        let share = self.bytes_max / self.rings.load(Relaxed).max(1);
        let near = self.bytes_max - self.bytes_max / 8;
        let held = self.bytes();
        held > self.bytes_max || held > near && bytes > share
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::unit;

    fn sequences(units: &[Arc<AccessUnit>]) -> Vec<u64> {
        units.iter().map(|u| u.sequence).collect()
    }

    fn filled(keep_s: i64, bytes_max: usize) -> Ring {
        let mut ring = Ring::new(bytes_max);
        // One picture a second, a key picture every fourth, 10 bytes each.
        for n in 0..20 {
            ring.push(unit(n, n as f64, n % 4 == 0), SignedDuration::from_secs(keep_s));
        }
        ring
    }

    #[test]
    fn keeps_whole_groups_that_cover_the_time() {
        let ring = filled(5, 1000);
        assert_eq!(
            sequences(&ring.span(Timestamp::UNIX_EPOCH, ring.newest_at().unwrap())),
            (12..20).collect::<Vec<_>>()
        );
        assert_eq!(sequences(&ring.newest_group()), [16, 17, 18, 19]);
    }

    #[test]
    fn a_span_begins_at_the_key_picture_before_it() {
        let ring = filled(100, 1000);
        let at = |s| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(s);
        assert_eq!(sequences(&ring.span(at(6), at(9))), [4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn stays_within_its_bytes() {
        let ring = filled(100, 65);
        assert_eq!(sequences(&ring.span(Timestamp::UNIX_EPOCH, ring.newest_at().unwrap())), [16, 17, 18, 19]);
        assert_eq!(ring.dropped(), 16);
    }

    #[test]
    fn a_group_larger_than_the_ring_is_dropped_until_the_next_key_picture() {
        let mut ring = Ring::new(25);
        for n in 0..6 {
            ring.push(unit(n, n as f64, n % 4 == 0), SignedDuration::from_secs(9));
        }
        assert_eq!(sequences(&ring.newest_group()), [4, 5]);
        assert_eq!(ring.dropped(), 4);
    }

    #[test]
    fn pictures_of_no_size_are_bounded_too() {
        let mut ring = Ring::new(25);
        for n in 0..2 * UNITS_MAX as u64 {
            let empty = AccessUnit { data: Default::default(), ..(*unit(n, 0.0, n == 0)).clone() };
            ring.push(Arc::new(empty), SignedDuration::from_secs(9));
        }
        assert_eq!((ring.units().len(), ring.dropped()), (0, 2 * UNITS_MAX as u64));
    }

    #[test]
    fn all_rings_stay_within_their_budget_and_the_large_give_way_first() {
        let budget = RingBudget::new(800);
        let mut rings: Vec<Ring> = (0..4).map(|_| Ring::within(10_000, budget.clone())).collect();
        let mut most = 0;
        for n in 0..200 {
            for (index, ring) in rings.iter_mut().enumerate() {
                // The first sends ten times as much as the others.
                for part in 0..if index == 0 { 10 } else { 1 } {
                    let sequence = if index == 0 { n * 10 + part } else { n };
                    ring.push(unit(sequence, n as f64, sequence % 4 == 0), SignedDuration::from_secs(9));
                    most = most.max(budget.bytes());
                }
            }
        }
        assert!(most <= 800, "{most}");
        let held: Vec<usize> = rings.iter().map(|ring| ring.bytes).collect();
        assert_eq!(held.iter().sum::<usize>(), budget.bytes());
        assert!(held[1..].iter().all(|bytes| *bytes >= 90), "the small keep their nine seconds: {held:?}");
        rings[1].expire(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(300), SignedDuration::from_secs(9));
        assert_eq!(rings[1].bytes, 0);
        drop(rings);
        assert_eq!(budget.bytes(), 0);
    }

    #[test]
    fn what_does_not_follow_is_dropped() {
        let mut ring = Ring::new(1000);
        ring.push(unit(0, 0.0, true), SignedDuration::from_secs(9));
        ring.push(unit(2, 2.0, false), SignedDuration::from_secs(9));
        assert_eq!(sequences(&ring.newest_group()), [0]);
        assert_eq!(ring.dropped(), 1);
    }
}
