#!/usr/bin/env bash
# barriers.sh takes one barrier at a time out of the kernels and runs the tests that should notice: the parity of every
# op and the equality of both thread orders. A barrier whose loss goes unnoticed is needless, or untested: it is listed,
# and the exit status is 1 unless a comment on its line says what it is for. Takes some minutes; run it after a change
# of the kernels.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=test/softcuda/env.sh
source test/softcuda/env.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go test -tags gpu,softcuda -c -o "$work/tests" ./trainer/cuda
unnoticed=0
while IFS=: read -r file line text; do
  place=${file##*/}:$line
  # Not in the same process as another missing barrier: the driver asks its environment once.
  if (cd trainer/cuda && PROBEWISE_SOFTCUDA_WITHOUT_BARRIER=$place "$work/tests" -test.run '^(TestOrder|TestConformance)$' >"$work/said" 2>&1); then
    echo "unnoticed: $place:$text"
    [[ $text == *//* ]] || unnoticed=1
  else
    echo "caught fault=missing-barrier $place: $(grep -cE 'differ|max_err|fault=' "$work/said") complaints"
  fi
done < <(grep -n '^ *__syncthreads()' trainer/cuda/kernels/*.cuh)
exit $unnoticed
