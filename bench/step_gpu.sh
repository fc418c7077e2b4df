#!/usr/bin/env bash
# Times a training step of nets A, B and C on a card, here and in PyTorch with CUDA ($PYTHON, default python3), and
# prints the medians and PyTorch's time over ours:
#
#     CUDA_HOME=/usr/local/cuda bench/step_gpu.sh
#
# CGO_CFLAGS and CGO_LDFLAGS, where they are set, say in place of CUDA_HOME where headers and driver are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cuda=${CUDA_HOME:-/usr/local/cuda}
export CGO_ENABLED=1 CGO_CFLAGS="${CGO_CFLAGS:--O2 -g -I$cuda/include}"
export CGO_LDFLAGS="${CGO_LDFLAGS:--L$cuda/lib64 -L$cuda/lib64/stubs}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

go test -tags gpu -run '^$' -bench '^BenchmarkStepGPU$' -count 5 ./trainer/graph | tee "$work/ours" >&2
"${PYTHON:-python3}" bench/step/peer_torch.py A,B,C 200 4 cuda >"$work/torch"

# median prints the middle of the numbers, one a line.
median() {
  sort -g | awk '{x[NR] = $1}
    END {if (NR == 0) exit 1; print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2}'
}

printf '%-4s %12s %12s %8s\n' net 'ours (ms)' 'torch (ms)' ratio
for net in A B C; do
  ours=$(awk -v net="BenchmarkStepGPU/$net" '$1 ~ "^" net "(-[0-9]+)?$" {
    for (i = 2; i <= NF; i++) if ($i == "ns/op") print $(i - 1) / 1e6}' "$work/ours" | median)
  torch=$(awk -v net="$net" '$1 == net {for (i = 2; i <= NF; i++) print $i}' "$work/torch" | median)
  awk -v net="$net" -v ours="$ours" -v torch="$torch" \
    'BEGIN {printf "%-4s %12.3f %12.3f %8.2f\n", net, ours, torch, torch / ours}'
done
