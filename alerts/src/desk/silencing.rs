//! Silences: made, at work, and over.

use jiff::Timestamp;

use super::{
    Desk,
    acting::{check_officer, check_text},
    to_its_end,
};
use crate::{
    alert::{Alert, Change},
    error::Error,
    life::{Actor, AlertState},
    silence::{SILENCE_MAX, Scope, Silence},
    store::{DocumentKind, Draft},
};

impl Desk {
    /// The silences at work, the one that ends first before the others.
    pub fn silences(&self) -> Vec<Silence> {
        let now = self.now();
        let silences = self.silences.read();
        let mut at_work: Vec<Silence> =
            silences.iter().filter(|silence| silence.until > now).cloned().collect();
        drop(silences);
        at_work.sort_by(|a, b| (a.until, &a.id).cmp(&(b.until, &b.id)));
        at_work
    }

    /// Silences a camera or a grid from now on. What waits there to be judged is on hold at once.
    ///
    /// # Errors
    /// [`Error::BadMove`] where something is not as it must be, or the database fails.
    pub async fn silence(
        &self,
        scope: Scope,
        reason: String,
        until: Timestamp,
        by: Actor,
    ) -> Result<Silence, Error> {
        let desk = self.clone();
        to_its_end(async move { desk.do_silence(scope, reason, until, by).await }).await
    }

    /// Ends a silence before its time. What goes on there is told at once. Answers whether there was one.
    ///
    /// # Errors
    /// [`Error::BadMove`] where whoever lifts it may not, or the database fails.
    pub async fn lift_silence(&self, id: &str, by: Actor) -> Result<bool, Error> {
        let (desk, id) = (self.clone(), id.to_owned());
        to_its_end(async move {
            check_officer(&by)?;
            let open = desk.certain().await?;
            let now = desk.now();
            let Some(silence) = desk.silences().into_iter().find(|silence| silence.id == id) else {
                return Ok(false);
            };
            let person = by.person.unwrap_or_default();
            let documents = [(id, &silence)];
            desk.store.put_documents(DocumentKind::Silence, &documents, true, &person, now).await?;
            desk.silences.write().retain(|known| known.id != silence.id);
            drop(open);
            // What it held goes on; were this to fail, the clocks' task does it.
            while desk.do_tick().await? > 0 {}
            Ok(true)
        })
        .await
    }

    async fn do_silence(
        &self,
        scope: Scope,
        reason: String,
        until: Timestamp,
        by: Actor,
    ) -> Result<Silence, Error> {
        let mut open = self.certain().await?;
        let now = self.now();
        check_officer(&by)?;
        self.check(&scope, &reason, until, now)?;
        // No two silences are made in one millisecond, for the desk makes one after the other; to be sure all the same:
        let mut number = now.as_millisecond();
        while self.silences.read().iter().any(|silence| silence.id == number.to_string()) {
            number += 1;
        }
        let silence = Silence { id: number.to_string(), scope, reason, by, from: now, until };
        let person = silence.by.person.clone().unwrap_or_default();
        let documents = [(silence.id.clone(), &silence)];
        self.store.put_documents(DocumentKind::Silence, &documents, false, &person, now).await?;
        self.silences.write().push(silence.clone());
        let waits = |alert: &&Alert| {
            silence.scope.holds(alert)
                && alert.life.state() == AlertState::Pending
                && alert.life.is_open()
                && alert.life.on_hold().is_none()
        };
        let held: Vec<Alert> =
            open.watched.iter().map(|watched| &watched.alert).filter(waits).cloned().collect();
        let hold = |mut alert: Alert| {
            self.change(&mut alert, Change::Moved, now, Vec::new(), |case| case.silence(&silence))
        };
        let drafts: Vec<Draft> = held.into_iter().map(hold).collect();
        if !drafts.is_empty() {
            self.write(&mut open, drafts, now).await?;
        }
        Ok(silence)
    }

    /// The silence that an alert falls under; of several the one that lasts longest.
    pub(super) fn silence_of(&self, alert: &Alert, now: Timestamp) -> Option<Silence> {
        let at_work = |silence: &&Silence| silence.until > now && silence.scope.holds(alert);
        self.silences.read().iter().filter(at_work).max_by_key(|silence| silence.until).cloned()
    }

    /// Whether an alert is held by a silence that is over before its time.
    pub(super) fn is_lifted(&self, alert: &Alert) -> bool {
        alert.life.silence().is_some_and(|id| self.silences.read().iter().all(|silence| silence.id != id))
    }

    fn check(&self, scope: &Scope, reason: &str, until: Timestamp, now: Timestamp) -> Result<(), Error> {
        let bad = |field, must| Err(Error::BadMove { field, must });
        check_text("reason", reason)?;
        if until <= now || until.duration_since(now) > SILENCE_MAX {
            return bad("until", "a time to come, at most 8 hours from now");
        }
        if !scope.names_a_place() {
            return bad("scope", "a camera or a grid");
        }
        let cameras = self.cameras();
        if scope.camera.as_ref().is_some_and(|id| cameras.iter().all(|camera| camera.camera.id != *id)) {
            return bad("scope.camera", "the id of a camera");
        }
        let has_grid = |code: &String| {
            cameras.iter().any(|camera| camera.grid_path.iter().any(|grid| grid.code == *code))
        };
        match &scope.grid {
            Some(code) if !has_grid(code) => bad("scope.grid", "the code of a grid with cameras"),
            _ => Ok(()),
        }
    }
}
