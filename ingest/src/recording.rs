//! Recorded clips read as if they came from a camera: access units with the file's own time.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use gstreamer as gst;
use gstreamer_app as gst_app;

use gst::prelude::*;
use jiff::Timestamp;

use crate::{
    access_unit::{AccessUnit, Codec, StreamParameters},
    camera::{CameraId, Generation},
    clip::PipelineGuard,
    decode::{DecodeError, element},
};

/// Reading a file may stand still for this long in all. It is how broken files end whose error `parsebin` swallows: in
/// 1.22 it drops what a demuxer says while it is being plugged in.
const READ_LIMIT: gst::ClockTime = gst::ClockTime::from_seconds(5);

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file is not there, or may not be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no video that can be read, or it has no H.264 or H.265 pictures.
    #[error("{path} is no video that can be read: {what}")]
    NoVideo {
        /// Which file.
        path: PathBuf,
        /// What was said.
        what: String,
    },
    /// GStreamer lacks an element.
    #[error(transparent)]
    Element(#[from] DecodeError),
}

/// Reads all access units of the first H.264 or H.265 stream of a file (MP4, MKV, TS, AVI, …).
///
/// They come in decoding order as units of `camera`, generation 0, with `received_at` at `start` plus the file's own
/// presentation time. Blocks while it reads.
///
/// # Errors
/// When the file cannot be read, or holds no such stream.
pub fn read(
    path: &Path,
    camera: &CameraId,
    start: Timestamp,
) -> Result<Vec<Arc<AccessUnit>>, RecordingError> {
    let no_video = |what: String| RecordingError::NoVideo { path: path.to_owned(), what };
    std::fs::File::open(path).map_err(|source| RecordingError::File { path: path.to_owned(), source })?;
    let source = element("filesrc")?;
    source.set_property("location", path);
    let parse = element("parsebin")?;
    let sink = gst_app::AppSink::builder().sync(false).build();
    let guard = PipelineGuard(gst::Pipeline::new());
    let pipeline = &guard.0;
    pipeline.add_many([&source, &parse, sink.upcast_ref()]).map_err(|e| no_video(e.to_string()))?;
    source.link(&parse).map_err(|e| no_video(e.to_string()))?;
    let (weak_pipeline, weak_sink) = (pipeline.downgrade(), sink.downgrade());
    parse.connect_pad_added(move |_, pad| {
        if let (Some(pipeline), Some(sink)) = (weak_pipeline.upgrade(), weak_sink.upgrade())
            && let Err(error) = link_video(&pipeline, pad, &sink)
        {
            tracing::warn!(%error, "a stream of the recording was left out");
        }
    });
    let all_streams_known = Arc::new(AtomicBool::new(false));
    let known = all_streams_known.clone();
    parse.connect_no_more_pads(move |_| known.store(true, Relaxed));
    pipeline.set_state(gst::State::Playing).map_err(|e| no_video(e.to_string()))?;

    let bus = pipeline.bus().ok_or_else(|| no_video("pipeline without a bus".to_owned()))?;
    let mut units = Vec::new();
    let mut parameters: Option<Arc<StreamParameters>> = None;
    let mut first_pts = None;
    // Short waits, because a file without video ends in an error on the bus and never in a picture.
    let mut patience = READ_LIMIT.mseconds() / 100;
    while !sink.is_eos() {
        let Some(sample) = sink.try_pull_sample(gst::ClockTime::from_mseconds(100)) else {
            if let Some(message) = bus.pop_filtered(&[gst::MessageType::Error])
                && let gst::MessageView::Error(error) = message.view()
            {
                return Err(no_video(error.error().to_string()));
            }
            if all_streams_known.load(Relaxed) && !has_video(&sink) {
                break;
            }
            patience = patience.checked_sub(1).ok_or_else(|| no_video("no picture came".to_owned()))?;
            continue;
        };
        let read = parameters_of(&sample, parameters.as_ref())
            .ok_or_else(|| no_video("no parameters".to_owned()))?;
        parameters = Some(read.clone());
        let Some(buffer) = sample.buffer() else { continue };
        let data = buffer.map_readable().map_err(|e| no_video(e.to_string()))?.to_vec();
        let time = buffer.pts().or(buffer.dts()).map_or(Duration::ZERO, Into::into);
        let pts = time.saturating_sub(*first_pts.get_or_insert(time));
        units.push(Arc::new(AccessUnit {
            camera: camera.clone(),
            generation: Generation(0),
            sequence: units.len() as u64,
            pts,
            received_at: start + pts,
            key: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            parameters: read,
            data: data.into(),
        }));
    }
    if units.is_empty() { Err(no_video("it holds no H.264 or H.265 pictures".to_owned())) } else { Ok(units) }
}

/// Puts parser and caps between a stream of the file and the sink, if it is video that we read and the first.
fn link_video(pipeline: &gst::Pipeline, pad: &gst::Pad, sink: &gst_app::AppSink) -> Result<(), DecodeError> {
    let chain_error = |what: String| DecodeError::Chain { what };
    let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
    let (parser, format) = match caps.structure(0).map(|s| s.name().as_str()) {
        Some("video/x-h264") => ("h264parse", "avc"),
        Some("video/x-h265") => ("h265parse", "hvc1"),
        _ => return Ok(()),
    };
    if has_video(sink) {
        return Ok(());
    }
    let sink: &gst::Element = sink.upcast_ref();
    let parse = element(parser)?;
    let caps = gst::Caps::builder(if parser == "h264parse" { "video/x-h264" } else { "video/x-h265" })
        .field("stream-format", format)
        .field("alignment", "au")
        .build();
    let filter = element("capsfilter")?;
    filter.set_property("caps", caps);
    pipeline.add_many([&parse, &filter]).map_err(|e| chain_error(e.to_string()))?;
    gst::Element::link_many([&parse, &filter, sink]).map_err(|e| chain_error(e.to_string()))?;
    for added in [&parse, &filter] {
        added.sync_state_with_parent().map_err(|e| chain_error(e.to_string()))?;
    }
    let into = parse.static_pad("sink").ok_or_else(|| chain_error("parser without a sink pad".to_owned()))?;
    pad.link(&into).map_err(|e| chain_error(e.to_string()))?;
    Ok(())
}

/// Whether a stream of the file has been linked to the sink.
fn has_video(sink: &gst_app::AppSink) -> bool {
    sink.static_pad("sink").is_some_and(|pad| pad.is_linked())
}

/// The stream's parameters from a sample's caps; `known` again where nothing changed.
fn parameters_of(
    sample: &gst::Sample,
    known: Option<&Arc<StreamParameters>>,
) -> Option<Arc<StreamParameters>> {
    let caps = sample.caps()?.structure(0)?;
    let configuration = caps.get::<gst::Buffer>("codec_data").ok()?.map_readable().ok()?.to_vec();
    let read = StreamParameters {
        codec: if caps.name() == "video/x-h265" { Codec::H265 } else { Codec::H264 },
        configuration: configuration.into(),
        width: caps.get::<i32>("width").ok()?.try_into().ok()?,
        height: caps.get::<i32>("height").ok()?.try_into().ok()?,
    };
    Some(known.filter(|known| ***known == read).cloned().unwrap_or_else(|| Arc::new(read)))
}
