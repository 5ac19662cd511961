//! Each family held against numbers that no code of gridwatch made: `tests/fixtures/make_references.py`. Published models
//! look at a clip, the small graphs of `tests/fixtures/families` at a drawn figure.

use std::path::{Path, PathBuf};

use ort::session::Session;
use serde::Deserialize;

use super::{
    Layout,
    footage::{self, data},
};
use crate::{
    detection::{Detection, Head, Keypoint, Pose, Sighting},
    letterbox::{Channels, Input, InputSize},
    model::Role,
    testing::runtime,
};

/// Where a box, a point or a head may be beside its reference, in input pixels.
const NEAR: f32 = 0.5;
/// How much surer or less sure a model may be than its reference: bytes are multiplied differently by other processors.
const SCORE_NEAR: f32 = 0.02;

/// What a model should see.
#[derive(Deserialize)]
struct Reference {
    file: PathBuf,
    /// The clip whose first picture it looks at; the drawn figure where there is none.
    clip: Option<PathBuf>,
    /// The width and height of the model's input.
    size: [usize; 2],
    /// The surest people before suppression: left, top, right, bottom, score, and x, y, score of each point of the body.
    #[serde(default)]
    people: Vec<Vec<f32>>,
    /// All heads: x, y, weight.
    #[serde(default)]
    heads: Vec<[f32; 3]>,
}

impl Reference {
    fn role(&self) -> Role {
        match (self.people.first(), self.heads.first()) {
            (_, Some(_)) => Role::Crowd,
            (Some(person), None) if person.len() > 5 => Role::Pose,
            // A graph that turns pictures by itself.
            _ if self.file.to_string_lossy().contains("_rot") => Role::Fallen,
            _ => Role::Person,
        }
    }

    /// What our code sees in the same picture.
    fn seen(&self, folder: &Path, picture: impl Fn(usize, usize) -> [u8; 3]) -> Sighting {
        let mut session = Session::builder(&runtime().environment).unwrap();
        let mut session = session.commit_from_file(folder.join(&self.file)).unwrap();
        let [width, height] = self.size;
        let layout = Layout::of(&mut session, self.role(), Some(InputSize { width, height })).unwrap();
        let mut tensor = tensor(&layout.input, picture);
        // Before suppression all sides overlap as they like.
        let mut ask = |tensor: &[f32]| {
            let outputs = layout.infer(&mut session, tensor).unwrap();
            layout.read(&outputs, tensor.len() / layout.input.values(), self.score_min(), 1.0).unwrap()
        };
        let seen = ask(&tensor).remove(0);
        if !layout.one_row {
            let rows = tensor.len();
            tensor.resize(2 * rows, 0.5);
            assert_eq!(ask(&tensor)[0], seen, "{:?}: a row beside must not matter", self.file);
            assert_eq!(ask(&tensor)[1], ask(&tensor[rows..])[0], "{:?}: nor which row it is", self.file);
        }
        seen
    }

    /// Low enough to see all references, but where a pose's points count or heads are counted.
    fn score_min(&self) -> f32 {
        if self.role() == Role::Person || self.role() == Role::Fallen { 0.01 } else { 0.5 }
    }

    fn compare(&self, seen: &Sighting) {
        for person in &self.people {
            let found = if person.len() > 5 {
                seen.poses.iter().any(|pose| is_person(&pose.person, person) && is_body(pose, &person[5..]))
            } else {
                seen.detections.iter().any(|detection| is_person(detection, person))
            };
            assert!(found, "{:?}: nobody at {person:?} in {seen:?}", self.file);
        }
        let is_head = |found: &Head, [x, y, weight]: &[f32; 3]| {
            (found.x - x).hypot(found.y - y) < NEAR && (found.weight - weight).abs() < SCORE_NEAR
        };
        for head in &self.heads {
            assert!(
                seen.heads.iter().any(|found| is_head(found, head)),
                "{:?}: no head at {head:?}",
                self.file
            );
        }
        let expected: f32 = self.heads.iter().map(|[_, _, weight]| weight).sum();
        let counted: f32 = seen.heads.iter().map(|head| head.weight).sum();
        assert!(
            (counted - expected).abs() <= SCORE_NEAR * expected,
            "{:?}: {counted} not {expected}",
            self.file
        );
    }
}

