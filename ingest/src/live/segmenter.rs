//! Access units in, initialisation segment and fragments out: one GStreamer muxer for one unbroken stretch of a stream.
//!
//! `pad push → [timestamper] → mp4mux → appsink`. A push waits for the muxer's own thread at most; the parts come out on
//! that thread.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer_app as gst_app;

use gst::prelude::*;
use jiff::Timestamp;
use parking_lot::Mutex;

use super::boxes::{Part, Splitter};
use crate::{
    access_unit::{AccessUnit, Codec, StreamParameters},
    clip::{PipelineGuard, Timeline, step_back},
    decode::{DecodeError, element, stream_caps},
};

/// One fragment a picture: the muxer closes a fragment once it lasts longer than this.
const FRAGMENT_MS: u32 = 1;
/// The least time from one picture to the next; two at the same time would be one to a player.
const STEP_MIN: Duration = Duration::from_millis(1);
/// Giving out the last pictures takes milliseconds; a muxer that takes this long is given up.
const FINISH_LIMIT: gst::ClockTime = gst::ClockTime::from_seconds(1);

/// What a segmenter made.
pub(crate) enum Made {
    /// What a player must know first.
    Segment(Bytes),
    /// Some pictures.
    Fragment {
        /// When the first of them arrived.
        at: Timestamp,
        /// Whether the first is a key picture.
        key: bool,
        /// How many.
        pictures: u32,
        /// `moof` and `mdat`.
        data: Bytes,
    },
}

/// Why an access unit was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SegmentError {
    /// It is shown before one that came earlier, and this segmenter was not made for that.
    #[error("pictures are not shown in the order in which they come")]
    Reordered,
    /// An element is missing or failed.
    #[error(transparent)]
    Element(#[from] DecodeError),
}

/// Muxes access units that follow each other and have the same parameters.
pub(crate) struct Segmenter {
    pipeline: PipelineGuard,
    source: gst::Pad,
    parameters: Arc<StreamParameters>,
    /// Whether a timestamper works out the decoding times. It holds back as many pictures as the stream may reorder, which
    /// a camera that does not say is up to sixteen: so only where pictures really come out of order.
    reorders: bool,
    timeline: Timeline,
    /// The last unit's number, the camera's time for it, and the time it was given.
    last: Option<(u64, Duration, Duration)>,
    /// The camera's time of the first picture, until those that are shown before it are over.
    leading_until: Option<Duration>,
    /// Arrival, and whether it is a key picture, of what the muxer still holds.
    inside: Arc<Mutex<VecDeque<(Timestamp, bool)>>>,
}

