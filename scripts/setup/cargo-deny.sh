#!/usr/bin/env bash
# cargo-deny, which checks our dependencies' licences, versions and origin (deny.toml).
. "$(dirname "$0")/../lib.sh"
. "$SCRIPTS/env.sh"

version=0.20.2
[ "$(cargo-deny --version 2>/dev/null)" != "cargo-deny $version" ] || exit 0

say "cargo-deny: building $version from crates.io, about a minute"
# Unoptimised: it runs for two seconds, an optimised build would take several minutes.
export CARGO_PROFILE_DEV_DEBUG=0
logged cargo-deny cargo install --locked "cargo-deny@$version" --no-default-features --debug --force \
  --root "$CARGO_TOOLS" --target-dir "$CARGO_TOOLS/build"
rm -rf "$CARGO_TOOLS/build"
