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

bad=0
for version in cu11==11.8.89 cu12==12.9.86; do
  number=${version#*==}
  have "assembler-$number" "nvidia-cuda-nvcc-$version"
  for card in 70 75 80 86 89 90; do
    said=$work/$number-$card.txt
    "$home/assembler-$number/nvidia/cuda_nvcc/bin/ptxas" -v -arch=sm_$card -o "$work/cubin" trainer/cuda/kernels.ptx >"$said" 2>&1 || {
      cat "$said" >&2
      exit 1
    }
    # One line a kernel: name, registers, shared bytes, spilled bytes.
    awk -v q="'" '
      /Compiling entry function/ {split($0, part, q); name = part[2]}
      /spill stores/ {spill = $5 + $9 + $1}
      /Used [0-9]+ registers/ {
        shared = 0
        for (i = 2; i <= NF; i++) if ($i ~ /^smem/) shared = $(i - 2)
        for (i = 2; i <= NF; i++) if ($i ~ /^registers/) registers = $(i - 1)
        print name, registers, shared, spill
      }' "$said" | sort >"$work/$number-$card"
    awk -v title="ptxas $number sm_$card" '
      {if ($2 > most) most = $2; if ($3 > wide) wide = $3; if ($4 > 0) spilled++}
      END {printf "%s: kernels=%d registers<=%d shared<=%d spilled=%d\n", title, NR, most, wide, spilled; exit NR == 0 || spilled > 0}
    ' "$work/$number-$card" || bad=1
  done
done

echo
printf '%-28s %7s %7s %7s %12s\n' kernel sm_70 sm_80 sm_90 shared/bytes
join "$work/12.9.86-70" "$work/12.9.86-80" | join - "$work/12.9.86-90" | awk '{printf "%-28s %7d %7d %7d %12d\n", $1, $2, $5, $8, $3}'
have disassembler-13.5.37 nvidia-cuda-nvdisasm==13.5.37
"$home/assembler-12.9.86/nvidia/cuda_nvcc/bin/ptxas" -arch=sm_80 -o "$work/cubin" trainer/cuda/kernels.ptx
"$home/disassembler-13.5.37/nvidia/cu13/bin/nvdisasm" -c "$work/cubin" >"$work/sass" 2>"$work/said" || { cat "$work/said" >&2; exit 1; }
echo
echo 'machine code for sm_80 of what multiplies: how many instructions are fused multiply-adds, vectors from shared'
echo 'memory, vectors from and to memory, and local (spilled)'
printf '%-28s %6s %6s %8s %8s %8s %6s\n' kernel all FFMA LDS.128 LDG.128 STG.128 local
awk '
  /^\.text\./ {name = substr($1, 7, length($1) - 7)}
  /^ +\/\*[0-9a-f]+\*\// {all[name]++}
  /FFMA/ {fused[name]++}
  /LDS.*\.128/ {shared[name]++}
  /LDG.*\.128/ {load[name]++}
  /STG.*\.128/ {store[name]++}
  / (LDL|STL)/ {local[name]++}
  END {
    for (k in fused) if (k ~ /gemm|conv/)
      printf "%-28s %6d %6d %8d %8d %8d %6d\n", k, all[k], fused[k], shared[k], load[k], store[k], local[k]
  }' "$work/sass" | sort
if awk '/ (LDL|STL)/ {found = 1} END {exit !found}' "$work/sass"; then bad=1; fi

[ "$bad" = 0 ] || { echo "interop/cuda.sh: a kernel spills registers" >&2; exit 1; }
