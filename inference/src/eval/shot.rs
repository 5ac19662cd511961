//! Pictures for a report: small, with nobody's face in them, and with what was seen where.

use std::{ffi::OsStr, path::Path, time::Duration};

use gridwatch_ingest::CameraId;

use super::{EvalError, Outcome, at_s};
use crate::{
    detection::{Detection, View},
    geometry::Rect,
    observation::{Judged, Observation},
    picture::{Mask, PictureError, thumbnail},
    replay::{ReplayError, picture_at},
    watcher::Detectors,
};

/// No picture of a clip in a folder of this name is shown to anybody: it is there to be measured with, and no more.
pub const PRIVATE_FOLDER: &str = "eval_only";

/// What is shown of a fall without an alert: this long after the fallen state began, in seconds.
const AFTER_MISS_S: f64 = 10.0;

/// One picture of a clip.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Its time in the clip, in seconds.
    pub at_s: f64,
    /// Why it is shown.
    pub shows: Shows,
    /// Width and height of the frame that was judged, in pixels.
    pub size: (u32, u32),
    /// The frame, smaller, nobody's face in it; none where it [may not be shown](may_be_shown).
    pub jpeg: Option<Vec<u8>>,
    /// Everyone seen upright, in shares of the picture's width and height.
    pub upright: Vec<Rect>,
    /// Everyone seen lying, likewise.
    pub lying: Vec<Rect>,
    /// What an alert is about, likewise.
    pub alert: Option<Rect>,
}

/// Why a picture is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The fallen state begins.
    FallBegins,
    /// An alert was raised.
    Alert,
    /// Nobody was told of the fall, and by now somebody should have been.
    Missed,
    /// People were counted.
    Counted,
}

/// Whether a picture of the clip at `path` may be shown: not where it lies in a folder named [`PRIVATE_FOLDER`],
/// however the path to it is written.
pub fn may_be_shown(path: &Path) -> bool {
    let private = |path: &Path| path.components().any(|part| part.as_os_str() == OsStr::new(PRIVATE_FOLDER));
    // A file that cannot be resolved is not shown either.
    !private(path) && path.canonicalize().is_ok_and(|resolved| !private(&resolved))
}

// === impl Shot ===

impl Shot {
    /// The picture that was judged, as one of the clip at `path`.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub(crate) fn new(
        path: &Path,
        judged: &Judged,
        shows: Shows,
        mask: Mask,
        at_s: f64,
    ) -> Result<Self, PictureError> {
        let (width, height) = (judged.frame.width, judged.frame.height);
        let share = |seen: &Detection| seen.rect.scaled(1.0 / width as f32, 1.0 / height as f32);
        let jpeg = may_be_shown(path).then(|| thumbnail(judged, mask)).transpose()?;
        let lying = judged.fallen.iter().filter(|seen| seen.view != View::Upright);
        Ok(Self {
            at_s,
            shows,
            size: (width, height),
            jpeg,
            upright: judged.upright.iter().map(share).collect(),
            lying: lying.map(share).collect(),
            alert: None,
        })
    }
}

/// Makes the pictures of one clip.
pub(super) struct Shooter<'a> {
    pub(super) path: &'a Path,
    pub(super) end_s: Option<f64>,
    pub(super) camera: &'a CameraId,
    pub(super) detectors: &'a Detectors,
}

impl Shooter<'_> {
    /// Of every fall its beginning, of every alert the picture that led to it, and of every fall without an alert what
    /// the camera shows when there should have been one; in the order of time.
    pub(super) async fn shots(
        &self,
        outcomes: &[Outcome],
        alerts: impl Iterator<Item = &Observation>,
    ) -> Result<Vec<Shot>, EvalError> {
        let mut shots = Vec::new();
        for outcome in outcomes {
            let Some(fall) = outcome.fall() else { continue };
            shots.push(self.shot_at(fall.from_s, Shows::FallBegins).await?);
            if matches!(outcome, Outcome::Missed { .. }) {
                shots.push(self.shot_at(fall.from_s + AFTER_MISS_S, Shows::Missed).await?);
            }
        }
        for observation in alerts {
            let Some(judged) = &observation.judged else { continue };
            let shot = self.shot(judged, Shows::Alert, Mask::Heads, at_s(observation))?;
            shots.push(Shot { alert: Some(observation.place), ..shot });
        }
        shots.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        Ok(shots)
    }

    async fn shot_at(&self, at_s: f64, shows: Shows) -> Result<Shot, EvalError> {
        let within = self.end_s.map_or(at_s, |end_s| at_s.min(end_s));
        let at = Duration::try_from_secs_f64(within).unwrap_or_default();
        let frame = picture_at(self.path, self.camera, at)?;
        let detect_error = |source| ReplayError::Detect { clip: self.path.display().to_string(), source };
        let upright = self.detectors.person.detect(&frame).await.map_err(detect_error)?.detections;
        let fallen = self.detectors.fallen.detect(&frame).await.map_err(detect_error)?.detections;
        // Somebody is in the picture. Where no model saw them, it is not known where their face is.
        let unseen = shows == Shows::Missed || (upright.is_empty() && fallen.is_empty());
        let mask = if unseen { Mask::Everything } else { Mask::Heads };
        self.shot(&Judged { frame, upright, fallen, heads: Vec::new() }, shows, mask, at_s)
    }

    fn shot(&self, judged: &Judged, shows: Shows, mask: Mask, at_s: f64) -> Result<Shot, EvalError> {
        Shot::new(self.path, judged, shows, mask, at_s)
            .map_err(|source| EvalError::Picture { clip: self.path.to_owned(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_private_folder_may_be_shown_whichever_way_it_is_reached() {
        let folder = tempfile::TempDir::new().unwrap();
        let (private, open) = (folder.path().join("a").join(PRIVATE_FOLDER), folder.path().join("open"));
        std::fs::create_dir_all(&private).unwrap();
        std::fs::create_dir_all(&open).unwrap();
        for file in [private.join("clip.mp4"), open.join("clip.mp4"), open.join("eval_only.mp4")] {
            std::fs::write(file, b"").unwrap();
        }
        std::os::unix::fs::symlink(private.join("clip.mp4"), open.join("link.mp4")).unwrap();
        assert!(may_be_shown(&open.join("clip.mp4")));
        assert!(may_be_shown(&open.join("eval_only.mp4")), "only the folder's name counts");
        assert!(!may_be_shown(&private.join("clip.mp4")));
        assert!(!may_be_shown(&open.join("link.mp4")), "by a link");
        assert!(!may_be_shown(&open.join("../a/eval_only/clip.mp4")));
        assert!(!may_be_shown(&open.join("absent.mp4")), "what cannot be found is not shown");
    }
}
