#!/usr/bin/env bash
# check_ptx.sh proves that the PTX files in the tree are what clang makes of the kernels, prints what is in them, and
# that a copy with one broken line would not have passed. It installs clang as ptx.sh does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=test/softcuda/env.sh
source test/softcuda/env.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check FILE PTX prints one line, and fails where the PTX is not that of FILE.cu.
check() {
  local source=$1.cu ptx=$2 again=$work/again.ptx library sum length array
  test/softcuda/ptx.sh "$source" "$again" || return
  # Every shared array of the source must be alive: clang drops what it finds undefined, without a word.
  read -r sum length _ < <(cksum "$1.ptx")
  library=$soft/kernels-$sum-$length.so
  [ -e "$library" ] || return
  for array in $(nm "$library" | awk '$2 == "b" && $3 ~ /^_ZZ/ {print $3}'); do
    grep -qE "\.shared .* (${array//\$/\\\$}|_ZZL${array#_ZZ})[[;]" "$ptx" || { echo "$ptx: the shared array $array is gone" >&2; return 1; }
  done
  diff -q "$again" "$ptx" >/dev/null || { echo "$ptx is not what ptx.sh makes of $source" >&2; return 1; }
  echo "ptx=$ptx version=$(awk '$1 == ".version" {print $2}' "$ptx") target=$(awk '$1 == ".target" {print $2}' "$ptx")" \
    "entries=$(grep -c '\.entry' "$ptx") externs=$(grep -c '\.extern' "$ptx") bytes=$(wc -c <"$ptx")"
  ! grep -q '\.extern' "$ptx"
}

files=(trainer/cuda/kernels test/softcuda/selftest/testdata/faults)
for file in "${files[@]}"; do check "$file" "$file.ptx"; done

# The copy lacks one store; the driver in software refuses it as well, as the tests of selftest show.
line=$(grep -n 'st\.global' "${files[0]}.ptx" | sed -n '1s/:.*//p')
sed "${line}d" "${files[0]}.ptx" >"$work/broken.ptx"
if check "${files[0]}" "$work/broken.ptx" 2>"$work/said"; then
  echo "check_ptx.sh: a PTX without its line $line passed" >&2
  exit 1
fi
echo "caught fault=broken-ptx: $(sed "s|$work/||" "$work/said")"
