#!/usr/bin/env bash
# build.sh FOLDER [KERNELS.cu KERNELS.ptx]... builds the software device FOLDER/libcuda.so.1, with every kernel file
# given. Needs g++. CXXFLAGS adds flags for the kernels.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1
shift
mkdir -p "$out"
common=(-std=c++17 -fPIC -shared -fvisibility=hidden -fno-gnu-unique -Wall -Wextra -pthread)
# up_to_date FILE SOURCE... tells whether nothing has changed since FILE was built.
up_to_date() {
  local file=$1 source
  shift
  [ -e "$file" ] || return 1
  for source in "$@"; do [ "$file" -nt "$source" ] || return 1; done
}

if ! up_to_date "$out/libcuda.so.1" "$here"/*.cpp "$here"/*.hpp "$here"/*.h "$here"/*.inc; then
  sources=("$here"/{api_device,api_launch,api_memory,context,fiber,load,memory,ptx,run}.cpp)
  # Without fortification, which takes a jump from one stack to another for an error.
  g++ "${common[@]}" -O2 -U_FORTIFY_SOURCE -D_GNU_SOURCE -Wl,-soname,libcuda.so.1 -Wl,-Bsymbolic -o "$out/libcuda.so.1" "${sources[@]}" -ldl
  ln -sf libcuda.so.1 "$out/libcuda.so"
fi

while [ $# -gt 0 ]; do
  kernels=$(realpath "$1") ptx=$2
  shift 2
  read -r sum length _ < <(cksum "$ptx")
  library=$out/kernels-$sum-$length.so
  up_to_date "$library" "$here"/module.cpp "$here"/soft_device.h "$kernels" "$here"/../../trainer/cuda/{*.h,kernels/*.cuh} && continue
  entries=$(mktemp)
  trap 'rm -f "$entries"' EXIT
  sed -n 's/^.*\.entry \([A-Za-z0-9_]*\)(.*/ENTRY(\1)/p' "$ptx" >"$entries"
  # The checks end in a trap that the driver reports with the thread's place.
  # shellcheck disable=SC2086
  g++ "${common[@]}" -O2 -march=native -ffp-contract=fast -fno-math-errno -fwrapv -fno-strict-aliasing -Wno-unknown-pragmas -Wno-unused-parameter \
    -fsanitize=bounds,alignment,shift,integer-divide-by-zero,float-cast-overflow -fsanitize-undefined-trap-on-error -Wl,-Bsymbolic \
    -DPROBEWISE_SOFTWARE_DEVICE ${CXXFLAGS:-} "-DKERNELS=\"$kernels\"" "-DENTRIES=\"$entries\"" -I"$here" -o "$library" "$here/module.cpp"
done
