//! What ingest holds of one camera: its ring, its sampler, and the slot of its newest frame.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::{Condvar, Mutex};
use tokio::sync::{Notify, watch};

use retina::client::SessionGroup;

use crate::{
    access_unit::{AccessUnit, StreamParameters},
    camera::{CameraSource, Transport},
    clip::step_back,
    condition::Condition,
    decode::DecodeError,
    figures::{Seen, figures},
    frame::Frame,
    health::{Cause, Reporter},
    ingest::Shared,
    pace::{Attention, CurrentPace, Phase},
    ring::{Ring, RingBudget},
    sampler::{DecodeJob, Sampler},
    session::{Picture, PlayingSession, SessionError},
    settings::IngestSettings,
    sight::{Blindness, Sight},
    slot::FrameSlot,
};

/// This many jobs without a frame, one after the other, and a camera's pictures count as not decodable.
const FAILURES_MAX: u32 = 3;

/// For this long after a burst, the ring keeps as much as during it.
const LONG_AFTER_BURST: SignedDuration = SignedDuration::from_secs(30);

/// How long taking leave of a camera may take: one that bears few sessions must know that ours is over.
pub(crate) const LEAVE: Duration = Duration::from_secs(1);

/// One camera as ingest holds it.
pub(crate) struct Feed {
    pub(crate) source: CameraSource,
    pub(crate) slot: Arc<FrameSlot>,
    /// Told when the camera is to be tried at once.
    pub(crate) retry: Notify,
    /// The camera's sessions, the left ones too as long as it may still count them.
    pub(crate) sessions: Arc<SessionGroup>,
    pub(crate) reporter: Reporter,
    playing: watch::Sender<bool>,
    sessions_begun: AtomicU64,
    sequence: AtomicU64,
    stream: Mutex<Stream>,
    /// Told of every picture: live views wait for them.
    arrived: Condvar,
    decoding: Mutex<Decoding>,
}

struct Stream {
    ring: Ring,
    sampler: Sampler,
    condition: Condition,
    attention: Attention,
    /// After a burst the ring stays long until then: what led to an alert is still to be cut out of it.
    long_until: Option<Timestamp>,
}

#[derive(Default)]
struct Decoding {
    failures: u32,
    newest: Option<Timestamp>,
    sight: Sight,
    blindness: Option<Blindness>,
}

/// What a camera sends, measured over what the ring holds.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamFigures {
    /// Codec and size.
    pub parameters: Arc<StreamParameters>,
    /// How the pictures travel.
    pub transport: Transport,
    /// Pictures a second; nothing where too little has come.
    pub fps: Option<f64>,
    /// The longest distance between two key pictures, in seconds.
    pub gop_s: Option<f64>,
    /// Without `gop_s`: the distance of key pictures is longer than this, in seconds.
    pub gop_over_s: Option<f64>,
    /// In 1000 bits a second.
    pub bitrate_kbps: Option<f64>,
    /// How much moves in the picture, told from the sizes of access units: 1 is as usual for this camera.
    pub activity: f32,
    /// RTP packets lost since the camera was added.
    pub lost_packets: u64,
    /// How far the camera's clock is ahead of ours, less the time a picture takes to get here; nothing where the camera
    /// does not tell its time.
    pub clock_offset: Option<SignedDuration>,
}

// === impl Feed ===

impl Feed {
    /// `sessions` are those of an earlier feed of the same camera, if there was one; `reporter` is who may report
    /// about this one; `rings` is what all rings together may hold, `pace` how often all cameras are looked at.
    pub(crate) fn new(
        source: CameraSource,
        sessions: Option<Arc<SessionGroup>>,
        reporter: Reporter,
        rings: Arc<RingBudget>,
        pace: Arc<CurrentPace>,
        settings: &IngestSettings,
    ) -> Self {
        let phase = Phase::of(&source.id);
        Self {
            source,
            slot: Arc::default(),
            retry: Notify::new(),
            sessions: sessions.unwrap_or_default(),
            reporter,
            playing: watch::Sender::new(false),
            sessions_begun: AtomicU64::new(0),
            sequence: AtomicU64::new(0),
            stream: Mutex::new(Stream {
                ring: Ring::within(settings.ring_bytes_max, rings),
                sampler: Sampler::at_pace(settings.sampling, pace, phase),
                condition: Condition::default(),
                attention: Attention::None,
                long_until: None,
            }),
            arrived: Condvar::new(),
            decoding: Mutex::default(),
        }
    }

