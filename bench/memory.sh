#!/usr/bin/env bash
# Compares the memory that runs are predicted to need with what they take, on sampled nets:
#
#     bench/memory.sh [-nets 20] [-seed 1] [-json]
#
# Each net is trained for an epoch by `probewise train` in a process of its own, whose peak resident memory is what the
# operating system counted (getrusage). The exit status is 1 where a prediction is off by more than -most (0.2).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/probewise" ./cmd/probewise
go build -o "$work/memory" ./bench/memory
"$work/memory" -probewise "$work/probewise" -folder "$work" "$@"
