//! In what condition a camera's access units arrive: packets lost, groups of pictures too long, a clock that is wrong.

use jiff::{SignedDuration, Timestamp};

use crate::health::Cause;

/// More time than this from one key picture to the next is a long group: looks come late, and each costs the decoding
/// of all that came before it.
const GROUP_MAX: SignedDuration = SignedDuration::from_secs(10);
/// After this long without a key picture, a camera that begins its sessions with one is asked for a new session.
const GROUP_RENEWED: SignedDuration = SignedDuration::from_secs(60);
/// The weight of one picture in the share of damaged ones: at 15 a second, the last 17 s count for two thirds.
const WEIGHT: f32 = 1.0 / 256.0;
/// A stream whose share of damaged pictures rises above this loses packets,
const DAMAGED_ENTER: f32 = 0.02;
/// until it has fallen below this.
const DAMAGED_LEAVE: f32 = 0.005;

/// What is known of the way a camera's pictures come. A few words for each camera; every picture updates it.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    lost_packets: u64,
    damaged: f32,
    lossy: bool,
    session_begins_with_key: Option<bool>,
    last_key_at: Option<Timestamp>,
    /// The length of the newest group, or how long it lasted at least.
    group: Option<SignedDuration>,
    clock_offset: Option<SignedDuration>,
}

impl Condition {
    /// A new session begins.
    pub(crate) fn restart(&mut self, now: Timestamp) {
        if let Some(last) = self.last_key_at.take() {
            let at_least = now.duration_since(last);
            // A group that was cut off says how long it was at least; a short one says nothing.
            self.group = Some(at_least).filter(|length| *length > GROUP_MAX).or(self.group);
        }
        self.session_begins_with_key = None;
    }

    /// A picture arrived, behind `lost_packets` that did not; `camera_time` is when it was taken by the camera's clock.
    pub(crate) fn take(
        &mut self,
        key: bool,
        lost_packets: u64,
        received_at: Timestamp,
        camera_time: Option<Timestamp>,
    ) {
        self.lost_packets += lost_packets;
        let hit = if lost_packets > 0 { 1.0 } else { 0.0 };
        self.damaged += (hit - self.damaged) * WEIGHT;
        self.lossy = self.damaged > if self.lossy { DAMAGED_LEAVE } else { DAMAGED_ENTER };
        self.session_begins_with_key.get_or_insert(key);
        if key {
            if let Some(last) = self.last_key_at.replace(received_at) {
                self.group = Some(received_at.duration_since(last));
            }
            self.clock_offset =
                camera_time.map(|time| time.duration_since(received_at)).or(self.clock_offset);
        }
    }

    /// What is wrong with the stream at `now`.
    pub(crate) fn fault(&self, now: Timestamp) -> Option<Cause> {
        let open = self.last_key_at.map(|last| now.duration_since(last));
        if self.lossy {
            Some(Cause::PacketLoss)
        } else if self.group.max(open).is_some_and(|length| length > GROUP_MAX) {
            Some(Cause::LongGroup)
        } else {
            None
        }
    }

    /// Whether a new session is the way to a key picture: the camera begins its sessions with one, and gives no other.
    pub(crate) fn wants_renewal(&self, now: Timestamp) -> bool {
        self.session_begins_with_key == Some(true)
            && self.last_key_at.is_some_and(|last| now.duration_since(last) > GROUP_RENEWED)
    }

    /// How many RTP packets were lost since the camera was added.
    pub(crate) fn lost_packets(&self) -> u64 {
        self.lost_packets
    }

    /// How far the camera's clock is ahead of ours, less the time a picture takes to get here.
    pub(crate) fn clock_offset(&self) -> Option<SignedDuration> {
        self.clock_offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs_f64(seconds)
    }

    /// Ten pictures a second from `from_s` to `to_s`, a key picture where `key` says so, each `lost`-th damaged.
    fn play(condition: &mut Condition, from_s: i32, to_s: i32, key: impl Fn(i32) -> bool, lost: i32) {
        for n in from_s * 10..to_s * 10 {
            let hit = u64::from(lost > 0 && n % lost == 0);
            condition.take(key(n), hit, at(f64::from(n) / 10.0), None);
        }
    }

    #[test]
    fn losses_are_a_fault_while_they_last() {
        let mut condition = Condition::default();
        play(&mut condition, 0, 30, |n| n % 20 == 0, 0);
        condition.take(false, 4, at(30.0), None);
        assert_eq!(condition.fault(at(30.0)), None, "one is none");
        play(&mut condition, 30, 60, |n| n % 20 == 0, 20);
        assert_eq!(condition.fault(at(60.0)), Some(Cause::PacketLoss));
        assert_eq!(condition.lost_packets(), 4 + 15);
        play(&mut condition, 60, 120, |n| n % 20 == 0, 0);
        assert_eq!(condition.fault(at(120.0)), None);
    }

    #[test]
    fn long_groups_are_named_and_a_group_without_an_end_is_renewed() {
        let mut condition = Condition::default();
        play(&mut condition, 0, 60, |n| n % 300 == 0, 0);
        assert_eq!(condition.fault(at(60.0)), Some(Cause::LongGroup));
        assert!(!condition.wants_renewal(at(60.0)));
        play(&mut condition, 60, 65, |n| n % 20 == 0, 0);
        assert_eq!(condition.fault(at(65.0)), None);

        play(&mut condition, 65, 126, |_| false, 0);
        assert!(condition.wants_renewal(at(126.0)));
        condition.restart(at(126.0));
        assert_eq!(condition.fault(at(126.0)), Some(Cause::LongGroup), "a new session alone mends nothing");
        play(&mut condition, 127, 190, |n| n == 1300, 0);
        assert!(!condition.wants_renewal(at(190.0)), "it does not begin with a key picture");
    }

    #[test]
    fn the_cameras_clock_is_compared_at_key_pictures() {
        let mut condition = Condition::default();
        condition.take(true, 0, at(100.0), Some(at(160.0)));
        condition.take(false, 0, at(101.0), None);
        assert_eq!(condition.clock_offset(), Some(SignedDuration::from_secs(60)));
    }
}
