#!/usr/bin/env bash
# Installs what is missing, builds, and runs the demo. Arguments go to `gridwatch demo`.
. "$(dirname "$0")/lib.sh"

"$SCRIPTS/setup.sh" demo
. "$SCRIPTS/env.sh" # after setup, so that it sees what setup has fetched
"$SCRIPTS/ui.sh" build
cd "$ROOT"
say "gridwatch: building (minutes the first time, seconds afterwards)"
cargo build --locked --bin gridwatch
exec "${CARGO_TARGET_DIR:-target}/debug/gridwatch" demo "$@"
