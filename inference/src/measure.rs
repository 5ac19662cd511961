//! What an engine does with a model: how fast it is, with and without what is around it, and whether it sees the same.

use std::{path::Path, sync::Barrier, thread, time::Duration};

use futures::future::join_all;
use gridwatch_ingest::{CameraId, DecodeError, DecoderChain, Frame, recording};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use crate::{
    batch::Batch,
    detection::Detection,
    detector::{BatchPolicy, DetectError, Detector},
    geometry::Part,
    model::{Blueprint, ModelError, ModelSpec, OnnxModel},
    preprocess::Preprocessor,
    provider::Engine,
    replay::ReplayError,
    runtime::Runtime,
};

/// Two boxes that overlap by this much mean the same person.
const IOU_MIN: f32 = 0.5;
/// Frames under way for each session: one batch that is looked at, and one that waits.
const BATCHES_UNDER_WAY: usize = 2;

/// At most `max` pictures of a clip, evenly spread, decoded as those of a live camera.
///
/// # Errors
/// When the clip cannot be read or decoded.
pub fn pictures(clip: &Path, max: usize) -> Result<Vec<Frame>, ReplayError> {
    let decode_error = |source| ReplayError::Decode { clip: clip.display().to_string(), source };
    let camera = CameraId::new("clip").map_err(|_| decode_error(DecodeError::NoPicture))?;
    let units = recording::read(clip, &camera, Timestamp::UNIX_EPOCH)?;
    let codec = units.first().map(|unit| unit.parameters.codec);
    let codec = codec.ok_or_else(|| decode_error(DecodeError::NoPicture))?;
    let mut chain = DecoderChain::new(codec).map_err(decode_error)?;
    let chosen = (0..units.len()).step_by(units.len().div_ceil(max.max(1)));
    let decoded = chosen.filter_map(|last| {
        let key = units[..=last].iter().rposition(|unit| unit.key)?;
        match chain.decode(&units[key..=last], true) {
            // A stream with B-pictures gives nothing for its first units.
            Err(DecodeError::NoPicture) => None,
            decoded => Some(decoded.map_err(decode_error)),
        }
    });
    decoded.collect()
}

/// The sessions of a model without anything around them: the tensor is ready, nobody reads what comes out.
pub struct SessionsOnly {
    models: Vec<OnnxModel>,
    batch: Batch,
    frames: usize,
}

impl SessionsOnly {
    /// Opens as many sessions as the model has in production, and fills a batch with `frame`.
    ///
    /// # Errors
    /// As [`Detector::start`].
    pub fn open(
        runtime: &Runtime,
        spec: &ModelSpec,
        engine: Engine,
        frame: &Frame,
    ) -> Result<Self, ModelError> {
        let broken = |what| ModelError::Broken { file: spec.file.clone(), what };
        let (blueprint, _) = Blueprint::read(runtime, spec)?;
        let models = (0..spec.sessions).map(|_| blueprint.open(engine)).collect::<Result<_, _>>();
        let (mut batch, mut preprocessor) = (Batch::new(Vec::new()), Preprocessor::default());
        let frames = BatchPolicy::of(engine).frames_max;
        let whole = Part::whole(frame.width, frame.height);
        for _ in 0..frames {
            batch.push(frame, whole, &blueprint.input(), &mut preprocessor).map_err(broken)?;
        }
        Ok(Self { models: models.map_err(broken)?, batch, frames })
    }

    /// Pictures a second, with all sessions at work for this long.
    ///
    /// # Errors
    /// What ONNX Runtime says.
    pub fn pictures_per_s(&mut self, length: Duration) -> Result<f64, String> {
        let (batch, frames) = (&self.batch, self.frames);
        let start = Barrier::new(self.models.len());
        thread::scope(|scope| {
            let start = &start;
            let sessions = self.models.iter_mut().map(|model| {
                scope.spawn(move || {
                    start.wait();
                    let (began, mut done) = (Instant::now(), 0);
                    while began.elapsed() < length {
                        model.forward(batch)?;
                        done += frames;
                    }
                    Ok(f64::from(done as u32) / began.elapsed().as_secs_f64())
                })
            });
            let sessions: Vec<_> = sessions.collect();
            let rates = sessions.into_iter().map(|session| {
                session.join().unwrap_or_else(|_| Err("a session's thread panicked".to_owned()))
            });
            rates.sum()
        })
    }
}

/// Pictures a second from frame to boxes, with as many frames under way as keep all sessions busy.
///
/// # Errors
/// When the detector fails on one.
pub async fn pictures_per_s(
    detector: &Detector,
    frames: &[Frame],
    length: Duration,
) -> Result<f64, DetectError> {
    let began = Instant::now();
    let cameras = (0..detector.frames_under_way(BATCHES_UNDER_WAY)).map(|camera| async move {
        let mut done = 0u32;
        for frame in frames.iter().cycle().skip(camera) {
            if began.elapsed() >= length {
                break;
            }
            detector.detect(frame).await?;
            done += 1;
        }
        Ok(done)
    });
    let done = join_all(cameras).await.into_iter().sum::<Result<u32, DetectError>>()?;
    Ok(f64::from(done) / began.elapsed().as_secs_f64())
}

/// How far two detectors see the same in the same pictures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Agreement {
    /// Pictures that both looked at.
    pub pictures: usize,
    /// Boxes of the one that is believed.
    pub boxes: usize,
    /// Those of them that the other has too: with an intersection over union of 0.5 or more, in the same view.
    pub found: usize,
    /// Boxes of the other.
    pub other_boxes: usize,
    /// Those of them that the one that is believed has too.
    pub other_found: usize,
    /// By how much the scores of such pairs differ, in the mean.
    pub score_mean: f32,
    /// By how much, at most.
    pub score_max: f32,
}

impl Agreement {
    /// Shows both the same pictures.
    ///
    /// # Errors
    /// When one of them fails.
    pub async fn between(
        believed: &Detector,
        other: &Detector,
        frames: &[Frame],
    ) -> Result<Self, DetectError> {
        let (mut agreement, mut differences) = (Self::default(), Vec::new());
        for frame in frames {
            let (ones, others) =
                (believed.detect(frame).await?.detections, other.detect(frame).await?.detections);
            let pairs: Vec<f32> = ones.iter().filter_map(|one| difference(one, &others)).collect();
            agreement.pictures += 1;
            agreement.boxes += ones.len();
            agreement.found += pairs.len();
            agreement.other_boxes += others.len();
            agreement.other_found += others.iter().filter_map(|other| difference(other, &ones)).count();
            differences.extend(pairs);
        }
        agreement.score_max = differences.iter().copied().fold(0.0, f32::max);
        agreement.score_mean = differences.iter().sum::<f32>() / differences.len().max(1) as f32;
        Ok(agreement)
    }
}

/// By how much the score of the same person among `others` differs, if they are there.
fn difference(detection: &Detection, others: &[Detection]) -> Option<f32> {
    let same_view = others.iter().filter(|other| other.view == detection.view);
    let overlaps = same_view.map(|other| (other.rect.iou(&detection.rect), other.score));
    let (iou, score) = overlaps.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (iou >= IOU_MIN).then(|| (score - detection.score).abs())
}