impl Segmenter {
    /// Builds the muxer and sets it running. `made` is called on its thread and must not block.
    ///
    /// # Errors
    /// When an element is missing or does not start.
    pub(crate) fn new(
        parameters: Arc<StreamParameters>,
        reorders: bool,
        made: impl FnMut(Made) + Send + 'static,
    ) -> Result<Self, DecodeError> {
        let muxer = element("mp4mux")?;
        muxer.set_property("fragment-duration", FRAGMENT_MS);
        muxer.set_property("streamable", true);
        let inside = Arc::default();
        let sink = gst_app::AppSink::builder().sync(false).async_(false).build();
        sink.set_callbacks(callbacks(Arc::clone(&inside), made));
        let timestamper = match (reorders, parameters.codec) {
            (false, _) => None,
            (true, Codec::H264) => Some(element("h264timestamper")?),
            (true, Codec::H265) => Some(element("h265timestamper")?),
        };
        let pipeline = PipelineGuard(gst::Pipeline::new());
        let elements: Vec<_> = timestamper.iter().chain([&muxer, sink.upcast_ref()]).collect();
        pipeline.0.add_many(elements.iter().copied()).map_err(chain_error)?;
        gst::Element::link_many(elements.iter().copied()).map_err(chain_error)?;

        let source = gst::Pad::builder(gst::PadDirection::Src).name("source").build();
        let into = match &timestamper {
            Some(timestamper) => timestamper.static_pad("sink"),
            None => muxer.request_pad_simple("video_%u"),
        };
        let into = into.ok_or_else(|| chain_error("the first element has no pad"))?;
        source.set_active(true).map_err(chain_error)?;
        source.link(&into).map_err(chain_error)?;
        pipeline.0.set_state(gst::State::Playing).map_err(chain_error)?;
        source.push_event(gst::event::StreamStart::new("access-units"));
        if !source.push_event(gst::event::Caps::new(&stream_caps(&parameters))) {
            return Err(chain_error("the muxer refuses the stream's parameters"));
        }
        source.push_event(gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new()));
        Ok(Self {
            pipeline,
            source,
            parameters,
            reorders,
            timeline: Timeline::default(),
            last: None,
            leading_until: None,
            inside,
        })
    }

    /// Whether this unit can be muxed behind the last one.
    pub(crate) fn is_followed_by(&self, unit: &AccessUnit) -> bool {
        self.parameters == unit.parameters && self.last.is_some_and(|(last, ..)| last + 1 == unit.sequence)
    }

    /// Muxes one unit: the first a key picture, every other one that follows.
    ///
    /// # Errors
    /// When the pictures turn out to be reordered, or an element fails. Nothing more can be muxed then.
    pub(crate) fn push(&mut self, unit: &AccessUnit) -> Result<(), SegmentError> {
        let last = self.last;
        if !self.reorders && last.is_some_and(|(_, pts, _)| !unit.key && step_back(unit, pts).is_some()) {
            return Err(SegmentError::Reordered);
        }
        match self.leading_until {
            None => self.leading_until = Some(unit.pts),
            // They refer to pictures that are not here.
            Some(first) if !unit.key && step_back(unit, first).is_some() => {
                self.last = last.map(|(.., time)| (unit.sequence, unit.pts, time));
                return Ok(());
            }
            Some(_) => self.leading_until = Some(Duration::ZERO),
        }
        let mut pts = self.timeline.place(unit);
        if let Some((.., latest)) = last.filter(|_| !self.reorders) {
            pts = pts.max(latest + STEP_MIN);
        }
        self.last = Some((unit.sequence, unit.pts, pts));
        let time = gst::ClockTime::from_nseconds(pts.as_nanos() as u64);
        let mut buffer = gst::Buffer::from_slice(unit.data.clone());
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(time);
            if !self.reorders {
                buffer.set_dts(time);
            }
            if !unit.key {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        self.inside.lock().push_back((unit.received_at, unit.key));
        self.source.push(buffer).map_err(chain_error)?;
        Ok(())
    }

    /// Has the last pictures, which the muxer holds until it knows how long they last, come out.
    pub(crate) fn finish(self) {
        self.source.push_event(gst::event::Eos::new());
        if let Some(bus) = self.pipeline.0.bus() {
            bus.timed_pop_filtered(FINISH_LIMIT, &[gst::MessageType::Eos, gst::MessageType::Error]);
        }
    }
}

impl Drop for Segmenter {
    fn drop(&mut self) {
        // The pad is of no pipeline, so nobody else lets it go.
        let _ = self.source.set_active(false);
    }
}

/// What happens to the muxer's output.
fn callbacks(
    inside: Arc<Mutex<VecDeque<(Timestamp, bool)>>>,
    mut made: impl FnMut(Made) + Send + 'static,
) -> gst_app::AppSinkCallbacks {
    let mut splitter = Splitter::default();
    let on_sample = move |sink: &gst_app::AppSink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let buffer = sample.buffer().ok_or(gst::FlowError::Error)?;
        splitter.take(&buffer.map_readable().map_err(|_| gst::FlowError::Error)?);
        while let Some(part) = splitter.next() {
            match part {
                Part::Initialisation(segment) => made(Made::Segment(segment)),
                Part::Fragment { pictures, data } => {
                    let mut inside = inside.lock();
                    // The muxer gives out every picture it took, in the order in which it took them.
                    let out = (pictures as usize).min(inside.len());
                    let first = inside.drain(..out).next();
                    drop(inside);
                    let (at, key) = first.ok_or(gst::FlowError::Error)?;
                    made(Made::Fragment { at, key, pictures, data });
                }
            }
        }
        Ok(gst::FlowSuccess::Ok)
    };
    gst_app::AppSinkCallbacks::builder().new_sample(on_sample).build()
}

fn chain_error(what: impl ToString) -> DecodeError {
    DecodeError::Chain { what: what.to_string() }
}
