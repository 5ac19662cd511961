//! How well crowds are counted: pictures of recorded clips in which people were counted by eye.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use gridwatch_ingest::{CameraId, Frame};
use serde::{Deserialize, Serialize};

use crate::{
    crowd::{CrowdZone, Spoke, Tiles, people_are_small},
    detection::Detection,
    detector::{DetectError, Detector},
    eval::{Shot, Shows},
    ground::Zone,
    observation::Judged,
    picture::{Mask, PictureError},
    replay::{ReplayError, picture_at},
};

/// Pictures and how many people are in them; the layout of `counts.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// The pictures.
    pub pictures: Vec<CountedPicture>,
}

/// One picture of a clip, counted by eye.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedPicture {
    /// The clip, relative to the folder that is evaluated.
    pub file: PathBuf,
    /// Which picture: the last one up to this second.
    pub at_s: f64,
    /// How many people are in it.
    pub people: usize,
    /// Something for the reader.
    #[serde(default)]
    pub note: Option<String>,
}

/// The score over all pictures; one JSON line.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CrowdScore {
    /// Pictures counted.
    pub pictures: usize,
    /// The mean of how many people were counted too many or too few. Nothing where there is no picture.
    pub mae: Option<f64>,
    /// The mean of the same as a share of the people who are there, 0.1 being a tenth; over the pictures with people.
    pub mape: Option<f64>,
    /// Each picture.
    pub per_picture: Vec<PictureScore>,
}

/// The score of one picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PictureScore {
    /// The clip it is of.
    pub picture: PathBuf,
    /// Its time in the clip, in seconds.
    pub at_s: f64,
    /// How many people the program counts.
    pub counted: usize,
    /// How many there are.
    pub truth: usize,
    /// Which kind of model counted.
    pub spoke: Spoke,
    /// Whether people were small, so that the picture was looked at in tiles too.
    pub tiles: bool,
}

/// What came of one picture, for whoever wants to know more than the score.
#[derive(Clone, Debug)]
pub struct PictureReport {
    /// The picture and the number counted by eye.
    pub counted: CountedPicture,
    /// Its score.
    pub score: PictureScore,
    /// Where people were seen; none unless it was asked for.
    pub shot: Option<Shot>,
}

