//! The fall rule's thresholds.

use jiff::SignedDuration;
use serde::Serialize;

/// The rule's thresholds; times as in the plan of the house, shapes as measured on recorded falls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FallSettings {
    /// Down for this long: suspected.
    pub suspected_after: SignedDuration,
    /// Down for this long: alert.
    pub alert_after: SignedDuration,
    /// The share of samples within `alert_after` that must show the person down, 0 to 1.
    pub share_min: f32,
    /// Down for this long: a long lie.
    pub long_lie_after: SignedDuration,
    /// Upright for this long: over.
    pub upright_after: SignedDuration,
    /// Nobody seen lying for this long: over.
    pub gone_after: SignedDuration,
    /// The turned views are asked at least this often on a camera where nothing happens.
    pub floor: SignedDuration,
    /// The least score of a lying box where somebody stood a moment ago.
    pub score_min_gated: f32,
    /// The least score of a lying box where nobody was seen standing: somebody who lay there before we looked.
    pub score_min_ungated: f32,
}

impl Default for FallSettings {
    fn default() -> Self {
        Self {
            suspected_after: SignedDuration::from_secs(3),
            alert_after: SignedDuration::from_secs(10),
            share_min: 0.7,
            long_lie_after: SignedDuration::from_secs(60),
            upright_after: SignedDuration::from_secs(5),
            gone_after: SignedDuration::from_secs(30),
            floor: SignedDuration::from_secs(8),
            score_min_gated: 0.2,
            score_min_ungated: 0.5,
        }
    }
}
