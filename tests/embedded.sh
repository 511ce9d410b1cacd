#!/bin/sh
# embedded.sh - the library for devices (make PROFILE=embedded): what it needs of the system, what it takes of an arena,
# and that its picture is, byte for byte, that of `anew --exact`; on this machine, as one static file within 8 MB of
# address space, and for Arm where there are cross-compilers and an emulator.
#
#   BUILD     folder of anew and anew-convert (default build/release)
#
# Seen to fail by: a copy on the heap (a symbol too many), lines that are handed on one too late, a model.o that
# does not depend on MODEL=, other sizes in docs/embedded.md.
set -u
export ANEW_AUTO=off # the engine is tested, not what a look at a picture chooses
BUILD=${BUILD:-build/release}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

complain() {
    echo "FAILED: $1"
    failures=$((failures + 1))
}


# The camera's formula once more.
python3 - "$scratch/camera.ppm" <<'END' || exit 1
import sys
rows = bytearray()
for y in range(480):
    for x in range(640):
        disc = (x - 320) ** 2 + (y - 240) ** 2 < 150 ** 2
        rows += bytes((200 - y // 4, 120, 60 + x // 8) if disc else (x * y // 64 & 255, x // 3 & 255, y // 2 & 255))
open(sys.argv[1], "wb").write(b"P6\n640 480\n255\n" + rows)
END
"$BUILD/anew" --quiet --exact -m weights/tiny-x2.anew "$scratch/camera.ppm" -o "$scratch/wanted.ppm" || exit 1

# try NAME RUN MAKE-WORDS...: builds, and runs the demo by RUN (words; empty: as it is).
try() {
    name=$1 run=$2
    shift 2
    make -s PROFILE=embedded "$@" >"$scratch/log" 2>&1 || {
        complain "$name: $(tail -n 5 "$scratch/log")"
        return
    }
    folder=build/embedded$folder_end
    # Nothing of files, threads or the heap.
    strangers=$(${nm:-nm} -u "$folder/libanew_embedded.a" | awk '$1 == "U" { print $2 }' |
        grep -vxE '(__)?(bsearch|qsort|mem(cmp|cpy|move|set)|str(cmp|ncmp|len|rchr|str|chr)|v?snprintf)(_chk)?|fe(get|set)env|fesetround|(ldexp|fma|exp|sqrt|round|floor|ceil|fabs|sin|cos|log|pow|lround|lrint)f?|__stack_chk_.*|__aeabi_.*|_GLOBAL_OFFSET_TABLE_|__tls_get_addr|__isoc99_sscanf|abort' | tr '\n' ' ')
    [ -z "$strangers" ] || complain "$name: the library wants $strangers"
    # shellcheck disable=SC2086 # words on purpose
    least=$($run "$folder/demo" size 640 480 | sed -n 's/.*arena of \([0-9]*\) bytes/\1/p')
    text=$(${size:-size} "$folder/anew_embedded.o" | awk 'NR == 2 { print $1 }')
    echo "$name: code and constants $text bytes; 640x480 to 1280x960 from an arena of ${least:-no} bytes on"
    documented=$(sed -n "s/^| ${row}[^|]* | \([0-9,]*\) bytes | .*/\1/p" docs/embedded.md | tr -d ,)
    apart=$((${text:-0} - ${documented:-0}))
    [ "${apart#-}" -le 15000 ] ||
        complain "$name: docs/embedded.md has ${documented:-no} bytes of code and constants"
    [ "${text:-999999}" -lt 204800 ] || complain "$name: $text bytes of code and constants"
    [ "${least:-99999999}" -lt 4194304 ] || complain "$name: the arena"
    for bytes in 4194304 "$least"; do
        # shellcheck disable=SC2086
        $run "$folder/demo" 640 480 "$bytes" >"$scratch/out.ppm" 2>"$scratch/said" || complain "$name: $(cat "$scratch/said")"
        cmp -s "$scratch/out.ppm" "$scratch/wanted.ppm" || complain "$name: another picture than anew --exact in $bytes bytes"
        [ "${once:-no}" = yes ] && break
    done
    # shellcheck disable=SC2086
    $run "$folder/demo" 640 480 $((least - 4096)) >"$scratch/out.ppm" 2>"$scratch/said" && complain "$name: a smaller arena does, too"
    grep -q 'the arena is too small for 640x480 pixels' "$scratch/said" || complain "$name: $(cat "$scratch/said")"
    [ ! -s "$scratch/out.ppm" ] || complain "$name: part of a picture"
}

# What was built by other words is built again: the second model is in the demo, which then enlarges by four.
folder_end='' nm=nm size=size row=$(uname -m | tr _ -)
for model in tiny-x2 photo-x4; do
    make -s PROFILE=embedded MODEL=weights/$model.anew CFLAGS='-DARENA_BYTES=12582912' >"$scratch/log" 2>&1 || complain "$model: $(tail -n 5 "$scratch/log")"
done
build/embedded/demo 64 48 2>"$scratch/said" | head -c 15 >"$scratch/head"
[ "$(sed -n 2p "$scratch/head")" = '256 192' ] || complain "photo-x4 in the demo: $(cat "$scratch/said")"
try "$(uname -m)" ""

# One static file, within 8 MB of address space in all.
if command -v musl-gcc >/dev/null 2>&1; then
    folder_end=-musl
    try "musl, static" "" CC=musl-gcc STATIC=1
    # shellcheck disable=SC3045 # what has no ulimit -v says so, and fails
    if (ulimit -v 8192 && "build/embedded-musl/demo" 640 480 4194304 >"$scratch/out.ppm" 2>"$scratch/said"); then
        cmp -s "$scratch/out.ppm" "$scratch/wanted.ppm" || complain "within 8 MB: another picture"
    else
        complain "within 8 MB: $(cat "$scratch/said")"
    fi
    ldd build/embedded-musl/demo 2>&1 | grep -q '=>' && complain "musl: it is not static"
else
    echo "SKIP musl: musl-gcc is absent (apt-get install musl-tools)"
fi

once=yes
for pair in aarch64-linux-gnu:qemu-aarch64 arm-linux-gnueabihf:qemu-arm; do
    cross=${pair%:*} emulator=${pair#*:}
    command -v "$emulator-static" >/dev/null 2>&1 && emulator=$emulator-static # CI has these
    if ! command -v "$cross-gcc" >/dev/null 2>&1 || ! command -v "$emulator" >/dev/null 2>&1; then
        echo "SKIP $cross: no cross-compiler or no $emulator"
        continue
    fi
    case $cross in aarch64-*) row=AArch64 ;; *) row=ARMv7 ;; esac
    folder_end=-$cross nm=$cross-nm size=$cross-size
    try "$cross" "$emulator -L /usr/$cross" CROSS="$cross"
done
[ "$failures" -eq 0 ] && echo "embedded: all as wanted"
[ "$failures" -eq 0 ]
