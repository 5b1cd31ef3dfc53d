#!/usr/bin/env bash
# Packs what `./bench.sh gpu` needs for a machine that has a GPU and no package source: the .NET runtime, the programs built for CUDA and
# the prepared model, in pieces of at most 56 MiB. There, in a checkout: cat kit.* | tar -xJ && ./dotnet/dotnet artifacts/cuda/bin/Bench/release/Bench.dll gpu
#   usage: tests/Bench/gpu-kit.sh TARGET-FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${1:?usage: tests/Bench/gpu-kit.sh TARGET-FOLDER}
dotnet build tests/Bench/Bench.csproj -c Release -v quiet -p:Accelerator=cuda
dotnet artifacts/cuda/bin/Rembg.Models/release/Rembg.Models.dll isnet-general-use

stage=$(mktemp -d -p artifacts)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/models" "$stage/artifacts/cuda/bin" "$stage/dotnet/shared"
cp -al models/prepared "$stage/models/"
for program in Bench Rembg.Gateway Rembg.Inference; do
  mkdir -p "$stage/artifacts/cuda/bin/$program"
  cp -al "artifacts/cuda/bin/$program/release" "$stage/artifacts/cuda/bin/$program/"
done
# Bench and the pod have the same native libraries: as hard links, tar packs them once.
natives=runtimes/linux-x64/native
ln -f "$stage/artifacts/cuda/bin/Bench/release/$natives"/* "$stage/artifacts/cuda/bin/Rembg.Inference/release/$natives/"
sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
runtime=$(dotnet --list-runtimes | awk '$1 == "Microsoft.NETCore.App" { v = $2 } END { print v }')
cp "$sdk/dotnet" "$stage/dotnet/"
cp -r "$sdk/host" "$stage/dotnet/"
for framework in Microsoft.NETCore.App Microsoft.AspNetCore.App; do
  mkdir -p "$stage/dotnet/shared/$framework"
  cp -r "$sdk/shared/$framework/$runtime" "$stage/dotnet/shared/$framework/"
done

mkdir -p "$target"
tar -C "$stage" -c . | xz -T0 -1 | split -b 56m -d - "$target/kit."
ls -l "$target"
