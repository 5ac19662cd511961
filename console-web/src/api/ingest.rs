//! How ingest is doing as a whole.

use axum::{Json, extract::State};
use gridwatch_ingest::{self as ingest, IngestCounters, WhyNot};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    outages::Outage,
    server::Shared,
    stream::{Codec, hundredths},
};

/// How ingest is doing.
#[derive(Debug, Serialize, ToSchema)]
pub struct IngestStatus {
    /// The server's time.
    server_now: Timestamp,
    /// Which decoder reads each codec; none before the first camera is pulled.
    decoders: Vec<Decoder>,
    /// How old the newest look at each camera is, over all cameras that play.
    staleness: Staleness,
    /// What was done and what was dropped since the start.
    counters: Counters,
    /// Cameras that were lost together.
    outages: Vec<Outage>,
}

/// Which decoder reads a codec.
#[derive(Debug, Serialize, ToSchema)]
pub struct Decoder {
    /// The codec.
    codec: Codec,
    /// The name of the GStreamer element that decodes it.
    element: &'static str,
    /// The better ones, and why each was passed over.
    passed_over: Vec<PassedOver>,
}

/// A decoder that was passed over.
#[derive(Debug, Serialize, ToSchema)]
pub struct PassedOver {
    /// The name of its GStreamer element.
    element: &'static str,
    /// Why.
    reason: PassedOverReason,
    /// What GStreamer said, where it said anything.
    #[schema(required)]
    detail: Option<String>,
}

/// Why a decoder was passed over.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassedOverReason {
    /// GStreamer has no such element here.
    Absent,
    /// It is there and does not start: no device, no driver, no right to use it.
    DoesNotStart,
    /// It starts, and made no right picture of one that is known.
    NoPicture,
    /// It worked, and then failed again and again.
    Failed,
}

/// How old the newest decoded picture of each camera is, in seconds. All ages are 0 where no camera has one.
#[derive(Debug, Serialize, ToSchema)]
pub struct Staleness {
    /// Half of the cameras were looked at no longer ago than this.
    p50_s: f64,
    /// 95 of a hundred.
    p95_s: f64,
    /// 99 of a hundred.
    p99_s: f64,
    /// The one that has waited for longest.
    max_s: f64,
    /// Cameras that play and have not been looked at yet. They are in no percentile.
    never: usize,
    /// The ids of up to ten cameras that are furthest behind.
    behind: Vec<String>,
}

/// What was done and what was dropped since the start. Counters only grow.
#[derive(Debug, Serialize, ToSchema)]
pub struct Counters {
    /// Sessions with cameras that began to play.
    sessions: u64,
    /// Frames decoded.
    decoded: u64,
    /// Decode jobs that gave no frame.
    decode_failed: u64,
    /// Decode jobs replaced by a newer one before their turn.
    decode_superseded: u64,
    /// For how long decoders were at work, in seconds, all threads together.
    decode_busy_s: f64,
    /// Frames replaced by a newer one before anybody looked.
    frames_dropped: u64,
    /// Access units that could not be kept.
    units_dropped: u64,
}

/// How ingest is doing as a whole.
#[utoipa::path(
    get, path = "/api/ingest", tag = "meta", operation_id = "get_ingest",
    responses((status = 200, body = IngestStatus))
)]
pub async fn status(State(shared): State<Shared>) -> Json<IngestStatus> {
    let ingest = &shared.ingest;
    Json(IngestStatus {
        server_now: shared.clock.now(),
        decoders: ingest.decoders().into_iter().map(Decoder::from).collect(),
        staleness: ingest.staleness().into(),
        counters: ingest.counters().into(),
        outages: shared.cameras.outages(),
    })
}

// === From ingest's types ===

impl From<ingest::DecoderChoice> for Decoder {
    fn from(choice: ingest::DecoderChoice) -> Self {
        let passed_over = |(element, why)| {
            let (reason, detail) = match why {
                WhyNot::Absent => (PassedOverReason::Absent, None),
                WhyNot::DoesNotStart(what) => (PassedOverReason::DoesNotStart, Some(what)),
                WhyNot::NoPicture(what) => (PassedOverReason::NoPicture, Some(what)),
                WhyNot::Failed(what) => (PassedOverReason::Failed, Some(what)),
            };
            PassedOver { element, reason, detail }
        };
        Self {
            codec: choice.codec.into(),
            element: choice.element,
            passed_over: choice.passed_over.into_iter().map(passed_over).collect(),
        }
    }
}

impl From<ingest::Staleness> for Staleness {
    fn from(staleness: ingest::Staleness) -> Self {
        Self {
            p50_s: hundredths(staleness.p50),
            p95_s: hundredths(staleness.p95),
            p99_s: hundredths(staleness.p99),
            max_s: hundredths(staleness.max),
            never: staleness.never,
            behind: staleness.behind.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<IngestCounters> for Counters {
    fn from(counters: IngestCounters) -> Self {
        Self {
            sessions: counters.sessions,
            decoded: counters.decoded,
            decode_failed: counters.decode_failed,
            decode_superseded: counters.decode_superseded,
            decode_busy_s: hundredths(counters.decode_busy_us as f64 / 1e6),
            frames_dropped: counters.frames_dropped,
            units_dropped: counters.units_dropped,
        }
    }
}
