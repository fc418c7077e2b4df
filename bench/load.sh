#!/usr/bin/env bash
# What 200 readers a second cost a probe that trains, and what the probe costs them: builds the program, starts it on a
# free port of the loopback address with an empty data folder, measures (at most five minutes), and cleans up.
#
#     bench/load.sh [--json] [--rate 200] [--pairs 3] [--epochs 10] [--alone 10s] [--seed 1] [--limit 5m]
#
# Needs Go alone. Run it on a quiet machine; the column "others" tells how quiet it was.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -trimpath -o "$work/probewise" ./cmd/probewise
go build -o "$work/load" ./bench/load
"$work/load" --binary "$work/probewise" "$@"
