//! Execution providers: the parts of ONNX Runtime that can do a model's work, of which one is chosen, and made sure of.

use std::{fmt, path::PathBuf};

use ort::{
    ep::{self, ArbitrarilyConfigurableExecutionProvider, ExecutionProvider, ExecutionProviderDispatch},
    session::{
        Session,
        builder::{BuilderResult, SessionBuilder},
    },
};
use serde::Serialize;

use crate::{letterbox::InputSize, runtime::Runtime};

/// What does a model's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// NVIDIA's GPUs by TensorRT.
    TensorRt,
    /// NVIDIA's GPUs by CUDA.
    Cuda,
    /// The processor by OpenVINO.
    OpenVino,
    /// The processor by ONNX Runtime's own kernels.
    Cpu,
}

/// What a model calculates with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Numbers of 32 bits.
    F32,
    /// Numbers of 16 bits with the range of those of 32.
    Bf16,
    /// Numbers of 16 bits.
    F16,
}

/// A provider and what it calculates with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Engine {
    /// What does the work.
    pub provider: Provider,
    /// What it calculates with.
    pub precision: Precision,
}

/// Which engines may be taken.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineChoice {
    /// This provider and no other; the best that can be had where there is none.
    pub provider: Option<Provider>,
    /// Never with fewer than 32 bits.
    pub f32_only: bool,
    /// Where TensorRT keeps the engines that it has built, which takes it minutes.
    pub cache: PathBuf,
}

/// Why a provider was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Which.
    pub engine: Engine,
    /// What was missing.
    pub what: String,
}

impl Provider {
    /// All of them, the fastest first.
    pub const ALL: [Self; 4] = [Self::TensorRt, Self::Cuda, Self::OpenVino, Self::Cpu];

    /// As it stands in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::TensorRt => "tensorrt",
            Self::Cuda => "cuda",
            Self::OpenVino => "openvino",
            Self::Cpu => "cpu",
        }
    }

    /// The provider of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.name() == name)
    }

    /// Whether the library was built with it. It can still lack a driver or a device.
    fn is_built_in(self) -> bool {
        let built_in = match self {
            Self::TensorRt => ep::TensorRT::is_available(),
            Self::Cuda => ep::CUDA::is_available(),
            Self::OpenVino => ep::OpenVINO::is_available(),
            Self::Cpu => Ok(true),
        };
        built_in.unwrap_or(false)
    }

    /// What somebody can do who wants it and does not get it.
    pub(crate) fn next_step(self) -> &'static str {
        match self {
            Self::TensorRt => {
                "use an ONNX Runtime built for TensorRT, with NVIDIA's driver, CUDA, cuDNN and TensorRT where the system \
                 finds them, or set models.provider to \"auto\""
            }
            Self::Cuda => {
                "use an ONNX Runtime built for CUDA, with NVIDIA's driver, CUDA and cuDNN where the system finds them, or \
                 set models.provider to \"auto\""
            }
            Self::OpenVino => {
                "use the ONNX Runtime with OpenVINO that `scripts/setup/onnxruntime.sh openvino` fetches (x86-64 only), or \
                 set models.provider to \"auto\""
            }
            Self::Cpu => "use another ONNX Runtime, or another model",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let precision = match self.precision {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
            Precision::F16 => "f16",
        };
        write!(f, "{} in {precision}", self.provider.name())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.engine, self.what)
    }
}

impl Default for EngineChoice {
    fn default() -> Self {
        Self { provider: None, f32_only: false, cache: "gridwatch-data/engines".into() }
    }
}

impl EngineChoice {
    /// What is to be tried, one after the other, until one does the work.
    pub(crate) fn candidates(&self) -> Vec<Engine> {
        let wanted = |provider: &Provider| self.provider.is_none_or(|only| only == *provider);
        let engines = Provider::ALL.into_iter().filter(wanted).flat_map(|provider| {
            let shorter = match provider {
                _ if self.f32_only => None,
                Provider::TensorRt => Some(Precision::F16),
                Provider::OpenVino if multiplies_bf16() => Some(Precision::Bf16),
                _ => None,
            };
            shorter.into_iter().chain([Precision::F32]).map(move |precision| Engine { provider, precision })
        });
        engines.collect()
    }
}

/// Whether this processor multiplies in bf16 by itself. Where it does not, bf16 only costs accuracy.
fn multiplies_bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512bf16");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

impl Engine {
    /// ONNX Runtime's own kernels, which every build has.
    pub(crate) const CPU: Self = Self { provider: Provider::Cpu, precision: Precision::F32 };