fn is_person(found: &Detection, expected: &[f32]) -> bool {
    let corners = [found.rect.x1, found.rect.y1, found.rect.x2, found.rect.y2];
    let near = corners.iter().zip(expected).all(|(a, b)| (a - b).abs() < NEAR);
    near && (found.score - expected[4]).abs() < SCORE_NEAR
}

fn is_body(found: &Pose, expected: &[f32]) -> bool {
    let near = |(point, expected): (&Keypoint, &[f32])| {
        (point.x - expected[0]).hypot(point.y - expected[1]) < NEAR
            && (point.score - expected[2]).abs() < SCORE_NEAR
    };
    expected.len() == 51 && found.keypoints.iter().zip(expected.chunks_exact(3)).all(near)
}

/// The row of a model's input tensor that shows a picture of the input's size.
fn tensor(input: &Input, picture: impl Fn(usize, usize) -> [u8; 3]) -> Vec<f32> {
    let (pixels, InputSize { width, height }) = (input.pixels, input.size);
    let value = |x: usize, y: usize, channel: usize| {
        let [blue, green, red] = picture(x, y).map(i32::from);
        let value = match pixels.channels {
            Channels::Bgr => [blue, green, red][channel],
            Channels::Rgb => [red, green, blue][channel],
            Channels::Grey => (77 * red + 150 * green + 29 * blue) >> 8,
        };
        value as f32 * pixels.scale[channel] + pixels.offset[channel]
    };
    let (count, plane) = (pixels.count(), width * height);
    let place = |i: usize| if pixels.interleaved { (i % count, i / count) } else { (i / plane, i % plane) };
    (0..count * plane).map(place).map(|(channel, i)| value(i % width, i / width, channel)).collect()
}

/// Somebody upright, drawn; blue, green, red of the pixel at `x`, `y`.
fn figure(x: usize, y: usize, [width, height]: [usize; 2]) -> [u8; 3] {
    let (u, v) = (100 * x / width, 100 * y / height);
    if u.abs_diff(50).pow(2) + v.abs_diff(18).pow(2) <= 49 {
        [140, 160, 200]
    } else if (38..62).contains(&u) && (26..60).contains(&v) {
        [150, 60, 40]
    } else if (40..60).contains(&u) && (60..92).contains(&v) && !(49..=50).contains(&u) {
        [60, 40, 30]
    } else {
        [100 + v as u8, 120, 110 + (u / 2) as u8]
    }
}

fn references() -> Vec<Reference> {
    serde_json::from_str(include_str!("../../../tests/fixtures/references.json")).unwrap()
}

#[test]
fn small_graphs_are_read_as_an_independent_computation_reads_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/families");
    let drawn: Vec<Reference> =
        references().into_iter().filter(|reference| reference.clip.is_none()).collect();
    assert_eq!(drawn.len(), std::fs::read_dir(&folder).unwrap().count(), "one for each file");
    for reference in drawn {
        reference.compare(&reference.seen(&folder, |x, y| figure(x, y, reference.size)));
    }
}

#[tokio::test]
async fn published_models_are_read_as_an_independent_computation_reads_them() {
    let Some(data) = data() else { return };
    for reference in references() {
        let Some(clip) = &reference.clip else { continue };
        let frame = footage::picture(&data.join("clips").join(clip), 0.0).await;
        let [luma, blue, red] = frame.planes();
        let [width, height] = reference.size;
        let seen = reference.seen(&data.join("models"), |x, y| {
            let (x, y) = (x * luma.width / width, y * luma.height / height);
            let c = 298 * (i32::from(luma.data[y * luma.stride + x]) - 16);
            let [blue, red] = [&blue, &red].map(|p| i32::from(p.data[y / 2 * p.stride + x / 2]) - 128);
            [c + 516 * blue, c - 100 * blue - 208 * red, c + 409 * red]
                .map(|v| ((v + 128) >> 8).clamp(0, 255) as u8)
        });
        reference.compare(&seen);
    }
}
