//! A detector's ONNX file: loaded, recognised, and asked.

use std::path::PathBuf;

use ort::{
    session::Session,
    value::{Outlet, TensorRef},
};

use crate::{
    batch::{Batch, BatchModel},
    detection::Detection,
    family::{Layout, Misfit, Port},
    letterbox::Input,
    nms::suppress,
    runtime::Runtime,
};

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sees upright people; looks at every frame as it comes.
    Person,
    /// Sees people in any orientation. A model that sees only upright ones is shown every frame three times: as it
    /// comes, and turned by 90° and 270°.
    Fallen,
}

/// Which model to load, and how to read it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSpec {
    /// The ONNX file.
    pub file: PathBuf,
    /// What it is for. How it wants its pictures, and what its output means, is told from its graph.
    pub role: Role,
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
    /// It is a model, but of no family that can do what it is for.
    #[error("{file} does not fit: expected {expected}, found {found}")]
    Misfit {
        /// Which file.
        file: PathBuf,
        /// What would have fitted.
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
    layout: Layout,
}

impl OnnxModel {
    /// Loads the file and finds out of which family it is.
    pub(crate) fn load(runtime: &Runtime, spec: &ModelSpec) -> Result<Self, ModelError> {
        // ONNX Runtime's own message for a missing file does not say what the system said.
        std::fs::File::open(&spec.file)
            .map_err(|source| ModelError::File { file: spec.file.clone(), source })?;
        let session = open_session(runtime, spec)
            .map_err(|what| ModelError::Broken { file: spec.file.clone(), what })?;
        let ports = |outlets: &[Outlet]| outlets.iter().map(Port::from).collect::<Vec<_>>();
        let layout =
            Layout::recognise(spec.role, &ports(session.inputs()), &ports(session.outputs())).map_err(
                |Misfit { expected, found }| ModelError::Misfit { file: spec.file.clone(), expected, found },
            )?;
        tracing::info!(
            file = %spec.file.display(),
            family = ?layout.family,
            views = layout.input.views.len(),
            "a model is ready"
        );
        Ok(Self { session, spec: spec.clone(), layout })
    }

    /// Looks at rows that go through the graph together.
    fn run_rows(&mut self, tensor: &[f32]) -> Result<Vec<Vec<Detection>>, String> {
        let Layout { family, input: Input { size, .. }, .. } = self.layout;
        let rows = tensor.len() / size.values();
        let shape = [rows, 3, size.height, size.width];
        let tensor = TensorRef::from_array_view((shape, tensor)).map_err(|e| e.to_string())?;
        let outputs = self
            .session
            .run(ort::inputs![self.layout.input_name.as_str() => tensor])
            .map_err(|e| e.to_string())?;
        let output = outputs.get(&self.layout.output_name).ok_or("the output is missing")?;
        let (shape, values) = output.try_extract_tensor::<f32>().map_err(|e| e.to_string())?;
        let [found_rows, row_shape @ ..] = &shape[..] else {
            return Err("the output has no rows".to_owned());
        };
        if *found_rows != rows as i64 {
            return Err(format!("{rows} rows went in, {found_rows} came out"));
        }
        if values.iter().any(|value| value.is_nan()) {
            return Err("the output holds values that are no numbers".to_owned());
        }
        let each_row = values.chunks_exact((values.len() / rows).max(1));
        let mut seen: Vec<Vec<Detection>> = each_row
            .map(|row| family.read(row, row_shape, size, self.spec.score_min))
            .map(|boxes| Ok(suppress(boxes?, self.spec.iou_max)))
            .collect::<Result<_, String>>()?;
        // An output without boxes has no values to tell the rows by.
        seen.resize(rows, Vec::new());
        Ok(seen)
    }
}

fn open_session(runtime: &Runtime, spec: &ModelSpec) -> Result<Session, String> {
    let builder = Session::builder(&runtime.environment).map_err(|e| e.to_string())?;
    let builder = builder.with_intra_threads(spec.threads.max(1)).map_err(|e| e.to_string())?;
    // A spinning thread is fast for one session and takes the core from everybody else.
    let mut builder = builder.with_intra_op_spinning(false).map_err(|e| e.to_string())?;
    builder.commit_from_file(&spec.file).map_err(|e| e.to_string())
}

impl BatchModel for OnnxModel {
    fn input(&self) -> Input {
        self.layout.input
    }

    fn run(&mut self, batch: &Batch) -> Result<Vec<Vec<Detection>>, String> {
        let rows_at_once = if self.layout.one_row { 1 } else { batch.rows().max(1) };
        let mut seen = Vec::with_capacity(batch.rows());
        for rows in batch.tensor().chunks(rows_at_once * self.layout.input.size.values()) {
            seen.append(&mut self.run_rows(rows)?);
        }
        Ok(seen)
    }
}
