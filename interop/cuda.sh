#!/usr/bin/env bash
# Holds the GPU build against NVIDIA's own files, where they can be had from PyPI; needs no card:
#
#     interop/cuda.sh
#
# The tagged build compiles with the headers of CUDA 11.8, 12.0 and 12.9 and runs on the software device; NVIDIA's
# assembler takes the embedded PTX for every card from Volta to Hopper, and no kernel may spill registers. Prints
# registers and shared memory of every kernel, and what the machine code of the products consists of. Installs into
# $PROBEWISE_BENCH (default: ~/.cache/probewise-bench).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
home=${PROBEWISE_BENCH:-$HOME/.cache/probewise-bench}/cuda
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# have FOLDER PACKAGE==VERSION installs a package once, in a folder of its own: their files have the same names.
have() {
  [ -d "$home/$1/nvidia" ] || "$home/bin/pip" install -q --disable-pip-version-check --no-deps --target "$home/$1" "$2" >&2
}

[ -x "$home/bin/pip" ] || python3 -m venv "$home"
# shellcheck source=test/softcuda/env.sh
source test/softcuda/env.sh
for version in cu11==11.8.89 cu12==12.0.107 cu12==12.9.79; do
  number=${version#*==}
  have "headers-$number" "nvidia-cuda-runtime-$version"
  include=$home/headers-$number/nvidia/cuda_runtime/include
  echo "headers of CUDA ${number%.*}: CUDA_VERSION $(awk '$2 == "CUDA_VERSION" {print $3; exit}' "$include/cuda.h")"
  CGO_CFLAGS="-O2 -g -I$include" go build -tags gpu -o "$work/" ./cmd/probewise ./trainer/cuda
  CGO_CFLAGS="-O2 -g -I$include" go test -tags gpu,softcuda -count=1 -run '^(TestConformance|TestMissingBarrierShows)$/^(buffers|sequence)?$' \
    ./trainer/cuda ./test/softcuda/...
done

for version in cu11==11.8.89 cu12==12.9.86; do
  have "assembler-${version#*==}" "nvidia-cuda-nvcc-$version"
done
have disassembler-13.5.37 nvidia-cuda-nvdisasm==13.5.37
python3 interop/cuda/assemble.py "$home" trainer/cuda/kernels.ptx
