#!/usr/bin/env bash
# `test.sh all` checks and tests everything; `test.sh lint` only what needs nothing to run.
# Each step writes to its own log; the first that fails stops us.
. "$(dirname "$0")/lib.sh"

what=${1:-all}
"$SCRIPTS/setup.sh" test
. "$SCRIPTS/env.sh" # after setup, so that it sees what setup has fetched
cd "$ROOT"
export CARGO_TERM_COLOR=never NO_COLOR=1

# step NAME COMMAND…: note that bash does not stop at errors inside COMMAND if that is a function of ours.
step() {
  local name=$1 log=$LOGS/$1.log begin=$SECONDS
  shift
  printf '%-12s ' "$name"
  if "$@" >"$log" 2>&1 </dev/null; then
    say "ok, $((SECONDS - begin)) s"
    return
  fi
  say "FAILED, $((SECONDS - begin)) s"
  tail -n 100 "$log"
  if [ "$name" = test ]; then
    grep -E '^test .* FAILED$' "$log" || true
    count_tests || true
  fi
  die "step '$name' failed; all it said is in $log"
}

count_tests() {
  awk -f "$SCRIPTS/count-tests.awk" "$LOGS/ui.log" "$LOGS/test.log"
}

# The database of security advisories lives on GitHub, which not every network can reach.
deny() {
  local checks=(bans licenses sources) left_out="; not advisories: their database cannot be reached"
  if GIT_TERMINAL_PROMPT=0 timeout 20 git ls-remote --quiet https://github.com/RustSec/advisory-db HEAD; then
    checks+=(advisories) left_out=
  fi
  cargo deny --locked --workspace check "${checks[@]}" &&
    say "  checked: ${checks[*]}$left_out"
}

test_rust() {
  # One build for all, so that the black-box tests run the program that was built with them.
  cargo build --locked --workspace --bins --tests &&
    cargo test --locked --workspace --no-fail-fast -- --show-output
}

say "logs: $LOGS"
rm -f "$LOGS"/{format,ui,deny,clippy,test}.log
step format cargo fmt --all --check
step ui "$SCRIPTS/ui.sh" check # before Rust: the web app is built into the program
step deny deny
tail -n 1 "$LOGS/deny.log"
step clippy cargo clippy --locked --workspace --all-targets -- -D warnings
"$SCRIPTS/long-files.sh"
[ "$what" = all ] || exit 0

[ -n "${GRIDWATCH_DATA:-}" ] || say "GRIDWATCH_DATA is not set: tests on real footage and models are skipped."
step test test_rust
count_tests
