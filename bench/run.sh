#!/bin/sh
# run.sh - the benchmarks: this machine's peak and each kernel's share of it, then whole networks against
# the peers that are installed (bench/README.md).
set -eu
BUILD=${BUILD:-build/release}
"$BUILD/bench_kernels"
python=${PYTHON:-python3}
if "$python" -c 'import numpy' 2>/dev/null; then
    for size in 256 512; do
        "$python" bench/compare.py --anew "$BUILD/anew" --size "$size"
    done
else
    echo "SKIP whole networks: $python has no numpy (set PYTHON to one that has)"
fi
