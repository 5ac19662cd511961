//! What can be set.

use std::time::Duration;

use jiff::SignedDuration;

use crate::{decode::DecodePoolSettings, sampler::SamplePolicy, session::SessionLimits};

/// Everything about ingest that an operator may want otherwise.
#[derive(Clone, Debug)]
pub struct IngestSettings {
    /// How much of every camera is kept, encoded.
    pub ring_keep: SignedDuration,
    /// How much is kept of a camera while a burst lasts, so that its clip can begin before the burst did.
    pub ring_keep_burst: SignedDuration,
    /// The most bytes that one camera's ring may hold.
    pub ring_bytes_max: usize,
    /// The most bytes that all rings together may hold.
    pub rings_bytes_max: usize,
    /// How often cameras are looked at.
    pub sampling: SamplePolicy,
    /// Time limits of the RTSP session.
    pub limits: SessionLimits,
    /// The longest wait between two attempts to connect to a camera that is away; ten times that for one that refuses.
    pub backoff_longest: Duration,
    /// How many cameras may be connecting at one time.
    pub connects_max: usize,
    /// How many of them at one host.
    pub connects_host_max: usize,
    /// The decoders.
    pub decoders: DecodePoolSettings,
}

impl Default for IngestSettings {
    fn default() -> Self {
        Self {
            ring_keep: SignedDuration::from_secs(10),
            ring_keep_burst: SignedDuration::from_secs(40),
            ring_bytes_max: 16 << 20,
            rings_bytes_max: 2 << 30,
            sampling: SamplePolicy::default(),
            limits: SessionLimits { step: Duration::from_secs(5), silence: Duration::from_secs(5) },
            backoff_longest: Duration::from_secs(30),
            connects_max: 64,
            connects_host_max: 8,
            decoders: DecodePoolSettings::default(),
        }
    }
}
