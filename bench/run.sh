#!/bin/sh
# run.sh [ARGUMENTS OF compare.py] - the benchmarks in one run: this machine's peaks, each kernel's share of its own
# bound, whole networks against the peers that are installed, and anew alone: large pictures, its threads, its start-up,
# many small pictures (bench/README.md). With RESULTS=PREFIX also as files: PREFIX-kernels.csv, PREFIX-networks.json,
# PREFIX-program.json and the roofline PREFIX-roofline.png.
set -eu
BUILD=${BUILD:-build/release}
RESULTS=${RESULTS:-}
python=${PYTHON:-python3}
here=$(dirname "$0")
about="$(date -u '+%Y-%m-%d %H:%M UTC'), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors, \
commit $(git describe --always --dirty 2>/dev/null || echo unknown)"
echo "$about"
if ! "$python" -c 'import numpy' 2>/dev/null; then
    "$BUILD/bench_kernels"
    echo "SKIP whole networks: $python has no numpy (set PYTHON to one that has)"
    exit 0
fi
if [ -z "$RESULTS" ]; then
    "$BUILD/bench_kernels"
    "$python" "$here/compare.py" --build "$BUILD" "$@"
    "$python" "$here/scaling.py" --build "$BUILD"
    "$BUILD/bench_parallel"
    "$python" "$here/program.py" "$BUILD/anew"
    exit 0
fi
{
    echo "# $about"
    "$BUILD/bench_kernels" --csv
} | tee "$RESULTS-kernels.csv"
rm -f "$RESULTS-networks.json"
"$python" "$here/compare.py" --build "$BUILD" --json "$RESULTS-networks.json" "$@"
"$python" "$here/scaling.py" --build "$BUILD"
"$BUILD/bench_parallel"
"$python" "$here/program.py" --json "$RESULTS-program.json" "$BUILD/anew"
if "$python" -c 'import PIL' 2>/dev/null; then
    "$here/roofline.sh" "$RESULTS" "$python" "$BUILD"
else
    echo "SKIP the roofline: $python has no Pillow"
fi
