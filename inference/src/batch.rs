//! One batch: frames of several cameras side by side, each row knowing whose it is and how it was turned.

use gridwatch_ingest::{CameraId, Frame, Generation};

use crate::{
    detection::Detection,
    letterbox::{Input, Preprocessor},
    turned::Placement,
};

/// A model that looks at a batch.
pub(crate) trait BatchModel {
    /// How it wants its pictures.
    fn input(&self) -> Input;

    /// What it sees in each row, in input pixels: as many lists as the batch has rows, in the same order.
    fn run(&mut self, batch: &Batch) -> Result<Vec<Vec<Detection>>, String>;
}

/// The input tensor and, for each frame in it, where the frame came from.
pub(crate) struct Batch {
    frames: Vec<Placed>,
    tensor: Vec<f32>,
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
    /// What was seen, the surest first.
    pub detections: Vec<Detection>,
}

impl Batch {
    /// An empty batch that will use `tensor`'s memory.
    pub(crate) fn new(mut tensor: Vec<f32>) -> Self {
        tensor.clear();
        Self { frames: Vec::new(), tensor }
    }

    /// Adds a frame: a row for each view that the input asks for, or none when one of them fails.
    pub(crate) fn push(
        &mut self,
        frame: &Frame,
        input: &Input,
        preprocessor: &mut Preprocessor,
    ) -> Result<(), String> {
        let start = self.tensor.len();
        self.tensor.resize(start + input.views.len() * input.size.values(), 0.0);
        let rows = self.tensor[start..].chunks_exact_mut(input.size.values());
        let placed = input.views.iter().zip(rows);
        let placed = placed.map(|(view, row)| preprocessor.write(frame, *view, input, row));
        let rows = placed.collect::<Result<_, _>>().inspect_err(|_| self.tensor.truncate(start))?;
        self.frames.push(Placed { camera: frame.camera.clone(), generation: frame.generation, rows });
        Ok(())
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.frames.iter().map(|frame| frame.rows.len()).sum()
    }

    /// `rows()` times the input's values.
    pub(crate) fn tensor(&self) -> &[f32] {
        &self.tensor
    }

    /// Gives each row's detections back to its camera, in pixels of its frame as it came.
    pub(crate) fn assign(&self, seen: Vec<Vec<Detection>>) -> Result<Vec<Seen>, String> {
        if seen.len() != self.rows() {
            return Err(format!("{} rows went in, {} came out", self.rows(), seen.len()));
        }
        let mut seen = seen.into_iter();
        let assigned = self.frames.iter().map(|frame| {
            let rows = frame.rows.iter().zip(seen.by_ref());
            let mut detections: Vec<Detection> =
                rows.flat_map(|(row, seen)| seen.into_iter().map(|d| row.to_frame(d))).collect();
            detections.sort_by(|a, b| b.score.total_cmp(&a.score));
            Seen { camera: frame.camera.clone(), generation: frame.generation, detections }
        });
        Ok(assigned.collect())
    }

    /// The tensor's memory, for the next batch.
    pub(crate) fn into_tensor(self) -> Vec<f32> {
        self.tensor
    }
}
