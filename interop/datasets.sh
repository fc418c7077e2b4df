#!/usr/bin/env bash
# Writes data sets with NumPy, pandas, PyArrow and Pillow, and has the readers of trainer/dataset read them:
#
#     interop/datasets.sh            # into a folder of its own, then the tests against that
#     interop/datasets.sh --keep     # into trainer/dataset/testdata, which is committed
#
# Installs the packages from PyPI into $PROBEWISE_BENCH (default: ~/.cache/probewise-bench) where they are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PROBEWISE_BENCH:-$HOME/.cache/probewise-bench}/datasets
if ! "$python/bin/python" -c 'import numpy, pandas, pyarrow, PIL' 2>/dev/null; then
  { python3 -m venv "$python" && "$python/bin/pip" install -q numpy pandas pyarrow pillow; } >&2
fi
if [ "${1:-}" = --keep ]; then
  exec "$python/bin/python" -B interop/datasets/write.py trainer/dataset/testdata/written
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python/bin/python" -B interop/datasets/write.py "$work"
PROBEWISE_DATASETS=$work go test -count=1 -run '^TestWrittenByOthers' -v ./trainer/dataset
