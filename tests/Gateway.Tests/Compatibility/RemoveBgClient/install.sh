#!/usr/bin/env bash
# Installs the pinned remove.bg client into .tools/, where the tests look for it. Does nothing when it is there.
set -euo pipefail
cd "$(dirname "$0")"
target=$(cd ../../../.. && pwd)/.tools/remove-bg-client
# npm writes the second file when it has finished.
cmp -s package-lock.json "$target/package-lock.json" && [ -f "$target/node_modules/.package-lock.json" ] && exit
mkdir -p "$target"
cp package.json package-lock.json "$target/"
npm ci --prefix "$target" --ignore-scripts --no-audit --no-fund --loglevel=error
