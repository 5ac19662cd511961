//! Clips: access units muxed as they are into a fragmented MP4, or decoded, changed and encoded again.

mod encoder;
mod pictures;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer_app as gst_app;

use gst::prelude::*;
use jiff::Timestamp;

use crate::{
    access_unit::{AccessUnit, Codec, REORDER_MAX},
    decode::{DecodeError, element, stream_caps},
};

pub use encoder::ClipEncoder;
pub use pictures::ClipPictures;

/// Length of one fragment. A player can begin at each; a file that was cut off plays up to the last whole one.
const FRAGMENT_MS: u32 = 1000;
/// Muxing half a minute takes milliseconds; this long without a result means that it never comes.
const MUX_LIMIT: gst::ClockTime = gst::ClockTime::from_seconds(20);
/// It is looked so often whether it has failed.
const LOOK: gst::ClockTime = gst::ClockTime::from_mseconds(20);
/// The largest step between two pictures that is taken as the camera said it. A larger one is a reconnect or a jump of
/// the camera's clock, and the arrival times are taken instead.
pub(crate) const STEP_MAX: Duration = Duration::from_secs(5);
/// Two sessions' pictures are at least so far apart.
const STEP_MIN: Duration = Duration::from_millis(1);

/// Why there is no clip.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// The ring holds nothing of that span.
    #[error("nothing was recorded in that span")]
    NotRecorded,
    /// There is no such camera.
    #[error("no such camera")]
    NoSuchCamera,
    /// An element is missing or failed.
    #[error(transparent)]
    Element(#[from] DecodeError),
    /// The muxer failed.
    #[error("muxing failed: {what}")]
    Mux {
        /// What was said.
        what: String,
    },
}

/// Muxes `units` (decoding order, the first a key picture) into a fragmented MP4 without encoding anything again.
/// Where the stream's parameters change, the clip ends.
///
/// Blocks for some milliseconds: not for an async thread.
///
/// # Errors
/// When there is nothing to mux, or the muxer fails.
pub fn mux(units: &[Arc<AccessUnit>]) -> Result<Bytes, ClipError> {
    let first = units.first().filter(|unit| unit.key).ok_or(ClipError::NotRecorded)?;
    let parser = match first.parameters.codec {
        Codec::H264 => ["h264parse", "h264timestamper"],
        Codec::H265 => ["h265parse", "h265timestamper"],
    };
    let source =
        gst_app::AppSrc::builder().caps(&stream_caps(&first.parameters)).format(gst::Format::Time).build();
    let muxer = element("mp4mux")?;
    muxer.set_property("fragment-duration", FRAGMENT_MS);
    let sink = gst_app::AppSink::builder().sync(false).build();
    let pipeline = PipelineGuard(gst::Pipeline::new());
    let (parse, timestamper) = (element(parser[0])?, element(parser[1])?);
    let elements = [source.upcast_ref(), &parse, &timestamper, &muxer, sink.upcast_ref()];
    pipeline.0.add_many(elements).map_err(mux_error)?;
    gst::Element::link_many(elements).map_err(mux_error)?;
    pipeline.0.set_state(gst::State::Playing).map_err(mux_error)?;

    let same = units.iter().take_while(|unit| unit.parameters == first.parameters).count();
    let units = without_leading(&units[..same]);
    for (unit, pts) in units.iter().zip(presentation_times(&units)) {
        let mut buffer = gst::Buffer::from_slice(unit.data.clone());
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_nseconds(pts.as_nanos() as u64));
            if !unit.key {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        source.push_buffer(buffer).map_err(mux_error)?;
    }
    source.end_of_stream().map_err(mux_error)?;
    collect(&pipeline.0, &sink)
}

