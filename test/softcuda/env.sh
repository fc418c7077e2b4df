# shellcheck shell=bash
# Sourced: builds the software device and its header, and points cgo and the loader at them. Leaves their folder in
# $soft.
soft=${PROBEWISE_SOFTCUDA:-$PWD/.tools/softcuda}
mkdir -p "$soft"
test/softcuda/build.sh "$soft" \
  trainer/cuda/kernels.cu trainer/cuda/kernels.ptx \
  test/softcuda/selftest/testdata/faults.cu test/softcuda/selftest/testdata/faults.ptx
test/softcuda/header.sh "$soft"
export CGO_ENABLED=1 CGO_CFLAGS="-O2 -g -I$soft" CGO_LDFLAGS="-L$soft" LD_LIBRARY_PATH="$soft${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
