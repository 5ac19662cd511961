//! Where observations become alerts: which alert an observation belongs to, and what it changes.

mod grouping;

use std::{collections::VecDeque, sync::Arc};

use gridwatch_inference::{Finding, Observation, Phase, geometry::Rect};
use gridwatch_ingest::{CameraId, Clock};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    alert::{Alert, AlertId, AlertKind, AlertState, Change, CloseReason, Level},
    camera::{Cameras, Registration},
    crowd::Crowd,
    error::Error,
    evidence::{Evidence, EvidenceKind},
    fall::Transition,
    hub::{Event, Hub},
    store::Store,
};

use grouping::{IncidentKey, Watched};

/// How often an alert that merely lasts is written. It spares the disk; what is seen meanwhile is counted in
/// memory and goes with the next write.
const ONGOING_WRITE_INTERVAL: SignedDuration = SignedDuration::from_secs(5);

/// How many ended incidents are remembered, so that what comes late for one of them changes nothing. Late
/// means seconds: this many are hours of the busiest street.
const ENDED_INCIDENTS_MAX: usize = 4096;

/// Decides, writes, then tells. Cheap to clone; all clones are the same desk.
#[derive(Clone)]
pub struct Desk {
    store: Store,
    hub: Hub,
    cameras: Arc<Cameras>,
    clock: Clock,
    open: Arc<Mutex<OpenAlerts>>,
}

/// What an observation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing.
    Nothing,
    /// It was counted for this alert in memory; the alert's next change carries it.
    Noted(AlertId),
    /// This alert was opened.
    Opened(AlertId),
    /// This alert was changed.
    Updated(AlertId),
    /// This alert rose to a higher level, which is this step of its course and has a picture to come.
    Raised(AlertId, u8),
    /// This alert was closed.
    Closed(AlertId),
}

/// An alert that is open, for the rule that has to go on watching it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenIncident {
    /// The alert.
    pub alert: AlertId,
    /// Its camera.
    pub camera: CameraId,
    /// What happens there.
    pub kind: AlertKind,
    /// Where in the picture, as shares of its width and height.
    pub place: Rect,
    /// Since when.
    pub since: Timestamp,
    /// How urgent it is by now.
    pub level: Level,
    /// Of a crowd, what is known of it.
    pub crowd: Option<Crowd>,
}

#[derive(Default)]
struct OpenAlerts {
    watched: Vec<Watched>,
    ended: VecDeque<IncidentKey>,
    /// Set while a write is under way. Found set, the last write failed, and only the database knows whether
    /// it took place.
    uncertain: bool,
}

// === impl Desk ===

