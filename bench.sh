#!/usr/bin/env bash
# Measures: ./bench.sh [--record] [scenario ...], all scenarios without a name. Prints tables, and for each figure a line
# name=value. Writes the same to artifacts/bench/, or with --record to docs/benchmarks/, to be committed with what it measured.
# The scenario gpu needs a GPU, and says so where there is none; tests/Bench/gpu-kit.sh packs it for a machine without package access.
#   MODEL=isnet-general-use    the model of engine (with an int8 form), cold and masks; soak, flood and table take its fast variant unless told
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
command -v dotnet >/dev/null || { echo "bench.sh: the .NET 10 SDK is missing: install it and put dotnet on PATH" >&2; exit 1; }

artifacts=artifacts flavour=()
[[ " $* " == *" gpu "* ]] && artifacts=artifacts/cuda flavour=(-p:Accelerator=cuda)
dotnet build tests/Bench/Bench.csproj -c Release -v quiet "${flavour[@]}" >&2
dotnet "$artifacts/bin/Rembg.Models/release/Rembg.Models.dll" isnet-general-use isnet-general-use-512 ${MODEL:+"$MODEL"} >&2
exec dotnet "$artifacts/bin/Bench/release/Bench.dll" "$@"
