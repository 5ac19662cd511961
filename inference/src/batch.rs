//! One batch: frames of several cameras side by side, each row knowing whose it is.

use gridwatch_ingest::{CameraId, Frame, Generation};

use crate::{
    detection::Detection,
    letterbox::{InputSize, Letterbox, Preprocessor},
};

/// A model that looks at a batch.
pub(crate) trait BatchModel {
    /// The size of its input.
    fn input_size(&self) -> InputSize;

    /// What it sees in each row, in input pixels: as many lists as the batch has rows, in the same order.
    fn run(&mut self, batch: &Batch) -> Result<Vec<Vec<Detection>>, String>;
}

/// The input tensor and, for each of its rows, where the row came from.
pub(crate) struct Batch {
    rows: Vec<Row>,
    tensor: Vec<f32>,
}

/// Where a row of the tensor came from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) camera: CameraId,
    pub(crate) generation: Generation,
    letterbox: Letterbox,
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
        Self { rows: Vec::new(), tensor }
    }

    /// Adds a frame as the next row.
    pub(crate) fn push(
        &mut self,
        frame: &Frame,
        size: InputSize,
        preprocessor: &mut Preprocessor,
    ) -> Result<(), String> {
        let start = self.tensor.len();
        self.tensor.resize(start + size.values(), 0.0);
        let letterbox = preprocessor.write(frame, size, &mut self.tensor[start..]).inspect_err(|_| {
            self.tensor.truncate(start);
        })?;
        self.rows.push(Row { camera: frame.camera.clone(), generation: frame.generation, letterbox });
        Ok(())
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// `rows().len()` times the input's values.
    pub(crate) fn tensor(&self) -> &[f32] {
        &self.tensor
    }

    /// Gives each row's detections back to its camera, in pixels of its frame.
    pub(crate) fn assign(&self, seen: Vec<Vec<Detection>>) -> Result<Vec<Seen>, String> {
        if seen.len() != self.rows.len() {
            return Err(format!("{} rows went in, {} came out", self.rows.len(), seen.len()));
        }
        let assigned = self.rows.iter().zip(seen).map(|(row, detections)| Seen {
            camera: row.camera.clone(),
            generation: row.generation,
            detections: detections
                .into_iter()
                .map(|d| Detection { rect: row.letterbox.to_frame(&d.rect), ..d })
                .collect(),
        });
        Ok(assigned.collect())
    }

    /// The tensor's memory, for the next batch.
    pub(crate) fn into_tensor(self) -> Vec<f32> {
        self.tensor
    }
}