/// Why an evaluation cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum EvalCrowdError {
    /// The counts are not there or may not be read.
    #[error("cannot read the counts {path}: {source}")]
    CountsFile {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The counts are not of the layout.
    #[error("{path} is no list of counted pictures: {source}")]
    CountsFormat {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// A clip cannot be read or decoded.
    #[error(transparent)]
    Picture(#[from] ReplayError),
    /// The detector failed.
    #[error("{clip}: {source}")]
    Detect {
        /// On a picture of which clip.
        clip: PathBuf,
        /// Why.
        source: DetectError,
    },
    /// A picture for the report cannot be made.
    #[error("{clip}: {source}")]
    Shot {
        /// Of which clip.
        clip: PathBuf,
        /// Why.
        source: PictureError,
    },
}

impl Counts {
    /// Reads counts from a file.
    ///
    /// # Errors
    /// When it cannot be read, or is not of the layout.
    pub fn read(path: &Path) -> Result<Self, EvalCrowdError> {
        let text = std::fs::read(path)
            .map_err(|source| EvalCrowdError::CountsFile { path: path.to_owned(), source })?;
        serde_json::from_slice(&text)
            .map_err(|source| EvalCrowdError::CountsFormat { path: path.to_owned(), source })
    }
}

/// How pictures are counted.
#[derive(Clone)]
pub struct CrowdEval {
    /// What the camera of a clip is called.
    pub camera: CameraId,
    /// Sees upright people.
    pub person: Detector,
    /// How a picture is cut where people are small.
    pub tiles: Tiles,
    /// Whether reports have pictures.
    pub pictures: bool,
}

impl CrowdEval {
    /// Counts the people in all pictures of `counts`, whose paths are relative to `folder`. There is no zone: everyone
    /// counts. `each` is given the report of every picture when it is done.
    ///
    /// # Errors
    /// When a clip cannot be read, decoded or judged, or a picture of it not be made.
    pub async fn run(
        &self,
        folder: &Path,
        counts: &Counts,
        mut each: impl FnMut(PictureReport),
    ) -> Result<CrowdScore, EvalCrowdError> {
        let mut pictures = Vec::new();
        for counted in &counts.pictures {
            let report = self.report(&folder.join(&counted.file), counted).await?;
            pictures.push(report.score.clone());
            each(report);
        }
        Ok(CrowdScore::of(pictures))
    }

    async fn report(&self, path: &Path, counted: &CountedPicture) -> Result<PictureReport, EvalCrowdError> {
        let at = Duration::try_from_secs_f64(counted.at_s).unwrap_or_default();
        let frame = picture_at(path, &self.camera, at)?;
        let clip = || counted.file.clone();
        let (people, tiles) =
            self.people(&frame).await.map_err(|source| EvalCrowdError::Detect { clip: clip(), source })?;
        let zone = CrowdZone::uncalibrated(Zone::whole_picture());
        let reading = zone.read(&people, (frame.width, frame.height));
        let score = PictureScore {
            picture: clip(),
            at_s: counted.at_s,
            counted: reading.heads,
            truth: counted.people,
            spoke: reading.spoke,
            tiles,
        };
        // Heads that no box was seen around cannot be found and masked one by one.
        let mask = if people.is_empty() { Mask::Everything } else { Mask::Heads };
        let judged = Judged { frame, upright: people, fallen: Vec::new(), heads: Vec::new() };
        let shot = || Shot::new(path, &judged, Shows::Counted, mask, counted.at_s);
        let shot = self.pictures.then(shot).transpose();
        let shot = shot.map_err(|source| EvalCrowdError::Shot { clip: clip(), source })?;
        Ok(PictureReport { counted: counted.clone(), score, shot })
    }

    /// Everyone in a picture, and whether its tiles were looked at.
    async fn people(&self, frame: &Frame) -> Result<(Vec<Detection>, bool), DetectError> {
        let whole = self.person.detect(frame).await?.detections;
        if !people_are_small(&whole, frame.height) {
            return Ok((whole, false));
        }
        let mut seen = Vec::new();
        for tile in self.tiles.cut((frame.width, frame.height)) {
            let detections = self.person.detect_part(frame, tile).await?.detections;
            seen.push((tile, detections));
        }
        Ok((Tiles::merge(whole, seen, (frame.width, frame.height)), true))
    }
}

impl CrowdScore {
    fn of(pictures: Vec<PictureScore>) -> Self {
        let off = |picture: &PictureScore| picture.counted.abs_diff(picture.truth) as f64;
        let peopled = || pictures.iter().filter(|picture| picture.truth > 0);
        Self {
            pictures: pictures.len(),
            mae: mean(pictures.iter().map(off)),
            mape: mean(peopled().map(|picture| off(picture) / picture.truth as f64)),
            per_picture: pictures,
        }
    }
}

/// The mean to a thousandth.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| (1000.0 * sum / f64::from(count)).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(counted: usize, truth: usize) -> PictureScore {
        let picture = PathBuf::from("a.mp4");
        PictureScore { picture, at_s: 1.0, counted, truth, spoke: Spoke::Boxes, tiles: false }
    }

    #[test]
    fn too_many_and_too_few_do_not_cancel_out() {
        let score = CrowdScore::of(vec![picture(9, 10), picture(23, 20), picture(1, 0)]);
        assert_eq!((score.pictures, score.mae, score.mape), (3, Some(1.667), Some(0.125)));
        let empty = CrowdScore::of(vec![picture(2, 0)]);
        assert_eq!((empty.mae, empty.mape), (Some(2.0), None), "no share of nobody");
        assert_eq!(CrowdScore::of(Vec::new()).mae, None);
    }

    #[test]
    fn which_model_spoke_is_said() {
        let line = serde_json::to_string(&CrowdScore::of(vec![picture(45, 45)])).unwrap();
        assert_eq!(
            line,
            "{\"pictures\":1,\"mae\":0.0,\"mape\":0.0,\"per_picture\":[{\"picture\":\"a.mp4\",\"at_s\":1.0,\
             \"counted\":45,\"truth\":45,\"spoke\":\"boxes\",\"tiles\":false}]}"
        );
    }
}
