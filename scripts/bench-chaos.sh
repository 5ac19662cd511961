#!/usr/bin/env bash
# Lets everything go wrong at once for 1000 cameras and prints one line of JSON; fails where a bound was not kept.
# docs/performance.md says what the fields mean. Arguments go to the run: bench-chaos.sh --streams 200
. "$(dirname "$0")/lib.sh"

"$SCRIPTS/setup.sh" demo >&2
. "$SCRIPTS/env.sh"
"$SCRIPTS/ui.sh" build >&2
cd "$ROOT"
cargo build --locked --quiet --release --bin gridwatch

"${CARGO_TARGET_DIR:-target}/release/gridwatch" bench chaos --cache "$CACHE/bench-clips" "$@"
