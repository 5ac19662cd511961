//! Families on real files and a real clip, each held against a graph that does the same work by itself.

use std::{
    io::{Write, stderr},
    path::{Path, PathBuf},
};

use gridwatch_ingest::{CameraId, Clock, DecoderChain, Frame, Ingest, IngestSettings, recording};
use jiff::Timestamp;

use crate::{
    batch::{Batch, BatchModel, Seen},
    detection::{Detection, View},
    geometry::Part,
    model::{ModelSpec, OnnxModel, Role},
    preprocess::Preprocessor,
    provider::EngineChoice,
    testing::runtime,
};

/// The folder of clips and models; says that the running test is skipped where there is none.
pub(crate) fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("GRIDWATCH_DATA").map(PathBuf::from).filter(|folder| folder.is_dir());
    if folder.is_none() {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        // Not `println`, which nobody sees of a test that passes.
        let _ = writeln!(stderr(), "skipped: {test}: needs GRIDWATCH_DATA");
    }
    folder
}

/// A clip in which somebody stands at first, and lies at its end.
const FALL: &str = "clips/gmdcsa24/S1_Fall_13.mp4";

/// The newest picture of a clip at that second.
pub(super) async fn picture(clip: &Path, second: f64) -> Frame {
    // Starts GStreamer; no camera is added.
    Ingest::new(IngestSettings::default(), Clock::system()).unwrap();
    let mut units = recording::read(clip, &CameraId::new("cam").unwrap(), Timestamp::UNIX_EPOCH).unwrap();
    units.retain(|unit| unit.pts.as_secs_f64() <= second);
    DecoderChain::new(units[0].parameters.codec).unwrap().decode(&units, true).unwrap()
}

/// The boxes that a model sees in a frame, in its pixels. With an `iou_max` of 1 nothing is suppressed.
pub(crate) fn seen(
    data: &Path,
    file: &str,
    role: Role,
    score_min: f32,
    iou_max: f32,
    frame: &Frame,
) -> Vec<Detection> {
    all_seen(data, file, role, score_min, iou_max, frame).detections
}

/// All that it sees.
fn all_seen(data: &Path, file: &str, role: Role, score_min: f32, iou_max: f32, frame: &Frame) -> Seen {
    let file = data.join("models").join(file);
    let engine = EngineChoice::default();
    let spec = ModelSpec { file, role, score_min, iou_max, threads: 1, sessions: 1, engine };
    let mut model = OnnxModel::load(runtime(), &spec).unwrap();
    let mut batch = Batch::new(Vec::new());
    let whole = Part::whole(frame.width, frame.height);
    batch.push(frame, whole, &model.input(), &mut Preprocessor::default()).unwrap();
    let seen = model.run(&batch).unwrap();
    batch.assign(seen).unwrap().remove(0)
}

/// How well the best of `others` in the same view covers a box: intersection over union, and how the scores differ.
fn match_of(detection: &Detection, others: &[Detection]) -> (f32, f32) {
    let same_view = others.iter().filter(|other| other.view == detection.view);
    let pairs =
        same_view.map(|other| (other.rect.iou(&detection.rect), (other.score - detection.score).abs()));
    pairs.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((0.0, 1.0))
}

#[tokio::test]
async fn yolox_read_here_is_what_its_graph_reads_by_itself() {
    let Some(data) = data() else { return };
    let frame = picture(&data.join(FALL), 0.5).await;
    let read_here = seen(&data, "yolox_nano_coco_416_official_b1.onnx", Role::Person, 0.05, 0.45, &frame);
    // The same weights at the same size, with the boxes made within the graph.
    let mut by_graph = seen(&data, "yolox_nano_person_rot3_416.onnx", Role::Fallen, 0.05, 0.45, &frame);
    by_graph.retain(|d| d.view == View::Upright);
    assert!(!by_graph.is_empty() && by_graph[0].score > 0.5, "{by_graph:?}");
    assert_eq!(read_here.len(), by_graph.len());
    for detection in &by_graph {
        let (iou, difference) = match_of(detection, &read_here);
        assert!(iou > 0.99 && difference < 0.005, "{detection:?} is not in {read_here:?}");
    }
}

