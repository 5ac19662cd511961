//! The alerts that are open or last, as the database has them, and what is remembered of those that ended.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::{
    grouping::{IncidentKey, Watched},
    times::Times,
};
use crate::alert::{Alert, AlertId};

/// How many ended incidents are remembered, so that what comes late for one of them changes nothing. Late
/// means seconds: this many are hours of the busiest street.
const ENDED_INCIDENTS_MAX: usize = 4096;

/// What the desk watches.
#[derive(Default)]
pub(super) struct OpenAlerts {
    /// In the order of their numbers.
    pub(super) watched: Vec<Watched>,
    pub(super) times: Times,
    pub(super) ended: VecDeque<IncidentKey>,
    /// Set while a write is under way. Found set, the last write failed, and only the database knows whether
    /// it took place.
    pub(super) uncertain: bool,
}

// === impl OpenAlerts ===

impl OpenAlerts {
    pub(super) fn remember_ended(&mut self, key: IncidentKey) {
        self.ended.push_back(key);
        self.forget_old();
    }

    fn place(&self, id: AlertId) -> Result<usize, usize> {
        self.watched.binary_search_by_key(&id, |watched| watched.alert.id)
    }

    pub(super) fn watched(&self, id: AlertId) -> Option<&Watched> {
        self.place(id).ok().map(|index| &self.watched[index])
    }

    /// Keeps an alert as it was written, as long as it is open or lasts.
    pub(super) fn keep(&mut self, alert: &Alert, now: Timestamp) {
        let is_watched = alert.life.is_open() || alert.is_lasting();
        self.times.set(alert.id, is_watched.then_some(&alert.life));
        match self.place(alert.id) {
            Ok(index) if is_watched => {
                self.watched[index].alert = alert.clone();
                self.watched[index].written_at = now;
            }
            Ok(index) => drop(self.watched.remove(index)),
            Err(index) if is_watched => {
                self.watched.insert(index, Watched { alert: alert.clone(), incident: None, written_at: now });
            }
            Err(_) => {}
        }
    }

    pub(super) fn forget_old(&mut self) {
        while self.ended.len() > ENDED_INCIDENTS_MAX {
            self.ended.pop_front();
        }
    }
}
