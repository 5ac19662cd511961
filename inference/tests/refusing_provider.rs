//! What becomes of a provider that is wanted and cannot be had, with a stand-in for ONNX Runtime that was built for GPUs
//! and finds none. One test, for a process loads one library.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    mem::{offset_of, size_of},
    path::{Path, PathBuf},
    process::Command,
};

use gridwatch_inference::{Detector, EngineChoice, ModelSpec, Precision, Provider, Role, Runtime};
use ort::sys::OrtApi;

/// Builds the stand-in around the real library.
fn stand_in(folder: &Path) -> PathBuf {
    let real = std::env::var("ORT_DYLIB_PATH").unwrap();
    let library = folder.join("librefusing.so");
    let function = |name: &str, offset: usize| format!("-D{name}={}", offset / size_of::<usize>());
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Wno-cast-function-type", "-Werror", "-o"])
        .arg(&library)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refusing/refusing.c"))
        .arg(format!("-DREAL=\"{real}\""))
        .arg(function("FUNCTIONS", size_of::<OrtApi>()))
        .arg(function("CREATE_STATUS", offset_of!(OrtApi, CreateStatus)))
        .arg(function("GET_PROVIDERS", offset_of!(OrtApi, GetAvailableProviders)))
        .arg(function("RELEASE_PROVIDERS", offset_of!(OrtApi, ReleaseAvailableProviders)))
        .arg(function("CREATE_CUDA", offset_of!(OrtApi, CreateCUDAProviderOptions)))
        .arg(function("CREATE_TENSORRT", offset_of!(OrtApi, CreateTensorRTProviderOptions)))
        .arg("-ldl")
        .status();
    assert!(built.unwrap().success());
    library
}

#[tokio::test]
async fn a_provider_that_was_asked_for_and_cannot_be_had_is_a_reason_not_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let library = stand_in(folder.path());
    let runtime = Runtime::load(Some(library.clone())).unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/person.onnx");
    let start = |provider: Option<Provider>| {
        let spec = ModelSpec {
            file: model.clone(),
            role: Role::Person,
            score_min: 0.3,
            iou_max: 0.45,
            threads: 1,
            sessions: 2,
            engine: EngineChoice { provider, f32_only: false, cache: folder.path().join("engines") },
        };
        Detector::start(&runtime, &spec)
    };

    for (provider, engine) in [(Provider::Cuda, "cuda in f32"), (Provider::TensorRt, "tensorrt in f16")] {
        let error = start(Some(provider)).err().unwrap().to_string();
        for part in [
            library.to_str().unwrap(),
            model.to_str().unwrap(),
            engine,
            "libcudart.so.12: cannot open shared object file",
            "or set models.provider to \"auto\"",
        ] {
            assert!(error.contains(part), "{part} is not in: {error}");
        }
        assert!(!error.contains("openvino") && !error.contains("cpu in"), "nothing else was tried: {error}");
    }
    let error = start(Some(Provider::OpenVino)).err().expect("it was built without").to_string();
    assert!(error.contains("it was built without it; it has tensorrt, cuda, cpu"), "{error}");

    let status = start(None).unwrap().status();
    assert_eq!((status.engine.provider, status.engine.precision), (Provider::Cpu, Precision::F32));
    let passed_over: Vec<Provider> =
        status.passed_over.iter().map(|refusal| refusal.engine.provider).collect();
    for provider in [Provider::TensorRt, Provider::Cuda, Provider::OpenVino] {
        assert!(passed_over.contains(&provider), "why not {}: {:?}", provider.name(), status.passed_over);
    }
}
