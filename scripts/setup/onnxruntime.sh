#!/usr/bin/env bash
# ONNX Runtime, the engine that runs the models: its shared library, out of the Python wheel.
. "$(dirname "$0")/../lib.sh"
. "$SCRIPTS/env.sh"

[ "$ORT_DYLIB_PATH" = "$ORT_DIR/libonnxruntime.so" ] || exit 0 # the user brings one
[ ! -e "$ORT_DYLIB_PATH" ] || exit 0

say "onnxruntime: $ORT_VERSION from PyPI, 28 MB"
mkdir -p "$(dirname "$ORT_DIR")"
unpack_wheel "$SCRIPTS/setup/onnxruntime.txt" "$ORT_DIR.wheel"
files=$ORT_DIR.wheel/onnxruntime
mkdir -p "$ORT_DIR"
mv "$files"/capi/libonnxruntime*.so* "$files"/LICENSE "$files"/ThirdPartyNotices.txt "$ORT_DIR"
rm -rf "$ORT_DIR.wheel"
# Last, so that the name we look for means that all is there.
ln -s "libonnxruntime.so.$ORT_VERSION" "$ORT_DYLIB_PATH"
