#!/bin/sh
# replay.sh - every fuzz target of a build on its seeds and on what fuzzing found, without a fuzzer: as they are,
# cut at every byte, with every number near both ends at its extremes, with the n-th allocation failing.
#
#   BUILD         folder of the programs (default build/release)
#   ANEW_EVERY    bytes at both ends of a seed whose numbers are changed (default 34: a PNG's header)
#
# Seen to fail by: a message without the file's name in src/image/image_pnm.c, an unchecked allocation in
# tools/convert/ncnn_param.c, and an option's name that is printed as it is in src/cli/options.c.
set -u
BUILD=${BUILD:-build/release}
every=${ANEW_EVERY:-34}
if ! command -v python3 >/dev/null 2>&1; then
    echo "SKIP fuzz targets: python3 is absent, which makes their seeds"
    exit 0
fi
seeds=$BUILD/seeds
FUZZ_FAILED=$BUILD/fuzz-failed
export FUZZ_FAILED
rm -rf "$seeds"
python3 tests/fuzz/make_seeds.py "$BUILD/anew-convert" "$seeds" || exit 1
failed=0
for folder in "$seeds"/*; do
    target=$(basename "$folder")
    program=$BUILD/fuzz_$target
    [ -x "$program" ] || continue
    regressions=tests/fuzz/regressions/$target
    echo "$target"
    "$program" --every "$every" "$folder" || failed=1
    [ ! -d "$regressions" ] || "$program" "$regressions" || failed=1
done
exit "$failed"