    /// Connects and plays, once it is this camera's turn at the gate.
    pub(crate) async fn open_session(&self, shared: &Shared) -> Result<PlayingSession, SessionError> {
        let CameraSource { address, transport, .. } = &self.source;
        let Some(_place) = shared.gate.enter(address.url().host_str().unwrap_or_default()).await else {
            let detail = "ingest is stopping".to_owned();
            return Err(SessionError { cause: Cause::Closed, step: "connect", detail });
        };
        PlayingSession::open(address, *transport, self.sessions.clone(), shared.settings.limits).await
    }

    /// Waits until the camera knows that our last session is over, or should.
    pub(crate) async fn leave(&self) {
        // An unanswered TEARDOWN is no matter: the connection is closed anyway.
        let _ = tokio::time::timeout(LEAVE, self.sessions.await_teardown()).await;
    }

    /// A new session begins: nothing that comes follows what was.
    pub(crate) fn restart(&self, now: Timestamp) {
        // A gap in the numbers keeps a decoder from going on across the sessions.
        self.sequence.fetch_add(1, Relaxed);
        self.sessions_begun.fetch_add(1, Relaxed);
        let mut stream = self.stream.lock();
        stream.sampler.restart();
        stream.condition.restart(now);
    }

    /// Says whether a session plays.
    pub(crate) fn set_playing(&self, playing: bool) {
        self.playing.send_if_modified(|before| std::mem::replace(before, playing) != playing);
    }

    pub(crate) fn is_playing(&self) -> bool {
        *self.playing.borrow()
    }

    /// Ready once a session plays.
    pub(crate) async fn plays(&self) {
        // Fails only once there is no sender, and it is in `self`.
        let _ = self.playing.subscribe().wait_for(|playing| *playing).await;
    }

    /// How many sessions there have been.
    pub(crate) fn sessions_begun(&self) -> u64 {
        self.sessions_begun.load(Relaxed)
    }

    /// Keeps a picture that arrived at `now` and says what is to be decoded.
    pub(crate) fn take(
        &self,
        picture: Picture,
        now: Timestamp,
        settings: &IngestSettings,
    ) -> Option<DecodeJob> {
        let unit = Arc::new(AccessUnit {
            camera: self.source.id.clone(),
            generation: self.source.generation,
            // One camera has one task, so the order is the order of arrival.
            sequence: self.sequence.fetch_add(1, Relaxed),
            pts: picture.pts,
            received_at: now,
            key: picture.key,
            parameters: picture.parameters,
            data: picture.data.into(),
        });
        let mut stream = self.stream.lock();
        stream.condition.take(unit.key, picture.lost_packets, now, picture.camera_time);
        let long = stream.attention == Attention::Suspicion
            || stream.long_until.is_some_and(|until| unit.received_at < until);
        let keep = if long { settings.ring_keep_burst } else { settings.ring_keep };
        stream.ring.push(unit.clone(), keep);
        self.arrived.notify_all();
        let Stream { ring, sampler, .. } = &mut *stream;
        sampler.on_access_unit(&unit, ring)
    }

    /// The units that came after the one with this number, or from the newest key picture on. Blocks until there are
    /// any, but no longer than `limit`.
    pub(crate) fn wait_after(&self, last: Option<u64>, limit: Duration) -> Vec<Arc<AccessUnit>> {
        let mut stream = self.stream.lock();
        let newest = stream.ring.units().next_back().map(|unit| unit.sequence);
        if newest <= last {
            self.arrived.wait_for(&mut stream, limit);
        }
        let Some(last) = last else { return stream.ring.newest_group() };
        let news = stream.ring.units().rev().take_while(|unit| unit.sequence > last).count();
        let known = stream.ring.units().len() - news;
        stream.ring.units().skip(known).cloned().collect()
    }

    /// Whether the ring holds pictures that are not shown in the order in which they came.
    pub(crate) fn reorders(&self) -> bool {
        let stream = self.stream.lock();
        let units = stream.ring.units();
        let mut neighbours = units.clone().zip(units.skip(1));
        neighbours.any(|(one, next)| {
            one.sequence + 1 == next.sequence && !next.key && step_back(next, one.pts).is_some()
        })
    }

    /// Lets go of what the ring holds of a camera that is away, once it is too old for a clip.
    pub(crate) fn expire(&self, now: Timestamp, settings: &IngestSettings) {
        self.stream.lock().ring.expire(now, settings.ring_keep_burst);
    }

    /// What is wrong with the stream at `now`.
    pub(crate) fn stream_fault(&self, now: Timestamp) -> Option<Cause> {
        self.stream.lock().condition.fault(now)
    }

