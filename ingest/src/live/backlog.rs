//! The newest fragments of a camera that is viewed, and where each viewer stands in them.

use std::{
    collections::VecDeque,
    sync::{Arc, Weak},
};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::feed::Feed;

/// Fragments older than this leave, except for what a new viewer needs: those from the newest key picture on.
const KEEP: SignedDuration = SignedDuration::from_secs(8);
/// The most bytes that are kept for one camera, as much as its ring holds by default. At the bound everything leaves, and
/// a new viewer begins at the next key picture.
const BYTES_MAX: usize = 16 << 20;

/// What a player must know before the fragments that follow.
pub(super) struct Start {
    /// Whose pictures they are.
    pub(super) feed: Weak<Feed>,
    pub(super) codecs: String,
    pub(super) width: u32,
    pub(super) height: u32,
    /// `ftyp` and `moov`.
    pub(super) segment: Bytes,
}

/// One or a few pictures.
#[derive(Clone)]
pub(super) struct Fragment {
    pub(super) start: Arc<Start>,
    pub(super) at: Timestamp,
    pub(super) key: bool,
    pub(super) pictures: u32,
    pub(super) data: Bytes,
    /// How many pictures the camera had sent before, since somebody views it.
    before: u64,
}

/// Bounded in time and bytes; every viewer has a place of its own in it, so that a slow one delays nobody.
#[derive(Default)]
pub(super) struct Backlog {
    fragments: VecDeque<Fragment>,
    /// The number of the oldest fragment; each has the next one.
    first: u64,
    newest_key: Option<u64>,
    bytes: usize,
    pictures: u64,
}

/// Where a viewer stands.
#[derive(Default)]
pub(super) struct Place {
    start: Option<Arc<Start>>,
    /// The number of the fragment that is next.
    next: u64,
    /// How many pictures had been sent before it.
    pictures: u64,
}

/// What a viewer gets next.
pub(super) enum Step {
    Missed(u64),
    Start(Arc<Start>),
    Fragment(Fragment),
}

// === impl Backlog ===

impl Backlog {
    pub(super) fn push(
        &mut self,
        start: &Arc<Start>,
        (at, key, pictures): (Timestamp, bool, u32),
        data: Bytes,
    ) {
        if key {
            self.newest_key = Some(self.end());
        }
        self.bytes += data.len();
        let before = self.pictures;
        self.pictures += u64::from(pictures);
        self.fragments.push_back(Fragment { start: start.clone(), at, key, pictures, data, before });
        let oldest_wanted = at - KEEP;
        while self.newest_key.is_some_and(|key| self.first < key)
            && (self.bytes > BYTES_MAX || self.fragments.front().is_some_and(|f| f.at < oldest_wanted))
        {
            self.bytes -= self.fragments.pop_front().map_or(0, |fragment| fragment.data.len());
            self.first += 1;
        }
        if self.bytes > BYTES_MAX {
            self.clear();
        }
    }

    /// So many pictures came and were not muxed.
    pub(super) fn skip(&mut self, pictures: u64) {
        self.pictures += pictures;
    }

    /// Lets go of everything; who views goes on at the next key picture.
    pub(super) fn clear(&mut self) {
        self.first = self.end();
        self.fragments.clear();
        self.newest_key = None;
        self.bytes = 0;
    }

    /// What comes next for the viewer in this place, if it is of the feed `now`. It begins at the newest key picture;
    /// where what was next is gone, it goes on there.
    pub(super) fn step(&self, place: &mut Place, now: &Weak<Feed>) -> Option<Step> {
        let next =
            if place.start.is_some() && place.next >= self.first { place.next } else { self.newest_key? };
        let fragment = self.fragments.get(usize::try_from(next.checked_sub(self.first)?).ok()?)?;
        if !Weak::ptr_eq(&fragment.start.feed, now) {
            return None;
        }
        let missed = match &place.start {
            // What a camera sent whose place another took was not missed.
            Some(start) if Weak::ptr_eq(&start.feed, now) => fragment.before - place.pictures,
            _ => 0,
        };
        place.next = next;
        place.pictures = fragment.before;
        if missed > 0 {
            return Some(Step::Missed(missed));
        }
        if place.start.as_ref().is_none_or(|start| !Arc::ptr_eq(start, &fragment.start)) {
            place.start = Some(fragment.start.clone());
            return Some(Step::Start(fragment.start.clone()));
        }
        place.next += 1;
        place.pictures += u64::from(fragment.pictures);
        Some(Step::Fragment(fragment.clone()))
    }

    fn end(&self) -> u64 {
        self.first + self.fragments.len() as u64
    }
}
