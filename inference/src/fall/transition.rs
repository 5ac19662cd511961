//! How it came to a fall, moment by moment: the evidence that goes with what the rule says.

use jiff::Timestamp;

/// A moment at which what is known of a person changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition {
    /// When, by the camera's pictures.
    pub at: Timestamp,
    /// To what.
    pub to: FallState,
    /// What was seen that led to it.
    pub because: Because,
    /// The share of the newest samples that showed the person down, 0 to 1, at that moment.
    pub share: f32,
    /// The best score of a lying box until then, 0 to 1; 0 while there was none.
    pub score: f32,
}

/// How somebody who falls is, one after the other and back again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FallState {
    /// Seen standing.
    Upright,
    /// Seen much lower than before.
    Collapsed,
    /// Not found any more where they stood.
    Vanished,
    /// Lies where lying is expected: on a bench, in a bed.
    Resting,
    /// Seen on the ground.
    Down,
    /// On the ground for long enough to look closer.
    Suspected,
    /// On the ground for long enough to tell people.
    Alert,
    /// On the ground for so long that it is urgent.
    LongLie,
    /// Seen standing again, not yet for long enough.
    UprightAgain,
    /// Over.
    Ended,
}

/// What was seen that changed a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Because {
    /// The upright pass saw somebody who stands.
    Stood,
    /// The same person's box is much lower than when they stood.
    MuchLower,
    /// The upright pass found nobody where somebody stood.
    NotFound,
    /// A turned view saw somebody lie where somebody stood a moment ago.
    LiesWhereStood,
    /// A turned view surely saw somebody lie, of whom nothing was known before.
    SurelyLies,
    /// Far too low for somebody who sits or squats, with the feet where they were: a fall along the line of sight.
    LowInPlace,
    /// They lie in a zone where lying is expected.
    Expected,
    /// They lie where lying is not expected any more: out of the zone, or its hours are over.
    NotExpected,
    /// It has lasted.
    Lasted,
    /// Somebody rose from the place.
    Rose,
    /// Nobody was seen there any more.
    NotSeen,
    /// It was an open alert before a restart.
    Resumed,
}