impl Desk {
    /// A desk that goes on where the database stands.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open(store: Store, cameras: Arc<Cameras>, clock: Clock) -> Result<Self, Error> {
        let hub = Hub::open(store.clone()).await?;
        let open = OpenAlerts { uncertain: true, ..OpenAlerts::default() };
        let desk = Self { store, hub, cameras, clock, open: Arc::new(Mutex::new(open)) };
        drop(desk.certain().await?);
        Ok(desk)
    }

    /// The store, for reading.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The hub that tells of every change.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// The registered cameras.
    pub fn cameras(&self) -> &Cameras {
        &self.cameras
    }

    /// Does what one observation asks for, to its end, even where the caller stops waiting half-way.
    /// Observations of one camera come in their order.
    ///
    /// # Errors
    /// The database fails. Whether the change took place is then unknown, and giving the same observation
    /// again is right: it never opens a second alert.
    pub async fn observe(&self, observation: &Observation) -> Result<Outcome, Error> {
        let (desk, observation) = (self.clone(), observation.clone());
        to_its_end(async move { desk.decide(&observation).await }).await
    }

    async fn decide(&self, observation: &Observation) -> Result<Outcome, Error> {
        let mut open = self.certain().await?;
        let key = IncidentKey::of(observation);
        if open.ended.contains(&key) {
            return Ok(Outcome::Nothing);
        }
        let index = match observation.phase {
            Phase::Suspected => return Ok(Outcome::Nothing),
            _ => grouping::alert_of(&mut open.watched, &key, observation),
        };
        match (observation.phase, index) {
            (Phase::Suspected, _) => Ok(Outcome::Nothing),
            (Phase::Ended(_), None) => {
                open.remember_ended(key);
                Ok(Outcome::Nothing)
            }
            (Phase::Ended(reason), Some(index)) => {
                self.close(&mut open, index, observation, reason.into()).await
            }
            (_, None) => self.open_alert(&mut open, key, observation).await,
            (_, Some(index)) => self.go_on(&mut open, index, observation).await,
        }
    }

    /// Every open alert, oldest first: what the rules were watching when the process last ended.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open_incidents(&self) -> Result<Vec<OpenIncident>, Error> {
        let open = self.certain().await?;
        let incident = |watched: &Watched| {
            let alert = &watched.alert;
            Some(OpenIncident {
                alert: alert.id,
                camera: alert.camera_id()?,
                kind: alert.kind,
                place: alert.place.into(),
                since: alert.since,
                level: alert.level,
                crowd: alert.crowd.clone(),
            })
        };
        Ok(open.watched.iter().filter_map(incident).collect())
    }

    /// Closes an open alert that no rule goes on with, because its zone is not watched any more. Nothing happens to one that
    /// is closed.
    ///
    /// # Errors
    /// The database fails.
    pub async fn close_unwatched(&self, id: AlertId) -> Result<(), Error> {
        let desk = self.clone();
        to_its_end(async move {
            let mut open = desk.certain().await?;
            match open.watched.iter().position(|watched| watched.alert.id == id) {
                Some(index) => desk.shut(&mut open, index, CloseReason::Unwatched).await.map(drop),
                None => Ok(()),
            }
        })
        .await
    }

    /// Notes what became of a picture or clip, to its end, even where the caller stops waiting half-way.
    ///
    /// # Errors
    /// The alert does not exist, or the database fails.
    pub(crate) async fn set_evidence(
        &self,
        id: AlertId,
        kind: EvidenceKind,
        evidence: Evidence,
    ) -> Result<(), Error> {
        let desk = self.clone();
        to_its_end(async move { desk.settle(id, kind, evidence).await }).await
    }

    async fn settle(&self, id: AlertId, kind: EvidenceKind, evidence: Evidence) -> Result<(), Error> {
        let mut open = self.certain().await?;
        let watched = open.watched.iter().position(|watched| watched.alert.id == id);
        let mut alert = match watched {
            Some(index) => open.watched[index].alert.clone(),
            None => self.store.alert(id).await?.ok_or(Error::UnknownAlert(id))?,
        };
        // A step that the alert does not have has nowhere to be noted, and nobody who asks for it.
        let Some(noted) = alert.evidence_mut(kind) else { return Ok(()) };
        *noted = evidence;
        let now = self.clock.now();
        self.update(&mut open, &mut alert, Change::Updated, now).await?;
        if let Some(index) = watched {
            open.watched[index].alert = alert;
            open.watched[index].written_at = now;
        }
        Ok(())
    }

    async fn open_alert(
        &self,
        open: &mut OpenAlerts,
        key: IncidentKey,
        observation: &Observation,
    ) -> Result<Outcome, Error> {
        let now = self.clock.now();
        let mut alert = self.draft(observation, now);
        open.uncertain = true;
        let event = self.store.insert(&mut alert, now).await?;
        self.committed(open, event);
        let id = alert.id;
        open.watched.push(Watched { alert, incident: Some(key), written_at: now });
        Ok(Outcome::Opened(id))
    }

    async fn go_on(
        &self,
        open: &mut OpenAlerts,
        index: usize,
        observation: &Observation,
    ) -> Result<Outcome, Error> {
        let now = self.clock.now();
        let watched = &mut open.watched[index];
        let id = watched.alert.id;
        let held_back = watched.alert.crowd.as_ref().and_then(|crowd| crowd.held_back);
        let step = grouping::count(&mut watched.alert, observation);
        // A long lie stays one: a person does not become less of a matter by being seen on.
        let level = match observation.finding {
            Finding::Fall(_) => grouping::level(observation).min(watched.alert.level),
            Finding::Crowd(_) => grouping::level(observation),
        };
        let news = level != watched.alert.level
            || step.is_some()
            || held_back != watched.alert.crowd.as_ref().and_then(|crowd| crowd.held_back);
        let since_written = now.duration_since(watched.written_at);
        // A clock that was set back must not stop the writing.
        let due = since_written >= ONGOING_WRITE_INTERVAL || since_written.is_negative();
        if !(news || due) {
            return Ok(Outcome::Noted(id));
        }
        let mut alert = watched.alert.clone();
        if level.is_above(alert.level) {
            alert.raised_at = Some(now);
        }
        alert.level = level;
        self.update(open, &mut alert, Change::Updated, now).await?;
        open.watched[index].alert = alert;
        open.watched[index].written_at = now;
        Ok(step.map_or(Outcome::Updated(id), |step| Outcome::Raised(id, step)))
    }

    async fn close(
        &self,
        open: &mut OpenAlerts,
        index: usize,
        observation: &Observation,
        reason: CloseReason,
    ) -> Result<Outcome, Error> {
        grouping::last_word(&mut open.watched[index].alert, observation);
        self.shut(open, index, reason).await
    }

    async fn shut(&self, open: &mut OpenAlerts, index: usize, reason: CloseReason) -> Result<Outcome, Error> {
        let now = self.clock.now();
        let mut alert = open.watched[index].alert.clone();
        alert.state = AlertState::Closed;
        alert.closed_at = Some(now);
        alert.close_reason = Some(reason);
        self.update(open, &mut alert, Change::Closed, now).await?;
        let closed = open.watched.remove(index);
        if let Some(key) = closed.incident {
            open.remember_ended(key);
        }
        Ok(Outcome::Closed(alert.id))
    }

    async fn update(
        &self,
        open: &mut OpenAlerts,
        alert: &mut Alert,
        change: Change,
        now: Timestamp,
    ) -> Result<(), Error> {
        open.uncertain = true;
        let event = self.store.update(alert, change, now).await?;
        self.committed(open, event);
        Ok(())
    }

    /// Persisted first, published second: this is the second.
    fn committed(&self, open: &mut OpenAlerts, event: Event) {
        open.uncertain = false;
        self.hub.publish(event);
    }

    /// The open alerts as the database has them. After a write of unknown fate they are read again, and what
    /// it committed without telling is told now.
    async fn certain(&self) -> Result<MutexGuard<'_, OpenAlerts>, Error> {
        let mut open = self.open.lock().await;
        if open.uncertain {
            let alerts = self.store.open_alerts().await?;
            let untold = self.store.events_after(self.hub.newest(), u32::MAX).await?;
            untold.into_iter().for_each(|event| self.hub.publish(event));
            let before = std::mem::take(&mut open.watched);
            open.watched = alerts.into_iter().map(|alert| Watched::reloaded(alert, &before)).collect();
            open.uncertain = false;
        }
        Ok(open)
    }

    fn draft(&self, observation: &Observation, now: Timestamp) -> Alert {
        let unregistered;
        let registration = match self.cameras.get(&observation.camera) {
            Some(registration) => registration,
            None => {
                tracing::warn!(camera.id = %observation.camera, "alert of a camera that is not registered");
                unregistered = Registration::unregistered(&observation.camera);
                &unregistered
            }
        };
        let mut alert = Alert {
            id: AlertId(0),
            seq: 0,
            kind: AlertKind::from(observation.kind()),
            level: grouping::level(observation),
            state: AlertState::Open,
            camera: registration.camera.clone(),
            grid: registration.grid().cloned(),
            grid_path: registration.grid_path.clone(),
            since: observation.since,
            opened_at: now,
            raised_at: None,
            last_seen_at: observation.at,
            closed_at: None,
            close_reason: None,
            updates: 0,
            score: None,
            transitions: Vec::new(),
            crowd: None,
            place: observation.place.into(),
            snapshot: Evidence::pending(),
            clip: Evidence::pending(),
        };
        match &observation.finding {
            Finding::Fall(fall) => {
                alert.score = Some(grouping::share(fall.score));
                alert.transitions = fall.transitions.iter().copied().map(Transition::from).collect();
            }
            Finding::Crowd(found) => alert.crowd = Some(Crowd::new(found, observation.at)),
        }
        alert
    }
}

/// Runs `work` as a task of its own. A write that is dropped half-way goes on in the database's thread, where
/// what is read next through another connection may not see it yet: only its end settles what took place.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends, and this caller with it.
            Err(_) => std::future::pending().await,
        },
    }
}

// === impl OpenAlerts ===

impl OpenAlerts {
    fn remember_ended(&mut self, key: IncidentKey) {
        if self.ended.len() == ENDED_INCIDENTS_MAX {
            self.ended.pop_front();
        }
        self.ended.push_back(key);
    }
}
