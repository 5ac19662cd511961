//! The usual way with GStreamer: one pipeline a camera that decodes every picture.

use std::io::Write;

use anyhow::Context;
use gstreamer as gst;

use gst::prelude::*;

use super::helper::answer_lines;

/// Holds a pipeline for each of `urls` until standard input closes. The first line on standard output says that all are
/// started; every line that is read is answered by how many have given a picture since the last one.
///
/// # Errors
/// When an element is missing or a pipeline does not start.
pub fn serve(urls: &[String]) -> anyhow::Result<()> {
    gst::init()?;
    let streams = urls.iter().map(|url| Stream::start(url)).collect::<anyhow::Result<Vec<_>>>()?;
    writeln!(std::io::stdout(), "started")?;
    answer_lines(|_| streams.iter().filter(|stream| stream.has_new_picture()).count().to_string())?;
    Ok(())
}

struct Stream {
    pipeline: gst::Element,
    sink: gst::Element,
}

impl Stream {
    fn start(url: &str) -> anyhow::Result<Self> {
        let pipeline = gst::parse::launch(&format!(
            "rtspsrc location={url} protocols=tcp ! rtph264depay ! h264parse ! avdec_h264 max-threads=1 \
             ! videoscale ! videoconvert ! appsink name=out max-buffers=1 drop=true"
        ))?;
        let bin = pipeline.downcast_ref::<gst::Bin>().context("one element is no pipeline")?;
        let sink = bin.by_name("out").context("a pipeline without its sink")?;
        pipeline.set_state(gst::State::Playing)?;
        Ok(Self { pipeline, sink })
    }

    fn has_new_picture(&self) -> bool {
        self.sink.emit_by_name::<Option<gst::Sample>>("try-pull-sample", &[&0u64]).is_some()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // The process ends next; there is nobody to tell.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}
