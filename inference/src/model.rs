//! A detector's ONNX file: what it must look like, and how its numbers become detections.

use std::path::{Path, PathBuf};

use ort::{
    session::Session,
    value::{Outlet, TensorElementType, TensorRef, ValueType},
};

use crate::{
    batch::{Batch, BatchModel},
    detection::{Detection, View},
    geometry::Rect,
    letterbox::InputSize,
    nms::suppress,
    runtime::Runtime,
};

/// What a model's output means. Both take float32 `[N, 3, height, width]`, planes B, G, R with values 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// Contract A, person boxes: output `boxes`, float32 `[N, A, 5]`: x1, y1, x2, y2, score, in input pixels, before
    /// suppression.
    PersonBoxes,
    /// Contract R, any orientation: output `boxes_rot`, float32 `[N, A, 6]`: as contract A, and by how many degrees the
    /// picture was turned when the box was seen (0, 90, 270).
    AnyOrientation,
}

impl Contract {
    fn output(self) -> &'static str {
        match self {
            Self::PersonBoxes => "boxes",
            Self::AnyOrientation => "boxes_rot",
        }
    }

    fn values(self) -> usize {
        match self {
            Self::PersonBoxes => 5,
            Self::AnyOrientation => 6,
        }
    }
}

/// Which model to load, and how to read it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// The ONNX file.
    pub file: PathBuf,
    /// What its output means.
    pub contract: Contract,
    /// Boxes below this score are not looked at, 0 to 1.
    pub score_min: f32,
    /// Boxes that overlap by more than this mean the same person, 0 to 1.
    pub iou_max: f32,
    /// Threads of the session.
    pub threads: usize,
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file is not there or may not be read.
    #[error("cannot read the model {file}: {source}")]
    File {
        /// Which file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// ONNX Runtime does not take it.
    #[error("{file} is no model that ONNX Runtime can load: {what}")]
    Broken {
        /// Which file.
        file: PathBuf,
        /// What ONNX Runtime said.
        what: String,
    },
    /// It is a model, but not of the contract.
    #[error("{file} does not fit: expected {expected}, found {found}")]
    Contract {
        /// Which file.
        file: PathBuf,
        /// What the contract asks for.
        expected: String,
        /// What the file has.
        found: String,
    },
    /// The thread that would own it did not start.
    #[error("the thread for {file} did not start: {source}")]
    Thread {
        /// Which file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A loaded model, owned by one thread.
pub(crate) struct OnnxModel {
    session: Session,
    spec: ModelSpec,
    input: String,
    size: InputSize,
}

impl OnnxModel {
    /// Loads the file and checks that it fits its contract.
    pub(crate) fn load(runtime: &Runtime, spec: &ModelSpec) -> Result<Self, ModelError> {
        // ONNX Runtime's own message for a missing file does not say what the system said.
        std::fs::File::open(&spec.file)
            .map_err(|source| ModelError::File { file: spec.file.clone(), source })?;
        let session = open_session(runtime, spec)
            .map_err(|what| ModelError::Broken { file: spec.file.clone(), what })?;
        let (input, size) = check_input(&spec.file, session.inputs())?;
        check_output(&spec.file, spec.contract, session.outputs())?;
        Ok(Self { session, spec: spec.clone(), input, size })
    }
}

fn open_session(runtime: &Runtime, spec: &ModelSpec) -> Result<Session, String> {
    let builder = Session::builder(&runtime.environment).map_err(|e| e.to_string())?;
    let builder = builder.with_intra_threads(spec.threads.max(1)).map_err(|e| e.to_string())?;
    // A spinning thread is fast for one session and takes the core from everybody else.
    let mut builder = builder.with_intra_op_spinning(false).map_err(|e| e.to_string())?;
    builder.commit_from_file(&spec.file).map_err(|e| e.to_string())
}

fn check_input(file: &Path, inputs: &[Outlet]) -> Result<(String, InputSize), ModelError> {
    let wrong = |found: String| ModelError::Contract {
        file: file.to_owned(),
        expected: "one input, float32 [N, 3, height, width] with a dynamic N".to_owned(),
        found,
    };
    let [input] = inputs else { return Err(wrong(format!("{} inputs", inputs.len()))) };
    match input.dtype() {
        ValueType::Tensor { ty: TensorElementType::Float32, shape, .. } => match shape[..] {
            [-1, 3, height, width] if height > 0 && width > 0 => {
                Ok((input.name().to_owned(), InputSize { width: width as usize, height: height as usize }))
            }
            _ => Err(wrong(format!("float32 {shape:?}"))),
        },
        other => Err(wrong(format!("{other:?}"))),
    }
}

fn check_output(file: &Path, contract: Contract, outputs: &[Outlet]) -> Result<(), ModelError> {
    let (name, values) = (contract.output(), contract.values() as i64);
    let expected = format!("an output `{name}`, float32 [N, boxes, {values}]");
    let wrong =
        |found: String| ModelError::Contract { file: file.to_owned(), expected: expected.clone(), found };
    let Some(output) = outputs.iter().find(|output| output.name() == name) else {
        let names: Vec<&str> = outputs.iter().map(Outlet::name).collect();
        return Err(wrong(format!("outputs {names:?}")));
    };
    match output.dtype() {
        // The exporter may leave the last size open; then the first run shows it.
        ValueType::Tensor { ty: TensorElementType::Float32, shape, .. }
            if shape.len() == 3 && (shape[2] == values || shape[2] == -1) =>
        {
            Ok(())
        }
        other => Err(wrong(format!("{other:?}"))),
    }
}

impl BatchModel for OnnxModel {
    fn input_size(&self) -> InputSize {
        self.size
    }

    fn run(&mut self, batch: &Batch) -> Result<Vec<Vec<Detection>>, String> {
        let rows = batch.rows().len();
        let shape = [rows, 3, self.size.height, self.size.width];
        let tensor = TensorRef::from_array_view((shape, batch.tensor())).map_err(|e| e.to_string())?;
        let outputs =
            self.session.run(ort::inputs![self.input.as_str() => tensor]).map_err(|e| e.to_string())?;
        let output = outputs.get(self.spec.contract.output()).ok_or("the output is missing")?;
        let (shape, values) = output.try_extract_tensor::<f32>().map_err(|e| e.to_string())?;
        let width = self.spec.contract.values();
        if shape.len() != 3 || shape[0] != rows as i64 || shape[2] != width as i64 {
            return Err(format!("expected output [{rows}, boxes, {width}], got {shape:?}"));
        }
        if values.iter().any(|value| value.is_nan()) {
            return Err("the output holds values that are no numbers".to_owned());
        }
        let per_row = shape[1] as usize * width;
        Ok((0..rows)
            .map(|row| read_boxes(&values[row * per_row..(row + 1) * per_row], width, &self.spec))
            .map(|boxes| suppress(boxes, self.spec.iou_max))
            .collect())
    }
}

/// The boxes of one row above the score, in input pixels.
fn read_boxes(values: &[f32], width: usize, spec: &ModelSpec) -> Vec<Detection> {
    let boxes = values.chunks_exact(width).filter(|b| b[4] >= spec.score_min);
    boxes
        .map(|b| Detection {
            rect: Rect::new(b[0], b[1], b[2], b[3]),
            score: b[4].min(1.0),
            view: match b.get(5) {
                Some(turned) if (turned - 90.0).abs() < 1.0 => View::Quarter,
                Some(turned) if (turned - 270.0).abs() < 1.0 => View::ThreeQuarter,
                _ => View::Upright,
            },
        })
        .collect()
}
