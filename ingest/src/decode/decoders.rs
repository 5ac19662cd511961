//! The decoders of this machine: tried with a known picture before they are used, and given up when they fail.
//!
//! The hardware decoders have not met their hardware yet: they were written where there is none. What is tested is how one is chosen
//! and given up, and the chain that they use, with other decoders that ask for the same kind of stream.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::Mutex;

use super::{
    chain::{DecodeError, DecoderChain},
    choice::{DecoderChoice, InUse, WhyNot, in_words},
};
use crate::{
    access_unit::{AccessUnit, Codec, StreamParameters},
    camera::{CameraId, Generation},
    frame::Frame,
};

/// A red key picture of 320 × 192 pixels in each codec, and its configuration record. The hardware takes none much smaller.
///
/// Each is the first sample and the `avcC` or `hvcC` box of the file that ffmpeg makes of `-f lavfi -i color=red:s=320x192:r=1:d=1`
/// with `-c:v libx264 -preset veryslow -pix_fmt yuv420p -bsf:v filter_units=remove_types=6` or
/// `-c:v libx265 -x265-params info=0 -pix_fmt yuv420p -bsf:v filter_units=remove_types=39 -tag:v hvc1`.
const H264: &[u8] = include_bytes!("trial/red.h264");
const H264_CONFIGURATION: &[u8] = include_bytes!("trial/red.h264.configuration");
const H265: &[u8] = include_bytes!("trial/red.h265");
const H265_CONFIGURATION: &[u8] = include_bytes!("trial/red.h265.configuration");
const WIDTH: u32 = 320;
const HEIGHT: u32 = 192;

/// Which decoder reads each codec. Chosen once, with the first use; trying takes some ten milliseconds and is not for an
/// async thread.
#[derive(Default)]
pub(super) struct Decoders {
    in_use: Mutex<HashMap<Codec, Result<InUse, DecodeError>>>,
}

impl Decoders {
    /// A new chain with the codec's decoder.
    ///
    /// # Errors
    /// When no decoder of that codec works, or the one in use does not start any more.
    pub(super) fn chain(&self, codec: Codec) -> Result<DecoderChain, DecodeError> {
        let element = self.element(codec)?;
        DecoderChain::with_decoder(codec, element)
            .inspect_err(|error| self.on_job(codec, element, Some(error)))
    }

    /// Whether a chain is of the decoder in use; one that was given up is used no more.
    pub(super) fn uses(&self, chain: &DecoderChain) -> bool {
        self.element(chain.codec()).is_ok_and(|element| element == chain.decoder())
    }

    /// Takes how a decoder did at one job.
    pub(super) fn on_job(&self, codec: Codec, element: &'static str, error: Option<&DecodeError>) {
        let failure = match error {
            None => None,
            Some(error @ (DecodeError::Chain { .. } | DecodeError::MissingElement { .. })) => {
                Some(error.to_string())
            }
            // That is the pictures' fault, or nobody's.
            Some(_) => return,
        };
        let mut in_use = self.in_use.lock();
        let Some(Ok(in_use)) = in_use.get_mut(&codec) else { return };
        if let Some(given_up) = in_use.on_job(element, failure, |element| try_out(codec, element)) {
            let DecoderChoice { element, passed_over, .. } = &in_use.choice;
            tracing::warn!(
                ?codec,
                given_up,
                decoder = element,
                why = in_words(passed_over),
                "a decoder fails; another decodes from now on"
            );
        }
    }

    /// What was chosen so far.
    pub(super) fn choices(&self) -> Vec<DecoderChoice> {
        let in_use = self.in_use.lock();
        let chosen =
            [Codec::H264, Codec::H265].into_iter().filter_map(|codec| in_use.get(&codec)?.as_ref().ok());
        chosen.map(|in_use| in_use.choice.clone()).collect()
    }

    /// Chooses for every codec, so that the log says it at the start and the first picture does not wait for it.
    pub(super) fn choose_all(&self) {
        for codec in [Codec::H264, Codec::H265] {
            // What is wrong has been logged, and every job of that codec says it again.
            let _ = self.element(codec);
        }
    }

    fn element(&self, codec: Codec) -> Result<&'static str, DecodeError> {
        let mut in_use = self.in_use.lock();
        let in_use = in_use.entry(codec).or_insert_with(|| choose(codec));
        in_use.as_ref().map(|in_use| in_use.choice.element).map_err(Clone::clone)
    }
}

fn choose(codec: Codec) -> Result<InUse, DecodeError> {
    match InUse::choose(codec, |element| try_out(codec, element)) {
        Ok(in_use) => {
            let DecoderChoice { element, passed_over, .. } = &in_use.choice;
            tracing::info!(?codec, decoder = element, passed_over = in_words(passed_over), "decoder chosen");
            Ok(in_use)
        }
        Err(passed_over) => {
            let why = in_words(&passed_over);
            tracing::error!(?codec, why, "no decoder works");
            Err(DecodeError::NoDecoder { codec, why })
        }
    }
}

