#!/usr/bin/env bash
# Installs what is missing. `setup.sh demo`: to build and run; `setup.sh test`: that and what the tests need.
# Safe to stop and to repeat: each part looks first, and appears only when it is complete.
. "$(dirname "$0")/lib.sh"

for_what=${1:-test}
case $for_what in demo | test) ;; *) die "setup.sh takes 'demo' or 'test', not '$for_what'" ;; esac

command -v cargo >/dev/null || die "cargo is missing: install a Rust toolchain, see https://rustup.rs"
"$SCRIPTS/setup/apt.sh" "$for_what"
"$SCRIPTS/setup/onnxruntime.sh"
"$SCRIPTS/setup/node.sh"
"$SCRIPTS/ui.sh" deps
if [ "$for_what" = test ]; then
  "$SCRIPTS/setup/cargo-deny.sh"
fi
