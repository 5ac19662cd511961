//! The face of this crate: cameras in; frames, clips and health out.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, atomic::Ordering::Relaxed},
};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use parking_lot::{Mutex, RwLock};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    access_unit::AccessUnit,
    camera::{CameraId, CameraSource},
    clip::{self, ClipError},
    clock::Clock,
    decode::{DecodePool, DecoderChoice},
    feed::{Feed, LEAVE, StreamFigures},
    gate::ConnectGate,
    health::{CameraHealth, CameraState, HealthBoard, Reporter},
    live::{CAMERAS_VIEWED_MAX, LiveError, LiveView, ViewedCameras},
    main_stream::{MainStream, Wanting},
    outage::{self, Member, Outage},
    pace::{Attention, CurrentPace, Pace},
    ring::RingBudget,
    settings::IngestSettings,
    slot::FrameReceiver,
    staleness::Staleness,
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
    /// Microseconds that decoders were at work, all threads together.
    pub decode_busy_us: u64,
    /// Frames replaced by a newer one before anybody looked.
    pub frames_dropped: u64,
    /// Access units that could not be kept.
    pub units_dropped: u64,
    /// Sessions that began to play.
    pub sessions: u64,
}

impl IngestCounters {
    /// Adds what one feed counted.
    fn add(&mut self, feed: &Feed) {
        self.frames_dropped += feed.slot.dropped();
        self.units_dropped += feed.units_dropped();
        self.sessions += feed.sessions_begun();
    }
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
    rings: Arc<RingBudget>,
    pace: Arc<CurrentPace>,
    /// What cameras that are no longer pulled had counted.
    gone: Mutex<IngestCounters>,
    feeds: Arc<RwLock<HashMap<CameraId, Running>>>,
    pool: OnceLock<DecodePool>,
    viewed: Arc<ViewedCameras>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

struct Running {
    feed: Arc<Feed>,
    main: Option<Arc<MainStream>>,
    /// Keeps the main stream open while something is suspected there.
    suspected: Option<Wanting>,
    cancel: CancellationToken,
    /// Cancelled once its last session is over.
    ended: CancellationToken,
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
                rings: RingBudget::new(settings.rings_bytes_max),
                pace: Arc::new(CurrentPace::new(settings.sampling.pace())),
                gone: Mutex::default(),
                settings,
                clock,
                health: HealthBoard::default(),
                feeds: Arc::default(),
                pool: OnceLock::new(),
                viewed: ViewedCameras::new(CAMERAS_VIEWED_MAX),
                tasks: TaskTracker::new(),
                stop: CancellationToken::new(),
            }),
        })
    }

    /// Begins to pull a camera, in the place of any earlier one with the same id, and gives its frames.
    pub fn add(&self, source: CameraSource) -> FrameReceiver {
        let id = source.id.clone();
        let mut feeds = self.shared.feeds.write();
        let earlier = feeds.remove(&id);
        if let Some(earlier) = &earlier {
            self.shared.let_go(earlier);
        }
        let reporter = self.shared.health.enter(&id, self.health_now(CameraState::Connecting));
        let earlier_main = earlier.as_ref().and_then(|earlier| earlier.main.as_ref());
        let main = source.main.clone().map(|address| {
            let source = CameraSource { address, main: None, ..source.clone() };
            MainStream::new(self.shared.new_feed(source, earlier_main.map(|main| &*main.feed), reporter))
        });
        let feed = self.shared.new_feed(source, earlier.as_ref().map(|earlier| &*earlier.feed), reporter);
        let receiver = FrameReceiver { slot: feed.slot.clone() };
        let cancel = self.shared.stop.child_token();
        let ended = CancellationToken::new();
        let (ending, before) =
            (ended.clone().drop_guard(), earlier.as_ref().map(|earlier| earlier.ended.clone()));
        let keep = supervise(feed.clone(), self.shared.clone(), rand::random(), cancel.clone());
        let task = async move {
            let _ending = ending;
            if let Some(before) = before {
                // A camera may bear one session only, so the earlier one ends first. It has little time for that.
                let _ = tokio::time::timeout(LEAVE, before.cancelled()).await;
            }
            keep.await;
        };
        if let Some(main) = &main {
            self.shared.tasks.spawn(main.clone().keep(feed.clone(), self.shared.clone(), cancel.clone()));
        }
        feeds.insert(id, Running { feed, main, suspected: None, cancel, ended });
        drop(feeds);
        self.shared.tasks.spawn(task);
        receiver
    }

    /// Tries a camera that is waiting for its next attempt at once. Does nothing for one that plays or is connecting.
    pub fn retry_now(&self, camera: &CameraId) {
        if let Some(feed) = self.shared.feed(camera) {
            feed.retry.notify_waiters();
        }
    }

    /// What a camera shows now is what it is to show: it was aimed anew. Ends that it counts as moved or blurred. Does
    /// nothing if there is none of that id.
    pub fn accept_view(&self, camera: &CameraId) {
        if let Some(feed) = self.shared.feed(camera) {
            feed.accept_view();
        }
    }

    /// Lets go of a camera as [`Ingest::remove`] does, and says that it is switched off on purpose.
    pub fn disable(&self, camera: &CameraId) {
        self.remove(camera);
        self.shared.health.enter(camera, self.health_now(CameraState::Disabled));
    }

    /// Lets go of a camera, of which nothing is said any more. Does nothing if there is none of that id.
    pub fn remove(&self, camera: &CameraId) {
        if let Some(running) = self.shared.feeds.write().remove(camera) {
            self.shared.let_go(&running);
        }
        self.shared.pool().forget(camera);
        self.shared.health.forget(camera);
    }

    /// Says how closely one camera is to be looked at from now on. Does nothing if there is none of that id.
    pub fn attend(&self, camera: &CameraId, attention: Attention) {
        let suspected = attention == Attention::Suspicion;
        if let Some(running) = self.shared.feeds.write().get_mut(camera) {
            running.feed.attend(attention);
            running.suspected = running.main.as_ref().filter(|_| suspected).map(MainStream::want);
        }
        if !suspected {
            self.shared.pool().release(camera);
        }
    }

    /// The cameras from which pictures arrive, and whether each is looked at more often than a quiet one: by what inference
    /// said of it, or because much goes on there.
    pub fn playing(&self) -> Vec<(CameraId, bool)> {
        let now = self.shared.clock.now();
        let feeds = self.shared.feeds.read();
        let playing = feeds.iter().filter(|(_, running)| self.shared.plays(&running.feed, now));
        playing.map(|(id, running)| (id.clone(), running.feed.is_attended())).collect()
    }

    /// Sets how often all cameras are looked at on which nothing is suspected; the settings' floor bounds it.
    pub fn set_pace(&self, pace: Pace) {
        self.shared.pace.set(self.shared.settings.sampling.bounded(pace));
    }

    /// How often they are looked at now.
    pub fn pace(&self) -> Pace {
        self.shared.pace.get()
    }

    /// For how long the job that has waited for a decoder for longest waits already; zero where none waits.
    pub fn decode_wait(&self) -> SignedDuration {
        self.shared.pool().longest_wait(self.shared.clock.now())
    }

    /// What the ring holds of `from..=to`, as [`Ingest::clip`] muxes it: in decoding order, the first a key picture.
    ///
    /// # Errors
    /// When there is no such camera, or nothing was recorded in that span.
    pub fn span(
        &self,
        camera: &CameraId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Arc<AccessUnit>>, ClipError> {
        let feeds = self.shared.feeds.read();
        let running = feeds.get(camera).ok_or(ClipError::NoSuchCamera)?;
        let main = running.main.as_ref().and_then(|main| main.feed.whole_span(from, to));
        let units = main.unwrap_or_else(|| running.feed.span(from, to));
        if units.is_empty() { Err(ClipError::NotRecorded) } else { Ok(units) }
    }

    /// A fragmented MP4 of what the ring holds of `from..=to`, beginning with the key picture at or before `from`; of
    /// the main stream where that has the whole span.
    ///
    /// # Errors
    /// When there is no such camera, nothing was recorded in that span, or muxing fails.
    pub async fn clip(&self, camera: &CameraId, from: Timestamp, to: Timestamp) -> Result<Bytes, ClipError> {
        let units = self.span(camera, from, to)?;
        let muxed = tokio::task::spawn_blocking(move || clip::mux(&units)).await;
        muxed.unwrap_or_else(|e| Err(ClipError::Mux { what: e.to_string() }))
    }

    /// One more viewer of a camera: from its last key picture on, then as its pictures come. Views end when ingest stops.
    ///
    /// # Errors
    /// When there is no such camera, or as many other cameras are viewed as can be at one time.
    pub fn live(&self, camera: &CameraId) -> Result<LiveView, LiveError> {
        let (feeds, stop, id) = (self.shared.feeds.clone(), self.shared.stop.clone(), camera.clone());
        let viewing = Mutex::new(None::<Wanting>);
        let find = move || {
            let feeds = feeds.read();
            let running = feeds.get(&id).filter(|_| !stop.is_cancelled())?;
            let Some(main) = &running.main else { return Some(running.feed.clone()) };
            let mut viewing = viewing.lock();
            if !viewing.as_ref().is_some_and(|wanting| wanting.is_for(main)) {
                *viewing = Some(main.want());
            }
            let stream = if main.feed.is_playing() { &main.feed } else { &running.feed };
            Some(stream.clone())
        };
        self.shared.viewed.open(camera, Arc::new(find))
    }

    fn health_now(&self, state: CameraState) -> CameraHealth {
        CameraHealth::new(state, None, self.shared.clock.now())
    }

    /// What is known of the cameras' states.
    pub fn health(&self) -> &HealthBoard {
        &self.shared.health
    }

    /// The state of a camera right now; nothing if there is none of that id.
    pub fn state(&self, camera: &CameraId) -> Option<CameraState> {
        let now = self.shared.clock.now();
        Some(self.shared.health.get(camera, now)?.state_at(now))
    }

    /// What a camera sends; nothing before its first picture, or if there is none of that id.
    pub fn figures(&self, camera: &CameraId) -> Option<StreamFigures> {
        self.shared.feed(camera)?.figures()
    }

    /// Cameras that were lost together, with what they have in common.
    pub fn outages(&self) -> Vec<Outage> {
        let now = self.shared.clock.now();
        let feeds = self.shared.feeds.read();
        let member = |(camera, running): (&CameraId, &Running)| {
            let health = self.shared.health.get(camera, now);
            Member {
                camera: camera.clone(),
                host: running.feed.source.address.url().host_str().unwrap_or_default().to_owned(),
                lost_since: health.filter(|h| h.state_at(now).is_lost()).map(|h| h.since),
            }
        };
        let members: Vec<Member> = feeds.iter().map(member).collect();
        drop(feeds);
        outage::outages(&members)
    }

    /// For each camera that is pulled, when the newest picture that can be decoded arrived; none where none has yet.
    pub fn newest_pictures(&self) -> Vec<Option<Timestamp>> {
        self.shared.feeds.read().values().map(|running| running.feed.newest_at()).collect()
    }

    /// How old the newest decoded picture is, over all cameras from which pictures arrive.
    pub fn staleness(&self) -> Staleness {
        let now = self.shared.clock.now();
        let feeds = self.shared.feeds.read();
        let playing = feeds.iter().filter(|(_, running)| self.shared.plays(&running.feed, now));
        Staleness::of(playing.map(|(id, running)| {
            let newest = running.feed.newest_frame_at();
            (id.clone(), newest.map(|at| now.duration_since(at).as_secs_f64().max(0.0)))
        }))
    }

    /// Which decoder reads each codec, and why no better one; nothing before the first camera is pulled.
    pub fn decoders(&self) -> Vec<DecoderChoice> {
        self.shared.pool().choices()
    }

    /// When the newest picture of a camera arrived, of those that can be decoded; nothing before the first.
    pub fn newest_picture(&self, camera: &CameraId) -> Option<Timestamp> {
        self.shared.feed(camera)?.newest_at()
    }

    /// How many sessions with a camera have begun to play since it was added; nothing if there is none of that id.
    pub fn sessions(&self, camera: &CameraId) -> Option<u64> {
        Some(self.shared.feed(camera)?.sessions_begun())
    }

    /// What has been done so far.
    pub fn counters(&self) -> IngestCounters {
        let stats = self.shared.pool().stats();
        let feeds = self.shared.feeds.read();
        let mut counters = *self.shared.gone.lock();
        feeds.values().flat_map(Running::feeds).for_each(|feed| counters.add(feed));
        IngestCounters {
            decoded: stats.decoded.load(Relaxed),
            decode_failed: stats.failed.load(Relaxed),
            decode_superseded: stats.superseded.load(Relaxed),
            decode_busy_us: stats.busy_us.load(Relaxed),
            ..counters
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

// === impl Running ===

impl Running {
    /// The sub stream, and the main stream where there is one.
    fn feeds(&self) -> impl Iterator<Item = &Feed> {
        std::iter::once(&*self.feed).chain(self.main.as_ref().map(|main| &*main.feed))
    }
}

// === impl Shared ===

impl Shared {
    fn let_go(&self, running: &Running) {
        running.cancel.cancel();
        let mut gone = self.gone.lock();
        running.feeds().for_each(|feed| gone.add(feed));
    }

    /// Whether pictures arrive.
    fn plays(&self, feed: &Feed, now: Timestamp) -> bool {
        let silence = self.settings.limits.silence;
        feed.newest_at().is_some_and(|at| at.saturating_add(silence).is_ok_and(|until| until >= now))
    }

    /// A feed that follows an `earlier` one of the same camera, if there was one.
    fn new_feed(&self, source: CameraSource, earlier: Option<&Feed>, reporter: Reporter) -> Arc<Feed> {
        let sessions = earlier.map(|earlier| earlier.sessions.clone());
        Arc::new(Feed::new(source, sessions, reporter, self.rings.clone(), self.pace.clone(), &self.settings))
    }

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
