#!/usr/bin/env bash
# header.sh FOLDER writes FOLDER/cuda.h, cut out of the declarations that gorgonia.org/cu carries for its own generator:
# enough to compile a check without a CUDA toolkit. It never goes into a binary that is shipped.
set -euo pipefail
module=$(go list -m -f '{{.Dir}}' gorgonia.org/cu)
[ -n "$module" ] || module=$(go mod download -json gorgonia.org/cu | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
mkdir -p "$1"
{
  echo '#pragma once'
  echo '#include <stdlib.h>' # as NVIDIA's does
  echo '#include <stdint.h>'
  echo '#define CU_TRSF_READ_AS_INTEGER 1' # the generator's copy has lost its macros
  echo '#define CU_TRSF_NORMALIZED_COORDINATES 2'
  # What comes before are declarations of the C library.
  sed -n '/^typedef uint32_t cuuint32_t;/,$p' "$module/cmd/genlib/cuda.h"
} >"$1/cuda.h"
grep -q cuLaunchKernel "$1/cuda.h"
