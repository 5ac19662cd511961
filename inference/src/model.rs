//! A detector's ONNX file: loaded, recognised, and asked.

use std::{fmt::Write, path::PathBuf};

use ort::{
    session::Session,
    value::{Outlet, ValueType},
};
use serde::Serialize;

use crate::{
    batch::{Batch, BatchModel},
    crowd::Spoke,
    detection::Sighting,
    family::{Layout, Misfit},
    letterbox::Input,
    provider::{Engine, EngineChoice, Refusal},
    runtime::Runtime,
};

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees upright people; looks at every frame as it comes.
    Person,
    /// Sees people who lie. A model that sees only upright ones is shown every frame twice: turned by 90° and 270°.
    Fallen,
    /// Sees the points of people's bodies.
    Pose,
    /// Counts people who stand close: by boxes, by heads or by a map of how many there are.
    Crowd,
}

// === impl Role ===

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Person, Self::Fallen, Self::Pose, Self::Crowd];

    /// What it is called in configurations and manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Fallen => "fallen",
            Self::Pose => "pose",
            Self::Crowd => "crowd",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
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
    /// Threads of each session.
    pub threads: usize,
    /// How many sessions look at once, each on a thread of its own. With two or more, one goes on when another fails.
    pub sessions: usize,
    /// What may do the work.
    pub engine: EngineChoice,
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
    /// Nothing that may do its work does it rightly.
    #[error("{library} cannot run {file} as it is to:{}", list(refusals))]
    Refused {
        /// ONNX Runtime's library.
        library: PathBuf,
        /// Which file.
        file: PathBuf,
        /// Everything that was tried.
        refusals: Vec<Refusal>,
    },
    /// It was to start outside of tokio's runtime.
    #[error("{file} cannot be watched over: {source}")]
    Unwatched {
        /// Which file.
        file: PathBuf,
        /// What tokio said.
        source: tokio::runtime::TryCurrentError,
    },
}

/// Each on a line, the last with what to do next.
fn list(refusals: &[Refusal]) -> String {
    let mut lines = refusals.iter().fold(String::new(), |mut lines, refusal| {
        let _ = write!(lines, "\n  {refusal}");
        lines
    });
    if let Some(last) = refusals.last() {
        let _ = write!(lines, "\n  {}", last.engine.provider.next_step());
    }
    lines
}

/// A model's file, recognised: what is needed to open sessions of it.
pub(crate) struct Blueprint {
    runtime: Runtime,
    spec: ModelSpec,
    layout: Layout,
    /// What the graph calls its number of rows, where that is open and has a name.
    rows: Option<String>,
}

/// A loaded model, owned by one thread.
pub(crate) struct OnnxModel {
    /// Each with the number of rows that it is made for, the most first; one of any number stands alone.
    sessions: Vec<(Option<usize>, Session)>,
    rows_at_once: usize,
    spec: ModelSpec,
    layout: Layout,
}

impl Blueprint {
    /// Reads the file and finds out of which family it is. Gives a model too that works on the processor in full
    /// precision, which everything else is held against.
    pub(crate) fn read(runtime: &Runtime, spec: &ModelSpec) -> Result<(Self, OnnxModel), ModelError> {
        // ONNX Runtime's own message for a missing file does not say what the system said.
        std::fs::File::open(&spec.file)
            .map_err(|source| ModelError::File { file: spec.file.clone(), source })?;
        let session = Engine::CPU.open(runtime, &spec.file, spec.threads, None, &spec.engine);
        let mut session = session.map_err(|what| ModelError::Broken { file: spec.file.clone(), what })?;
        let layout =
            Layout::of(&mut session, spec.role, None).map_err(|Misfit { expected, found, .. }| {
                ModelError::Misfit { file: spec.file.clone(), expected, found }
            })?;
        let rows = session.inputs().first().and_then(name_of_rows);
        let blueprint = Self { runtime: runtime.clone(), spec: spec.clone(), layout, rows };
        let model = blueprint.model(vec![(None, session)], Engine::CPU);
        Ok((blueprint, model))
    }

