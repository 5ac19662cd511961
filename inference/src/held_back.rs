//! Why a camera's pictures are not judged by any rule for now.

use gridwatch_ingest::{CameraHealth, CameraState, Cause};
use jiff::Timestamp;

/// Why a camera's pictures are not judged: it cannot see, and says so by a fault of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeldBack {
    /// It looks somewhere else than it did, so that zones and calibration are wrong.
    Moved,
    /// It is blurred.
    Blurred,
    /// Something is in front of the lens.
    Covered,
    /// Its pictures are black.
    Black,
    /// Its pictures stand still.
    Frozen,
}

impl HeldBack {
    /// Why this camera's pictures are not judged at `now`, if they are not: it says itself that it cannot see.
    pub fn of(health: &CameraHealth, now: Timestamp) -> Option<Self> {
        let blind = health.state_at(now) == CameraState::Blind;
        health.cause.filter(|_| blind).and_then(Self::by)
    }

    /// What a camera's fault means for the rules; None where its pictures can be judged all the same.
    pub fn by(cause: Cause) -> Option<Self> {
        match cause {
            Cause::Moved => Some(Self::Moved),
            Cause::Blurred => Some(Self::Blurred),
            Cause::Covered => Some(Self::Covered),
            Cause::Black => Some(Self::Black),
            Cause::Frozen => Some(Self::Frozen),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_that_leave_the_picture_usable_hold_nothing_back() {
        assert_eq!(HeldBack::by(Cause::Moved), Some(HeldBack::Moved));
        assert_eq!(HeldBack::by(Cause::Frozen), Some(HeldBack::Frozen));
        assert_eq!(HeldBack::by(Cause::PacketLoss), None);
    }
}