#[tokio::test]
async fn views_turned_here_show_what_a_graph_that_turns_by_itself_shows() {
    let Some(data) = data() else { return };
    let frame = picture(&data.join(FALL), 60.0).await;
    let turned_here = seen(&data, "yolox_nano_person_640x640.onnx", Role::Fallen, 0.1, 0.45, &frame);
    // The same weights at the same size, with the picture turned within the graph.
    let mut by_graph = seen(&data, "yolox_nano_person_rot3_640.onnx", Role::Fallen, 0.1, 0.45, &frame);
    by_graph.retain(|d| d.view != View::Upright);
    assert!(by_graph.iter().any(|d| d.score > 0.5), "somebody lies: {by_graph:?}");
    assert_eq!(turned_here.len(), by_graph.len());
    for detection in &by_graph {
        let (iou, difference) = match_of(detection, &turned_here);
        assert!(iou > 0.99 && difference < 0.005, "{detection:?} is not in {turned_here:?}");
    }
}

#[tokio::test]
async fn all_families_see_the_same_person() {
    let Some(data) = data() else { return };
    let frame = picture(&data.join(FALL), 0.5).await;
    let surest = |file| seen(&data, file, Role::Person, 0.3, 0.45, &frame).into_iter().next();
    let expected = surest("yolox_nano_person_640x640.onnx").unwrap();
    for file in [
        "kazperson_yolox_192x320.onnx",
        "yolox_nano_coco_416_official_b1.onnx",
        "person_detection_0200_256x256_int8.onnx",
        "FastestDet.onnx",
    ] {
        let found = surest(file).unwrap();
        assert!(found.rect.iou(&expected.rect) > 0.7, "{file}: {found:?} instead of {expected:?}");
    }
}

#[tokio::test]
async fn a_pose_is_where_the_person_is_and_the_right_way_up() {
    let Some(data) = data() else { return };
    let frame = picture(&data.join(FALL), 0.5).await;
    let person = seen(&data, "yolox_nano_person_640x640.onnx", Role::Person, 0.3, 0.45, &frame)[0];
    let poses = all_seen(&data, "posenet_mnv1_075_257x257_qdq.onnx", Role::Pose, 0.5, 0.45, &frame).poses;
    assert_eq!(poses.len(), 1, "{poses:?}");
    assert!(poses[0].person.rect.iou(&person.rect) > 0.5, "{:?} instead of {person:?}", poses[0].person);
    let [nose, .., left_ankle, right_ankle] = poses[0].keypoints;
    let (left_hip, right_hip) = (poses[0].keypoints[11], poses[0].keypoints[12]);
    assert!(nose.y < left_hip.y.min(right_hip.y), "{:?}", poses[0].keypoints);
    assert!(left_hip.y.max(right_hip.y) < left_ankle.y.min(right_ankle.y), "{:?}", poses[0].keypoints);
    // Somebody who faces the camera has the left hand on its right.
    assert!(right_hip.x < left_hip.x, "{:?}", poses[0].keypoints);
}

#[tokio::test]
async fn a_density_map_counts_those_who_sit_there_and_nobody_outside_of_the_frame() {
    let Some(data) = data() else { return };
    // Four people, and a picture that is wider than the input: there is grey below.
    let frame = picture(&data.join("clips/intel/classroom.mp4"), 0.0).await;
    let heads = all_seen(&data, "mcnn_shtechB.onnx", Role::Crowd, 0.0, 0.45, &frame).heads;
    let count: f32 = heads.iter().map(|head| head.weight).sum();
    assert!((3.0..6.0).contains(&count), "{count}");
    let people = seen(&data, "yolox_nano_person_640x640.onnx", Role::Person, 0.3, 0.45, &frame);
    assert_eq!(people.len(), 4, "{people:?}");
    let on_somebody = heads.iter().filter(|head| {
        people
            .iter()
            .any(|p| (p.rect.x1..=p.rect.x2).contains(&head.x) && (p.rect.y1..=p.rect.y2).contains(&head.y))
    });
    let share = on_somebody.map(|head| head.weight).sum::<f32>() / count;
    assert!(share > 0.5, "{share} of the heads are on somebody");
}
