//! Counters of what a farm does.

use crate::handshakes::Handshakes;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a farm has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections that are open now.
    pub open: u64,
    /// Connections accepted.
    pub connections: u64,
    /// RTSP requests.
    pub requests: u64,
    /// PLAY requests granted.
    pub plays: u64,
    /// Pictures sent.
    pub frames: u64,
    /// Bytes sent.
    pub bytes: u64,
    /// Pictures left out because a client did not keep up.
    pub late: u64,
    /// RTP packets left out by `?loss=`.
    pub lost: u64,
    /// The most connections at one time that were between accept and PLAY, at one address of the farm.
    pub handshakes_max: u64,
}

/// The same, being counted.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) open: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) plays: AtomicU64,
    pub(crate) frames: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) late: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) handshakes: Handshakes,
}

// === impl Stats ===

impl Stats {
    /// One JSON object on one line.
    pub fn to_json(&self) -> String {
        let Stats { open, connections, requests, plays, frames, bytes, late, lost, handshakes_max } = self;
        format!(
            "{{\"open\":{open},\"connections\":{connections},\"requests\":{requests},\"plays\":{plays},\
             \"frames\":{frames},\"bytes\":{bytes},\"late\":{late},\"lost\":{lost},\
             \"handshakes_max\":{handshakes_max}}}"
        )
    }
}

// === impl Counters ===

impl Counters {
    pub(crate) fn snapshot(&self) -> Stats {
        Stats {
            open: self.open.load(Relaxed),
            connections: self.connections.load(Relaxed),
            requests: self.requests.load(Relaxed),
            plays: self.plays.load(Relaxed),
            frames: self.frames.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            late: self.late.load(Relaxed),
            lost: self.lost.load(Relaxed),
            handshakes_max: self.handshakes.max(),
        }
    }
}
