//! Tells whoever listens that something new was committed, and hands out what was, in order.
//!
//! There is no queue for each listener: a listener keeps its own sequence number, waits for a newer one, and
//! reads what came after its own. A slow listener costs nothing and delays nobody.

use std::{collections::VecDeque, sync::Arc};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::{alert::Change, error::Error, store::Store};

/// How many of the newest events are kept in memory; older ones are read from the database.
const TAIL_EVENTS_MAX: usize = 1024;

/// One committed change of one alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its place in the order of all changes.
    pub seq: i64,
    /// What it did.
    pub change: Change,
    /// The alert after the change, as JSON: put into words once, sent to many.
    pub alert: Arc<str>,
}

/// The newest events. Cheap to clone; all clones are the same hub.
#[derive(Clone, Debug)]
pub struct Hub {
    store: Store,
    oldest: i64,
    newest: watch::Sender<i64>,
    canary: watch::Sender<Option<Timestamp>>,
    tail: Arc<Mutex<VecDeque<Event>>>,
}

impl Hub {
    /// A hub that goes on where the database stands.
    pub(crate) async fn open(store: Store) -> Result<Self, Error> {
        let (oldest, newest) = store.bounds().await?.unwrap_or((1, 0));
        Ok(Self {
            store,
            oldest,
            newest: watch::Sender::new(newest),
            canary: watch::Sender::default(),
            tail: Arc::default(),
        })
    }

    /// The newest sequence number, 0 before the first event.
    pub fn newest(&self) -> i64 {
        *self.newest.borrow()
    }

    /// The oldest sequence number that can still be read; 1 before the first event.
    pub fn oldest(&self) -> i64 {
        self.oldest
    }

    /// Becomes ready whenever there is a newer sequence number.
    pub fn subscribe(&self) -> watch::Receiver<i64> {
        self.newest.subscribe()
    }

    /// Becomes ready whenever a canary came through; the value is when it was written.
    pub fn canaries(&self) -> watch::Receiver<Option<Timestamp>> {
        self.canary.subscribe()
    }

    /// Tells of a canary, once it is written.
    pub(crate) fn tell_canary(&self, at: Timestamp) {
        self.canary.send_replace(Some(at));
    }

    /// Whether a listener that has seen everything up to `seq` can go on from there without a gap. It cannot
    /// where `seq` is of another history or of one whose beginning is gone.
    pub fn reaches(&self, seq: i64) -> bool {
        (self.oldest - 1..=self.newest()).contains(&seq)
    }

    /// At most `limit` events after `seq`, in order.
    ///
    /// # Errors
    /// The database fails; only asked for what is no longer in memory.
    pub async fn events_after(&self, seq: i64, limit: u32) -> Result<Vec<Event>, Error> {
        if seq >= self.newest() {
            return Ok(Vec::new());
        }
        if let Some(events) = self.in_memory(seq, limit) {
            return Ok(events);
        }
        self.store.events_after(seq, limit).await
    }

    /// Tells of an event. Called once the event is committed, in the order of sequence numbers.
    pub(crate) fn publish(&self, event: Event) {
        let seq = event.seq;
        let mut tail = self.tail.lock();
        if tail.len() == TAIL_EVENTS_MAX {
            tail.pop_front();
        }
        tail.push_back(event);
        drop(tail);
        self.newest.send_replace(seq);
    }

    fn in_memory(&self, seq: i64, limit: u32) -> Option<Vec<Event>> {
        let tail = self.tail.lock();
        let complete = tail.front().is_some_and(|first| first.seq <= seq + 1);
        complete.then(|| {
            let from = tail.partition_point(|event| event.seq <= seq);
            tail.iter().skip(from).take(limit as usize).cloned().collect()
        })
    }
}
