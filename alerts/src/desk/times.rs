//! When something is to be done about which open alert, so that nobody has to look through all of them.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::{
    alert::{Alert, AlertId},
    life::Life,
};

/// A clock may have been started so much later than now before that means that the machine's time went back.
const WENT_BACK: SignedDuration = SignedDuration::from_secs(1);

/// The times of all alerts that are watched.
#[derive(Default)]
pub(super) struct Times {
    known: HashMap<AlertId, Known>,
    due: BTreeSet<(Timestamp, AlertId)>,
    started: BTreeSet<(Timestamp, AlertId)>,
}

/// When the next clock of an alert runs out, and when its newest was started.
struct Known {
    due: Timestamp,
    started: Timestamp,
}

impl Times {
    pub(super) fn of<'a>(alerts: impl Iterator<Item = &'a Alert>) -> Self {
        let mut times = Self::default();
        alerts.for_each(|alert| times.set(alert.id, Some(&alert.life)));
        times
    }

    /// Notes the times of an alert as it is now; none for one that is watched no more.
    pub(super) fn set(&mut self, id: AlertId, life: Option<&Life>) {
        if let Some(Known { due, started }) = self.known.remove(&id) {
            self.due.remove(&(due, id));
            self.started.remove(&(started, id));
        }
        let known =
            life.and_then(|life| Some(Known { due: life.next_due()?, started: life.last_started()? }));
        if let Some(known) = known {
            self.due.insert((known.due, id));
            self.started.insert((known.started, id));
            self.known.insert(id, known);
        }
    }

    /// When the next clock runs out.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// The alerts that have a clock that is due, or one that was started in what is now the future; the oldest first.
    pub(super) fn to_do(&self, now: Timestamp) -> BTreeSet<AlertId> {
        let due = self.due.range(..=(now, AlertId(i64::MAX)));
        let started_later =
            self.started.iter().rev().take_while(|(at, _)| at.duration_since(now) > WENT_BACK);
        due.chain(started_later).map(|(_, id)| *id).collect()
    }
}
