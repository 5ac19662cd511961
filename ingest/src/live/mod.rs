//! Live view: a fragmented MP4 of one camera as it comes, for any number of viewers over one RTSP session.
//!
//! One muxer a camera, and only while somebody views it: [`muxing`] takes access units from the camera's ring, from the
//! last key picture on, a [`segmenter`] makes fragments of them, and the [`backlog`] keeps the newest for the viewers.

mod backlog;
pub(crate) mod boxes;
pub(crate) mod codecs;
mod muxing;
pub(crate) mod segmenter;
#[cfg(test)]
mod tests;
mod viewed;

use std::{fmt, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::feed::Feed;
use backlog::{Place, Step};
use viewed::Viewed;

pub(crate) use viewed::ViewedCameras;

/// So many cameras can be viewed at one time.
pub(crate) const CAMERAS_VIEWED_MAX: usize = 32;

/// Finds the feed that is to be shown as it is now; another one takes its place when the camera is changed.
pub(crate) type FindFeed = Arc<dyn Fn() -> Option<Arc<Feed>> + Send + Sync>;

/// Why there is nothing to view, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiveError {
    /// There is no such camera, or it was removed.
    #[error("no such camera")]
    NoSuchCamera,
    /// Other cameras are viewed, and no more can be at one time.
    #[error("{max} cameras are viewed, which is as many as can be at one time")]
    TooManyCameras {
        /// How many can be.
        max: usize,
    },
    /// The muxer failed.
    #[error("muxing failed: {what}")]
    Mux {
        /// What was said.
        what: String,
    },
}

/// What a viewer gets, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveEvent {
    /// An initialisation segment. It comes first, and again whenever the camera's parameters or its session change;
    /// times in the fragments that follow have another zero then.
    Start {
        /// The codec as browsers ask for it (RFC 6381).
        codecs: String,
        /// Width of the picture in pixels.
        width: u32,
        /// Height of the picture in pixels.
        height: u32,
        /// `ftyp` and `moov`.
        segment: Bytes,
    },
    /// Some pictures, usually one. The first after a start or a miss begins with a key picture.
    Fragment {
        /// When its first picture arrived from the camera.
        at: Timestamp,
        /// Whether its first picture is a key picture.
        key: bool,
        /// How many pictures it holds.
        pictures: u32,
        /// `moof` and `mdat`.
        data: Bytes,
    },
    /// The viewer was too slow and goes on at the newest key picture.
    Missed {
        /// How many pictures it was not given.
        pictures: u64,
    },
}

/// One viewer of one camera. Dropping it ends the view; the last one ends the camera's muxer.
pub struct LiveView {
    viewed: Arc<Viewed>,
    cameras: Arc<ViewedCameras>,
    find: FindFeed,
    news: watch::Receiver<()>,
    place: Place,
}

impl LiveView {
    /// Waits for what comes next. Nothing is lost if the wait is given up.
    ///
    /// Of a camera that another took the place of nothing more comes; the new one begins with a start.
    ///
    /// # Errors
    /// When the camera was removed or its muxer failed: the view has ended.
    pub async fn next(&mut self) -> Result<LiveEvent, LiveError> {
        loop {
            self.news.mark_unchanged();
            let feed = (self.find)().ok_or(LiveError::NoSuchCamera)?;
            if let Some(step) = self.viewed.step(&mut self.place, &Arc::downgrade(&feed))? {
                return Ok(step.into());
            }
            drop(feed);
            // Its sender is kept alive by this view.
            let _ = self.news.changed().await;
        }
    }
}

impl Drop for LiveView {
    fn drop(&mut self) {
        self.cameras.leave(&self.viewed);
    }
}

impl fmt::Debug for LiveView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveView").field("camera", &self.viewed.camera).finish_non_exhaustive()
    }
}

impl From<Step> for LiveEvent {
    fn from(step: Step) -> Self {
        match step {
            Step::Missed(pictures) => Self::Missed { pictures },
            Step::Start(start) => Self::Start {
                codecs: start.codecs.clone(),
                width: start.width,
                height: start.height,
                segment: start.segment.clone(),
            },
            Step::Fragment(fragment) => Self::Fragment {
                at: fragment.at,
                key: fragment.key,
                pictures: fragment.pictures,
                data: fragment.data,
            },
        }
    }
}