/// Whether a decoder is there, starts, and makes the right picture of one that is known.
fn try_out(codec: Codec, element: &'static str) -> Result<(), WhyNot> {
    if gstreamer::ElementFactory::find(element).is_none() {
        return Err(WhyNot::Absent);
    }
    let mut chain = DecoderChain::with_decoder(codec, element)
        .map_err(|error| WhyNot::DoesNotStart(error.to_string()))?;
    let frame = trial_picture(codec)
        .and_then(|unit| chain.decode(&[unit], true))
        .map_err(|error| WhyNot::NoPicture(error.to_string()))?;
    if is_red(&frame) { Ok(()) } else { Err(WhyNot::NoPicture("it shows something else".to_owned())) }
}

/// Whether a frame is the trial picture: its size, and red wherever one looks. A broken driver's picture is often green.
fn is_red(frame: &Frame) -> bool {
    let red = frame.to_bgr().chunks_exact(3).all(|p| p[0] < 64 && p[1] < 64 && p[2] > 192);
    (frame.width, frame.height) == (WIDTH, HEIGHT) && red
}

fn trial_picture(codec: Codec) -> Result<Arc<AccessUnit>, DecodeError> {
    let (configuration, data) = match codec {
        Codec::H264 => (H264_CONFIGURATION, H264),
        Codec::H265 => (H265_CONFIGURATION, H265),
    };
    let camera = CameraId::new("trial").map_err(|e| DecodeError::Chain { what: e.to_string() })?;
    let configuration = Bytes::from_static(configuration);
    Ok(Arc::new(AccessUnit {
        camera,
        generation: Generation::default(),
        sequence: 0,
        pts: Duration::ZERO,
        received_at: Timestamp::UNIX_EPOCH,
        key: true,
        parameters: Arc::new(StreamParameters { codec, configuration, width: WIDTH, height: HEIGHT }),
        data: Bytes::from_static(data),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::video;

    #[test]
    fn the_processor_passes_the_trial_and_what_is_absent_is_called_so() {
        gstreamer::init().unwrap();
        for (codec, element) in [(Codec::H264, "avdec_h264"), (Codec::H265, "avdec_h265")] {
            assert_eq!(try_out(codec, element), Ok(()));
            assert_eq!(try_out(codec, "no-such-decoder"), Err(WhyNot::Absent));
        }
    }

    #[test]
    fn one_that_starts_and_gives_no_picture_does_not_pass() {
        gstreamer::init().unwrap();
        // It takes anything, and gives it on as it is.
        assert!(matches!(
            try_out(Codec::H264, "identity"),
            Err(WhyNot::NoPicture(_) | WhyNot::DoesNotStart(_))
        ));
        // Of another codec.
        assert!(matches!(
            try_out(Codec::H264, "avdec_h265"),
            Err(WhyNot::NoPicture(_) | WhyNot::DoesNotStart(_))
        ));
    }

    /// Stands in for the hardware: decoders that, as its do, take only streams whose profile is told.
    #[test]
    fn decoders_that_want_their_stream_described_work_in_the_chain_of_the_hardware() {
        if !video::has_ffmpeg() {
            return;
        }
        gstreamer::init().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let baseline = format!("{} -profile:v baseline", video::H264);
        for (options, element) in [(&baseline[..], "openh264dec"), (video::H265, "libde265dec")] {
            if gstreamer::ElementFactory::find(element).is_none() {
                continue;
            }
            let file = video::encode(folder.path(), "red.mp4", "color=red:s=320x192:r=15:d=2", options);
            let camera = CameraId::new("cam").unwrap();
            let units = crate::recording::read(&file, &camera, Timestamp::UNIX_EPOCH).unwrap();
            let mut chain = DecoderChain::with_decoder(units[0].parameters.codec, element).unwrap();
            let frames: Vec<_> = units.chunks(3).map(|units| chain.decode(units, false)).collect();
            let good = frames.iter().flatten().filter(|frame| is_red(frame)).count();
            assert!(good + 2 >= frames.len(), "{element}: {frames:?}");
            let times: Vec<_> = frames.iter().flatten().map(|frame| frame.captured_at).collect();
            assert!(times.is_sorted(), "{element}: {times:?}");
        }
    }

    #[test]
    fn a_decoder_is_chosen_once_for_each_codec_and_it_is_told_why_no_better_one() {
        gstreamer::init().unwrap();
        let decoders = Decoders::default();
        assert_eq!(decoders.choices(), []);
        let chain = decoders.chain(Codec::H264).unwrap();
        assert!(decoders.uses(&chain));
        decoders.choose_all();
        let choices = decoders.choices();
        assert_eq!(choices.iter().map(|choice| choice.codec).collect::<Vec<_>>(), [Codec::H264, Codec::H265]);
        for choice in choices {
            let candidates = super::super::choice::candidates(choice.codec);
            let at = candidates.iter().position(|element| *element == choice.element).unwrap();
            let passed_over: Vec<_> = choice.passed_over.iter().map(|(element, _)| *element).collect();
            assert_eq!(passed_over, candidates[..at]);
        }
    }
}
