#!/usr/bin/env bash
# Lets the clocks of 10,000 open alerts run out; prints one line of JSON, and fails where a bound was not kept.
# docs/performance.md says what the fields mean. Arguments go to the run: bench-clocks.sh --at-once 5000
. "$(dirname "$0")/lib.sh"

"$SCRIPTS/setup.sh" demo >&2
. "$SCRIPTS/env.sh"
"$SCRIPTS/ui.sh" build >&2
cd "$ROOT"
cargo build --locked --quiet --release --bin gridwatch

"${CARGO_TARGET_DIR:-target}/release/gridwatch" bench clocks "$@"
