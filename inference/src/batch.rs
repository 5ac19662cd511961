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
    rows: usize,
    views: Vec<Placement>,
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

    /// Adds a part of a frame in each view that the input asks for: each in a row of its own, or two in one.
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
        let views = Placement::all(part, input);
        let rows = views.last().map_or(0, |view| view.row + 1);
        let end = self.used + rows * input.values();
        if self.tensor.len() < end {
            self.tensor.resize(end, 0.0);
        }
        preprocessor.write(frame, &views, input, &mut self.tensor[self.used..end])?;
        self.used = end;
        self.frames.push(Placed { camera: frame.camera.clone(), generation: frame.generation, rows, views });
        Ok(())
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.frames.iter().map(|frame| frame.rows).sum()
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
            for (row, seen) in seen.by_ref().take(frame.rows).enumerate() {
                for view in frame.views.iter().filter(|view| view.row == row) {
                    let boxes = seen.detections.iter().filter(|seen| view.shows(seen.rect.center()));
                    all.detections.extend(boxes.map(|seen| view.to_frame(*seen)));
                    let poses = seen.poses.iter().filter(|seen| view.shows(seen.person.rect.center()));
                    all.poses.extend(poses.map(|seen| view.pose_to_frame(seen)));
                    let heads = seen.heads.iter().filter(|seen| view.shows((seen.x, seen.y)));
                    all.heads.extend(heads.filter_map(|seen| view.head_to_frame(seen)));
                }
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
