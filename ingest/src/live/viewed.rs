//! The cameras that are viewed: each once, for any number of viewers.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use tokio::sync::watch;

use super::{
    FindFeed, LiveError, LiveView,
    backlog::{Backlog, Place, Start, Step},
    muxing,
    segmenter::Made,
};
use crate::{access_unit::StreamParameters, camera::CameraId, feed::Feed};

/// All cameras that are viewed. No more than so many at one time: each takes two threads.
pub(crate) struct ViewedCameras {
    cameras: Mutex<HashMap<CameraId, Entry>>,
    cameras_max: usize,
}

struct Entry {
    viewed: Arc<Viewed>,
    viewers: usize,
}

/// One camera that is viewed: what its muxer makes and its viewers take.
pub(super) struct Viewed {
    pub(super) camera: CameraId,
    state: Mutex<State>,
    news: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    backlog: Backlog,
    ended: Option<LiveError>,
}

// === impl ViewedCameras ===

impl ViewedCameras {
    pub(crate) fn new(cameras_max: usize) -> Arc<Self> {
        Arc::new(Self { cameras: Mutex::default(), cameras_max })
    }

    /// One more viewer of a camera. The first one starts its muxer.
    ///
    /// # Errors
    /// When there is no such camera, too many are viewed, or no thread can be had.
    pub(crate) fn open(self: &Arc<Self>, camera: &CameraId, find: FindFeed) -> Result<LiveView, LiveError> {
        if find().is_none() {
            return Err(LiveError::NoSuchCamera);
        }
        let mut cameras = self.cameras.lock();
        let full = cameras.len() >= self.cameras_max;
        let viewed = match cameras.get_mut(camera) {
            Some(entry) => {
                entry.viewers += 1;
                entry.viewed.clone()
            }
            None if full => return Err(LiveError::TooManyCameras { max: self.cameras_max }),
            None => {
                let (news, _) = watch::channel(());
                let viewed = Arc::new(Viewed { camera: camera.clone(), state: Mutex::default(), news });
                // It asks for this lock before anything else.
                muxing::start(viewed.clone(), self.clone(), find.clone())?;
                cameras.insert(camera.clone(), Entry { viewed: viewed.clone(), viewers: 1 });
                viewed
            }
        };
        drop(cameras);
        let news = viewed.news.subscribe();
        Ok(LiveView { viewed, cameras: self.clone(), find, news, place: Place::default() })
    }

    /// Whether anybody views this camera. If not, it is forgotten: the next viewer starts another muxer.
    pub(super) fn still_viewed(&self, viewed: &Arc<Viewed>) -> bool {
        let mut cameras = self.cameras.lock();
        let Some(entry) = cameras.get(&viewed.camera).filter(|entry| Arc::ptr_eq(&entry.viewed, viewed))
        else {
            return false;
        };
        let wanted = entry.viewers > 0;
        if !wanted {
            cameras.remove(&viewed.camera);
        }
        wanted
    }

    /// One viewer less.
    pub(super) fn leave(&self, viewed: &Arc<Viewed>) {
        if let Some(entry) = self.cameras.lock().get_mut(&viewed.camera)
            && Arc::ptr_eq(&entry.viewed, viewed)
        {
            entry.viewers -= 1;
        }
    }

    /// The muxer of this camera has ended.
    pub(super) fn end(&self, viewed: &Arc<Viewed>, why: LiveError) {
        let mut cameras = self.cameras.lock();
        if cameras.get(&viewed.camera).is_some_and(|entry| Arc::ptr_eq(&entry.viewed, viewed)) {
            cameras.remove(&viewed.camera);
        }
        drop(cameras);
        viewed.state.lock().ended.get_or_insert(why);
        viewed.news.send_replace(());
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.cameras.lock().len()
    }
}

// === impl Viewed ===

impl Viewed {
    /// What is next for a viewer of the feed `now`; nothing as long as it has to wait.
    pub(super) fn step(&self, place: &mut Place, now: &Weak<Feed>) -> Result<Option<Step>, LiveError> {
        let state = self.state.lock();
        match &state.ended {
            Some(why) => Err(why.clone()),
            None => Ok(state.backlog.step(place, now)),
        }
    }

    /// Takes what a segmenter makes of a feed's pictures; to be called in the order in which it is made.
    pub(super) fn taker(
        self: &Arc<Self>,
        feed: Weak<Feed>,
        parameters: Arc<StreamParameters>,
    ) -> impl FnMut(Made) + Send + 'static {
        let viewed = self.clone();
        let mut start = None;
        move |made| match made {
            Made::Segment(segment) => {
                start = Some(Arc::new(Start {
                    feed: feed.clone(),
                    codecs: super::codecs::codecs(&parameters),
                    width: parameters.width,
                    height: parameters.height,
                    segment,
                }));
            }
            Made::Fragment { at, key, pictures, data } => {
                // Without what comes before it, nobody can read it.
                let Some(start) = &start else { return };
                viewed.state.lock().backlog.push(start, (at, key, pictures), data);
                viewed.news.send_replace(());
            }
        }
    }

    /// So many pictures came and were not muxed.
    pub(super) fn skip(&self, pictures: u64) {
        self.state.lock().backlog.skip(pictures);
    }

    /// Lets go of all fragments.
    pub(super) fn clear(&self) {
        self.state.lock().backlog.clear();
    }
}
