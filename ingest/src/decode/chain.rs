//! One GStreamer decoder with scaler and converter behind it, driven as a function call.
//!
//! `pad push → decoder (one thread) → videoscale → videoconvert → appsink`: a push returns when the decoder has done
//! its work, so a chain has no queue and no thread of its own. Before a decoder of the hardware stands a parser, which
//! tells it the profile and level of the stream; those of the processor find out by themselves.

use std::{collections::VecDeque, sync::Arc};

use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use gst::prelude::*;
use jiff::Timestamp;

use super::{FRAME_SIDE_MAX, SCALED_SIDE, choice::software};
use crate::{
    access_unit::{AccessUnit, Codec, StreamParameters},
    frame::Frame,
};

/// A picture comes out no more than so many units late: decoders hold back 16 pictures at most, and the one they are at.
const LATE_MAX: usize = 32;

/// Why access units gave no frame.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DecodeError {
    /// GStreamer lacks an element.
    #[error("GStreamer has no element {element}; install its plugin package")]
    MissingElement {
        /// The element's name.
        element: &'static str,
    },
    /// No decoder of this codec works.
    #[error("no decoder for {codec:?} works: {why}")]
    NoDecoder {
        /// The codec.
        codec: Codec,
        /// Each decoder that was tried, and what is wrong with it.
        why: String,
    },
    /// An element refused what was asked of it.
    #[error("decoder chain: {what}")]
    Chain {
        /// What failed.
        what: String,
    },
    /// The units do not begin with a key picture, nor follow what the chain decoded last.
    #[error("the pictures do not follow what was decoded before")]
    Gap,
    /// The decoder took the pictures and gave none back.
    #[error("no picture could be decoded")]
    NoPicture,
}

/// A decoder for one codec. Usable by any number of cameras one after the other, each time from a key picture on; or
/// by one camera for a whole burst.
pub struct DecoderChain {
    codec: Codec,
    decoder: &'static str,
    pipeline: gst::Pipeline,
    source: gst::Pad,
    size: gst::Element,
    sink: gst_app::AppSink,
    parameters: Option<Arc<StreamParameters>>,
    last: Option<Arc<AccessUnit>>,
    pushed: u64,
    /// When the newest units arrived, by their numbers: of a stream with B-pictures one comes out some units late.
    arrivals: VecDeque<(u64, Timestamp)>,
    /// What the numbers on the buffers are called.
    mark: gst::Caps,
}

impl DecoderChain {
    /// Builds a chain that decodes with the processor, and sets it running.
    ///
    /// # Errors
    /// When an element is missing or does not start.
    pub fn new(codec: Codec) -> Result<Self, DecodeError> {
        Self::with_decoder(codec, software(codec))
    }

    /// Builds a chain with the decoder of this name, and sets it running.
    ///
    /// # Errors
    /// When an element is missing or does not start.
    pub(super) fn with_decoder(codec: Codec, name: &'static str) -> Result<Self, DecodeError> {
        let decoder = element(name)?;
        let parser = if name == software(codec) {
            decoder.set_property("max-threads", 1i32);
            None
        } else {
            Some(element(parser_name(codec))?)
        };
        let scale = element("videoscale")?;
        let size = element("capsfilter")?;
        let convert = element("videoconvert")?;
        let sink = gst_app::AppSink::builder()
            .caps(&gst::Caps::builder("video/x-raw").field("format", "I420").build())
            .sync(false)
            .async_(false)
            // A push never waits: a decoder that gives more than this at once loses its oldest pictures.
            .max_buffers(8)
            .drop(true)
            .build();
        let pipeline = gst::Pipeline::new();
        pipeline.bus().ok_or_else(|| chain_error("pipeline without a bus"))?.set_flushing(true);
        let elements: Vec<&gst::Element> =
            parser.iter().chain([&decoder, &scale, &size, &convert, sink.upcast_ref()]).collect();
        pipeline.add_many(&elements).map_err(|e| chain_error(e.to_string()))?;
        gst::Element::link_many(&elements).map_err(|e| chain_error(e.to_string()))?;

        let source = gst::Pad::builder(gst::PadDirection::Src).name("source").build();
        let into = elements[0].static_pad("sink").ok_or_else(|| chain_error("decoder without a sink pad"))?;
        source.set_active(true).map_err(|e| chain_error(e.to_string()))?;
        source.link(&into).map_err(|e| chain_error(e.to_string()))?;
        pipeline.set_state(gst::State::Playing).map_err(|e| chain_error(e.to_string()))?;
        source.push_event(gst::event::StreamStart::new("access-units"));
        let mark = gst::Caps::new_empty_simple("timestamp/x-access-unit");
        let (parameters, last) = (None, None);
        let (pushed, arrivals) = (0, VecDeque::new());
        Ok(Self {
            codec,
            decoder: name,
            pipeline,
            source,
            size,
            sink,
            parameters,
            last,
            pushed,
            arrivals,
            mark,
        })
    }

