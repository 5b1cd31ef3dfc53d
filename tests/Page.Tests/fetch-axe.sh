#!/usr/bin/env bash
# Fetches axe-core, which checks the page's accessibility, into .tools/axe-core; nothing of it is installed or run here.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=4.14.1
sha256=e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
target=.tools/axe-core-$version

[ -f "$target/axe.min.js" ] && exit
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
npm pack "axe-core@$version" --ignore-scripts --silent --pack-destination "$scratch" >/dev/null
echo "$sha256  $scratch/axe-core-$version.tgz" | sha256sum --check --quiet
mkdir -p "$target"
tar -xzf "$scratch/axe-core-$version.tgz" -C "$scratch" package/axe.min.js
mv "$scratch/package/axe.min.js" "$target/axe.min.js" # last, and in one step: a file that is there is whole
