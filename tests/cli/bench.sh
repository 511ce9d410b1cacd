#!/bin/sh
# The benchmark's scripts without peers: one round on a small picture, and their arithmetic.
#
# Seen to fail by: quartiles of an unsorted list, ratios that are not paired, operations that forget the enlargement, a
# process that reads the first rows again and again, a roofline of the larger of the two bounds, and twice the speed.
. tests/cli/common.inc
if ! command -v python3 >/dev/null 2>&1; then
    echo "SKIP bench: python3 is absent"
    exit 0
fi
python=${PYTHON:-python3}
expect 0 "$anew" -m photo-x4 --exact tests/data/small.ppm -o "$scratch/wanted.ppm"
if "$python" -c 'import numpy' 2>/dev/null; then
    expect 0 "$python" bench/compare.py --build "$BUILD" --engines anew --networks srvgg1 --sizes 64x48 --threads 1 \
        --rounds 1 --json "$scratch/line"
    grep -q '^anew --exact' "$scratch/out" || complain "no table: $(cat "$scratch/out")"
fi
"$python" tests/cli/bench.py "$BUILD/bench_network" photo-x4 tests/data/small.ppm "$scratch/wanted.ppm" "$scratch/line" ||
    complain "the benchmark's arithmetic"
finish
