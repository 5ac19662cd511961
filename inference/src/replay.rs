//! A recorded clip run through the decode, detect and rule code of live cameras, by the clip's own clock.

use std::{path::Path, time::Duration};

use gridwatch_ingest::{
    Attention, CameraId, DecodeError, DecoderChain, Frame, Ring, SamplePolicy, Sampler,
    recording::{self, RecordingError},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    detector::DetectError,
    observation::Observation,
    watcher::{Looked, Watcher},
};

/// How much a replay keeps of the clip: what a live camera keeps.
const RING_KEEP: SignedDuration = SignedDuration::from_secs(10);
const RING_BYTES_MAX: usize = 64 << 20;

/// How a clip is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReplayPlan {
    /// Stop here, if the clip is longer.
    pub end: Option<Duration>,
    /// Show the last picture for this much longer.
    pub hold_last: Duration,
    /// How often the camera is looked at.
    pub sampling: SamplePolicy,
}

/// What came of a clip.
#[derive(Debug)]
pub struct Replay {
    /// What the rule concluded, with times since [`Timestamp::UNIX_EPOCH`], which is the clip's beginning.
    pub observations: Vec<Observation>,
    /// How much camera time was seen, the held picture included.
    pub length: Duration,
    /// What it took.
    pub work: Work,
}

/// How often the models were asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Frames that were judged.
    pub judged: u64,
    /// Frames that the person model was asked about.
    pub person: u64,
    /// Frames for which the turned views were asked.
    pub turned: u64,
    /// Questions that were not asked, because the picture showed what was judged already.
    pub reused: u64,
}

impl Work {
    fn add(&mut self, looked: &Looked) {
        self.judged += 1;
        self.person += u64::from(looked.person);
        self.turned += u64::from(looked.turned);
        self.reused += looked.reused;
    }
}

impl std::ops::AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.judged += other.judged;
        self.person += other.person;
        self.turned += other.turned;
        self.reused += other.reused;
    }
}

/// Why a clip could not be run.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It cannot be read.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// It cannot be decoded.
    #[error("{clip}: {source}")]
    Decode {
        /// Which clip.
        clip: String,
        /// Why.
        source: DecodeError,
    },
    /// A detector failed.
    #[error("{clip}: {source}")]
    Detect {
        /// Which clip.
        clip: String,
        /// Why.
        source: DetectError,
    },
}

/// Runs the clip at `path` as camera `camera`. Reads the whole file into memory first.
///
/// # Errors
/// When it cannot be read or decoded, or a detector fails.
pub async fn replay(
    path: &Path,
    camera: &CameraId,
    watcher: &mut Watcher,
    plan: ReplayPlan,
) -> Result<Replay, ReplayError> {
    let clip = path.display().to_string();
    let decode_error = |source| ReplayError::Decode { clip: clip.clone(), source };
    let detect_error = |source| ReplayError::Detect { clip: clip.clone(), source };
    let start = Timestamp::UNIX_EPOCH;
    let mut units = recording::read(path, camera, start)?;
    units.retain(|unit| plan.end.is_none_or(|end| unit.pts <= end));

    let codec = units.first().map(|unit| unit.parameters.codec).ok_or(DecodeError::NoPicture);
    let mut chain = codec.and_then(DecoderChain::new).map_err(decode_error)?;
    let (mut ring, mut sampler) = (Ring::new(RING_BYTES_MAX), Sampler::new(plan.sampling));
    let mut observations = Vec::new();
    let (mut attention, mut work) = (Attention::None, Work::default());
    for unit in &units {
        ring.push(unit.clone(), RING_KEEP);
        let Some(job) = sampler.on_access_unit(unit, &ring) else { continue };
        let frame = match chain.decode(&job.units, !job.burst) {
            Ok(frame) => frame,
            // A stream with B-pictures gives nothing for the first units of a burst, live too.
            Err(DecodeError::NoPicture) => continue,
            Err(error) => return Err(decode_error(error)),
        };
        let looked = watcher.look(frame, None).await.map_err(detect_error)?;
        sampler.attend(looked.attention);
        attention = looked.attention;
        work.add(&looked);
        observations.extend(looked.observations);
    }
    let end = units.iter().map(|unit| unit.pts).max().unwrap_or_default();
    let last = chain.decode(&ring.newest_group(), true).map_err(decode_error)?;
    let length = end + plan.hold_last;
    let mut at = end;
    while at <= length {
        let frame = last.taken_at(start + at);
        let looked = watcher.look(frame, None).await.map_err(detect_error)?;
        work.add(&looked);
        // A still camera would give its key pictures, and a burst's pictures while one lasts.
        let burst = Attention::Suspicion;
        let closer = attention == burst || looked.attention == burst;
        at += if closer { plan.sampling.burst_interval } else { HELD_KEY_INTERVAL };
        attention = looked.attention;
        observations.extend(looked.observations);
    }
    Ok(Replay { observations, length, work })
}

/// The picture of the clip at `path` that is shown at `at`, or one of the few after it where the clip has B-pictures,
/// decoded as that of a live camera `camera`. Reads the whole file into memory first.
///
/// # Errors
/// When it cannot be read or decoded.
pub(crate) fn picture_at(path: &Path, camera: &CameraId, at: Duration) -> Result<Frame, ReplayError> {
    let decode_error = |source| ReplayError::Decode { clip: path.display().to_string(), source };
    let mut units = recording::read(path, camera, Timestamp::UNIX_EPOCH)?;
    // In decoding order: what a picture is made from stays before it.
    units.truncate(units.iter().rposition(|unit| unit.pts <= at).map_or(0, |last| last + 1));
    let key = units.iter().rposition(|unit| unit.key).ok_or_else(|| decode_error(DecodeError::NoPicture))?;
    let mut chain = DecoderChain::new(units[key].parameters.codec).map_err(decode_error)?;
    chain.decode(&units[key..], true).map_err(decode_error)
}

/// The distance of key pictures while the last picture is held: that of a usual camera.
const HELD_KEY_INTERVAL: Duration = Duration::from_secs(2);
