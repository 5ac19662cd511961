# shellcheck shell=bash
# What the programs run with; sourced, after lib.sh.
# Each script of setup/ that fetches something puts it where this file looks for it.

ORT_VERSION=1.32.0
NODE_VERSION=24.19.0
NODE_DIR=$CACHE/node/$NODE_VERSION
ORT_DIR=$CACHE/onnxruntime/$ORT_VERSION
ORT_OPENVINO_VERSION=1.24.1
ORT_OPENVINO_DIR=$CACHE/onnxruntime/openvino-$ORT_OPENVINO_VERSION
CARGO_TOOLS=$CACHE/cargo-tools

# Ours first: setup fetches Node only where the system's is too old.
[ -x "$NODE_DIR/bin/node" ] && PATH=$NODE_DIR/bin:$PATH
PATH=$CARGO_TOOLS/bin:$PATH
export PATH
# Node brings certificates of its own; networks with a proxy need those of the system.
export NODE_USE_SYSTEM_CA=1

# The inference engine, loaded when the program starts. Name another build of it to use that one. That with OpenVINO is
# the faster one where the processor multiplies in bf16, and only there; docs/performance.md has the figures.
if [ -z "${ORT_DYLIB_PATH:-}" ]; then
  ORT_DYLIB_PATH=$ORT_DIR/libonnxruntime.so
  if [ "$(uname -m)" = x86_64 ] && grep -qw avx512_bf16 /proc/cpuinfo; then
    ORT_DYLIB_PATH=$ORT_OPENVINO_DIR/libonnxruntime.so
  fi
fi
export ORT_DYLIB_PATH

# Footage and models. An empty value means: none.
if [ -z "${GRIDWATCH_DATA+set}" ]; then
  GRIDWATCH_DATA=$ROOT/../shared/data
  [ -d "$GRIDWATCH_DATA" ] || GRIDWATCH_DATA=
elif [ -n "$GRIDWATCH_DATA" ] && [ ! -d "$GRIDWATCH_DATA" ]; then
  die "GRIDWATCH_DATA names '$GRIDWATCH_DATA', which is no folder"
fi
if [ -n "$GRIDWATCH_DATA" ]; then
  GRIDWATCH_DATA=$(cd "$GRIDWATCH_DATA" && pwd)
  export GRIDWATCH_DATA
else
  unset GRIDWATCH_DATA
fi
