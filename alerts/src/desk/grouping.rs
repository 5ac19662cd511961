//! Which open alert an observation belongs to.

use std::sync::Arc;

use gridwatch_inference::{Finding, Observation, ObservationKind, Phase, geometry::Rect};
use gridwatch_ingest::CameraId;
use jiff::{SignedDuration, Timestamp};

use crate::{
    alert::{Alert, AlertId, AlertKind, Level},
    camera::Registration,
    crowd::{Crowd, CrowdLevel},
    evidence::Evidence,
    fall::Transition,
    life::Life,
};

/// Two places are one where they share at least this much (intersection over union).
const SAME_PLACE_IOU_MIN: f32 = 0.3;

/// Or where the new place's middle lies in the old place, grown by this share of its size on every side: a
/// person on the ground stirs, and boxes of one person differ from picture to picture.
const PLACE_GROWTH: f32 = 0.25;

/// A person who is up for less than this and down again at the same place is the same alert.
const UP_BRIEFLY: SignedDuration = SignedDuration::from_secs(60);

/// Two cameras may see the same where they are no farther apart, …
const SAME_METERS: f64 = 30.0;

/// … and where it began on both at nearly the same time.
const SAME_SINCE: SignedDuration = SignedDuration::from_secs(60);

/// How many alerts are named at most that may be the same.
const SUGGESTIONS_MAX: usize = 8;

/// What tells one incident from another while the process lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IncidentKey {
    camera: CameraId,
    kind: ObservationKind,
    zone: Option<Arc<str>>,
    incident: u64,
    is_drill: bool,
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
        Self {
            camera: observation.camera.clone(),
            kind: observation.kind(),
            zone: observation.zone().cloned(),
            incident: observation.incident,
            is_drill: observation.is_drill(),
        }
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

/// The alert of an observation's incident. An incident that is not known yet takes up an alert of the
/// same camera and kind at the same place that no incident has: after a restart one person on the ground
/// stays one alert, and so does one who was up briefly. Two people in one view stay two, for the alert of a known incident is
/// never taken. A crowd is told by its zone: there is one in each, for as long as somebody has to answer for it.
pub(super) fn alert_of(
    watched: &mut [Watched],
    key: &IncidentKey,
    observation: &Observation,
) -> Option<usize> {
    if let Some(index) = watched.iter().position(|watched| watched.incident.as_ref() == Some(key)) {
        return Some(index);
    }
    let kind = AlertKind::from(observation.kind());
    let of_same_kind = |watched: &Watched| {
        let alert = &watched.alert;
        alert.kind == kind
            && alert.camera.id == observation.camera.as_str()
            && alert.drill == observation.is_drill()
    };
    if let Some(zone) = observation.zone() {
        let of_zone = |watched: &Watched| of_same_kind(watched) && watched.alert.zone() == Some(&**zone);
        // At most one of a zone lasts; of those that are over, the newest is gone on with.
        let lasting = watched.iter().position(|watched| of_zone(watched) && watched.alert.is_lasting());
        let index = lasting.or_else(|| watched.iter().rposition(of_zone))?;
        watched[index].incident = Some(key.clone());
        return Some(index);
    }
    let (index, _) = watched
        .iter()
        .enumerate()
        .filter(|(_, watched)| watched.incident.is_none() && of_same_kind(watched))
        .filter(|(_, watched)| {
            watched.alert.ended_at.is_none_or(|up| observation.at.duration_since(up) < UP_BRIEFLY)
        })
        .map(|(index, watched)| (index, Rect::from(watched.alert.place)))
        .filter(|(_, place)| same_place(place, &observation.place))
        .max_by(|(_, a), (_, b)| a.iou(&observation.place).total_cmp(&b.iou(&observation.place)))?;
    watched[index].incident = Some(key.clone());
    Some(index)
}

