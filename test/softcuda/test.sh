#!/usr/bin/env bash
# test.sh runs the tests of the GPU build (make test-gpu). Without a card they run on the software device, the threads
# of every block once in forward and once in reverse order, then with uploads that are read late; with
# PROBEWISE_GPU=require they run on the card, against the driver of the system and the toolkit in $CUDA_HOME, and no
# device is a failure. Arguments go to go test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [ "${PROBEWISE_GPU:-}" = require ]; then
  cuda=${CUDA_HOME:-/usr/local/cuda}
  export CGO_ENABLED=1 CGO_CFLAGS="-O2 -g -I$cuda/include" CGO_LDFLAGS="-L$cuda/lib64 -L$cuda/lib64/stubs"
  exec go test -tags gpu -count=1 -v "$@" ./trainer/cuda ./test/softcuda/...
fi

# shellcheck source=test/softcuda/env.sh
source test/softcuda/env.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for way in forward:early reverse:late; do
  echo "thread order, reading of uploads: $way"
  PROBEWISE_SOFTCUDA_ORDER=${way%:*} PROBEWISE_SOFTCUDA_UPLOADS=${way#*:} go test -tags gpu,softcuda -count=1 -v "$@" ./trainer/cuda ./test/softcuda/... 2>&1 | tee "$log"
  # A test that skips looks green.
  if grep -qE '^ *--- SKIP' "$log"; then
    echo "test.sh: a test was left out" >&2
    exit 1
  fi
done
echo "the program"
go test -tags gpu,softcuda -count=1 -v -run '^(TestLostDevice|TestUnavailableDevice|TestDevicesOfTheGPUBuild|TestOldCards|TestStarts|TestDoctor)$' "$@" ./cmd/probewise
