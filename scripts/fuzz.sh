#!/usr/bin/env bash
# Has libFuzzer choose what cameras send, and prints one line of JSON; fails where something of ours did.
# Argument: seconds for each target of ingest/fuzz (7: a minute in all).
#
# Built with the toolchain that builds everything, which is no nightly, so without a sanitizer (they are -Z flags).
# What guides libFuzzer is stable (-C passes=sancov-module), and overflows and debug assertions are checked. Little is
# missed: a sanitizer finds what unsafe code does, of which we have none, and would not see into GStreamer's libraries.
# Who wants it anyway: RUSTC_BOOTSTRAP=1 cargo fuzz run TARGET (in ingest/), with GStreamer's leaks for company.
. "$(dirname "$0")/lib.sh"

seconds=${1:-7}
[[ $# -le 1 && $seconds =~ ^[1-9][0-9]*$ ]] || die "fuzz.sh takes a number of seconds, not '$*'"
"$SCRIPTS/setup/apt.sh" fuzz >&2
"$SCRIPTS/setup/cargo-fuzz.sh" >&2
. "$SCRIPTS/env.sh"
cd "$ROOT/ingest"

say "fuzz: building" >&2
# Sixteen units: many times faster to build, a little slower to run.
logged fuzz-build cargo fuzz build --sanitizer none --codegen-units 16 --target-dir fuzz/target
programs=fuzz/target/$(rustc --version --verbose | sed -n 's/^host: //p')/release

targets=0 runs=0 crashes=0 took=0
for target in $(cargo fuzz list); do
  log=$LOGS/fuzz-$target.log begin=$SECONDS
  targets=$((targets + 1))
  mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
  # Longer than 10 s for one input is a hang.
  if ! "$programs/$target" -max_total_time="$seconds" -timeout=10 -max_len=2048 -print_final_stats=1 \
    -artifact_prefix="$PWD/fuzz/artifacts/$target/" "fuzz/corpus/$target" >"$log" 2>&1 </dev/null; then
    crashes=$((crashes + 1))
    grep -E -A2 '^thread .* panicked' "$log" >&2 || tail -n 20 "$log" >&2
    input=$(sed -n 's/.*Test unit written to //p' "$log" | head -n 1)
    say "fuzz: $target failed on ${input:-an input that was not kept}; all it said is in $log" >&2
  fi
  took=$((took + SECONDS - begin))
  runs=$((runs + $(awk '/^stat::number_of_executed_units/ { n = $2 } END { print n + 0 }' "$log")))
done

say "{\"targets\":$targets,\"runs\":$runs,\"seconds\":$took,\"crashes\":$crashes}"
[ "$crashes" -eq 0 ]
