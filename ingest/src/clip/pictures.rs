//! The pictures of a clip, decoded one after the other, so many a second.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{presentation_times, without_leading};
use crate::{
    access_unit::AccessUnit,
    decode::{DecodeError, DecoderChain},
    frame::Frame,
};

/// Pictures of one stream come at least so far apart.
const STEP_MIN: Duration = Duration::from_millis(1);

/// The pictures of a clip: each when it is shown, from zero on, and as small as those that models see. Decoding blocks: not for an
/// async thread.
pub struct ClipPictures {
    chain: DecoderChain,
    /// Runs of units, each decoded for the newest of its pictures. In reverse: the next is the last.
    runs: Vec<Vec<Arc<AccessUnit>>>,
    shown: HashMap<Timestamp, Duration>,
    last: Option<Duration>,
}

impl ClipPictures {
    /// The pictures of `units` (decoding order, the first a key picture), one for every `interval` at most, and the last. Of a stream with
    /// B-pictures those that its decoder holds back (16 at most) are missing before the last. Where the stream's
    /// parameters change, the clip ends, as a muxed one does.
    ///
    /// # Errors
    /// When there are no units, they do not begin with a key picture, or no decoder starts.
    pub fn new(units: &[Arc<AccessUnit>], interval: Duration) -> Result<Self, DecodeError> {
        let interval = interval.max(STEP_MIN);
        let first = units.first().filter(|unit| unit.key).ok_or(DecodeError::NoPicture)?;
        let same = units.iter().take_while(|unit| unit.parameters == first.parameters).count();
        let chain = DecoderChain::new(first.parameters.codec)?;
        let shown = without_leading(&units[..same]);
        let times = presentation_times(&shown);
        // A decoder gives one picture for each that it is given, in the order in which they are shown.
        let mut in_order = times.clone();
        in_order.sort_unstable();
        let (mut runs, mut run, mut due) = (Vec::new(), Vec::new(), Duration::ZERO);
        // What was left out is shown before the first picture and stands right behind it.
        let left_out = same - shown.len();
        let kept = units[..1].iter().chain(&units[1 + left_out..same]);
        for (unit, at) in kept.zip(in_order) {
            run.push(unit.clone());
            if at >= due {
                runs.push(std::mem::take(&mut run));
                while due <= at {
                    due += interval;
                }
            }
        }
        if !run.is_empty() {
            runs.push(run);
        }
        runs.reverse();
        let shown = shown.iter().zip(times).map(|(unit, at)| (unit.received_at, at)).collect();
        Ok(Self { chain, runs, shown, last: None })
    }

    /// Whether it is shown after the picture before; pictures that came in one packet share their time of arrival.
    fn place(&mut self, frame: &Frame) -> Duration {
        let after = self.last.map_or(Duration::ZERO, |last| last + STEP_MIN);
        let at = self.shown.get(&frame.captured_at).copied().unwrap_or_default().max(after);
        self.last = Some(at);
        at
    }
}

impl Iterator for ClipPictures {
    type Item = Result<(Duration, Frame), DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let run = self.runs.pop()?;
            // At its end the decoder gives what it still holds.
            match self.chain.decode(&run, self.runs.is_empty()) {
                Ok(frame) => {
                    let at = self.place(&frame);
                    return Some(Ok((at, frame)));
                }
                // A stream with B-pictures gives nothing for the first units, a damaged one nothing for some.
                Err(DecodeError::NoPicture) => {}
                Err(error) => {
                    self.runs.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}
