//! The last seconds of one camera, encoded, beginning with a key picture.

use std::{collections::VecDeque, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use crate::access_unit::AccessUnit;

/// The newest access units of one camera, cut at key pictures so that every start can be decoded.
///
/// Bounded in time and bytes. Whole groups of pictures leave at the old end; when a single group is larger than the
/// byte limit, it goes and everything up to the next key picture is dropped and counted.
#[derive(Debug)]
pub struct Ring {
    units: VecDeque<Arc<AccessUnit>>,
    /// Where the second group begins, if there is one; looking for it at every picture would read a whole group each time.
    second_group: Option<usize>,
    bytes: usize,
    bytes_max: usize,
    dropped: u64,
}

impl Ring {
    /// An empty ring that never holds more than `bytes_max` bytes of pictures.
    pub fn new(bytes_max: usize) -> Self {
        Self { units: VecDeque::new(), second_group: None, bytes: 0, bytes_max, dropped: 0 }
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
        let oldest_wanted = unit.received_at - keep;
        self.bytes += unit.data.len();
        if unit.key && !self.units.is_empty() {
            self.second_group.get_or_insert(self.units.len());
        }
        self.units.push_back(unit);
        while self.second_group.is_some_and(|start| self.units[start].received_at <= oldest_wanted) {
            self.drop_first_group();
        }
        while self.bytes > self.bytes_max {
            self.dropped += self.drop_first_group();
        }
    }

    /// The units from the last key picture to the newest.
    pub fn newest_group(&self) -> Vec<Arc<AccessUnit>> {
        let start = self.units.iter().rposition(|unit| unit.key).unwrap_or(self.units.len());
        self.units.range(start..).cloned().collect()
    }

    /// The units that show `from..=to`, beginning with the key picture at or before `from`, or the oldest there is.
    pub fn span(&self, from: Timestamp, to: Timestamp) -> Vec<Arc<AccessUnit>> {
        let start = self.units.iter().rposition(|unit| unit.key && unit.received_at <= from).unwrap_or(0);
        self.units.range(start..).take_while(|unit| unit.received_at <= to).cloned().collect()
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
        self.bytes = 0;
    }

    fn drop_first_group(&mut self) -> u64 {
        let end = self.second_group.unwrap_or(self.units.len());
        self.bytes -= self.units.drain(..end).map(|unit| unit.data.len()).sum::<usize>();
        self.second_group = self.units.iter().skip(1).position(|unit| unit.key).map(|i| i + 1);
        end as u64
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
    fn what_does_not_follow_is_dropped() {
        let mut ring = Ring::new(1000);
        ring.push(unit(0, 0.0, true), SignedDuration::from_secs(9));
        ring.push(unit(2, 2.0, false), SignedDuration::from_secs(9));
        assert_eq!(sequences(&ring.newest_group()), [0]);
        assert_eq!(ring.dropped(), 1);
    }
}
