use std::path::Path;

use gridwatch_ingest::{CameraId, Clock, Ingest, IngestSettings, recording};
use jiff::Timestamp;

use super::*;
use crate::{
    detection::Detection,
    detector::Detector,
    family::footage::data,
    geometry::Rect,
    model::{ModelSpec, Role},
    provider::EngineChoice,
    testing::runtime,
};

fn detectors(data: &Path) -> Detectors {
    // Starts GStreamer; no camera is added.
    Ingest::new(IngestSettings::default(), Clock::system()).unwrap();
    let start = |role, file: &str, score_min| {
        let (file, engine) = (data.join("models").join(file), EngineChoice::default());
        let spec = ModelSpec { file, role, score_min, iou_max: 0.45, threads: 1, sessions: 1, engine };
        Detector::start(runtime(), &spec).unwrap()
    };
    Detectors {
        person: start(Role::Person, "yolox_nano_person_384x640.onnx", 0.3),
        fallen: start(Role::Fallen, "yolox_nano_person_rot3_640.onnx", 0.3),
        crowd: None,
    }
}

fn read(path: &Path) -> Vec<Arc<AccessUnit>> {
    recording::read(path, &CameraId::new("cam").unwrap(), Timestamp::UNIX_EPOCH).unwrap()
}

/// The pictures that are masked.
fn pictures(units: &[Arc<AccessUnit>]) -> Vec<(Duration, Frame)> {
    pictures_every(units, Duration::from_secs(1) / PICTURES_PER_S)
}

fn pictures_every(units: &[Arc<AccessUnit>], interval: Duration) -> Vec<(Duration, Frame)> {
    ClipPictures::new(units, interval).unwrap().collect::<Result<_, _>>().unwrap()
}

/// The mean difference between two pictures within a rectangle, or beyond all of several, in levels of luma.
fn difference(a: &Frame, b: &Frame, within: impl Fn(f32, f32) -> bool) -> f64 {
    let [a, b] = [a, b].map(|frame| frame.planes()[0]);
    let (mut sum, mut count) = (0u64, 0u64);
    for y in 0..a.height {
        for (x, (a, b)) in a.row(y).iter().zip(b.row(y)).enumerate() {
            if within(x as f32, y as f32) {
                sum += u64::from(a.abs_diff(*b));
                count += 1;
            }
        }
    }
    sum as f64 / count.max(1) as f64
}

/// How much neighbours differ within a rectangle: what there is to be seen.
fn detail(frame: &Frame, rect: &Rect) -> f64 {
    let luma = frame.planes()[0];
    let cut = rect.clamped(luma.width as f32 - 1.0, luma.height as f32);
    let (mut sum, mut count) = (0u64, 0u64);
    for y in cut.y1 as usize..cut.y2 as usize {
        let row = &luma.row(y)[cut.x1 as usize..=cut.x2 as usize];
        sum += row.windows(2).map(|pair| u64::from(pair[0].abs_diff(pair[1]))).sum::<u64>();
        count += row.len() as u64 - 1;
    }
    sum as f64 / count.max(1) as f64
}

fn holds(rect: &Rect, x: f32, y: f32) -> bool {
    rect.x1 <= x && x <= rect.x2 && rect.y1 <= y && y <= rect.y2
}

/// People walk, one after the other, and somebody falls: in every picture whoever a model sees has no head to be recognised by, and
/// what is far from people looks as it did.
#[tokio::test(flavor = "multi_thread")]
async fn heads_in_a_clip_cannot_be_read_and_the_rest_can() {
    let Some(data) = data() else { return };
    let detectors = detectors(&data);
    let mut read_heads = 0;
    for (clip, seconds) in
        [("clips/intel/one-by-one-person-detection.mp4", 14), ("clips/gmdcsa24/S1_Fall_13.mp4", 14)]
    {
        let mut units = read(&data.join(clip));
        units.retain(|unit| unit.pts <= Duration::from_secs(seconds));
        let (masked, looks) = tokio::task::spawn_blocking({
            let (detectors, units, runtime) = (detectors.clone(), units.clone(), Handle::current());
            move || {
                let masked = masked_clip(&units, &detectors, None, &runtime).unwrap();
                // Every picture is looked at here: also those between the looks that the mask had.
                let looks: Vec<Vec<Detection>> = pictures(&units)
                    .iter()
                    .map(|(_, frame)| runtime.block_on(detectors.person.detect(frame)).unwrap().detections)
                    .collect();
                (masked, looks)
            }
        })
        .await
        .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clip.mp4");
        std::fs::write(&file, &masked).unwrap();
        let (before, after) = (pictures(&units), pictures_every(&read(&file), Duration::ZERO));
        assert!(before.len() >= 30, "{clip}: {} pictures", before.len());
        assert_eq!(before.len(), after.len(), "{clip}: a picture is missing");
        let length =
            |all: &[(Duration, Frame)]| all.last().map(|(at, _)| at.as_secs_f64()).unwrap_or_default();
        assert!((length(&before) - length(&after)).abs() < 0.2, "{clip}: another length");

        let mut clear = 0;
        for (((_, before), (_, after)), people) in before.iter().zip(&after).zip(&looks) {
            let sure: Vec<Rect> =
                people.iter().filter(|person| person.score >= 0.6).flat_map(heads).collect();
            // The middle of a head; hair and hat belong to it, and what is behind it does not.
            for head in sure.iter().filter(|head| head.height() >= 12.0 && head.width() >= 12.0) {
                let (dx, dy) = (head.width() / 4.0, head.height() / 4.0);
                let face = Rect::new(head.x1 + dx, head.y1 + dy, head.x2 - dx, head.y2 - dy);
                let (was, is) = (detail(before, &face), detail(after, &face));
                if was >= 6.0 {
                    read_heads += 1;
                    assert!(is < 0.7 * was, "{clip}: a head at {head:?}: {was:.1} before, {is:.1} after");
                }
            }
            // Half of the picture's width away from everybody.
            let near = |x: f32, y: f32| {
                people.iter().any(|person| {
                    let Rect { x1, y1, x2, y2 } = person.rect;
                    holds(&Rect::new(x1 - 80.0, y1 - 80.0, x2 + 80.0, y2 + 80.0), x, y)
                })
            };
            let elsewhere = difference(before, after, |x, y| !near(x, y));
            clear += usize::from(elsewhere < 6.0);
        }
        // While somebody is not seen between two looks, all that lies between may be covered.
        assert!(
            10 * clear >= 9 * looks.len(),
            "{clip}: {clear} of {} pictures are clear elsewhere",
            looks.len()
        );
    }
    assert!(read_heads >= 20, "{read_heads} heads, so nothing was tested");
}

/// What cannot be looked at is not masked, and so not kept.
#[tokio::test(flavor = "multi_thread")]
async fn without_pictures_there_is_no_clip() {
    let Some(data) = data() else { return };
    let detectors = detectors(&data);
    let runtime = Handle::current();
    let masked =
        tokio::task::spawn_blocking(move || masked_clip(&[], &detectors, None, &runtime)).await.unwrap();
    assert!(matches!(masked, Err(MaskError::Decode(DecodeError::NoPicture))));
}
