#!/usr/bin/env bash
# Counts the people in the pictures of GRIDWATCH_DATA and prints one line of JSON.
. "$(dirname "$0")/lib.sh"

"$SCRIPTS/setup.sh" demo >&2
. "$SCRIPTS/env.sh"
[ -n "${GRIDWATCH_DATA:-}" ] || die "set GRIDWATCH_DATA to a folder with clips and labels/counts.json"
"$SCRIPTS/ui.sh" build >&2
cd "$ROOT"
cargo build --locked --quiet --bin gridwatch
exec "${CARGO_TARGET_DIR:-target}/debug/gridwatch" eval crowd "$GRIDWATCH_DATA" --json "$@"
