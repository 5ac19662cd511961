#!/usr/bin/env bash
# Measures how many pictures a second the models can look at, with each provider that can be had; one line of JSON for
# each build of ONNX Runtime: the one with OpenVINO (x86_64 only), then the stock one. docs/performance.md says what the
# fields mean. Arguments go to every run: bench-inference.sh --rounds 20
. "$(dirname "$0")/lib.sh"

"$SCRIPTS/setup.sh" demo >&2
. "$SCRIPTS/env.sh"
"$SCRIPTS/setup/onnxruntime.sh" stock >&2
libraries=("$ORT_DIR")
if [ "$(uname -m)" = x86_64 ]; then
  "$SCRIPTS/setup/onnxruntime.sh" openvino >&2
  libraries=("$ORT_OPENVINO_DIR" "$ORT_DIR")
fi
[ -n "${GRIDWATCH_DATA:-}" ] || die "set GRIDWATCH_DATA to a folder with clips and models"
"$SCRIPTS/ui.sh" build >&2
cd "$ROOT"
cargo build --locked --quiet --release --bin gridwatch

models=kazperson_yolox_192x320.onnx,yolox_nano_person_256x448.onnx,yolox_nano_person_640x640.onnx:fallen
for library in "${libraries[@]}"; do
  ORT_DYLIB_PATH=$library/libonnxruntime.so \
    "${CARGO_TARGET_DIR:-target}/release/gridwatch" bench inference --json --models "$models" "$@"
done
