//! The canary: a drawn picture with two people on their feet and one on the ground, shown to every session at its start
//! and then once a minute. A session that no longer sees in it what the processor saw in full precision is not believed.

mod drawing;

use std::sync::LazyLock;

use gridwatch_ingest::{CameraId, Frame, Generation};
use jiff::Timestamp;

use crate::{batch::Seen, detection::Detection};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;

/// Two boxes that overlap by this much mean the same person.
const IOU_MIN: f32 = 0.5;
/// How far the scores of the same person may differ. On bf16 they differ by 0.02 at most.
const SCORE_MAX: f32 = 0.15;

/// By how many heads a count may differ, and by which share of them where they are many.
const HEADS_MAX: f32 = 1.0;
const HEADS_SHARE_MAX: f32 = 0.1;

/// The picture, and what is to be seen in it.
#[derive(Clone)]
pub(crate) struct Canary {
    pub(crate) frame: Frame,
    reference: Seen,
}

/// The picture; None would mean that it is not drawn as large as it says.
pub(crate) fn picture() -> Option<Frame> {
    static PICTURE: LazyLock<Option<Frame>> = LazyLock::new(|| {
        let camera = CameraId::new("canary").ok()?;
        Frame::from_bgr(camera, Generation(0), Timestamp::UNIX_EPOCH, (WIDTH, HEIGHT), &drawing::bgr())
    });
    PICTURE.clone()
}

impl Canary {
    /// `reference` is what a session that is believed saw in `frame`.
    pub(crate) fn new(frame: Frame, reference: Seen) -> Self {
        Self { frame, reference }
    }

    /// Whether that is what is to be seen; if not, what the difference is.
    pub(crate) fn check(&self, seen: &Seen) -> Result<(), String> {
        lacks(&self.reference.detections, &seen.detections, "is not seen any more")?;
        lacks(&seen.detections, &self.reference.detections, "is seen where nobody is")?;
        let heads = |seen: &Seen| seen.heads.iter().map(|head| head.weight).sum::<f32>();
        let (expected, found) = (heads(&self.reference), heads(seen));
        if (found - expected).abs() > HEADS_MAX.max(HEADS_SHARE_MAX * expected) {
            return Err(format!("{found:.1} heads are counted instead of {expected:.1}"));
        }
        Ok(())
    }
}

/// An error when one of `wanted` that is sure enough is not among `there`.
fn lacks(wanted: &[Detection], there: &[Detection], what: &str) -> Result<(), String> {
    // What is less sure may fall to either side of the least score, and is allowed to.
    let surest = wanted.iter().map(|d| d.score).fold(0.0, f32::max);
    let sure = wanted.iter().filter(|d| d.score > 2.0 * SCORE_MAX && d.score >= 0.5 * surest);
    for detection in sure {
        let same = |other: &&Detection| {
            other.view == detection.view
                && other.rect.iou(&detection.rect) >= IOU_MIN
                && (other.score - detection.score).abs() <= SCORE_MAX
        };
        if !there.iter().any(|other| same(&other)) {
            let (x, y) = detection.rect.center();
            return Err(format!("somebody at {x:.0}, {y:.0} with score {:.2} {what}", detection.score));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detection::{Head, View},
        family::footage::{data, seen},
        geometry::Rect,
        model::Role,
    };

    /// Where the drawn people are: two who stand, and one who lies.
    const STANDING: [Rect; 2] = [Rect::new(60.0, 38.0, 160.0, 300.0), Rect::new(233.0, 78.0, 307.0, 270.0)];
    const LYING: Rect = Rect::new(368.0, 225.0, 602.0, 315.0);

    fn detection(rect: Rect, score: f32) -> Detection {
        Detection { rect, score, view: View::Upright }
    }

    #[test]
    fn detectors_see_the_people_that_are_drawn() {
        let Some(data) = data() else { return };
        let picture = picture().unwrap();
        for file in [
            "kazperson_yolox_192x320.onnx",
            "yolox_nano_person_256x448.onnx",
            "yolox_nano_person_384x640.onnx",
            "person_detection_0200_256x256_int8.onnx",
        ] {
            let found = seen(&data, file, Role::Person, 0.3, 0.45, &picture);
            for person in STANDING {
                assert!(found.iter().any(|d| d.rect.iou(&person) > 0.6), "{file}: {found:?}");
            }
        }
        for file in ["yolox_nano_person_640x640.onnx", "yolox_nano_person_rot3_640.onnx"] {
            let found = seen(&data, file, Role::Fallen, 0.3, 0.45, &picture);
            assert!(found.iter().any(|d| d.rect.iou(&LYING) > 0.6), "{file}: {found:?}");
        }
    }

    #[test]
    fn what_is_sure_must_be_there_and_what_is_not_may_be() {
        let [one, two] = STANDING;
        let seen = |detections: &[Detection]| Seen {
            camera: CameraId::new("canary").unwrap(),
            generation: Generation(0),
            detections: detections.to_vec(),
            poses: Vec::new(),
            heads: Vec::new(),
        };
        let canary = |detections: &[Detection]| Canary::new(picture().unwrap(), seen(detections));
        let both = canary(&[detection(one, 0.9), detection(two, 0.8), detection(LYING, 0.2)]);
        let shifted = Rect { x1: two.x1 + 4.0, ..two };
        assert_eq!(both.check(&seen(&[detection(one, 0.85), detection(shifted, 0.9)])), Ok(()));
        let lost = both.check(&seen(&[detection(one, 0.9), detection(LYING, 0.8)])).unwrap_err();
        assert_eq!(lost, "somebody at 270, 174 with score 0.80 is not seen any more");
        assert!(both.check(&seen(&[detection(one, 0.9), detection(two, 0.5)])).is_err(), "less sure by far");
        let invented = both.check(&seen(&[detection(one, 0.9), detection(two, 0.8), detection(LYING, 0.7)]));
        assert_eq!(invented.unwrap_err(), "somebody at 485, 270 with score 0.70 is seen where nobody is");
        assert_eq!(canary(&[]).check(&seen(&[])), Ok(()));
        let crowd = |weight: f32| Seen { heads: vec![Head { x: 9.0, y: 9.0, weight }], ..seen(&[]) };
        let counted = Canary::new(picture().unwrap(), crowd(30.0));
        assert_eq!(counted.check(&crowd(32.5)), Ok(()));
        assert_eq!(counted.check(&crowd(20.0)).unwrap_err(), "20.0 heads are counted instead of 30.0");
    }
}
