#!/usr/bin/env bash
# Trains nets for twenty steps here and in PyTorch, from the same weights, on the same batches, and compares losses,
# weights, running statistics and the statistics of every layer:
#
#     interop/torch.sh [--free]
#
# Installs PyTorch from PyPI into $PROBEWISE_BENCH (default: ~/.cache/probewise-bench) where it is missing. The exit
# status is 1 where something is off by more than it may be; see torch/compare.py for what is compared, and for --free.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PROBEWISE_BENCH:-$HOME/.cache/probewise-bench}/torch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! "$python/bin/python" -c 'import torch, numpy' 2>/dev/null; then
  { python3 -m venv "$python" && "$python/bin/pip" install -q torch numpy; } >&2
fi
go run ./interop/torch -out "$work" trainer/graph/testdata/nets/*.json interop/torch/nets/*.json
"$python/bin/python" -B interop/torch/compare.py "$work" "$@"
