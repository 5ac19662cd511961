#!/usr/bin/env bash
# Watches 1000 simulated cameras, 50 with people and 5 with a fall, all the way to the alerts; one line of JSON.
# docs/performance.md says what the fields mean. Arguments go to the run: bench-watch.sh --cameras 200 --active 10
. "$(dirname "$0")/lib.sh"

"$SCRIPTS/setup.sh" demo >&2
. "$SCRIPTS/env.sh"
[ -n "${GRIDWATCH_DATA:-}" ] || die "set GRIDWATCH_DATA to a folder with clips and models"
"$SCRIPTS/ui.sh" build >&2
cd "$ROOT"
cargo build --locked --quiet --release --bin gridwatch

"${CARGO_TARGET_DIR:-target}/release/gridwatch" bench watch --json --config "$ROOT/configs/bench-watch.toml" \
  --cache "$CACHE/bench-clips" "$@"
