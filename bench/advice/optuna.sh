#!/usr/bin/env bash
# Lets Optuna revise the nets of a frozen set at the same compute as the other arms:
#
#     bench/advice/optuna.sh --out FILE [--sampler tpe|random] [--space few|all] [--budget 1] [--seed 1] [--jobs 1] \
#         -- -data FOLDER [-dataset cifar10] [-set dev] [-only 'flawed/*']
#
# Revisions are appended to FILE; nets that it has are left out. What is behind -- goes to the program's trial command.
# Installs Optuna from PyPI into $PROBEWISE_BENCH (default: ~/.cache/probewise-bench) where it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=${PROBEWISE_BENCH:-$HOME/.cache/probewise-bench}/optuna
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! "$python/bin/python" -c 'import optuna' 2>/dev/null; then
  { python3 -m venv "$python" && "$python/bin/pip" install -q optuna==5.0.0; } >&2
fi
go build -o "$work/advice" ./bench/advice
"$python/bin/python" bench/advice/optuna_arm.py --program "$work/advice" "$@"