    /// Whether the processor decodes.
    pub(super) fn is_software(&self) -> bool {
        self.decoder == software(self.codec)
    }

    /// The codec this chain decodes.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// The name of its decoder.
    pub(super) fn decoder(&self) -> &'static str {
        self.decoder
    }

    /// Decodes `units` (decoding order, all of one camera) and gives the newest picture as a frame. What it decoded last
    /// among them, and what came before that, is not decoded again.
    ///
    /// With `drain`, the decoder is made to give out what it still holds, if it holds back any picture, after which it can
    /// only go on from a key picture. Without, a stream with B-pictures comes out a few pictures late.
    ///
    /// # Errors
    /// [`DecodeError::Gap`] when the units do not begin with a key picture nor follow the last ones;
    /// [`DecodeError::NoPicture`] when nothing came out.
    pub fn decode(&mut self, units: &[Arc<AccessUnit>], drain: bool) -> Result<Frame, DecodeError> {
        let last = self.last.clone();
        // The sequence number of a unit that is of the same stream as the last one.
        let after = |unit: &AccessUnit| {
            let last = last.as_ref()?;
            let same = last.camera == unit.camera && last.generation == unit.generation;
            same.then(|| unit.sequence.checked_sub(last.sequence)).flatten()
        };
        let decoded = units.iter().position(|unit| after(unit) == Some(0)).map_or(0, |at| at + 1);
        let units = if decoded < units.len() { &units[decoded..] } else { units };
        let first = units.first().ok_or(DecodeError::NoPicture)?;
        let follows = after(first) == Some(1);
        if !first.key && !follows {
            return Err(DecodeError::Gap);
        }
        self.last = None;
        let first_index = self.pushed;
        // A picture that was pushed by an earlier call may belong to another camera.
        let oldest = if follows { 0 } else { first_index };
        let mut newest = None;
        for unit in units {
            self.push(unit)?;
            self.take_newest(oldest, &mut newest);
        }
        let shown_last = (first_index..).zip(units).max_by_key(|(_, unit)| unit.pts).map(|(index, _)| index);
        let came_out = newest.as_ref().map(|picture: &Picture| picture.index);
        if drain && came_out != shown_last {
            self.source.push_event(gst_video::StillFrameEvent::builder(true).build());
            self.take_newest(oldest, &mut newest);
        } else {
            self.last = units.last().cloned();
        }
        let picture = newest.ok_or(DecodeError::NoPicture)?;
        let unit =
            picture.index.checked_sub(first_index).and_then(|i| units.get(i as usize)).unwrap_or(first);
        let arrived = self.arrivals.iter().find(|(index, _)| *index == picture.index);
        let received_at = arrived.map_or(unit.received_at, |(_, at)| *at);
        Ok(picture.into_frame(unit)?.taken_at(received_at))
    }

    fn push(&mut self, unit: &AccessUnit) -> Result<(), DecodeError> {
        if self.parameters.as_ref() != Some(&unit.parameters) {
            self.announce(&unit.parameters)?;
        }
        let mut buffer = gst::Buffer::from_slice(unit.data.clone());
        {
            let buffer = buffer.get_mut().ok_or_else(|| chain_error("a new buffer is shared"))?;
            // The mark says which unit this is: it is how a picture finds its way back. Not so the time stamp, which
            // the decoder rewrites once it has met B-pictures.
            let number = gst::ClockTime::from_nseconds(self.pushed);
            gst::ReferenceTimestampMeta::add(buffer, &self.mark, number, gst::ClockTime::NONE);
            buffer.set_pts(gst::ClockTime::from_mseconds(self.pushed));
            if !unit.key {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        self.arrivals.push_back((self.pushed, unit.received_at));
        if self.arrivals.len() > LATE_MAX {
            self.arrivals.pop_front();
        }
        self.pushed += 1;
        self.source.push(buffer).map_err(|e| chain_error(format!("push: {e}")))?;
        Ok(())
    }

    /// Tells the elements what comes next: codec parameters and the size of the frame.
    fn announce(&mut self, parameters: &Arc<StreamParameters>) -> Result<(), DecodeError> {
        let (width, height) = frame_size(parameters.width, parameters.height);
        let size = gst::Caps::builder("video/x-raw")
            .field("width", width)
            .field("height", height)
            .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
            .build();
        self.size.set_property("caps", size);
        if !self.source.push_event(gst::event::Caps::new(&stream_caps(parameters))) {
            return Err(chain_error("the decoder refuses the stream's parameters"));
        }
        if self.parameters.is_none() {
            self.source.push_event(gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new()));
        }
        self.parameters = Some(parameters.clone());
        Ok(())
    }

    /// Takes what came out, which is in the order of presentation, and keeps the last that was not pushed before
    /// `oldest`.
    fn take_newest(&self, oldest: u64, newest: &mut Option<Picture>) {
        while let Some(sample) = self.sink.try_pull_sample(gst::ClockTime::ZERO) {
            let mark = sample.buffer().and_then(|buffer| buffer.meta::<gst::ReferenceTimestampMeta>());
            if let Some(index) = mark.map(|mark| mark.timestamp().nseconds())
                && index >= oldest
            {
                *newest = Some(Picture { index, sample });
            }
        }
    }
}

