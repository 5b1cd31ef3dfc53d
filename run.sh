#!/usr/bin/env bash
# Runs the platform on this machine: fetches and prepares the model, builds, starts inference and gateway.
#   HOST=127.0.0.1    where the gateway listens: this machine alone; 0.0.0.0 opens it to others (without API keys: to everybody)
#   PORT=7000    the gateway; its management port is PORT+80, inference PORT+100, its management PORT+180
#   MODEL=isnet-general-use    the model or models to load, comma-separated, the first is the default
# Arguments go to the gateway, e.g. ./run.sh --ConnectionStrings:Redis=localhost:6379
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
host=${HOST:-127.0.0.1}
port=${PORT:-7000}
models=${MODEL:-isnet-general-use}

die() { printf 'run.sh: %s\n' "$*" >&2; exit 1; }

[[ "$host" =~ ^[0-9a-f.:]+$ ]] || die "HOST must be an IP address, not '$host'"
[[ "$port" =~ ^[0-9]+$ ]] && [ "$port" -gt 0 ] && [ "$port" -le 65355 ] || die "PORT must be a number from 1 to 65355, not '$port'"
command -v dotnet >/dev/null || die "the .NET 10 SDK is missing: install it and put dotnet on PATH"
dotnet --list-sdks | grep -q '^1[0-9]\.' || die "the .NET SDK is older than 10: install the .NET 10 SDK"

# Building takes longer than starting, so only when a source is newer than the last build.
built=artifacts/.run-built
if [ ! -f "$built" ] || [ -n "$(find contract gateway inference models/tool Directory.*.props -newer "$built" -type f -print -quit)" ]; then
  echo "Building ..."
  for project in models/tool/Rembg.Models inference/Rembg.Inference gateway/Rembg.Gateway; do
    dotnet build "$project.csproj" -c Release -v quiet || die "the build failed, see above"
  done
  touch "$built"
fi
program() { echo "artifacts/bin/$1/release/$1.dll"; }

IFS=, read -ra names <<<"$models"
dotnet "$(program Rembg.Models)" "${names[@]}" || exit 1

# In the background under `set -m`, a child has its own process group: Ctrl-C reaches this script alone, which stops both in order.
set -m
# What computes leaves the cores to what answers.
nice -n 10 dotnet "$(program Rembg.Inference)" --Service:Address=127.0.0.1 --Service:Port=$((port + 100)) --Service:ManagementPort=$((port + 180)) \
  --Models:Directory=models/prepared --Models:Names="$models" --Batching:SizesFile=artifacts/batch-sizes.json &
inference=$!
dotnet "$(program Rembg.Gateway)" --Service:Address="$host" --Service:Port="$port" --Service:ManagementPort=$((port + 80)) \
  --Pods:Addresses:0=http://127.0.0.1:$((port + 100)) --Pods:ManagementAddresses:0=http://127.0.0.1:$((port + 180)) "$@" &
gateway=$!

stop() {
  trap '' INT TERM
  # The gateway first: it finishes what it accepted, and needs the pod for that.
  kill -TERM "$gateway" 2>/dev/null && wait "$gateway" || true
  kill -TERM "$inference" 2>/dev/null && wait "$inference" || true
  exit "$1"
}
trap 'stop 0' INT TERM

# An address that stands for all of them is no address to ask at.
case $host in 0.0.0.0 | ::) probe=127.0.0.1 ;; *) probe=$host ;; esac
# Ready means that a cutout can be made: the pod has its models, the gateway answers, and it knows the pod's models.
ok() { exec 3<>"/dev/tcp/$1/$2" && printf 'GET %s HTTP/1.0\r\n\r\n' "$3" >&3 && head -n 1 <&3 | grep -q ' 200 '; }
ready() { ok 127.0.0.1 $((port + 180)) /readyz && ok "$probe" $((port + 80)) /readyz && ok "$probe" "$port" /v1/models; }
until (ready) 2>/dev/null; do
  kill -0 "$inference" 2>/dev/null || { echo "run.sh: inference ended, see above" >&2; stop 1; }
  kill -0 "$gateway" 2>/dev/null || { echo "run.sh: the gateway ended, see above" >&2; stop 1; }
  sleep 0.2
done
[ "$probe" = 127.0.0.1 ] && probe=localhost
echo "Rembg Platform is ready at http://$probe:$port   (Ctrl-C stops it)"

wait -n "$inference" "$gateway" || true
echo "run.sh: a part of the platform ended, stopping the other" >&2
stop 1
