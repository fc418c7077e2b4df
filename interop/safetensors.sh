#!/usr/bin/env bash
# Trains a net here, reads the weights of its best epoch with the Python package safetensors, computes the test images
# with them in NumPy, as the file's metadata says they are laid out, and compares accuracy and loss:
#
#     interop/safetensors.sh
#
# Installs safetensors and NumPy from PyPI into $PROBEWISE_BENCH (default: ~/.cache/probewise-bench) where they are
# missing. The exit status is 1 where something differs; see safetensors/compare.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PROBEWISE_BENCH:-$HOME/.cache/probewise-bench}/safetensors
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! "$python/bin/python" -c 'import safetensors, numpy' 2>/dev/null; then
  { python3 -m venv "$python" && "$python/bin/pip" install -q safetensors numpy; } >&2
fi
go build -o "$work/probewise" ./cmd/probewise
go run ./interop/safetensors -out "$work"
"$work/probewise" train interop/safetensors/net.json --images 3000 --data-dir "$work/data" --device cpu --quiet \
  --weights "$work/best.safetensors" --json >"$work/run.json"
"$python/bin/python" -B interop/safetensors/compare.py "$work"
