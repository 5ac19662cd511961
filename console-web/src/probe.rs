//! What a probe of a camera found, for programs and for people: the same on the command line and over the API.

mod words;

pub use words::{Language, hidden, sentence};

use gridwatch_ingest::{Address, ProbeFailure, ProbeReason, ProbeReport, Transport};
use serde::Serialize;
use utoipa::ToSchema;

use crate::stream::{Codec, hundredths, whole};

/// The answer for programs; what is not known is null.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ProbeAnswer {
    /// Whether the camera can be used.
    pub ok: bool,
    /// Why not: a code that never changes.
    #[schema(required)]
    pub reason: Option<&'static str>,
    /// How its pictures are encoded.
    #[schema(required)]
    pub codec: Option<Codec>,
    /// In pixels.
    #[schema(required)]
    pub width: Option<u32>,
    /// In pixels.
    #[schema(required)]
    pub height: Option<u32>,
    /// Pictures a second.
    #[schema(required)]
    pub fps: Option<f64>,
    /// The longest time between two key pictures, in seconds.
    #[schema(required)]
    pub gop_s: Option<f64>,
    /// In 1000 bits a second.
    #[schema(required)]
    pub bitrate_kbps: Option<u64>,
    /// How the pictures came: `tcp`, `udp`, `multicast`, `tls` or `http`.
    #[schema(required)]
    pub transport: Option<&'static str>,
    /// How long the probe took, in seconds.
    pub took_s: f64,
}

// === impl ProbeAnswer ===

impl From<&ProbeReport> for ProbeAnswer {
    fn from(report: &ProbeReport) -> Self {
        let parameters = report.parameters.as_deref();
        Self {
            ok: report.failure.is_none(),
            reason: report.failure.as_ref().map(|failure| failure.reason.code()),
            codec: parameters.map(|parameters| parameters.codec.into()),
            width: parameters.map(|parameters| parameters.width),
            height: parameters.map(|parameters| parameters.height),
            fps: report.fps.map(hundredths),
            gop_s: report.gop_s.map(hundredths),
            bitrate_kbps: report.bitrate_kbps.map(whole),
            transport: report.transport.map(Transport::name),
            took_s: hundredths(report.took.as_secs_f64()),
        }
    }
}

/// The report of a probe that had no address to begin with; `detail` shows nothing of what was given.
pub fn invalid_address(detail: String) -> ProbeReport {
    let failure = ProbeFailure { reason: ProbeReason::InvalidAddress, detail };
    ProbeReport { failure: Some(failure), ..ProbeReport::default() }
}

/// Whether a part of a password may have been taken for host or path: then no detail of a failure is to be shown.
pub fn may_hold_password(address: &Address) -> bool {
    address.url().as_str().contains('@')
}