    /// Whether a new session is the way to a key picture.
    pub(crate) fn wants_renewal(&self, now: Timestamp) -> bool {
        self.stream.lock().condition.wants_renewal(now)
    }

    /// What the camera sends; nothing before its first picture.
    pub(crate) fn figures(&self) -> Option<StreamFigures> {
        let stream = self.stream.lock();
        let parameters = stream.ring.units().next_back()?.parameters.clone();
        let seen: Vec<Seen> = stream.ring.units().map(|unit| Seen::of(unit)).collect();
        let activity = stream.sampler.activity().score();
        let (lost_packets, clock_offset) = (stream.condition.lost_packets(), stream.condition.clock_offset());
        drop(stream);
        let figures = figures(&seen);
        Some(StreamFigures {
            parameters,
            transport: self.source.transport.used_with(&self.source.address),
            fps: figures.fps,
            gop_s: figures.gop_s,
            gop_over_s: figures.gop_over_s,
            bitrate_kbps: figures.bitrate_kbps,
            activity,
            lost_packets,
            clock_offset,
        })
    }

    pub(crate) fn attend(&self, attention: Attention) {
        let mut stream = self.stream.lock();
        let before = std::mem::replace(&mut stream.attention, attention);
        if before == Attention::Suspicion && attention != Attention::Suspicion {
            stream.long_until = stream.ring.newest_at().map(|newest| newest + LONG_AFTER_BURST);
        }
        stream.sampler.attend(attention);
    }

    /// Whether the camera is looked at more often than a quiet one.
    pub(crate) fn is_attended(&self) -> bool {
        self.stream.lock().sampler.is_attended()
    }

    pub(crate) fn span(&self, from: Timestamp, to: Timestamp) -> Vec<Arc<AccessUnit>> {
        self.stream.lock().ring.span(from, to)
    }

    /// The same, if the ring holds all of it.
    pub(crate) fn whole_span(&self, from: Timestamp, to: Timestamp) -> Option<Vec<Arc<AccessUnit>>> {
        let units = self.span(from, to);
        let whole = units.first()?.received_at <= from
            && self.newest_at()? >= to
            && units.array_windows().all(|[a, b]| a.sequence + 1 == b.sequence);
        whole.then_some(units)
    }

    pub(crate) fn newest_at(&self) -> Option<Timestamp> {
        self.stream.lock().ring.newest_at()
    }

    pub(crate) fn units_dropped(&self) -> u64 {
        self.stream.lock().ring.dropped()
    }

    /// Takes what a decoder made of a job of this camera.
    pub(crate) fn deliver(&self, result: Result<Frame, DecodeError>) {
        match result {
            Ok(frame) if frame.generation == self.source.generation => {
                let mut decoding = self.decoding.lock();
                decoding.failures = 0;
                decoding.newest = Some(frame.captured_at);
                decoding.blindness = decoding.sight.look(&frame);
                drop(decoding);
                self.slot.put(frame);
            }
            Ok(_) => {}
            // A gap is our own doing (a job was given up under overload), not the camera's.
            Err(DecodeError::Gap) => {
                tracing::debug!(camera.id = %self.source.id, "pictures skipped up to the next key")
            }
            Err(error) => {
                let mut decoding = self.decoding.lock();
                decoding.failures = decoding.failures.saturating_add(1);
                if decoding.failures == FAILURES_MAX {
                    tracing::warn!(camera.id = %self.source.id, %error, "pictures cannot be decoded");
                }
            }
        }
    }

    /// Why the camera sees nothing of use, if so.
    pub(crate) fn blindness(&self) -> Option<Cause> {
        self.decoding.lock().blindness.map(Cause::from)
    }

    /// What the camera shows now is what it is to show.
    pub(crate) fn accept_view(&self) {
        let mut decoding = self.decoding.lock();
        decoding.sight.accept_view();
        decoding.blindness = None;
    }

    /// Why no picture since `began` could be decoded.
    pub(crate) fn why_silent(&self, began: Timestamp) -> Cause {
        let stream = self.stream.lock();
        let key = stream.ring.units().any(|unit| unit.key && unit.received_at >= began);
        if key { Cause::NotDecodable } else { Cause::NoKeyPicture }
    }

    /// When the newest picture that was decoded arrived.
    pub(crate) fn newest_frame_at(&self) -> Option<Timestamp> {
        self.decoding.lock().newest
    }

    /// Whether frames have been decoded from pictures that arrived after `began`, and still are.
    pub(crate) fn decodes_since(&self, began: Timestamp) -> bool {
        let decoding = self.decoding.lock();
        decoding.failures < FAILURES_MAX && decoding.newest.is_some_and(|newest| newest >= began)
    }
}
