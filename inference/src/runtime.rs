//! ONNX Runtime, loaded when gridwatch starts.

use std::path::{Path, PathBuf};

use ort::environment::Environment;

/// A loaded ONNX Runtime. Cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    pub(crate) environment: Environment,
    path: PathBuf,
}

/// Why ONNX Runtime cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the ONNX Runtime library {path} cannot be loaded: {what}; set ORT_DYLIB_PATH to libonnxruntime.so of version 1.24 or later"
)]
pub struct RuntimeError {
    /// Which file was tried.
    pub path: PathBuf,
    /// What the loader said.
    pub what: String,
}

impl Runtime {
    /// Loads the library at `path`, or from where the environment variable `ORT_DYLIB_PATH` says, or the system's.
    /// One process can do this once.
    ///
    /// # Errors
    /// When the library is missing, is none, or is too old.
    pub fn load(path: Option<PathBuf>) -> Result<Self, RuntimeError> {
        let path = path
            .or_else(|| std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from))
            .unwrap_or_else(|| PathBuf::from("libonnxruntime.so"));
        let error = |what: String| RuntimeError { path: path.clone(), what };
        let builder = ort::init_from(&path).map_err(|e| error(e.to_string()))?;
        let built = builder.with_name("gridwatch").with_telemetry(false).build();
        Ok(Self { environment: built.map_err(|e| error(e.to_string()))?, path: path.clone() })
    }

    /// The library's file, as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
