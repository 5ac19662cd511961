#!/usr/bin/env bash
# Gives falls to the desk and hears them on 500 screens; prints one line of JSON, and fails where a bound was not kept.
# docs/performance.md says what the fields mean. Arguments go to the run: bench-alerts.sh --clients 100
. "$(dirname "$0")/lib.sh"

"$SCRIPTS/setup.sh" demo >&2
. "$SCRIPTS/env.sh"
"$SCRIPTS/ui.sh" build >&2
cd "$ROOT"
cargo build --locked --quiet --release --bin gridwatch

"${CARGO_TARGET_DIR:-target}/release/gridwatch" bench alerts "$@"
