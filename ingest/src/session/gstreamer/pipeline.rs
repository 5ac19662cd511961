//! `rtspsrc → depayloader → parser → appsink`, put together once the camera has said what it sends.

use std::sync::{Arc, OnceLock};

use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_rtsp as gst_rtsp;

use gst::{glib, prelude::*};
use gst_rtsp::RTSPLowerTrans;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::{
    super::{Picture, SessionLimits},
    intake::{Arrivals, Intake, Losses},
};
use crate::{
    access_unit::Codec,
    address::{Address, Credentials},
    camera::Transport,
};

/// Packets that come out of order or again are waited for this long.
const JITTER_MS: u32 = 200;

/// What a pipeline is to do.
pub(super) struct Plan {
    location: String,
    protocols: RTSPLowerTrans,
    /// Never in the location, which GStreamer logs.
    login: Option<Credentials>,
    limits: SessionLimits,
}

/// A pipeline that has not been started.
pub(super) struct Line {
    pub(super) pipeline: gst::Pipeline,
    pub(super) bus: gst::Bus,
    pub(super) choice: Choice,
    pub(super) arrivals: Arrivals,
}

/// What is done with the stream that is played.
struct Rest {
    choice: Choice,
    losses: Losses,
    arrivals: Arrivals,
    pictures: mpsc::Sender<Picture>,
}

/// What came out of the hand-shake beside what GStreamer reports. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Choice {
    codec: Arc<OnceLock<Codec>>,
    distrust: Arc<OnceLock<String>>,
}

// === impl Plan ===

impl Plan {
    /// `address` is encrypted where the connection is to be.
    pub(super) fn new(address: &Address, transport: Transport, limits: SessionLimits) -> Self {
        let (scheme, protocols) = match (transport, address.is_encrypted()) {
            (Transport::Http, true) => {
                ("rtspsh", RTSPLowerTrans::TCP | RTSPLowerTrans::HTTP | RTSPLowerTrans::TLS)
            }
            (Transport::Http, false) => ("rtsph", RTSPLowerTrans::TCP | RTSPLowerTrans::HTTP),
            (Transport::Udp, true) => ("rtsps", RTSPLowerTrans::UDP | RTSPLowerTrans::TLS),
            (Transport::Udp, false) => ("rtsp", RTSPLowerTrans::UDP),
            (Transport::Multicast, true) => ("rtsps", RTSPLowerTrans::UDP_MCAST | RTSPLowerTrans::TLS),
            (Transport::Multicast, false) => ("rtsp", RTSPLowerTrans::UDP_MCAST),
            (Transport::Tcp | Transport::Tls, true) => ("rtsps", RTSPLowerTrans::TCP | RTSPLowerTrans::TLS),
            (Transport::Tcp | Transport::Tls, false) => ("rtsp", RTSPLowerTrans::TCP),
        };
        let url = address.url();
        let host = url.host_str().unwrap_or_default();
        // With the port, so that nobody else's idea of a default counts.
        let mut location = format!("{scheme}://{host}:{}{}", address.port(), url.path());
        if let Some(query) = url.query() {
            location = format!("{location}?{query}");
        }
        Self { location, protocols, login: address.credentials().cloned(), limits }
    }

    /// Builds the pipeline; its pictures go to `pictures`. May block: the first time, GStreamer reads its plugins.
    ///
    /// # Errors
    /// When an element is missing.
    pub(super) fn build(self, pictures: mpsc::Sender<Picture>) -> Result<Line, glib::BoolError> {
        gst::init().map_err(|e| glib::bool_error!("GStreamer does not start: {e}"))?;
        let step_us = u64::try_from(self.limits.step.as_micros()).unwrap_or(u64::MAX);
        let source = gst::ElementFactory::make("rtspsrc")
            .property("location", &self.location)
            .property("protocols", self.protocols)
            .property("latency", JITTER_MS)
            .property("tcp-timeout", step_us)
            // UDP that does not come is a silent camera, which the session notices itself.
            .property("timeout", 0u64)
            .property("add-reference-timestamp-meta", true)
            .property("user-agent", concat!("gridwatch/", env!("CARGO_PKG_VERSION")))
            .build()?;
        if let Some(Credentials { user, password }) = &self.login {
            source.set_property("user-id", user);
            source.set_property("user-pw", password);
        }
        let pipeline = gst::Pipeline::new();
        pipeline.add(&source)?;
        let bus = pipeline.bus().ok_or_else(|| glib::bool_error!("a pipeline without a bus"))?;
        let choice = Choice::default();
        choice.listen(&source);
        let losses = Losses::default();
        count_losses(&source, losses.clone());
        let arrivals = Arrivals::default();
        let rest = Rest { choice: choice.clone(), losses, arrivals: arrivals.clone(), pictures };
        rest.build_behind(&source, &pipeline);
        Ok(Line { pipeline, bus, choice, arrivals })
    }
}