impl Drop for DecoderChain {
    fn drop(&mut self) {
        // Elements that are not set to NULL leak; there is nobody left to tell if that fails.
        let _ = self.pipeline.set_state(gst::State::Null);
        let _ = self.source.set_active(false);
    }
}

/// A picture on its way out, with the running number of the access unit it was made from.
struct Picture {
    index: u64,
    sample: gst::Sample,
}

impl Picture {
    fn into_frame(self, unit: &AccessUnit) -> Result<Frame, DecodeError> {
        let caps = self.sample.caps().ok_or_else(|| chain_error("picture without caps"))?;
        let info = gst_video::VideoInfo::from_caps(caps).map_err(|e| chain_error(e.to_string()))?;
        let buffer = self.sample.buffer_owned().ok_or_else(|| chain_error("sample without a buffer"))?;
        let picture = gst_video::VideoFrame::from_buffer_readable(buffer, &info)
            .map_err(|_| chain_error("the picture's memory cannot be read"))?;
        Frame::decoded(unit.camera.clone(), unit.generation, unit.received_at, picture)
            .ok_or_else(|| chain_error("a picture in another layout than I420"))
    }
}

/// The caps that describe a stream of access units to GStreamer.
pub(crate) fn stream_caps(parameters: &StreamParameters) -> gst::Caps {
    let (name, format) = match parameters.codec {
        Codec::H264 => ("video/x-h264", "avc"),
        Codec::H265 => ("video/x-h265", "hvc1"),
    };
    gst::Caps::builder(name)
        .field("stream-format", format)
        .field("alignment", "au")
        .field("codec_data", gst::Buffer::from_slice(parameters.configuration.clone()))
        .field("width", parameters.width as i32)
        .field("height", parameters.height as i32)
        .build()
}

fn parser_name(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => "h264parse",
        Codec::H265 => "h265parse",
    }
}

/// The frame's size: as it is where it is that of a sub stream, else scaled to fit, both sides even.
fn frame_size(width: u32, height: u32) -> (i32, i32) {
    let longest = width.max(height).max(1);
    let fit = |side: u32| {
        let scaled = if longest > FRAME_SIDE_MAX {
            (f64::from(side) * f64::from(SCALED_SIDE) / f64::from(longest)).round() as u32
        } else {
            side
        };
        (scaled.max(2) & !1) as i32
    };
    (fit(width), fit(height))
}

pub(crate) fn element(name: &'static str) -> Result<gst::Element, DecodeError> {
    gst::ElementFactory::make(name).build().map_err(|_| DecodeError::MissingElement { element: name })
}

fn chain_error(what: impl Into<String>) -> DecodeError {
    DecodeError::Chain { what: what.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_fit_and_keep_their_shape() {
        assert_eq!(frame_size(640, 360), (640, 360));
        assert_eq!(frame_size(1920, 1080), (640, 360));
        assert_eq!(frame_size(720, 1280), (360, 640));
        assert_eq!(frame_size(352, 288), (352, 288));
        assert_eq!(frame_size(704, 576), (704, 576));
    }
}
