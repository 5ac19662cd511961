//! One batch: frames of several cameras side by side, each row knowing whose it is and how it was turned.

use gridwatch_ingest::{CameraId, Frame, Generation};

use crate::{
    detection::{Detection, Head, Pose, Sighting},
    geometry::Part,
    letterbox::Input,
    preprocess::Preprocessor,
    turned::Placement,
};

/// A model that looks at a batch.
pub(crate) trait BatchModel {
    /// How it wants its pictures.
    fn input(&self) -> Input;

    /// What it sees in each row, in input pixels: as much as the batch has rows, in the same order.
    fn run(&mut self, batch: &Batch) -> Result<Vec<Sighting>, String>;
}

/// The input tensor and, for each frame in it, where the frame came from.
pub(crate) struct Batch {
    frames: Vec<Placed>,
    tensor: Vec<f32>,
    /// So much of the tensor is this batch's; what is behind it is of an earlier one.
    used: usize,
}

/// A frame of the batch: whose it is, and how it lies in its rows, which follow one another.
struct Placed {
    camera: CameraId,
    generation: Generation,
    rows: Vec<Placement>,
}

/// What was seen in one camera's frame, in pixels of that frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The camera the frame came from.
    pub camera: CameraId,
    /// The generation the frame came from.
    pub generation: Generation,
    /// Everybody seen as a box, the surest first.
    pub detections: Vec<Detection>,
    /// The same people with the points of their bodies, where the model sees those.
    pub poses: Vec<Pose>,
    /// Heads in a crowd, where the model sees those; it gives no boxes then.
    pub heads: Vec<Head>,
}

impl Batch {
    /// An empty batch that will use `tensor`'s memory. What stands there is written over, and not cleared first: that
    /// would take as long as writing it.
    pub(crate) fn new(tensor: Vec<f32>) -> Self {
        Self { frames: Vec::new(), tensor, used: 0 }
    }

    /// Adds a part of a frame: a row for each view that the input asks for, or none when one of them fails.
    pub(crate) fn push(
        &mut self,
        frame: &Frame,
        part: Part,
        input: &Input,
        preprocessor: &mut Preprocessor,
    ) -> Result<(), String> {
        if !part.fits(frame.width, frame.height) {
            return Err(format!("{part:?} is no part of {} by {} pixels", frame.width, frame.height));
        }
        let end = self.used + input.views.len() * input.values();
        if self.tensor.len() < end {
            self.tensor.resize(end, 0.0);
        }
        let rows = preprocessor.write(frame, part, input, &mut self.tensor[self.used..end])?;
        self.used = end;
        self.frames.push(Placed { camera: frame.camera.clone(), generation: frame.generation, rows });
        Ok(())
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.frames.iter().map(|frame| frame.rows.len()).sum()
    }

    /// `rows()` times the input's values.
    pub(crate) fn tensor(&self) -> &[f32] {
        &self.tensor[..self.used]
    }

    /// Gives back to each camera what was seen in its rows, in pixels of its frame as it came.
    pub(crate) fn assign(&self, seen: Vec<Sighting>) -> Result<Vec<Seen>, String> {
        if seen.len() != self.rows() {
            return Err(format!("{} rows went in, {} came out", self.rows(), seen.len()));
        }
        let mut seen = seen.into_iter();
        let assigned = self.frames.iter().map(|frame| {
            let mut all = Sighting::default();
            for (row, seen) in frame.rows.iter().zip(seen.by_ref()) {
                all.detections.extend(seen.detections.into_iter().map(|detection| row.to_frame(detection)));
                all.poses.extend(seen.poses.iter().map(|pose| row.pose_to_frame(pose)));
                all.heads.extend(seen.heads.iter().filter_map(|head| row.head_to_frame(head)));
            }
            all.detections.sort_by(|a, b| b.score.total_cmp(&a.score));
            all.poses.sort_by(|a, b| b.person.score.total_cmp(&a.person.score));
            let Sighting { detections, poses, heads } = all;
            Seen { camera: frame.camera.clone(), generation: frame.generation, detections, poses, heads }
        });
        Ok(assigned.collect())
    }

    /// The tensor's memory, for the next batch.
    pub(crate) fn into_tensor(self) -> Vec<f32> {
        self.tensor
    }
}
