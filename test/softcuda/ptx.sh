#!/usr/bin/env bash
# ptx.sh KERNELS.cu KERNELS.ptx compiles the kernels to PTX for sm_70 and newer with clang 14, whose output is the same
# everywhere. As root on Debian it installs the compiler where it is missing; CLANG names another one.
set -euo pipefail
clang=${CLANG:-clang-14}
if ! command -v "$clang" >/dev/null; then
  if [ "$clang" != clang-14 ] || [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "ptx.sh: $clang is missing; on Debian 12: apt-get install clang-14" >&2
    exit 1
  fi
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends clang-14 >/dev/null
fi
cd "$(dirname "$1")" # no path of this machine gets into the output
to=$OLDPWD/$2
case $2 in /*) to=$2 ;; esac
"$clang" -x cuda --cuda-device-only --cuda-gpu-arch=sm_70 -nocudainc -nocudalib -Xclang -target-feature -Xclang +ptx60 \
  -O3 -fno-math-errno -ffp-contract=fast -std=c++14 -Wno-unknown-cuda-version -S -o "$to.new" "$(basename "$1")"
mv "$to.new" "$to"