// === impl Choice ===

impl Choice {
    /// The codec of the stream that is played; nothing where there is none that can be read.
    pub(super) fn codec(&self) -> Option<Codec> {
        self.codec.get().copied()
    }

    /// What is wrong with the camera's certificate, if anything is.
    pub(super) fn distrust(&self) -> Option<&str> {
        self.distrust.get().map(String::as_str)
    }

    fn listen(&self, source: &gst::Element) {
        let codec = self.codec.clone();
        // The first stream that can be read is played, and no other is asked for.
        source.connect("select-stream", false, move |values| {
            let offered = values.get(2).and_then(|caps| codec_of(&caps.get::<gst::Caps>().ok()?));
            Some(offered.is_some_and(|offered| codec.set(offered).is_ok()).to_value())
        });
        let distrust = self.distrust.clone();
        // Asked only about a certificate that was found wanting; the answer is always no.
        source.connect("accept-certificate", false, move |values| {
            let flags = values.get(3).and_then(glib::FlagsValue::from_value);
            let names = flags.iter().flat_map(|(_, flags)| flags).map(|flag| flag.nick());
            // One is enough.
            let _ = distrust.set(names.collect::<Vec<_>>().join(", "));
            Some(false.to_value())
        });
    }
}

fn codec_of(offered: &gst::Caps) -> Option<Codec> {
    match offered.structure(0)?.get::<&str>("encoding-name").ok()? {
        "H264" => Some(Codec::H264),
        "H265" => Some(Codec::H265),
        _ => None,
    }
}

fn count_losses(source: &gst::Element, losses: Losses) {
    source.connect("new-manager", false, move |values| {
        let manager = values.get(1)?.get::<gst::Element>().ok()?;
        let losses = losses.clone();
        manager.connect("new-jitterbuffer", false, move |values| {
            losses.watch(&values.get(1)?.get::<gst::Element>().ok()?);
            None
        });
        None
    });
}

// === impl Rest ===

impl Rest {
    /// Puts the rest of the pipeline behind `source` when its stream appears. A stream that takes its place later finds
    /// no link, and the session begins again for want of pictures.
    fn build_behind(self, source: &gst::Element, pipeline: &gst::Pipeline) {
        let pipeline = pipeline.downgrade();
        let rest = Mutex::new(Some(self));
        source.connect_pad_added(move |source, pad| {
            let (Some(pipeline), Some(rest)) = (pipeline.upgrade(), rest.lock().take()) else { return };
            if let Err(error) = rest.build(&pipeline, pad) {
                gst::element_error!(source, gst::CoreError::Failed, ["{error}"]);
            }
        });
    }

