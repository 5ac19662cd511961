# shellcheck shell=bash disable=SC2034
# Shared by the scripts of this folder; sourced, not run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SCRIPTS=$ROOT/scripts
UI=$ROOT/console-web/ui
CACHE=${GRIDWATCH_CACHE:-$ROOT/.cache} # everything that setup fetches, and the logs
LOGS=$CACHE/logs
mkdir -p "$LOGS"
CACHE=$(cd "$CACHE" && pwd)

say() { printf '%s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# logged LOG COMMAND…: runs it in silence; shows the end of its output only when it fails.
logged() {
  local log=$LOGS/$1.log
  shift
  "$@" >"$log" 2>&1 </dev/null && return
  tail -n 30 "$log" >&2
  die "'$*' failed; all it said is in $log"
}

# Prints the first Python (3.9 or newer) that has pip; fails where there is none.
python_with_pip() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
      say "$python"
      return
    fi
  done
  return 1
}

# unpack_wheel PINS DIR: downloads the one wheel that the file PINS names, from the configured Python package
# index, checks its SHA-256 and unpacks it to DIR, which appears only when it is complete. The tags are fixed so
# that every machine gets the same file, whatever its own Python is.
unpack_wheel() {
  local pins=$1 target=$2 python part
  python=$(python_with_pip) || die "python3 (3.9 or newer) with pip is needed to fetch packages"
  part=$target.part
  rm -rf "$target" "$part"
  mkdir -p "$part/wheel"
  logged pip "$python" -m pip download --disable-pip-version-check --no-deps --require-hashes --requirement "$pins" \
    --only-binary :all: --implementation cp --python-version 3.12 --abi cp312 \
    --platform "manylinux_2_28_$(uname -m)" --dest "$part/wheel"
  "$python" -m zipfile -e "$part"/wheel/*.whl "$part/files"
  mv "$part/files" "$target"
  rm -rf "$part"
}