/// Open alerts of other cameras that may be about the same as a new one: of its kind, at most 30 m away, begun at most 60 s
/// before or after it. The nearest first.
pub(super) fn may_be_same(watched: &[Watched], new: &Alert) -> Vec<AlertId> {
    let near = |watched: &Watched| {
        let old = &watched.alert;
        let apart = old.since.duration_since(new.since).abs();
        let is_candidate = old.life.is_open()
            && old.kind == new.kind
            && old.drill == new.drill
            && old.camera.id != new.camera.id
            && apart <= SAME_SINCE;
        let away = old.camera.position()?.meters_to(new.camera.position()?);
        (is_candidate && away <= SAME_METERS).then_some((away, old.id))
    };
    let mut near: Vec<(f64, AlertId)> = watched.iter().filter_map(near).collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    near.into_iter().map(|(_, id)| id).take(SUGGESTIONS_MAX).collect()
}

/// Counts one more observation of an alert that goes on. Gives the step of a crowd's course that it led to, if it led to
/// one that has a picture.
pub(super) fn count(alert: &mut Alert, observation: &Observation) -> Option<u8> {
    alert.updates = alert.updates.saturating_add(1);
    alert.place = observation.place.into();
    let seen = match &observation.finding {
        Finding::Fall(fall) => {
            alert.score = Some(alert.score.unwrap_or(0.0).max(share(fall.score)));
            if !fall.transitions.is_empty() {
                alert.transitions = fall.transitions.iter().copied().map(Transition::from).collect();
            }
            None
        }
        Finding::Crowd(found) => alert.crowd.as_mut().and_then(|crowd| crowd.go_on(found, observation.at)),
    };
    // A zone that is not judged is not seen.
    if alert.crowd.as_ref().is_none_or(|crowd| crowd.held_back.is_none()) {
        alert.last_seen_at = alert.last_seen_at.max(observation.at);
    }
    seen
}

/// Takes over what the last observation of an alert says of how it went.
pub(super) fn last_word(alert: &mut Alert, observation: &Observation) {
    match &observation.finding {
        Finding::Fall(fall) if !fall.transitions.is_empty() => {
            alert.transitions = fall.transitions.iter().copied().map(Transition::from).collect();
        }
        Finding::Fall(_) => {}
        Finding::Crowd(found) => {
            if let Some(crowd) = &mut alert.crowd {
                crowd.go_on(found, observation.at);
            }
        }
    }
}

/// The alert that an observation of a camera opens.
pub(super) fn draft(observation: &Observation, registration: &Registration, now: Timestamp) -> Alert {
    let mut alert = Alert {
        id: AlertId(0),
        seq: 0,
        kind: AlertKind::from(observation.kind()),
        level: level(observation),
        life: Life::default(),
        drill: observation.is_drill(),
        camera: registration.camera.clone(),
        grid: registration.grid().cloned(),
        grid_path: registration.grid_path.clone(),
        since: observation.since,
        opened_at: now,
        raised_at: None,
        last_seen_at: observation.at,
        ended_at: None,
        end_reason: None,
        updates: 0,
        score: None,
        transitions: Vec::new(),
        crowd: None,
        merge_suggestions: Vec::new(),
        place: observation.place.into(),
        snapshot: Evidence::pending(),
        clip: Evidence::pending(),
        legal_hold: None,
        evidence_deleted_at: None,
        original_requests: Vec::new(),
    };
    match &observation.finding {
        Finding::Fall(fall) => {
            alert.score = Some(share(fall.score));
            alert.transitions = fall.transitions.iter().copied().map(Transition::from).collect();
        }
        Finding::Crowd(found) => alert.crowd = Some(Crowd::new(found, observation.at)),
    }
    alert
}

/// The level that an observation puts its alert at.
pub(super) fn level(observation: &Observation) -> Level {
    match &observation.finding {
        Finding::Fall(_) if observation.phase == Phase::LongLie => Level::RED,
        Finding::Fall(_) => Level::ORANGE,
        Finding::Crowd(crowd) => CrowdLevel::from(crowd.level).into(),
    }
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