    /// How many rows its graphs are made for, the most first; empty where any number does. What reads the graph once
    /// for a fixed size is faster, and takes longer to start.
    pub(crate) fn fixed_rows(self, input: InputSize) -> &'static [usize] {
        match self.provider {
            // Measured: a large picture fills the caches by itself, and more rows make it slower.
            Provider::OpenVino if input.width * input.height > SMALL_INPUT => &[1],
            Provider::OpenVino => &[4, 1],
            Provider::TensorRt => &[8, 1],
            Provider::Cpu | Provider::Cuda => &[],
        }
    }

    /// How many rows go through a graph at once that takes any number.
    pub(crate) fn rows_at_once(self) -> usize {
        match self.provider {
            // Measured: no faster with more, and slower where the picture is large.
            Provider::Cpu | Provider::OpenVino => 1,
            Provider::Cuda | Provider::TensorRt => 32,
        }
    }

    /// Opens a session in which every node of the graph is this engine's: ONNX Runtime would otherwise give to its own
    /// kernels, in silence, what a provider does not take.
    ///
    /// `fixed` names the graph's open number of rows, and what it is to be.
    pub(crate) fn open(
        self,
        runtime: &Runtime,
        file: &std::path::Path,
        threads: usize,
        fixed: Option<(&str, usize)>,
        choice: &EngineChoice,
    ) -> Result<Session, String> {
        if !self.provider.is_built_in() {
            let built_in: Vec<_> = Provider::ALL.into_iter().filter(|p| p.is_built_in()).collect();
            let built_in: Vec<_> = built_in.into_iter().map(Provider::name).collect();
            return Err(format!("it was built without it; it has {}", built_in.join(", ")));
        }
        let said = |error: ort::Error| error.to_string();
        let mut builder = Session::builder(&runtime.environment).map_err(said)?;
        builder = settled(builder.with_intra_threads(threads.max(1)))?;
        // A spinning thread is fast for one session and takes the core from everybody else.
        builder = settled(builder.with_intra_op_spinning(false))?;
        if let Some((rows, count)) = fixed {
            builder = settled(builder.with_dimension_override(rows, count as i64))?;
        }
        if let Some(provider) = self.dispatch(threads.max(1), choice)? {
            builder = settled(builder.with_config_entry("session.disable_cpu_ep_fallback", "1"))?;
            builder = settled(builder.with_execution_providers([provider.error_on_failure()]))?;
        }
        builder.commit_from_file(file).map_err(said)
    }

    /// The provider with its settings; none for ONNX Runtime's own kernels.
    fn dispatch(
        self,
        threads: usize,
        choice: &EngineChoice,
    ) -> Result<Option<ExecutionProviderDispatch>, String> {
        Ok(Some(match self.provider {
            Provider::Cpu => return Ok(None),
            Provider::OpenVino => {
                let hint = if self.precision == Precision::Bf16 { "bf16" } else { "f32" };
                // Pinned, the threads of two sessions share one core.
                let plugin = serde_json::json!({ "CPU": {
                    "INFERENCE_PRECISION_HINT": hint,
                    "INFERENCE_NUM_THREADS": threads.to_string(),
                    "NUM_STREAMS": "1",
                    "ENABLE_CPU_PINNING": "NO",
                }});
                ep::OpenVINO::default()
                    .with_device_type("CPU")
                    .with_arbitrary_config("load_config", plugin)
                    .build()
            }
            Provider::Cuda => ep::CUDA::default().build(),
            Provider::TensorRt => {
                let cache = &choice.cache;
                std::fs::create_dir_all(cache)
                    .map_err(|e| format!("the folder {} cannot be made: {e}", cache.display()))?;
                ep::TensorRT::default()
                    .with_fp16(self.precision == Precision::F16)
                    .with_engine_cache(true)
                    .with_engine_cache_path(cache.display())
                    .with_timing_cache(true)
                    .with_timing_cache_path(cache.display())
                    .build()
            }
        }))
    }
}

/// Inputs of no more pixels than this gain from being looked at four at a time: 256 by 448.
const SMALL_INPUT: usize = 256 * 448;

fn settled(built: BuilderResult) -> Result<SessionBuilder, String> {
    built.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(choice: &EngineChoice) -> Vec<String> {
        choice.candidates().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_best_is_tried_first_and_the_processor_last() {
        let all = named(&EngineChoice::default());
        assert_eq!(all.first().map(String::as_str), Some("tensorrt in f16"));
        assert_eq!(all.last().map(String::as_str), Some("cpu in f32"));
        let exact = EngineChoice { f32_only: true, ..EngineChoice::default() };
        assert_eq!(named(&exact), ["tensorrt in f32", "cuda in f32", "openvino in f32", "cpu in f32"]);
    }

    #[test]
    fn whoever_names_a_provider_gets_no_other() {
        for provider in Provider::ALL {
            assert_eq!(Provider::from_name(provider.name()), Some(provider));
            let choice = EngineChoice { provider: Some(provider), ..EngineChoice::default() };
            let candidates = choice.candidates();
            assert!(!candidates.is_empty() && candidates.iter().all(|e| e.provider == provider));
        }
        assert_eq!(Provider::from_name("gpu"), None);
    }
}
