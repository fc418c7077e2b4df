#!/usr/bin/env bash
# Times a training step of nets A, B and C here and in PyTorch and TensorFlow, on the same batch and threads, in turn:
#
#     bench/step.sh [--rounds 10] [--json]
#
# Installs the peers that are missing: Debian's python3-torch with apt-get where that may be done, PyTorch and
# TensorFlow from PyPI into $PROBEWISE_BENCH (default: ~/.cache/probewise-bench). A peer that cannot be had is left out.
# Run it on a quiet machine: what else runs takes its part of the cores.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cache=${PROBEWISE_BENCH:-$HOME/.cache/probewise-bench}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
arguments=()

if ! /usr/bin/python3 -c 'import torch' 2>/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-torch; } >&2 ||
    echo "no python3-torch" >&2
fi
if /usr/bin/python3 -c 'import torch' 2>/dev/null; then
  version=$(dpkg-query -W -f '${Version}' python3-torch 2>/dev/null ||
    /usr/bin/python3 -c 'import torch; print(torch.__version__)')
  arguments+=(--debian /usr/bin/python3 --debian-version "${version%%[+-]*}")
fi
for peer in torch:torch tensorflow:tensorflow-cpu; do
  name=${peer%:*} package=${peer#*:}
  if [ ! -x "$cache/$name/bin/python" ] || ! "$cache/$name/bin/python" -c "import $name" 2>/dev/null; then
    { python3 -m venv "$cache/$name" && "$cache/$name/bin/pip" install -q "$package" numpy; } >&2 ||
      { echo "no $package" >&2; continue; }
  fi
  arguments+=("--$name" "$cache/$name/bin/python")
done

go test -c -o "$work/graph" ./trainer/graph
go test -c -o "$work/kernel" ./trainer/kernel
python3 bench/step/run.py --graph "$work/graph" --kernel "$work/kernel" "${arguments[@]}" "$@"