/// Waits in short steps, because a muxer that fails says so on the bus alone and never comes to an end.
fn collect(pipeline: &gst::Pipeline, sink: &gst_app::AppSink) -> Result<Bytes, ClipError> {
    let bus = pipeline.bus().ok_or_else(|| mux_error("pipeline without a bus"))?;
    let mut file = Vec::new();
    let mut patience = MUX_LIMIT.mseconds() / LOOK.mseconds();
    while !sink.is_eos() {
        let sample = sink.try_pull_sample(LOOK);
        if let Some(error) = bus.pop_filtered(&[gst::MessageType::Error])
            && let gst::MessageView::Error(error) = error.view()
        {
            return Err(mux_error(error.error()));
        }
        let Some(sample) = sample else {
            patience = patience.checked_sub(1).ok_or_else(|| mux_error("the muxer did not finish"))?;
            continue;
        };
        let map = sample.buffer().and_then(|buffer| buffer.map_readable().ok());
        file.extend_from_slice(&map.ok_or_else(|| mux_error("a buffer cannot be read"))?);
    }
    if file.is_empty() { Err(mux_error("nothing came out")) } else { Ok(file.into()) }
}

/// Leaves out the pictures that are shown before the first one but come after it (open groups of H.265): they refer to
/// pictures that are not in the clip.
pub(crate) fn without_leading(units: &[Arc<AccessUnit>]) -> Vec<&AccessUnit> {
    let Some((first, others)) = units.split_first() else { return Vec::new() };
    let leading = others.iter().take_while(|unit| !unit.key && unit.pts < first.pts).count();
    std::iter::once(first).chain(&others[leading..]).map(Arc::as_ref).collect()
}

/// Presentation times from zero on, without the jumps of a reconnect.
pub(crate) fn presentation_times(units: &[&AccessUnit]) -> Vec<Duration> {
    let mut timeline = Timeline::default();
    units.iter().map(|unit| timeline.place(unit)).collect()
}

/// Gives one picture after the other its place in time, from zero on and without the jumps of a reconnect.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    now: Duration,
    /// The latest so far: what a new session begins after.
    latest: Duration,
    last: Option<Placed>,
}

/// What is remembered of the picture before.
#[derive(Debug)]
struct Placed {
    sequence: u64,
    pts: Duration,
    received_at: Timestamp,
}

impl Timeline {
    /// The presentation time of the next picture in the order of decoding.
    pub(crate) fn place(&mut self, unit: &AccessUnit) -> Duration {
        if let Some(last) = &self.last {
            // Numbers are left out where one session ends and the next begins.
            let follows = last.sequence + 1 == unit.sequence;
            let forward = unit.pts.checked_sub(last.pts).filter(|step| follows && *step <= STEP_MAX);
            let backward = step_back(unit, last.pts).filter(|step| follows && !unit.key && *step <= self.now);
            self.now = match (forward, backward) {
                (Some(step), _) => self.now + step,
                (_, Some(step)) => self.now - step,
                _ => {
                    let arrived = unit.received_at.duration_since(last.received_at);
                    self.latest + Duration::try_from(arrived).unwrap_or_default().max(STEP_MIN)
                }
            };
        }
        self.latest = self.latest.max(self.now);
        let Self { now, last, .. } = self;
        *last = Some(Placed { sequence: unit.sequence, pts: unit.pts, received_at: unit.received_at });
        *now
    }
}

/// How much earlier than `pts` a picture is shown, if it is and no more than reordered pictures can be.
pub(crate) fn step_back(unit: &AccessUnit, pts: Duration) -> Option<Duration> {
    pts.checked_sub(unit.pts).filter(|step| !step.is_zero() && *step < REORDER_MAX)
}

/// Sets its pipeline to NULL when it goes out of scope: what is dropped while playing leaks.
pub(crate) struct PipelineGuard(pub(crate) gst::Pipeline);

impl Drop for PipelineGuard {
    fn drop(&mut self) {
        let _ = self.0.set_state(gst::State::Null);
    }
}

fn mux_error(what: impl ToString) -> ClipError {
    ClipError::Mux { what: what.to_string() }
}
