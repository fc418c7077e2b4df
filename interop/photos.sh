#!/usr/bin/env bash
# From a folder of 600 photos with every fault that people's folders have to advice, as a transcript with times:
#
#     interop/photos.sh IMAGES.zip     # real images in folders of classes, at least five
#
# The folder is made by datasets/photos.py of the images that the zip holds. docs/own-data.md is what it printed. Installs
# Pillow and NumPy from PyPI into $PROBEWISE_BENCH (default: ~/.cache/probewise-bench) where they are missing. PROBEWISE is
# a built program; without it, one is built.
set -euo pipefail
images=$(realpath "${1:?which zip of images in folders of classes?}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${PROBEWISE_BENCH:-$HOME/.cache/probewise-bench}/datasets
if ! "$python/bin/python" -c 'import numpy, PIL' 2>/dev/null; then
  { python3 -m venv "$python" && "$python/bin/pip" install -q numpy pandas pyarrow pillow; } >&2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=${PROBEWISE:-$work/probewise}
[ -n "${PROBEWISE:-}" ] || go build -o "$program" ./cmd/probewise
"$python/bin/python" -B interop/datasets/photos.py "$images" "$work" >&2
cp interop/datasets/net.json "$work"
cd "$work"
export PROBEWISE_DATA_DIR=$work/data
run() {
  local start=$EPOCHREALTIME status=0
  printf '$ probewise %s\n' "$*"
  "$program" "$@" 2>&1 || status=$?
  awk -v a="$start" -v b="$EPOCHREALTIME" -v s="$status" 'BEGIN {printf "[%.1f s, exit status %d]\n\n", b - a, s}'
}
run dataset add mine photos
run dataset add mine photos --size 32x32 --skip-broken 4
run dataset show mine --samples samples.png
run advise net.json --dataset mine --quiet
