//! From a sample of the pipeline to a picture in the session's queue, on GStreamer's thread.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use gstreamer as gst;

use gst::prelude::*;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::super::Picture;
use crate::access_unit::{Codec, StreamParameters};

/// So many pictures wait for the session's task: four seconds of them. When it is full, everything up to the next key
/// picture is left out and counted as lost, because GStreamer's thread never waits.
pub(super) const QUEUE: usize = 64;

/// From the zero of NTP (1900) to that of Unix time (1970).
const NTP_TO_UNIX_S: i128 = 2_208_988_800;

/// Takes the samples of one session.
pub(super) struct Intake {
    codec: Codec,
    pictures: mpsc::Sender<Picture>,
    losses: Losses,
    parameters: Option<(gst::Caps, Arc<StreamParameters>)>,
    pts: Duration,
    /// Not told yet: packets that were lost, and pictures that were left out.
    lost: u64,
    /// A picture was left out: those up to the next key picture cannot be read without it.
    skipping: bool,
}

/// Reads how many packets the jitter buffer had to give up. Clones read the same one.
#[derive(Clone, Default)]
pub(super) struct Losses {
    counted: Arc<Mutex<Counted>>,
}

/// Counts the pictures that arrive. Clones count together.
#[derive(Clone, Default)]
pub(super) struct Arrivals(Arc<AtomicU64>);

#[derive(Default)]
struct Counted {
    jitter_buffer: gst::glib::WeakRef<gst::Element>,
    told: u64,
}

// === impl Intake ===

impl Intake {
    pub(super) fn new(codec: Codec, pictures: mpsc::Sender<Picture>, losses: Losses) -> Self {
        let pts = Duration::ZERO;
        Self { codec, pictures, losses, parameters: None, pts, lost: 0, skipping: false }
    }

    pub(super) fn take(&mut self, sample: &gst::Sample) {
        self.lost += self.losses.news();
        let Some(picture) = self.picture(sample) else { return };
        if self.skipping && !picture.key {
            self.lost += 1;
            return;
        }
        self.skipping = false;
        // Who no longer listens needs no count.
        if self.pictures.try_send(picture).is_err() {
            self.skipping = true;
            self.lost += 1;
        } else {
            self.lost = 0;
        }
    }

    /// Nothing where the sample says too little to be read.
    fn picture(&mut self, sample: &gst::Sample) -> Option<Picture> {
        let buffer = sample.buffer()?;
        let parameters = self.parameters_of(sample.caps()?)?;
        // A parser may leave the time out of a picture that it had to cut from the one before.
        self.pts = buffer.pts().map_or(self.pts, |pts| Duration::from_nanos(pts.nseconds()));
        Some(Picture {
            pts: self.pts,
            key: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            parameters,
            data: buffer.map_readable().ok()?.to_vec(),
            lost_packets: self.lost,
            camera_time: camera_time(buffer),
        })
    }

    fn parameters_of(&mut self, caps: &gst::CapsRef) -> Option<Arc<StreamParameters>> {
        if let Some((known, parameters)) = &self.parameters
            && known.as_ref() == caps
        {
            return Some(parameters.clone());
        }
        let fields = caps.structure(0)?;
        let configuration = fields.get::<gst::Buffer>("codec_data").ok()?;
        let side = |name| fields.get::<i32>(name).ok().and_then(|side| u32::try_from(side).ok());
        let parameters = Arc::new(StreamParameters {
            codec: self.codec,
            configuration: configuration.map_readable().ok()?.to_vec().into(),
            width: side("width")?,
            height: side("height")?,
        });
        // Other fields of the caps may change and mean the same picture.
        let parameters = match self.parameters.take() {
            Some((_, known)) if known == parameters => known,
            _ => parameters,
        };
        self.parameters = Some((caps.to_owned(), parameters.clone()));
        Some(parameters)
    }
}

/// When the picture was taken by the camera's clock, as its sender reports let the jitter buffer say.
fn camera_time(buffer: &gst::BufferRef) -> Option<Timestamp> {
    let ntp = buffer.iter_meta::<gst::ReferenceTimestampMeta>().find(|meta| {
        meta.reference().structure(0).is_some_and(|reference| reference.name() == "timestamp/x-ntp")
    })?;
    unix_time(ntp.timestamp().nseconds())
}

