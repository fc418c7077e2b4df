#!/usr/bin/env bash
# Predicts learning curves with scikit-learn's forest and gradient boosting on the very splits of `probewise forest
# bench`:
#
#     interop/sklearn.sh CURVES.csv [--fit 57] [--epochs 1,2,5] [--repeats 20]
#
# Installs scikit-learn from PyPI into $PROBEWISE_BENCH (default: ~/.cache/probewise-bench) where it is missing. The
# exit status is 1 where ours is more than 0.02 of R² below scikit-learn's forest.
set -euo pipefail
curves=$(realpath "$1")
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PROBEWISE_BENCH:-$HOME/.cache/probewise-bench}/sklearn
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! "$python/bin/python" -c 'import sklearn' 2>/dev/null; then
  { python3 -m venv "$python" && "$python/bin/pip" install -q scikit-learn; } >&2
fi
go build -o "$work/probewise" ./cmd/probewise
"$work/probewise" forest bench "$curves" "$@" --splits "$work/splits.json" --json >"$work/ours.json"
"$python/bin/python" interop/sklearn/compare.py "$curves" "$work/splits.json" "$work/ours.json"
