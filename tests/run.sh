#!/bin/sh
# run.sh - runs every test of a build and ends with one line: N passed, N failed, N skipped.
#
#   BUILD         folder of the programs (default build/release)
#   MODE          release, asan ... (default release)
#   ANEW_PNG, ANEW_JPEG, ANEW_WEBP, ANEW_TIFF, ANEW_AVIF, ANEW_JXL, ANEW_LCMS   0 where the build lacks the library
#                 (default 1)
#   ANEW_SHARED   folder of third-party weights and pictures that some tests need (default ../shared)
#   RUN           an emulator and its words, for a build of another CPU (CROSS): tests/emulated.inc says what is run then
#   LEAVE         tests whose names match this extended regular expression are left out
#   JOBS          so many tests at once (default 2); what each printed is left in BUILD/logs, the seconds in BUILD/seconds
set -u
BUILD=${BUILD:-build/release}
MODE=${MODE:-release}
ANEW_SHARED=${ANEW_SHARED:-../shared}
RUN=${RUN:-}
[ -z "$RUN" ] || . tests/emulated.inc
export BUILD MODE ANEW_SHARED ANEW_PNG="${ANEW_PNG:-1}" ANEW_JPEG="${ANEW_JPEG:-1}" ANEW_WEBP="${ANEW_WEBP:-1}"
export ANEW_TIFF="${ANEW_TIFF:-1}" ANEW_AVIF="${ANEW_AVIF:-1}" ANEW_JXL="${ANEW_JXL:-1}" ANEW_LCMS="${ANEW_LCMS:-1}"
export ANEW_TEST_DATA=tests/data ANEW_TEST_MODELS="$BUILD/models" ANEW_TEST_ORACLE="$BUILD/oracle-out"
export ASAN_OPTIONS="${ASAN_OPTIONS:-allocator_may_return_null=1}"
passed=0 failed=0 skipped=0
log=$BUILD/test.log

note() { # name exit-code
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok    $1"
    else
        failed=$((failed + 1))
        echo "FAIL  $1"
        tail -n 40 "$log"
    fi
    if grep '^SKIP' "$log"; then
        skipped=$((skipped + 1))
    fi
}

