#!/bin/sh
# analyse.sh - clang-tidy (checks: .clang-tidy) and cppcheck over all sources; any finding fails. Takes a minute
# or two, so it is `make analyse` and a step of .ci/run, not a part of `make lint`.
#
# Seen to fail by: a variable that is read before it is set in src/graph/graph.c (both), and a comparison of an
# unsigned number with 0 in src/core/memory.c (cppcheck).
set -u
failed=0
defines="-DANEW_PNG=1 -DANEW_JPEG=1 -DANEW_WEBP=1 -DANEW_ZLIB=1"
if command -v cppcheck >/dev/null 2>&1; then
    # Left out: a status that is set once more before it is read (ANEW_TRY_GOTO), members that only macros or
    # casts use, variables at the head of their function, and conditions that are constant in one of the
    # instruction sets that a shared body is compiled for. The bodies unrolled by macros for NEON take it hours.
    # shellcheck disable=SC2086 # words on purpose
    cppcheck --enable=warning,performance,portability,style --quiet --std=c11 -j2 --error-exitcode=1 \
        --suppress=unreadVariable --suppress=unusedStructMember --suppress=variableScope \
        --suppress=knownConditionTrueFalse -i kernels/arm -Iinclude -Isrc -I. $defines src kernels tools || failed=1
    echo "cppcheck: done"
else
    echo "SKIP cppcheck is absent"
fi
if command -v clang-tidy >/dev/null 2>&1; then
    includes=$(pkg-config --cflags libpng libjpeg)
    # Files of optional libraries that are not here: their headers would be missed.
    absent='#include <nothing>'
    for pair in 'libwebp <webp/' 'libtiff-4 <tiff' 'libavif <avif/' 'libjxl <jxl/' 'lcms2 <lcms2'; do
        pkg-config --exists "${pair%% *}" || absent="$absent|#include ${pair#* }"
    done
    # What is for AArch64 needs that target's headers.
    export arm=/usr/aarch64-linux-gnu/include
    # shellcheck disable=SC2016 # the inner shell expands it
    find src kernels tools -name '*.c' | sort | while read -r file; do
        case $file in kernels/arm/*) [ -d "$arm" ] || continue ;; esac
        grep -qE "$absent" "$file" || echo "$file"
    done | xargs -P2 -n1 sh -c '
        isa=
        case $2 in
        *avx512*) isa="-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma" ;;
        *avx2*) isa="-mavx2 -mfma" ;;
        kernels/arm/*) isa="--target=aarch64-linux-gnu -march=armv8.2-a+dotprod+i8mm+bf16 -isystem $arm" ;;
        esac
        found=$(clang-tidy --quiet "$2" -- -std=c11 -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -Iinclude -Isrc -I. \
            $0 $1 $isa 2>/dev/null) || { echo "$found"; exit 255; }' "$defines" "$includes" || failed=1
    echo "clang-tidy: done"
else
    echo "SKIP clang-tidy is absent"
fi
[ "$failed" -eq 0 ] && echo "analyse: ok"
exit "$failed"