    /// What it tells people by.
    pub(crate) fn counts_by(&self) -> Spoke {
        self.layout.family.counts_by
    }

    /// How it wants its pictures.
    pub(crate) fn input(&self) -> Input {
        self.layout.input
    }

    /// Opens a session, or one for each number of rows that this engine makes graphs for.
    pub(crate) fn open(&self, engine: Engine) -> Result<OnnxModel, String> {
        let Self { runtime, spec, layout, rows } = self;
        let open = |fixed| engine.open(runtime, &spec.file, spec.threads, fixed, &spec.engine);
        let fixed = rows.as_deref().filter(|_| !layout.one_row);
        let sessions = match (fixed, engine.fixed_rows(layout.input.size)) {
            (None, _) | (_, []) => vec![(None, open(None)?)],
            (Some(name), counts) => {
                let each = counts.iter().map(|count| Ok((Some(*count), open(Some((name, *count)))?)));
                each.collect::<Result<_, String>>()?
            }
        };
        Ok(self.model(sessions, engine))
    }

    fn model(&self, sessions: Vec<(Option<usize>, Session)>, engine: Engine) -> OnnxModel {
        let rows_at_once = if self.layout.one_row { 1 } else { engine.rows_at_once() };
        OnnxModel { sessions, rows_at_once, spec: self.spec.clone(), layout: self.layout.clone() }
    }
}

/// What a graph calls the number of rows of this input.
fn name_of_rows(input: &Outlet) -> Option<String> {
    match input.dtype() {
        ValueType::Tensor { dimension_symbols, .. } => {
            dimension_symbols.first().map(ToString::to_string).filter(|name| !name.is_empty())
        }
        _ => None,
    }
}

impl OnnxModel {
    /// Loads the file, to work on the processor in full precision.
    #[cfg(test)]
    pub(crate) fn load(runtime: &Runtime, spec: &ModelSpec) -> Result<Self, ModelError> {
        Blueprint::read(runtime, spec).map(|(_, model)| model)
    }

    /// Sends a batch through the sessions as [`BatchModel::run`] does, and does not read what comes out.
    pub(crate) fn forward(&mut self, batch: &Batch) -> Result<(), String> {
        for (session, rows) in self.portions(batch.tensor())? {
            self.layout.infer(&mut self.sessions[session].1, rows)?;
        }
        Ok(())
    }

    /// Which session looks at which rows, as many at once as it can.
    fn portions<'a>(&self, mut tensor: &'a [f32]) -> Result<Vec<(usize, &'a [f32])>, String> {
        let values = self.layout.input.values();
        let mut portions = Vec::new();
        while !tensor.is_empty() {
            let left = tensor.len() / values;
            let fits = |(fixed, _): &(Option<usize>, Session)| fixed.is_none_or(|rows| rows <= left);
            let session = self.sessions.iter().position(fits).ok_or("no session takes so few rows")?;
            let rows = self.sessions[session].0.unwrap_or(self.rows_at_once.min(left));
            let (now, later) = tensor.split_at(rows * values);
            portions.push((session, now));
            tensor = later;
        }
        Ok(portions)
    }
}

impl BatchModel for OnnxModel {
    fn input(&self) -> Input {
        self.layout.input
    }

    fn run(&mut self, batch: &Batch) -> Result<Vec<Sighting>, String> {
        let mut seen = Vec::with_capacity(batch.rows());
        for (session, rows) in self.portions(batch.tensor())? {
            let outputs = self.layout.infer(&mut self.sessions[session].1, rows)?;
            let rows = rows.len() / self.layout.input.values();
            seen.append(&mut self.layout.read(&outputs, rows, self.spec.score_min, self.spec.iou_max)?);
        }
        Ok(seen)
    }
}
