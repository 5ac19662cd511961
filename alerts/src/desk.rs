//! Where observations become alerts: which alert an observation belongs to, and what it changes.

mod acting;
mod drilling;
mod grouping;
mod noting;
mod open_alerts;
mod proving;
mod silencing;
mod times;

use std::{collections::BTreeSet, sync::Arc};

use gridwatch_inference::{Finding, Observation, Phase, geometry::Rect};
use gridwatch_ingest::{CameraId, Clock};
use jiff::{SignedDuration, Timestamp};
use parking_lot::{Mutex as SyncMutex, RwLock};
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    alert::{Alert, AlertId, AlertKind, Change, EndReason, Level},
    camera::{Cameras, Registration},
    canary::Proofs,
    crowd::Crowd,
    error::Error,
    escalation::Case,
    grid::GridTree,
    hub::Hub,
    life::{Actor, AlertState, Move},
    outbox::Told,
    setup::Setup,
    silence::Silence,
    store::{DocumentKind, Draft, Store},
    timeline::Happening,
};

pub use drilling::Drills;

use grouping::{IncidentKey, Watched};
use open_alerts::OpenAlerts;
use times::Times;

/// How often an alert that merely lasts is written. It spares the disk; what is seen meanwhile is counted in
/// memory and goes with the next write.
const ONGOING_WRITE_INTERVAL: SignedDuration = SignedDuration::from_secs(5);

/// Decides, writes, then tells. Cheap to clone; all clones are the same desk.
#[derive(Clone)]
pub struct Desk {
    store: Store,
    hub: Hub,
    cameras: Arc<RwLock<Arc<Cameras>>>,
    clock: Clock,
    setup: Arc<RwLock<Setup>>,
    /// Those at work, and some that are over. Changed by whoever holds `open`.
    silences: Arc<RwLock<Vec<Silence>>>,
    proofs: Arc<RwLock<Proofs>>,
    /// The links that people were told of as missing.
    unproven: Arc<SyncMutex<BTreeSet<String>>>,
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
    /// What this alert is about is over.
    Ended(AlertId),
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

// === impl Desk ===

impl Desk {
    /// A desk that goes on where the database stands.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open(
        store: Store,
        cameras: Arc<Cameras>,
        setup: Setup,
        clock: Clock,
    ) -> Result<Self, Error> {
        let hub = Hub::open(store.clone()).await?;
        let open = OpenAlerts { uncertain: true, ..OpenAlerts::default() };
        let (setup, cameras) = (Arc::new(RwLock::new(setup)), Arc::new(RwLock::new(cameras)));
        let (silences, open) = (Arc::default(), Arc::new(Mutex::new(open)));
        let proofs = Arc::new(RwLock::new(Proofs::new(store.proofs().await?, clock.now())));
        let unproven = Arc::default();
        let desk = Self { store, hub, cameras, clock, setup, silences, proofs, unproven, open };
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

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How alerts are handled now.
    pub fn setup(&self) -> Setup {
        self.setup.read().clone()
    }

    /// Changes how alerts are handled from now on; clocks that run go on as they are.
    pub fn set_up(&self, setup: Setup) {
        *self.setup.write() = setup;
    }

    /// The registered cameras.
    pub fn cameras(&self) -> Arc<Cameras> {
        Arc::clone(&self.cameras.read())
    }

    /// Finds anew which grid answers for each camera; alerts that are there keep theirs.
    pub fn regrid(&self, grids: &GridTree) {
        let cameras = Arc::new(self.cameras().regrid(grids));
        *self.cameras.write() = cameras;
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
            (Phase::Ended(_), Some(index)) if !open.watched[index].alert.is_lasting() => {
                open.watched[index].incident = None;
                open.remember_ended(key);
                Ok(Outcome::Nothing)
            }
            (Phase::Ended(reason), Some(index)) => {
                grouping::last_word(&mut open.watched[index].alert, observation);
                self.end(&mut open, index, reason.into()).await
            }
            (_, None) => self.open_alert(&mut open, key, observation).await,
            (_, Some(index)) => self.go_on(&mut open, index, observation).await,
        }
    }

