//! Pictures that were changed, encoded into a clip that browsers play: H.264 (constrained baseline) in a fragmented MP4.
//!
//! `pad push → videoconvert → openh264enc → h264parse → mp4mux → appsink`: a push returns when the picture is encoded, so the work is
//! done on the caller's thread, with its priority. OpenH264 is under the BSD licence.

use std::time::Duration;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer_app as gst_app;

use gst::prelude::*;

use super::{ClipError, FRAGMENT_MS, PipelineGuard, collect, mux_error};
use crate::decode::element;

/// Bits a second for each pixel of a picture: about 0.7 Mbit/s for 640×360, of which eight pictures a second look as they came.
const BITS_PER_PIXEL: u32 = 3;

/// Takes pictures in their order and makes a clip of them.
pub struct ClipEncoder {
    pipeline: PipelineGuard,
    source: gst::Pad,
    /// Where what was encoded goes on.
    encoded: gst::Pad,
    sink: gst_app::AppSink,
    /// Bytes of a row, and rows.
    stride: usize,
    rows: usize,
    pictures: u64,
}

impl ClipEncoder {
    /// An encoder of pictures of this width and height (both even), a key picture every `key_interval` of them.
    ///
    /// # Errors
    /// When an element is missing or does not start.
    pub fn new((width, height): (u32, u32), key_interval: u32) -> Result<Self, ClipError> {
        let (convert, encoder) = (element("videoconvert")?, element("openh264enc")?);
        encoder.set_property("gop-size", key_interval);
        encoder.set_property("bitrate", width * height * BITS_PER_PIXEL);
        encoder.set_property("multi-thread", 1u32);
        encoder.set_property_from_str("rate-control", "bitrate");
        encoder.set_property_from_str("complexity", "low");
        let (parse, muxer) = (element("h264parse")?, element("mp4mux")?);
        muxer.set_property("fragment-duration", FRAGMENT_MS);
        let sink = gst_app::AppSink::builder().sync(false).build();
        let pipeline = PipelineGuard(gst::Pipeline::new());
        let elements = [&convert, &encoder, &parse, &muxer, sink.upcast_ref()];
        pipeline.0.add_many(elements).map_err(mux_error)?;
        gst::Element::link_many(elements).map_err(mux_error)?;
        let source = gst::Pad::builder(gst::PadDirection::Src).name("source").build();
        let into = convert.static_pad("sink").ok_or_else(|| mux_error("converter without a sink pad"))?;
        let encoded = parse.static_pad("sink").ok_or_else(|| mux_error("parser without a sink pad"))?;
        source.set_active(true).map_err(mux_error)?;
        source.link(&into).map_err(mux_error)?;
        pipeline.0.set_state(gst::State::Playing).map_err(mux_error)?;
        source.push_event(gst::event::StreamStart::new("pictures"));
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "RGB")
            .field("width", width as i32)
            .field("height", height as i32)
            // They come when they come.
            .field("framerate", gst::Fraction::new(0, 1))
            .build();
        if !source.push_event(gst::event::Caps::new(&caps)) {
            return Err(mux_error("the encoder refuses the pictures' size"));
        }
        source.push_event(gst::event::Segment::new(&gst::FormattedSegment::<gst::ClockTime>::new()));
        Ok(Self {
            pipeline,
            source,
            encoded,
            sink,
            stride: width as usize * 3,
            rows: height as usize,
            pictures: 0,
        })
    }

    /// Encodes a picture: packed red, green, blue, rows without padding, shown `at` after the clip's beginning and for `length`.
    /// Blocks meanwhile.
    ///
    /// # Errors
    /// When it is not of the size that was said, or the encoder fails.
    pub fn push(&mut self, mut rgb: Vec<u8>, at: Duration, length: Duration) -> Result<(), ClipError> {
        if rgb.len() != self.stride * self.rows {
            return Err(mux_error("a picture of another size"));
        }
        // GStreamer's rows begin at multiples of four bytes.
        let padding = self.stride.next_multiple_of(4) - self.stride;
        if padding > 0 {
            let rows = rgb.chunks(self.stride);
            rgb = rows.flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(0, padding))).collect();
        }
        let mut buffer = gst::Buffer::from_mut_slice(rgb);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_nseconds(at.as_nanos() as u64));
            buffer.set_duration(gst::ClockTime::from_nseconds(length.as_nanos() as u64));
        }
        self.pictures += 1;
        self.source.push(buffer).map(drop).map_err(mux_error)
    }

    /// The clip. Blocks until its last fragment is written.
    ///
    /// # Errors
    /// When the encoder or the muxer failed, or there were no pictures.
    pub fn finish(self) -> Result<Bytes, ClipError> {
        if self.pictures == 0 {
            return Err(ClipError::NotRecorded);
        }
        // Behind the encoder, which holds nothing back: asked for what it still holds, it complains on standard error.
        self.encoded.send_event(gst::event::Eos::new());
        let clip = collect(&self.pipeline.0, &self.sink);
        let _ = self.source.set_active(false);
        clip
    }
}
