//! What ingest holds of one camera: its ring, its sampler, and the slot of its newest frame.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    access_unit::AccessUnit,
    camera::CameraSource,
    decode::DecodeError,
    frame::Frame,
    ring::Ring,
    sampler::{DecodeJob, Sampler},
    settings::IngestSettings,
    slot::FrameSlot,
};

/// This many jobs without a frame, one after the other, and a camera's pictures count as not decodable.
const FAILURES_MAX: u32 = 3;

/// For this long after a burst, the ring keeps as much as during it.
const LONG_AFTER_BURST: SignedDuration = SignedDuration::from_secs(30);

/// One camera as ingest holds it.
pub(crate) struct Feed {
    pub(crate) source: CameraSource,
    pub(crate) slot: Arc<FrameSlot>,
    /// Told when the camera is to be tried at once.
    pub(crate) retry: Notify,
    sequence: AtomicU64,
    stream: Mutex<Stream>,
    decoding: Mutex<Decoding>,
}

struct Stream {
    ring: Ring,
    sampler: Sampler,
    burst: bool,
    /// After a burst the ring stays long until then: what led to an alert is still to be cut out of it.
    long_until: Option<Timestamp>,
}

#[derive(Default)]
struct Decoding {
    failures: u32,
    newest: Option<Timestamp>,
}

impl Feed {
    pub(crate) fn new(source: CameraSource, settings: &IngestSettings) -> Self {
        Self {
            source,
            slot: Arc::default(),
            retry: Notify::new(),
            sequence: AtomicU64::new(0),
            stream: Mutex::new(Stream {
                ring: Ring::new(settings.ring_bytes_max),
                sampler: Sampler::new(settings.sampling),
                burst: false,
                long_until: None,
            }),
            decoding: Mutex::default(),
        }
    }

    /// The number of the next access unit. One camera has one task, so the order is the order of arrival.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.sequence.fetch_add(1, Relaxed)
    }

    /// A new session begins: nothing that comes follows what was.
    pub(crate) fn restart(&self) {
        // A gap in the numbers keeps a decoder from going on across the sessions.
        self.sequence.fetch_add(1, Relaxed);
        self.stream.lock().sampler.restart();
    }

    /// Keeps an access unit and says what is to be decoded now.
    pub(crate) fn take(&self, unit: Arc<AccessUnit>, settings: &IngestSettings) -> Option<DecodeJob> {
        let mut stream = self.stream.lock();
        let long = stream.burst || stream.long_until.is_some_and(|until| unit.received_at < until);
        let keep = if long { settings.ring_keep_burst } else { settings.ring_keep };
        stream.ring.push(unit.clone(), keep);
        let Stream { ring, sampler, .. } = &mut *stream;
        sampler.on_access_unit(&unit, ring)
    }

    pub(crate) fn set_burst(&self, on: bool) {
        let mut stream = self.stream.lock();
        if stream.burst && !on {
            stream.long_until = stream.ring.newest_at().map(|newest| newest + LONG_AFTER_BURST);
        }
        stream.burst = on;
        stream.sampler.set_burst(on);
    }

    pub(crate) fn span(&self, from: Timestamp, to: Timestamp) -> Vec<Arc<AccessUnit>> {
        self.stream.lock().ring.span(from, to)
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
                *self.decoding.lock() = Decoding { failures: 0, newest: Some(frame.captured_at) };
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

    /// Whether frames have been decoded from pictures that arrived after `began`, and still are.
    pub(crate) fn decodes_since(&self, began: Timestamp) -> bool {
        let decoding = self.decoding.lock();
        decoding.failures < FAILURES_MAX && decoding.newest.is_some_and(|newest| newest >= began)
    }
}
