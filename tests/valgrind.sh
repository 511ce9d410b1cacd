#!/bin/sh
# valgrind.sh - no reads of what was never set, nothing out of bounds, nothing leaked: the main job, by rows, in
# strips, with alpha, refusals, and the suites that run in a few minutes. valgrind knows no AVX-512, so the
# programs are held to AVX2.
#
# Seen to fail by: anew_alloc in place of anew_alloc_zero for the row of zeros in src/exec/exec_cpu.c, and a
# forgotten anew_free in src/image/image.c.
set -u
export ANEW_AUTO=off # the engine is tested, not what a look at a picture chooses
BUILD=${BUILD:-build/release}
command -v valgrind >/dev/null 2>&1 || {
    echo "SKIP valgrind is absent"
    exit 0
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0 runs=0
export ANEW_CPU=avx2 CK_FORK=no OMP_WAIT_POLICY=passive
under() { # CODE COMMAND...
    wanted=$1
    shift
    valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
        "$@" >"$scratch/log" 2>&1
    code=$?
    runs=$((runs + 1))
    if [ "$code" -ne "$wanted" ]; then
        echo "FAILED with $code: $*"
        tail -n 30 "$scratch/log"
        failed=$((failed + 1))
    fi
}
under 0 "$BUILD/anew" tests/data/small.ppm -o "$scratch/a.ppm"
under 0 "$BUILD/anew" tests/data/small.ppm --exact -s 3 -o "$scratch/b.ppm"
under 0 "$BUILD/anew" tests/data/small.ppm --strip-width 8 --band 2 --threads 3 -o "$scratch/c.ppm"
under 0 "$BUILD/anew" tests/data/small.ppm --plan=ref -o "$scratch/d.ppm"
printf 'P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabc\377def\000' >"$scratch/alpha.pam"
under 0 "$BUILD/anew" "$scratch/alpha.pam" -o "$scratch/e.pam"
under 0 "$BUILD/anew" tests/data/small.ppm -s 1 -o "$scratch/f.png"
under 0 "$BUILD/anew" "$scratch/f.png" -s 1 -o "$scratch/g.jpg"
under 0 "$BUILD/anew" "$scratch/g.jpg" -s 1 -o "$scratch/h.ppm"
under 1 "$BUILD/anew" none.png "$scratch/alpha.pam" -o "$scratch"
under 0 "$BUILD/anew" compare "$scratch/a.ppm" "$scratch/c.ppm"
under 0 "$BUILD/anew" info "$scratch/g.jpg"
under 0 "$BUILD/anew" info weights/photo-x4.anew
for golden in srvgg_tiny_x2 rrdb_tiny_x1; do
    under 0 "$BUILD/anew-convert" -q "tests/data/goldens/$golden/weights.pth" -o "$scratch/$golden.anew"
done
for suite in check_model check_convert check_ncnn check_api; do
    ANEW_TEST_DATA=tests/data ANEW_TEST_MODELS=$BUILD/models under 0 "$BUILD/$suite"
done
echo "valgrind: $runs runs, $failed failed"
[ "$failed" -eq 0 ]