# The golden models, converted from their checkpoints: what check_networks runs on.
convert_all() {
    mkdir -p "$ANEW_TEST_MODELS/real" "$ANEW_TEST_ORACLE"
    for golden in tests/data/goldens/*; do
        name=$(basename "$golden")
        weights=$golden/weights.pth
        [ -f "$weights" ] || weights=$golden/weights.onnx
        set --
        [ "$name" != face_unet_tiny ] || set -- --set face_side=32
        "$BUILD/anew-convert" -q --force "$@" "$weights" -o "$ANEW_TEST_MODELS/$name.anew" || return 1
        case $name in srvgg* | rrdb* | esrgan*) ;; *) continue ;; esac # the oracle knows these two networks
        "$BUILD/oracle" "$ANEW_TEST_MODELS/$name.anew" tests/data/small.ppm "$ANEW_TEST_ORACLE/$name.f32" || return 1
    done
    rm -f "$ANEW_TEST_MODELS"/real/*
    real=$ANEW_SHARED/reference/goldens/srvgg_real
    span=$ANEW_SHARED/weights/sr/span_team46_ch28_x4.pth
    if [ -f "$span" ]; then
        "$BUILD/anew-convert" -q "$span" -o "$ANEW_TEST_MODELS/real/span_team46.anew" || return 1
    fi
    for faces in parsenet_tiny/weights.pth bisenet_tiny/weights.safetensors codeformer_tiny_64/weights.safetensors \
        codeformer_512_nf32/weights.pth gfpgan_tiny_128/weights.safetensors gfpgan_tiny_64_m1/weights_legacy.pth; do
        from=$ANEW_SHARED/reference/goldens/$faces
        [ ! -f "$from" ] || "$BUILD/anew-convert" -q "$from" -o "$ANEW_TEST_MODELS/real/${faces%/*}.anew" || return 1
    done
    for from in "$ANEW_SHARED"/reference/goldens/swinir_*; do
        [ ! -d "$from" ] || "$BUILD/anew-convert" -q "$from"/weights*.* -o "$ANEW_TEST_MODELS/real/$(basename "$from").anew" || return 1
    done
    retina=$ANEW_SHARED/reference/goldens/retinaface_r50_tiny/weights.safetensors
    if [ -f "$retina" ]; then
        "$BUILD/anew-convert" -q "$retina" -o "$ANEW_TEST_MODELS/real/retinaface_r50_tiny.anew" || return 1
    fi
    if [ -d "$real" ]; then
        "$BUILD/anew-convert" -q "$real/general_x4v3.f16.safetensors" -o "$ANEW_TEST_MODELS/real/general_x4v3.anew" &&
            "$BUILD/anew-convert" -q "$real/general_wdn_x4v3.half.pth" -o "$ANEW_TEST_MODELS/real/general_wdn_x4v3.anew" &&
            "$BUILD/anew-convert" -q "$real/animevideov3.f16.safetensors" -o "$ANEW_TEST_MODELS/real/animevideov3.anew"
    fi
}

# The built-in model in 8 bits, by a picture of waves and a corner: what check_precision runs on, too.
quantize_model() {
    awk 'BEGIN { print "P3 64 64 255"
        for (y = 0; y < 64; y++) for (x = 0; x < 64; x++) for (c = 0; c < 3; c++)
            printf "%d\n", 128 + 60 * sin(x * x / 200 + c) * cos(y / 5) + (x > y ? 40 : -40) + (x * 7 + y * 13) % 11
    }' >"$ANEW_TEST_MODELS/samples.ppm" &&
        "$BUILD/anew-quantize" -q --force photo-x4 "$ANEW_TEST_MODELS/samples.ppm" -o "$ANEW_TEST_MODELS/photo-x4-int8.anew"
}

# What the suites in C run on, which an emulated build has where there is a libcheck for its CPU.
if [ -z "$RUN" ] || [ -e "$BUILD/check_networks" ]; then
    convert_all >"$log" 2>&1
    note "convert the golden models, run the oracle" $?
fi
if [ -z "$RUN" ]; then
    quantize_model >"$log" 2>&1
    note "round the built-in model to 8 bits" $?
    "$BUILD/check_kernels" >"$log" 2>&1
    note check_kernels $?
else
    "$BUILD/check_kernels" 20261120 once >"$log" 2>&1
    note "check_kernels by $RUN" $?
    same_picture >"$log" 2>&1
    note "the main job's exact picture by $RUN" $?
fi
# The others don't know of each other: several at once, the longest first, so that none runs alone at the end.
results=$BUILD/results
rm -rf "$BUILD/logs" "$results" "$BUILD/seconds"
mkdir -p "$BUILD/logs"
{
    # Where only tests that say what is right are to count, the fuzz targets' seeds are left out.
    [ "$MODE" = coverage ] || echo tests/fuzz/replay.sh
    for program in restore networks precision; do
        echo "$BUILD/check_$program"
    done
    for script in jobs mend metadata hostile; do
        echo "tests/cli/$script.sh"
    done
    for program in "$BUILD"/check_*; do
        case $program in
        */check_kernels | *.d) continue ;;
        esac
        echo "$program"
    done
    ls tests/cli/*.sh
} | awk '!seen[$0]++' | ${among:-cat} | grep -vE "${LEAVE:-^$}" | xargs -n 1 -P "${JOBS:-2}" sh tests/run_one.sh
passed=$((passed + $(grep -c '^ok' "$results")))
failed=$((failed + $(grep -c '^FAIL' "$results")))
skipped=$((skipped + $(grep -c 'skipped$' "$results")))
if [ "$MODE" = release ] && [ -z "$RUN" ]; then
    make -s lint >"$log" 2>&1
    note "gates (make lint)" $?
    if command -v clang-format >/dev/null 2>&1; then
        make -s format-check >"$log" 2>&1
        note "format (make format-check)" $?
    fi
    for compiler in "${CC:-cc} -std=c11 -x c" "${CXX:-c++} -x c++"; do
        printf '#include <anew.h>\nint main(void) { return ANEW_OK; }\n' >"$BUILD/header.c"
        $compiler -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only "$BUILD/header.c" >"$log" 2>&1
        note "public header alone ($compiler)" $?
    done
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
