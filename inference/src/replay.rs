//! A recorded clip run through the decode, detect and rule code of live cameras, by the clip's own clock.

use std::{path::Path, sync::Arc, time::Duration};

use gridwatch_ingest::{
    AccessUnit, Attention, CameraId, DecodeError, DecoderChain, Frame, Ring, SamplePolicy, Sampler,
    recording::{self, RecordingError},
    span,
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

/// A recorded clip as if a camera had sent it.
#[derive(Debug, Default)]
pub struct Recorded {
    clip: String,
    units: Vec<Arc<AccessUnit>>,
}

/// Plays a recorded clip through the decode and sampling code of live cameras, picture by picture: those that a live camera's
/// watcher would be given, and after the end the last one again.
pub struct Player {
    clip: String,
    plan: ReplayPlan,
    units: std::vec::IntoIter<Arc<AccessUnit>>,
    chain: DecoderChain,
    ring: Ring,
    sampler: Sampler,
    attention: Attention,
    end: Timestamp,
    /// The last picture, and when it is shown next.
    held: Option<(Frame, Timestamp)>,
}

// === impl Recorded ===

impl Recorded {
    /// Reads the clip at `path` as one of `camera` that began at `start`. Reads the whole file into memory, and blocks meanwhile.
    ///
    /// # Errors
    /// When it cannot be read, or holds no video.
    pub fn read(path: &Path, camera: &CameraId, start: Timestamp) -> Result<Self, RecordingError> {
        Ok(Self { clip: path.display().to_string(), units: recording::read(path, camera, start)? })
    }

    /// What was sent of `from..=to`: in decoding order, the first a key picture; nothing where there is none.
    pub fn span(&self, from: Timestamp, to: Timestamp) -> Vec<Arc<AccessUnit>> {
        let first = self.units.iter().position(|unit| unit.key).unwrap_or(self.units.len());
        span(self.units[first..].iter(), from, to)
    }
}

// === impl Player ===

impl Player {
    /// A player of this clip.
    ///
    /// # Errors
    /// When it holds no pictures, or no decoder starts.
    pub fn new(recorded: &Recorded, plan: ReplayPlan) -> Result<Self, ReplayError> {
        let clip = recorded.clip.clone();
        let is_in = |unit: &&Arc<AccessUnit>| plan.end.is_none_or(|end| unit.pts <= end);
        let units: Vec<_> = recorded.units.iter().filter(is_in).cloned().collect();
        let codec = units.first().map(|unit| unit.parameters.codec).ok_or(DecodeError::NoPicture);
        let chain = codec.and_then(DecoderChain::new);
        let chain = chain.map_err(|source| ReplayError::Decode { clip: clip.clone(), source })?;
        let end = units.iter().map(|unit| unit.received_at).max().unwrap_or_default();
        let (units, ring) = (units.into_iter(), Ring::new(RING_BYTES_MAX));
        let (sampler, attention, held) = (Sampler::new(plan.sampling), Attention::None, None);
        Ok(Self { clip, plan, units, chain, ring, sampler, attention, end, held })
    }

    /// The next picture to look at; none when all were. Blocks while it is decoded.
    ///
    /// # Errors
    /// When it cannot be decoded.
    pub fn next_picture(&mut self) -> Result<Option<Frame>, ReplayError> {
        for unit in self.units.by_ref() {
            self.ring.push(unit.clone(), RING_KEEP);
            let Some(job) = self.sampler.on_access_unit(&unit, &self.ring) else { continue };
            match self.chain.decode(&job.units, !job.burst) {
                Ok(frame) => return Ok(Some(frame)),
                // A stream with B-pictures gives nothing for the first units of a burst, live too.
                Err(DecodeError::NoPicture) => {}
                Err(error) => return Err(self.decode_error(error)),
            }
        }
        let (last, at) = match self.held.take() {
            Some(held) => held,
            None => {
                let last = self.chain.decode(&self.ring.newest_group(), true);
                (last.map_err(|error| self.decode_error(error))?, self.end)
            }
        };
        let frame = last.taken_at(at);
        self.held = Some((last, at));
        Ok((at <= self.shown_until()).then_some(frame))
    }

    /// How closely the camera is to be looked at from now on, by what came of the last picture.
    pub fn attend(&mut self, attention: Attention) {
        // A still camera would give its key pictures, and a burst's pictures while one lasts.
        let burst = Attention::Suspicion;
        let is_closer = self.attention == burst || attention == burst;
        let interval = if is_closer { self.plan.sampling.burst_interval } else { HELD_KEY_INTERVAL };
        match &mut self.held {
            Some((_, at)) => *at = at.saturating_add(interval).unwrap_or(Timestamp::MAX),
            None => self.sampler.attend(attention),
        }
        self.attention = attention;
    }

    /// When the last picture was shown for as long as it is to be.
    pub fn shown_until(&self) -> Timestamp {
        self.end.saturating_add(self.plan.hold_last).unwrap_or(Timestamp::MAX)
    }

    fn decode_error(&self, source: DecodeError) -> ReplayError {
        ReplayError::Decode { clip: self.clip.clone(), source }
    }
}

/// Runs the clip at `path` as camera `camera`, as fast as it goes. Reads the whole file into memory first.
///
/// # Errors
/// When it cannot be read or decoded, or a detector fails.
pub async fn replay(
    path: &Path,
    camera: &CameraId,
    watcher: &mut Watcher,
    plan: ReplayPlan,
) -> Result<Replay, ReplayError> {
    let start = Timestamp::UNIX_EPOCH;
    let recorded = Recorded::read(path, camera, start)?;
    let mut player = Player::new(&recorded, plan)?;
    let (mut observations, mut work) = (Vec::new(), Work::default());
    while let Some(frame) = player.next_picture()? {
        let looked = watcher.look(frame, None).await;
        let looked = looked.map_err(|source| ReplayError::Detect { clip: player.clip.clone(), source })?;
        player.attend(looked.attention);
        work.add(&looked);
        observations.extend(looked.observations);
    }
    let length = player.shown_until().duration_since(start).unsigned_abs();
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
