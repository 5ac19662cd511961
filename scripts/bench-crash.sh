#!/usr/bin/env bash
# Kills a server again and again and looks whether anything was lost: 200 times on SQLite, 50 times on a PostgreSQL server of its
# own. Prints one line of JSON for each, and fails where something was lost. docs/performance.md says what the fields mean.
# Arguments go to both runs: bench-crash.sh --seed 7
. "$(dirname "$0")/lib.sh"

"$SCRIPTS/setup.sh" test >&2
. "$SCRIPTS/env.sh"
"$SCRIPTS/ui.sh" build >&2
cd "$ROOT"
cargo build --locked --quiet --release --bin gridwatch
gridwatch=${CARGO_TARGET_DIR:-target}/release/gridwatch

"$gridwatch" bench crash --kills 200 --json "$@"

# The newest of Debian's packages. It refuses to be the superuser's, and goes when this script goes.
programs=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
folder=$(mktemp -d)
as_postgres=(setpriv --pdeathsig INT --)
if [ "$(id -u)" = 0 ]; then
  chown postgres "$folder"
  as_postgres=(setpriv --reuid postgres --regid postgres --init-groups --pdeathsig INT --)
fi
cd "$folder"
"${as_postgres[@]}" "$programs/initdb" -A trust -U postgres -D "$folder/data" >"$folder/initdb.log"
"${as_postgres[@]}" "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= 2>"$folder/log" >&2 &
server=$!
trap 'kill -INT "$server"; wait "$server" || true; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
  "$programs/pg_isready" -q -h "$folder" && break
  sleep 0.1
done
"$programs/createdb" -h "$folder" -U postgres gridwatch
cd "$ROOT"
"$gridwatch" bench crash --kills 50 --json --database "postgres://postgres@${folder//\//%2F}/gridwatch" "$@"
