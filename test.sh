#!/usr/bin/env bash
# Installs what the tests need, runs all of them, and ends with one line: N passed, N failed, N skipped.
#   ./test.sh           everything
#   ./test.sh --fast    the inner loop, under two minutes: the services' own tests, without whole platforms, browser, chart and CUDA
# Further arguments go to `dotnet test`, e.g. ./test.sh --fast --filter Batching.
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

die() { printf 'test.sh: %s\n' "$*" >&2; echo "0 passed, 1 failed, 0 skipped"; exit 1; }

fast=
[ "${1:-}" = --fast ] && { fast=yes; shift; }

command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: install it and put dotnet on PATH"
command -v npm >/dev/null || die "node with npm is missing: the default model comes from an npm package"

install_debian() { # what each command needs: command=package
  local missing=() pair
  for pair in "$@"; do command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}"); done
  [ ${#missing[@]} -eq 0 ] && return
  echo "Installing ${missing[*]} ..."
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 \
    || die "could not install ${missing[*]}; install them by hand (root and apt-get are needed)"
}
install_debian redis-server=redis-server curl=curl
tests/Gateway.Tests/Compatibility/RemoveBgClient/install.sh || die "the remove.bg client for the tests could not be installed"
if [ "$fast" ]; then
  solution=Rembg.Platform.Fast.slnf
  # Asked for by a filter, slow ones run as well.
  [[ " $* " == *" --filter "* ]] || set -- --filter "Category!=Slow" "$@"
else
  solution=Rembg.Platform.slnx
  install_debian prometheus=prometheus chromium=chromium nginx=nginx-light python3=python3
  tests/Page.Tests/fetch-axe.sh || die "axe-core could not be fetched from npm"
fi

[ "$fast" ] || dotnet format whitespace --folder --verify-no-changes --exclude artifacts || die "the format check failed: dotnet format whitespace --folder --exclude artifacts mends it"
dotnet build "$solution" -c Release -v quiet || die "the build failed"
if [ ! "$fast" ]; then
  # The CUDA flavour cannot run here, but it must restore from its lock file and bring its libraries.
  dotnet publish inference/Rembg.Inference.csproj -c Release -v quiet -p:Accelerator=cuda -p:RestoreLockedMode=true -o artifacts/cuda/app || die "the CUDA flavour of inference does not build"
  [ -f artifacts/cuda/app/runtimes/linux-x64/native/libonnxruntime_providers_cuda.so ] || die "the CUDA flavour of inference has no CUDA libraries"
fi
dotnet artifacts/bin/Rembg.Models/release/Rembg.Models.dll isnet-general-use || die "the default model could not be fetched and prepared"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# One project after the other: they share two cores with real models and servers.
dotnet test "$solution" -c Release --no-build -m:1 "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}

sum() { awk -v key="$1:" '/Total:/ { for (i = 1; i < NF; i++) if ($i == key) total += $(i + 1) } END { print total + 0 }' "$log"; }
passed=$(sum Passed) failed=$(sum Failed) skipped=$(sum Skipped)
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then echo "test.sh: the test run broke off"; failed=1; fi
if [ "${CI:-}" = true ] && [ "$skipped" -gt 0 ]; then echo "test.sh: nothing may be skipped under CI"; status=1; fi
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