    /// Every alert whose cause lasts, oldest first: what the rules were watching when the process last ended.
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
        // The recording of a drill is not gone on with.
        let goes_on = |watched: &&Watched| watched.alert.is_lasting() && !watched.alert.drill;
        Ok(open.watched.iter().filter(goes_on).filter_map(incident).collect())
    }

    /// Ends an alert that no rule goes on with, because its zone is not watched any more. Nothing happens to one that has
    /// ended.
    ///
    /// # Errors
    /// The database fails.
    pub async fn end_unwatched(&self, id: AlertId) -> Result<(), Error> {
        let desk = self.clone();
        to_its_end(async move {
            let mut open = desk.certain().await?;
            match open.watched.iter().position(|watched| watched.alert.id == id) {
                Some(index) if open.watched[index].alert.is_lasting() => {
                    desk.end(&mut open, index, EndReason::Unwatched).await.map(drop)
                }
                _ => Ok(()),
            }
        })
        .await
    }

    async fn open_alert(
        &self,
        open: &mut OpenAlerts,
        key: IncidentKey,
        observation: &Observation,
    ) -> Result<Outcome, Error> {
        let now = self.clock.now();
        let mut alert = self.draft(observation, now);
        let silence = self.silence_of(&alert, now);
        alert.merge_suggestions = grouping::may_be_same(&open.watched, &alert);
        let draft = self.change(&mut alert, Change::Opened, now, vec![Told::Opened], |case| {
            case.opened();
            for other in case.alert.merge_suggestions.clone() {
                case.note(Actor::system(), Happening::MergeSuggested { other });
            }
            match &silence {
                Some(silence) => case.silence(silence),
                None => case.dispatch_itself(),
            }
        });
        let written = self.write(open, vec![draft], now).await?;
        let id = written.first().map_or(AlertId(0), |alert| alert.id);
        if let Some(watched) = open.watched.iter_mut().find(|watched| watched.alert.id == id) {
            watched.incident = Some(key);
        }
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
        let before = watched.alert.level;
        // A long lie stays one: a person does not become less of a matter by being seen on.
        let level = match observation.finding {
            Finding::Fall(_) => grouping::level(observation).min(before),
            Finding::Crowd(_) => grouping::level(observation),
        };
        let again = !watched.alert.is_lasting();
        let news = level != before
            || again
            || step.is_some()
            || held_back != watched.alert.crowd.as_ref().and_then(|crowd| crowd.held_back);
        let since_written = now.duration_since(watched.written_at);
        // A clock that was set back must not stop the writing.
        let due = since_written >= ONGOING_WRITE_INTERVAL || since_written.is_negative();
        if !(news || due) {
            return Ok(Outcome::Noted(id));
        }
        let mut alert = watched.alert.clone();
        let raised = level.is_above(before);
        if raised {
            alert.raised_at = Some(now);
        }
        alert.level = level;
        (alert.ended_at, alert.end_reason) = (None, None);
        let told = if raised { vec![Told::Raised] } else { Vec::new() };
        let draft = self.change(&mut alert, Change::Updated, now, told, |case| {
            if again {
                case.note(Actor::system(), Happening::Resumed);
            }
            if level != before {
                case.level_changed(before);
            }
            // Somebody has answered for a smaller crowd than this one. What was judged as nothing stays so.
            if raised && case.alert.life.state() == AlertState::Closed {
                let reason = "level_up".to_owned();
                // A closed alert may always be reopened.
                let _ = case.make(&Move::Reopen { reason }, Actor::system(), None);
            }
            case.dispatch_itself();
        });
        self.write(open, vec![draft], now).await?;
        Ok(step.map_or(Outcome::Updated(id), |step| Outcome::Raised(id, step)))
    }

    async fn end(&self, open: &mut OpenAlerts, index: usize, reason: EndReason) -> Result<Outcome, Error> {
        let now = self.clock.now();
        let watched = &mut open.watched[index];
        let id = watched.alert.id;
        let incident = watched.incident.clone();
        let mut alert = watched.alert.clone();
        alert.ended_at = Some(now);
        alert.end_reason = Some(reason);
        let draft = self.change(&mut alert, Change::Ended, now, vec![Told::Ended], |case| {
            case.note(Actor::system(), Happening::Ended { reason });
        });
        self.write(open, vec![draft], now).await?;
        if let Some(watched) = open.watched.iter_mut().find(|watched| watched.alert.id == id) {
            watched.incident = None;
        }
        open.ended.extend(incident);
        open.forget_old();
        Ok(Outcome::Ended(id))
    }

    /// Lets something happen to an alert, and gives the change that is to be written.
    fn change(
        &self,
        alert: &mut Alert,
        change: Change,
        now: Timestamp,
        mut told: Vec<Told>,
        happens: impl FnOnce(&mut Case<'_>),
    ) -> Draft {
        let setup = self.setup();
        let terms = setup.policy.terms(alert.kind, alert.level, now, &setup.zone);
        let was_open = alert.life.is_open();
        let mut case = Case::new(alert, terms, &*setup.staff, now);
        happens(&mut case);
        let Case { entries, calls, cancelled, accepted_by, told: more, .. } = case;
        told.extend(more);
        if was_open && !alert.life.is_open() {
            told.push(Told::Closed);
        }
        if alert.life.silence().is_some() {
            told.clear();
        }
        let deliveries = setup.deliveries(alert, &calls, &told, now);
        Draft { alert: alert.clone(), change, entries, deliveries, cancelled, accepted_by }
    }

    /// Writes changes, tells of them, and keeps what is watched in step. Gives the alerts as they were written.
    async fn write(
        &self,
        open: &mut OpenAlerts,
        mut drafts: Vec<Draft>,
        now: Timestamp,
    ) -> Result<Vec<Alert>, Error> {
        open.uncertain = true;
        let events = self.store.write(&mut drafts, now).await?;
        // Persisted first, published second.
        open.uncertain = false;
        events.into_iter().for_each(|event| self.hub.publish(event));
        let written: Vec<Alert> = drafts.into_iter().map(|draft| draft.alert).collect();
        written.iter().for_each(|alert| open.keep(alert, now));
        Ok(written)
    }

    /// The open alerts as the database has them. After a write of unknown fate they are read again, and what
    /// it committed without telling is told now.
    async fn certain(&self) -> Result<MutexGuard<'_, OpenAlerts>, Error> {
        let mut open = self.open.lock().await;
        if open.uncertain {
            let alerts = self.store.watched_alerts().await?;
            let silences = self.store.documents::<Silence>(DocumentKind::Silence).await?;
            let untold = self.store.events_after(self.hub.newest(), u32::MAX).await?;
            untold.into_iter().for_each(|event| self.hub.publish(event));
            let before = std::mem::take(&mut open.watched);
            open.watched = alerts.into_iter().map(|alert| Watched::reloaded(alert, &before)).collect();
            *self.silences.write() = silences.into_iter().map(|silence| silence.body).collect();
            open.times = Times::of(open.watched.iter().map(|watched| &watched.alert));
            open.uncertain = false;
        }
        Ok(open)
    }

    fn draft(&self, observation: &Observation, now: Timestamp) -> Alert {
        let unregistered;
        let cameras = self.cameras();
        let registration = match cameras.get(&observation.camera) {
            Some(registration) => registration,
            None => {
                tracing::warn!(camera.id = %observation.camera, "alert of a camera that is not registered");
                unregistered = Registration::unregistered(&observation.camera);
                &unregistered
            }
        };
        grouping::draft(observation, registration, now)
    }
}

/// Runs `work` as a task of its own. A write that is dropped half-way goes on in the database's thread, where
/// what is read next through another connection may not see it yet: only its end settles what took place.
pub(crate) async fn to_its_end<T: Send + 'static, E: Send + 'static>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends, and this caller with it.
            Err(_) => std::future::pending().await,
        },
    }
}
