#!/usr/bin/env bash
# ONNX Runtime, the engine that runs the models: its shared library, out of a Python wheel. `onnxruntime.sh` fetches the
# build that is the faster one on this machine; `onnxruntime.sh stock` and `onnxruntime.sh openvino` that build.
. "$(dirname "$0")/../lib.sh"
. "$SCRIPTS/env.sh"

# fetch PINS SIZE VERSION DIR FILE…: unpacks the wheel that the file PINS names and keeps FILE… of its libraries.
fetch() {
  local pins=$1 size=$2 version=$3 target=$4 file
  shift 4
  [ ! -e "$target/libonnxruntime.so" ] || return 0
  say "$pins: $version from PyPI, $size"
  mkdir -p "$target"
  unpack_wheel "$SCRIPTS/setup/$pins.txt" "$target.wheel"
  for file in "libonnxruntime.so.$version" libonnxruntime_providers_shared.so "$@"; do
    mv "$target.wheel/onnxruntime/capi/$file" "$target"
  done
  mv "$target.wheel/onnxruntime"/{LICENSE,ThirdPartyNotices.txt} "$target"
  rm -rf "$target.wheel"
  # Last, so that the name we look for means that all is there.
  ln -s "libonnxruntime.so.$version" "$target/libonnxruntime.so"
}

stock() { fetch onnxruntime "28 MB" "$ORT_VERSION" "$ORT_DIR"; }

# The libraries find each other beside them. What is for Intel's GPUs and NPUs stays out, and so do the copies of a
# library under other names.
openvino() {
  fetch onnxruntime-openvino "84 MB" "$ORT_OPENVINO_VERSION" "$ORT_OPENVINO_DIR" \
    libonnxruntime_providers_openvino.so libopenvino.so.2541 libopenvino_onnx_frontend.so.2541 \
    libopenvino_intel_cpu_plugin.so libtbb.so.12
}

case ${1:-} in
  stock | openvino) "$1" ;;
  '')
    case $ORT_DYLIB_PATH in
      "$ORT_DIR"/*) stock ;;
      "$ORT_OPENVINO_DIR"/*) openvino ;;
      *) ;; # the user brings one
    esac
    ;;
  *) die "onnxruntime.sh takes 'stock', 'openvino' or nothing, not '$1'" ;;
esac
