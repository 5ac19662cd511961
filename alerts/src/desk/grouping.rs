//! Which open alert an observation belongs to.

use gridwatch_inference::{Observation, ObservationKind, geometry::Rect};
use gridwatch_ingest::CameraId;
use jiff::Timestamp;

use crate::alert::{Alert, AlertKind};

/// Two places are one where they share at least this much (intersection over union).
const SAME_PLACE_IOU_MIN: f32 = 0.3;

/// Or where the new place's middle lies in the old place, grown by this share of its size on every side: a
/// person on the ground stirs, and boxes of one person differ from picture to picture.
const PLACE_GROWTH: f32 = 0.25;

/// What tells one incident from another while the process lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IncidentKey {
    camera: CameraId,
    kind: ObservationKind,
    incident: u64,
}

/// An open alert and the incident it belongs to.
pub(super) struct Watched {
    /// The alert; its counters may be ahead of the database.
    pub alert: Alert,
    /// None for an alert from before the last restart that no incident has taken up yet.
    pub incident: Option<IncidentKey>,
    /// When it was last written.
    pub written_at: Timestamp,
}

impl IncidentKey {
    pub(super) fn of(observation: &Observation) -> Self {
        Self { camera: observation.camera.clone(), kind: observation.kind, incident: observation.incident }
    }
}

impl Watched {
    /// An alert as the database has it, with the incident it is known to belong to.
    pub(super) fn reloaded(alert: Alert, before: &[Self]) -> Self {
        let known = before.iter().find(|watched| watched.alert.id == alert.id);
        let incident = known.and_then(|watched| watched.incident.clone());
        Self { incident, written_at: alert.last_seen_at, alert }
    }
}

/// The alert of an observation's incident. An incident that is not known yet takes up an open alert of the
/// same camera and kind at the same place that no incident has: after a restart one person on the ground
/// stays one alert. Two people in one view stay two, for the alert of a known incident is never taken.
pub(super) fn alert_of(
    watched: &mut [Watched],
    key: &IncidentKey,
    observation: &Observation,
) -> Option<usize> {
    if let Some(index) = watched.iter().position(|watched| watched.incident.as_ref() == Some(key)) {
        return Some(index);
    }
    let kind = AlertKind::from(observation.kind);
    let (index, _) = watched
        .iter()
        .enumerate()
        .filter(|(_, watched)| watched.incident.is_none())
        .filter(|(_, watched)| {
            watched.alert.kind == kind && watched.alert.camera.id == observation.camera.as_str()
        })
        .map(|(index, watched)| (index, Rect::from(watched.alert.place)))
        .filter(|(_, place)| same_place(place, &observation.place))
        .max_by(|(_, a), (_, b)| a.iou(&observation.place).total_cmp(&b.iou(&observation.place)))?;
    watched[index].incident = Some(key.clone());
    Some(index)
}

/// Counts one more observation of an alert that goes on.
pub(super) fn count(alert: &mut Alert, observation: &Observation) {
    alert.updates = alert.updates.saturating_add(1);
    alert.last_seen_at = alert.last_seen_at.max(observation.at);
    alert.score = alert.score.max(share(observation.score));
    alert.place = observation.place.into();
}

/// A value that a detector gave, as a share from 0 to 1; 0 where it is not a number.
pub(super) fn share(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }
}

fn same_place(known: &Rect, new: &Rect) -> bool {
    let (grow_x, grow_y) = (known.width() * PLACE_GROWTH, known.height() * PLACE_GROWTH);
    let (x, y) = new.center();
    let centre_inside = (known.x1 - grow_x..=known.x2 + grow_x).contains(&x)
        && (known.y1 - grow_y..=known.y2 + grow_y).contains(&y);
    known.iou(new) > SAME_PLACE_IOU_MIN || centre_inside
}
