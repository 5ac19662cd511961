#!/usr/bin/env bash
# cargo-fuzz, which runs the fuzz targets of ingest/fuzz.
. "$(dirname "$0")/../lib.sh"
. "$SCRIPTS/env.sh"

version=0.13.2
[ "$(cargo-fuzz --version 2>/dev/null)" != "cargo-fuzz $version" ] || exit 0

say "cargo-fuzz: building $version from crates.io, about a minute"
# Unoptimised: it only calls cargo and the targets.
export CARGO_PROFILE_DEV_DEBUG=0
logged cargo-fuzz cargo install --locked "cargo-fuzz@$version" --debug --force \
  --root "$CARGO_TOOLS" --target-dir "$CARGO_TOOLS/fuzz-build"
rm -rf "$CARGO_TOOLS/fuzz-build"