    fn build(self, pipeline: &gst::Pipeline, pad: &gst::Pad) -> Result<(), glib::BoolError> {
        let codec =
            self.choice.codec().ok_or_else(|| glib::bool_error!("a stream that was not asked for"))?;
        let (depayloader, parser, media, format) = match codec {
            Codec::H264 => ("rtph264depay", "h264parse", "video/x-h264", "avc"),
            Codec::H265 => ("rtph265depay", "h265parse", "video/x-h265", "hvc1"),
        };
        let depayloader = gst::ElementFactory::make(depayloader).build()?;
        let parser = gst::ElementFactory::make(parser).build()?;
        let caps = gst::Caps::builder(media).field("stream-format", format).field("alignment", "au").build();
        let mut intake = Intake::new(codec, self.pictures, self.losses);
        let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |sink| {
            if let Ok(sample) = sink.pull_sample() {
                intake.take(&sample);
            }
            Ok(gst::FlowSuccess::Ok)
        });
        // Pictures are given out as they come: no clock, no queue.
        let sink = gst_app::AppSink::builder().caps(&caps).sync(false).async_(false);
        let sink = sink.callbacks(callbacks.build()).build();
        let elements = [&depayloader, &parser, sink.upcast_ref()];
        pipeline.add_many(elements)?;
        gst::Element::link_many(elements)?;
        for element in elements {
            element.sync_state_with_parent()?;
        }
        self.arrivals.watch(&pad_of(&depayloader, "src")?);
        let linked = pad.link(&pad_of(&depayloader, "sink")?);
        linked.map(drop).map_err(|e| glib::bool_error!("the stream does not fit its codec: {e}"))
    }
}

fn pad_of(element: &gst::Element, name: &str) -> Result<gst::Pad, glib::BoolError> {
    element.static_pad(name).ok_or_else(|| glib::bool_error!("{} without a pad {name}", element.name()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::video::{H264_B, encode, has_ffmpeg};

    #[test]
    fn the_address_says_how_and_never_who() {
        let limits = SessionLimits { step: Duration::from_secs(1), silence: Duration::from_secs(1) };
        let plan = |url: &str, transport| {
            let plan = Plan::new(&Address::parse(url).unwrap(), transport, limits);
            (plan.location, plan.protocols)
        };
        let tcp = RTSPLowerTrans::TCP;
        for (url, transport, location, protocols) in [
            ("rtsp://u:p@cam/a?b=1", Transport::Udp, "rtsp://cam:554/a?b=1", RTSPLowerTrans::UDP),
            ("rtsp://u:p@cam:99/", Transport::Multicast, "rtsp://cam:99/", RTSPLowerTrans::UDP_MCAST),
            ("rtsps://u:p@cam/a", Transport::Tls, "rtsps://cam:322/a", tcp | RTSPLowerTrans::TLS),
            ("rtsp://u:p@cam:80/a", Transport::Http, "rtsph://cam:80/a", tcp | RTSPLowerTrans::HTTP),
            ("rtsp://u:p@[fe80::1]/a", Transport::Tcp, "rtsp://[fe80::1]:554/a", tcp),
        ] {
            assert_eq!(plan(url, transport), (location.to_owned(), protocols), "{url}");
        }
    }

    #[test]
    fn b_pictures_keep_the_time_at_which_they_are_shown() {
        if !has_ffmpeg() {
            return;
        }
        gst::init().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = encode(folder.path(), "b.mp4", "testsrc2=s=128x96:r=25:d=1", H264_B);
        let camera =
            format!("filesrc location={} ! qtdemux ! h264parse ! rtph264pay name=camera", file.display());
        let pipeline = gst::parse::launch(&camera).unwrap().downcast::<gst::Pipeline>().unwrap();
        let pad = pad_of(&pipeline.by_name("camera").unwrap(), "src").unwrap();
        let choice = Choice::default();
        choice.codec.set(Codec::H264).unwrap();
        let (pictures, mut incoming) = mpsc::channel(25);
        let rest = Rest { choice, losses: Losses::default(), arrivals: Arrivals::default(), pictures };
        let arrivals = rest.arrivals.clone();
        rest.build(&pipeline, &pad).unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let end = [gst::MessageType::Eos, gst::MessageType::Error];
        let end = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(10), &end).unwrap();
        pipeline.set_state(gst::State::Null).unwrap();
        assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
        assert!(arrivals.take() >= 25);
        let in_order_of_arrival: Vec<_> = std::iter::from_fn(|| incoming.try_recv().ok()).collect();
        let mut times: Vec<_> = in_order_of_arrival.iter().map(|p| p.pts.as_millis()).collect();
        assert!(!times.is_sorted(), "{times:?}");
        times.sort_unstable();
        assert_eq!(times.len(), 25);
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 40), "{times:?}");
    }
}
