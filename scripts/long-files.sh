#!/usr/bin/env bash
# Lists files that have grown too long to hold in the head. A hint, never a failure.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"

# longer_than LINES SUFFIX: our own files only, neither fetched nor generated
longer_than() {
  find . \( -name target -o -name node_modules -o -name dist -o -name '.?*' \) -prune -o \
    -type f -name "*.$2" ! -name schema.ts -print | sort | while IFS= read -r file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le "$1" ] || say "long file: $file has $lines lines, more than $1"
  done
}
longer_than 400 rs
longer_than 150 vue
longer_than 250 ts