/// Nothing for a camera without a clock, which counts from zero.
pub(crate) fn unix_time(ntp_ns: u64) -> Option<Timestamp> {
    let since_1970 = i128::from(ntp_ns) - NTP_TO_UNIX_S * 1_000_000_000;
    Timestamp::from_nanosecond(since_1970).ok().filter(|at| *at >= Timestamp::UNIX_EPOCH)
}

// === impl Losses ===

impl Losses {
    /// Reads this jitter buffer from now on.
    pub(super) fn watch(&self, jitter_buffer: &gst::Element) {
        *self.counted.lock() = Counted { jitter_buffer: jitter_buffer.downgrade(), told: 0 };
    }

    /// How many packets were lost since the last call.
    fn news(&self) -> u64 {
        let mut counted = self.counted.lock();
        let Some(jitter_buffer) = counted.jitter_buffer.upgrade() else { return 0 };
        let stats = jitter_buffer.property::<gst::Structure>("stats");
        let lost = stats.get::<u64>("num-lost").unwrap_or(counted.told);
        let news = lost.saturating_sub(counted.told);
        counted.told = lost;
        news
    }
}

// === impl Arrivals ===

impl Arrivals {
    /// How many have passed since the last call.
    pub(super) fn take(&self) -> u64 {
        self.0.swap(0, Relaxed)
    }

    /// Counts what passes this pad.
    pub(super) fn watch(&self, pad: &gst::Pad) {
        let arrivals = self.0.clone();
        pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, _| {
            arrivals.fetch_add(1, Relaxed);
            gst::PadProbeReturn::Ok
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sample of a picture that was shown after so many milliseconds.
    fn sample(ms: u64, key: bool, width: i32) -> gst::Sample {
        let caps = gst::Caps::builder("video/x-h264")
            .field("codec_data", gst::Buffer::from_slice([1u8, 2, 3]))
            .field("width", width)
            .field("height", 180i32)
            .build();
        let mut buffer = gst::Buffer::from_slice([0u8; 5]);
        let fields = buffer.get_mut().unwrap();
        fields.set_pts(gst::ClockTime::from_mseconds(ms));
        if !key {
            fields.set_flags(gst::BufferFlags::DELTA_UNIT);
        }
        gst::Sample::builder().buffer(&buffer).caps(&caps).build()
    }

    #[test]
    fn who_cannot_follow_misses_all_up_to_the_next_key_picture_and_is_told() {
        gst::init().unwrap();
        let (sender, mut pictures) = mpsc::channel(2);
        let mut intake = Intake::new(Codec::H264, sender, Losses::default());
        for (n, key) in [true, false, false, false].into_iter().enumerate() {
            intake.take(&sample(n as u64, key, 320));
        }
        assert_eq!(pictures.try_recv().unwrap().lost_packets, 0);
        assert_eq!(pictures.try_recv().unwrap().pts, Duration::from_millis(1));
        // There is room again, but nothing can be read before the next key picture.
        intake.take(&sample(4, false, 320));
        assert!(pictures.try_recv().is_err());
        intake.take(&sample(5, true, 320));
        intake.take(&sample(6, false, 320));
        let next = pictures.try_recv().unwrap();
        assert_eq!((next.pts, next.key, next.lost_packets), (Duration::from_millis(5), true, 3));
        assert_eq!(pictures.try_recv().unwrap().lost_packets, 0);
    }

    #[test]
    fn parameters_change_with_the_picture_and_only_then() {
        gst::init().unwrap();
        let (sender, mut pictures) = mpsc::channel(8);
        let mut intake = Intake::new(Codec::H264, sender, Losses::default());
        for (n, width) in [320, 320, 640].into_iter().enumerate() {
            intake.take(&sample(n as u64, true, width));
        }
        let [first, second, third] = std::array::from_fn(|_| pictures.try_recv().unwrap().parameters);
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!((first.width, third.width, third.height), (320, 640, 180));
        assert_eq!(*first.configuration, [1, 2, 3]);
    }

    #[test]
    fn ntp_time_is_read_and_a_camera_without_a_clock_has_none() {
        let at = unix_time(4_004_380_804_223_989_776).unwrap();
        assert_eq!(at.to_string(), "2026-11-23T00:00:04.223989776Z");
        assert_eq!(unix_time(3_600_000_000_000), None);
    }
}
