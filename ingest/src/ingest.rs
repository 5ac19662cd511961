//! The face of this crate: cameras in; frames, clips and health out.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, atomic::Ordering::Relaxed},
};

use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::RwLock;
use retina::client::SessionGroup;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    camera::{CameraId, CameraSource},
    clip::{self, ClipError},
    clock::Clock,
    decode::DecodePool,
    feed::Feed,
    gate::ConnectGate,
    health::{CameraHealth, CameraState, HealthBoard, LEASE},
    settings::IngestSettings,
    slot::FrameReceiver,
    supervisor::supervise,
};

/// What ingest has done so far. Counters only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IngestCounters {
    /// Frames decoded.
    pub decoded: u64,
    /// Decode jobs that gave no frame.
    pub decode_failed: u64,
    /// Decode jobs replaced by a newer one before their turn.
    pub decode_superseded: u64,
    /// Frames replaced by a newer one before anybody looked.
    pub frames_dropped: u64,
    /// Access units that could not be kept.
    pub units_dropped: u64,
}

/// Pulls cameras. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Ingest {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) settings: IngestSettings,
    pub(crate) clock: Clock,
    pub(crate) health: HealthBoard,
    pub(crate) gate: ConnectGate,
    pub(crate) sessions: Arc<SessionGroup>,
    feeds: Arc<RwLock<HashMap<CameraId, Running>>>,
    pool: OnceLock<DecodePool>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

struct Running {
    feed: Arc<Feed>,
    cancel: CancellationToken,
}

impl Ingest {
    /// Makes GStreamer ready. Needs a tokio runtime from [`Ingest::add`] on.
    ///
    /// # Errors
    /// When GStreamer does not start; the text says why.
    pub fn new(settings: IngestSettings, clock: Clock) -> Result<Self, IngestError> {
        gstreamer::init().map_err(|e| IngestError::GStreamer { what: e.to_string() })?;
        Ok(Self {
            shared: Arc::new(Shared {
                gate: ConnectGate::new(settings.connects_max, settings.connects_host_max),
                settings,
                clock,
                health: HealthBoard::default(),
                sessions: Arc::default(),
                feeds: Arc::default(),
                pool: OnceLock::new(),
                tasks: TaskTracker::new(),
                stop: CancellationToken::new(),
            }),
        })
    }

    /// Begins to pull a camera, in the place of any earlier one with the same id, and gives its frames.
    pub fn add(&self, source: CameraSource) -> FrameReceiver {
        let id = source.id.clone();
        let feed = Arc::new(Feed::new(source, &self.shared.settings));
        let receiver = FrameReceiver { slot: feed.slot.clone() };
        let cancel = self.shared.stop.child_token();
        let task = supervise(feed.clone(), self.shared.clone(), rand::random(), cancel.clone());
        if let Some(earlier) = self.shared.feeds.write().insert(id, Running { feed, cancel }) {
            earlier.cancel.cancel();
        }
        self.shared.tasks.spawn(task);
        receiver
    }

    /// Tries a camera that is waiting for its next attempt at once. Does nothing for one that plays or is connecting.
    pub fn retry_now(&self, camera: &CameraId) {
        if let Some(feed) = self.shared.feed(camera) {
            feed.retry.notify_waiters();
        }
    }

    /// Lets go of a camera as [`Ingest::remove`] does, and says that it is switched off on purpose.
    pub fn disable(&self, camera: &CameraId) {
        self.remove(camera);
        let now = self.shared.clock.now();
        let health = CameraHealth {
            state: CameraState::Disabled,
            cause: None,
            since: now,
            good_until: now + LEASE,
            next_try: None,
            last_picture_at: None,
        };
        self.shared.health.report(camera, health);
    }

    /// Lets go of a camera. Does nothing if there is none of that id.
    pub fn remove(&self, camera: &CameraId) {
        if let Some(running) = self.shared.feeds.write().remove(camera) {
            running.cancel.cancel();
        }
        self.shared.pool().release(camera);
    }

    /// Asks for a closer look at one camera (several frames a second), or ends it.
    pub fn burst(&self, camera: &CameraId, on: bool) {
        if let Some(feed) = self.shared.feed(camera) {
            feed.set_burst(on);
        }
        if !on {
            self.shared.pool().release(camera);
        }
    }

    /// A fragmented MP4 of what the ring holds of `from..=to`, beginning with the key picture at or before `from`.
    ///
    /// # Errors
    /// When there is no such camera, nothing was recorded in that span, or muxing fails.
    pub async fn clip(&self, camera: &CameraId, from: Timestamp, to: Timestamp) -> Result<Bytes, ClipError> {
        let feed = self.shared.feed(camera).ok_or(ClipError::NoSuchCamera)?;
        let units = feed.span(from, to);
        let muxed = tokio::task::spawn_blocking(move || clip::mux(&units)).await;
        muxed.unwrap_or_else(|e| Err(ClipError::Mux { what: e.to_string() }))
    }

    /// What is known of the cameras' states.
    pub fn health(&self) -> &HealthBoard {
        &self.shared.health
    }

    /// For each camera that is pulled, when the newest picture that can be decoded arrived; none where none has yet.
    pub fn newest_pictures(&self) -> Vec<Option<Timestamp>> {
        self.shared.feeds.read().values().map(|running| running.feed.newest_at()).collect()
    }

    /// What has been done so far.
    pub fn counters(&self) -> IngestCounters {
        let stats = self.shared.pool().stats();
        let feeds = self.shared.feeds.read();
        IngestCounters {
            decoded: stats.decoded.load(Relaxed),
            decode_failed: stats.failed.load(Relaxed),
            decode_superseded: stats.superseded.load(Relaxed),
            frames_dropped: feeds.values().map(|r| r.feed.slot.dropped()).sum(),
            units_dropped: feeds.values().map(|r| r.feed.units_dropped()).sum(),
        }
    }

    /// Lets go of all cameras and waits until their sessions are over.
    pub async fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

/// Why ingest cannot start.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// GStreamer does not start.
    #[error("GStreamer does not start: {what}")]
    GStreamer {
        /// What it said.
        what: String,
    },
}

// === impl Shared ===

impl Shared {
    fn feed(&self, camera: &CameraId) -> Option<Arc<Feed>> {
        self.feeds.read().get(camera).map(|running| running.feed.clone())
    }

    /// The decoders; their threads start with the first use.
    pub(crate) fn pool(&self) -> &DecodePool {
        self.pool.get_or_init(|| {
            let feeds = self.feeds.clone();
            DecodePool::new(self.settings.decoders, move |camera, result| {
                let feed = feeds.read().get(camera).map(|running| running.feed.clone());
                if let Some(feed) = feed {
                    feed.deliver(result);
                }
            })
        })
    }
}
