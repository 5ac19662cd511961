//! The thread of one camera that is viewed: it takes access units from the ring and feeds the muxer.
//!
//! The ring is the queue between the camera and the muxer, so the camera never waits and nothing is kept twice. A muxer
//! that does not keep up goes on at the newest key picture.

use std::{
    sync::{Arc, Weak},
    thread,
    time::Duration,
};

use jiff::SignedDuration;

use super::{
    FindFeed, LiveError,
    segmenter::{SegmentError, Segmenter},
    viewed::{Viewed, ViewedCameras},
};
use crate::{access_unit::AccessUnit, feed::Feed};

/// The longest wait for a picture before it is looked whether anybody still views, and whether the camera is still there.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// A muxer that is this far behind, with a newer key picture at hand, jumps to it.
const BEHIND_MAX: SignedDuration = SignedDuration::from_secs(2);
/// So many failures with no picture in between, and the view ends.
const FAILURES_MAX: u32 = 3;

/// Starts the thread, which ends when nobody views any more or there is nothing to view.
///
/// # Errors
/// When the system has no more threads.
pub(super) fn start(
    viewed: Arc<Viewed>,
    cameras: Arc<ViewedCameras>,
    find: FindFeed,
) -> Result<(), LiveError> {
    let work = move || {
        let mut muxing = Muxing {
            farewell: Farewell { viewed, cameras, why: None },
            feed: Weak::new(),
            last: None,
            segmenter: None,
            failures: 0,
        };
        muxing.farewell.why = Some(muxing.run(&find));
    };
    // Names of threads are cut at fifteen bytes, so the camera's would not be readable anyway.
    let started = thread::Builder::new().name("live-mux".to_owned()).spawn(work);
    started.map(drop).map_err(|error| LiveError::Mux { what: error.to_string() })
}

struct Muxing {
    // Fields are dropped in this order: the muxer is gone before the end is told.
    segmenter: Option<Segmenter>,
    feed: Weak<Feed>,
    /// The number of the last access unit that was taken.
    last: Option<u64>,
    failures: u32,
    farewell: Farewell,
}

impl Muxing {
    fn run(&mut self, find: &FindFeed) -> LiveError {
        while self.farewell.cameras.still_viewed(&self.farewell.viewed) {
            let Some(feed) = find() else { return LiveError::NoSuchCamera };
            if !Weak::ptr_eq(&self.feed, &Arc::downgrade(&feed)) {
                self.begin_again();
                self.farewell.viewed.clear();
                self.feed = Arc::downgrade(&feed);
            }
            let mut units = feed.wait_after(self.last, LOOK_INTERVAL);
            self.catch_up(&mut units);
            for unit in &units {
                match self.mux(&feed, unit) {
                    Ok(()) => {}
                    // Now that the ring holds pictures out of order, the next one is made for them.
                    Err(SegmentError::Reordered) => {
                        self.begin_again();
                        break;
                    }
                    Err(SegmentError::Element(error)) => {
                        tracing::warn!(camera.id = %self.farewell.viewed.camera, %error, "live muxer failed");
                        self.failures += 1;
                        if self.failures >= FAILURES_MAX {
                            return LiveError::Mux { what: error.to_string() };
                        }
                        self.begin_again();
                        break;
                    }
                }
            }
        }
        LiveError::NoSuchCamera
    }

    /// Goes on at the newest key picture.
    fn begin_again(&mut self) {
        self.segmenter = None;
        self.last = None;
    }

    /// Leaves out what lies before the newest key picture, if these pictures are too many to be shown in time.
    fn catch_up(&mut self, units: &mut Vec<Arc<AccessUnit>>) {
        let (Some(first), Some(newest)) = (units.first(), units.last()) else { return };
        if newest.received_at.duration_since(first.received_at) > BEHIND_MAX
            && let Some(key) = units.iter().rposition(|unit| unit.key).filter(|key| *key > 0)
        {
            self.farewell.viewed.skip(key as u64);
            units.drain(..key);
        }
    }

    fn mux(&mut self, feed: &Arc<Feed>, unit: &AccessUnit) -> Result<(), SegmentError> {
        if let Some(segmenter) = self.segmenter.take_if(|segmenter| !segmenter.is_followed_by(unit)) {
            segmenter.finish();
        }
        self.last = Some(unit.sequence);
        let segmenter = match &mut self.segmenter {
            Some(segmenter) => segmenter,
            None if !unit.key => return Ok(()),
            None => {
                let taker = self.farewell.viewed.taker(self.feed.clone(), unit.parameters.clone());
                let made = Segmenter::new(unit.parameters.clone(), feed.reorders(), taker)?;
                self.segmenter.insert(made)
            }
        };
        segmenter.push(unit)?;
        self.failures = 0;
        Ok(())
    }
}

/// Tells the viewers, however the thread ends.
struct Farewell {
    viewed: Arc<Viewed>,
    cameras: Arc<ViewedCameras>,
    why: Option<LiveError>,
}

impl Drop for Farewell {
    fn drop(&mut self) {
        let why = self.why.take();
        let why = why.unwrap_or_else(|| LiveError::Mux { what: "the muxer's thread ended".to_owned() });
        self.cameras.end(&self.viewed, why);
    }
}
