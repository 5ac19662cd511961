#!/usr/bin/env bash
# The web app (console-web/ui).
#   ui.sh deps    installs its packages, if the lock file has changed
#   ui.sh build   builds it into dist/, if any of its files has changed
#   ui.sh check   lints, type-checks, tests and builds it
. "$(dirname "$0")/lib.sh"
. "$SCRIPTS/env.sh"
cd "$UI"

deps_stamp=node_modules/.gridwatch-deps
dist_stamp=node_modules/.gridwatch-dist
export CI=1 NO_COLOR=1 PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1

# A stamp holds the checksum of what went into a step: the step is done when it still fits.
deps_sum() { (node --version && cat package-lock.json) | sha256sum; }
dist_sum() {
  (
    cat "$deps_stamp"
    find . \( -name node_modules -o -name dist -o -name test-results \) -prune -o -type f -print0 |
      sort -z | xargs -0 sha256sum
  ) | sha256sum
}
is_done() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

deps() {
  local sum
  sum=$(deps_sum)
  is_done "$deps_stamp" "$sum" && return
  say "ui: installing packages from npm"
  logged npm-ci npm ci --no-audit --no-fund
  say "$sum" >"$deps_stamp"
}

build() {
  local sum
  sum=$(dist_sum)
  [ -f dist/index.html ] && is_done "$dist_stamp" "$sum" && return
  say "ui: building"
  logged ui-build npm run build
  dist_sum >"$dist_stamp"
}

check() {
  npm run check
  dist_sum >"$dist_stamp"
}

case ${1:-} in
deps) deps ;;
build)
  deps
  build
  ;;
check)
  deps
  check
  ;;
*) die "ui.sh takes 'deps', 'build' or 'check'" ;;
esac
