#!/usr/bin/env bash
# Measures what it costs to hold 1000 and 1500 cameras, with the usual ways beside it; one line of JSON for each run.
# docs/performance.md says what the fields mean. Arguments go to every run: bench-ingest.sh --seconds 20
. "$(dirname "$0")/lib.sh"

"$SCRIPTS/setup.sh" demo >&2
. "$SCRIPTS/env.sh"
"$SCRIPTS/ui.sh" build >&2
cd "$ROOT"
cargo build --locked --quiet --release --bin gridwatch

bench() {
  "${CARGO_TARGET_DIR:-target}/release/gridwatch" bench ingest --json --cache "$CACHE/bench-clips" "$@"
}
bench --streams 1000 --baseline ffmpeg --baseline rtspsrc "$@"
bench --streams 1500 "$@"
bench --streams 1000 --width 1280 --height 720 --fps 25 --kbit 1040 "$@"
