//! What a measurement says.

use serde::Serialize;

use gridwatch_ingest::Staleness;

use super::baseline::Cost;

/// What it costs to hold the streams. Every field is explained in `docs/performance.md`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Cameras that were added.
    pub streams: u32,
    /// Cameras that had a picture in the last two seconds, at the end.
    pub live: usize,
    /// Seconds from adding the first camera until each has given a picture that can be decoded; none if not all have.
    pub all_up_s: Option<f64>,
    /// CPU seconds a second, of this process, decoding included.
    pub cores: f64,
    /// CPU milliseconds a stream and second, decoding left out.
    pub ingest_ms_per_stream_s: f64,
    /// Frames decoded a second.
    pub decoded_per_s: f64,
    /// How old the looks at the cameras are at the end, if any are decoded.
    #[serde(flatten)]
    pub staleness: Option<Stale>,
    /// Resident memory at the end, in units of 1,000,000 bytes.
    pub rss_mb: f64,
    /// Threads at the end.
    pub threads: u64,
    /// Open descriptors at the end.
    pub fds: usize,
    /// What was lost while it was measured, by cause.
    pub dropped: Dropped,
    /// The usual ways in the same run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baselines>,
}

/// How old the newest decoded picture of each camera is.
#[derive(Debug, Serialize)]
pub struct Stale {
    /// Seconds; of half of the cameras it is no older.
    pub staleness_p50_s: f64,
    /// Seconds; of 95 in a hundred.
    pub staleness_p95_s: f64,
    /// Seconds; of 99 in a hundred.
    pub staleness_p99_s: f64,
    /// Seconds; of the one that has waited for longest.
    pub staleness_max_s: f64,
    /// Cameras that play and were not looked at yet.
    pub never_decoded: usize,
}

impl Stale {
    /// As measured.
    pub fn new(staleness: &Staleness) -> Self {
        Self {
            staleness_p50_s: rounded(staleness.p50, 2),
            staleness_p95_s: rounded(staleness.p95, 2),
            staleness_p99_s: rounded(staleness.p99, 2),
            staleness_max_s: rounded(staleness.max, 2),
            never_decoded: staleness.never,
        }
    }
}

/// What was lost, by cause.
#[derive(Debug, Serialize)]
pub struct Dropped {
    /// Pictures that the cameras left out because they could not be sent in time.
    pub late: u64,
    /// Access units that the ring could not keep.
    pub not_kept: u64,
    /// Decode jobs replaced by a newer one of the same camera.
    pub superseded: u64,
    /// Decode jobs that gave no frame.
    pub decode_failed: u64,
    /// Frames replaced by a newer one before anybody took them.
    pub frames: u64,
}

/// The usual ways, each if it was asked for.
#[derive(Debug, Default, Serialize)]
pub struct Baselines {
    /// One ffmpeg a camera, which decodes key pictures only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ffmpeg: Option<Compared>,
    /// One GStreamer pipeline a camera, which decodes everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtspsrc: Option<Compared>,
}

/// What one of the usual ways costs, and how often ours goes into that.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// Streams that it held.
    pub streams: u32,
    /// CPU seconds a second.
    pub cores: f64,
    /// CPU milliseconds a stream and second.
    pub ms_per_stream_s: f64,
    /// Its milliseconds divided by ours.
    pub ratio: f64,
}

impl Compared {
    /// Holds a cost against our milliseconds a stream and second.
    pub fn new(cost: Cost, ours_ms: f64) -> Self {
        let theirs_ms = cost.cores * 1000.0 / f64::from(cost.streams);
        Self {
            streams: cost.streams,
            cores: rounded(cost.cores, 3),
            ms_per_stream_s: rounded(theirs_ms, 3),
            ratio: rounded(theirs_ms / ours_ms, 1),
        }
    }
}

impl Report {
    /// One paragraph for people.
    pub fn in_words(&self) -> String {
        let up = self.all_up_s.map_or("never".to_owned(), |s| format!("within {s:.1} s"));
        let mut text = format!(
            "{} of {} streams live, all up {up}; {:.3} cores, {:.3} ms per stream and second without decoding, \
             {:.1} frames decoded a second; {:.0} MB, {} threads, {} descriptors; dropped: {:?}",
            self.live,
            self.streams,
            self.cores,
            self.ingest_ms_per_stream_s,
            self.decoded_per_s,
            self.rss_mb,
            self.threads,
            self.fds,
            self.dropped
        );
        let baselines = self.baseline.iter().flat_map(|b| [("ffmpeg", &b.ffmpeg), ("rtspsrc", &b.rtspsrc)]);
        for (name, compared) in baselines {
            if let Some(Compared { streams, ms_per_stream_s, ratio, .. }) = compared {
                text +=
                    &format!("\n{name} with {streams}: {ms_per_stream_s:.2} ms, {ratio:.1} times as much");
            }
        }
        text
    }
}

/// `value` with so many digits behind the point, which is more than it is exact to.
pub fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}
