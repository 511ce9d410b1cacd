#!/bin/sh
# cross.sh - builds for Arm boards and for RISC-V and runs the programs under qemu: the exact class must give the bytes of
# the native build, the converter the same model files, and the kernel checker must pass. Says SKIP where
# compiler or emulator is absent.
#
# Seen to fail by: a plain multiply and add instead of fmaf in kernels/c/conv_direct.c (other bytes,
# check_kernels) and in kernels/c/resample.c, the target's flags -mfpu=vfpv3-d16 (calls fmaf) and
# -mfpu=neon-vfpv4 -funsafe-math-optimizations (floats of NEON), and an anew_isa_detect that knows every name
# everywhere. The operations' digests differ with -ffast-math; not with -ffp-contract=fast, whose difference is
# in the last bits of a double. check_kernels on cortex-a53 by weights of the wrong outputs in
# kernels/arm/conv_direct_inorder_neon.c. The picture in a file of 5 GB by files with offsets of 32 bits.
set -u
export ANEW_AUTO=off # the engine is tested, not what a look at a picture chooses
BUILD=${BUILD:-build/release}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0 compared=0 skipped=0
complain() {
    echo "FAILED: $1"
    failed=$((failed + 1))
}
skip() {
    echo "SKIP $1"
    skipped=$((skipped + 1))
}

# The fast class adds in another order on another CPU: one sample in a thousand may lie on the other side of a rounding.
nearly_same() { # title
    [ "$(wc -c <"$scratch/want.ppm")" -eq "$(wc -c <"$scratch/fast.ppm")" ] || complain "$1: another size"
    cmp -l "$scratch/want.ppm" "$scratch/fast.ppm" | awk -v bytes="$(wc -c <"$scratch/want.ppm")" '
        function value(octal) { return substr(octal, length(octal) - 2, 1) * 64 + substr(octal, length(octal) - 1, 1) * 8 + substr(octal, length(octal)) }
        { a = value("00" $2); b = value("00" $3); if (a - b > 1 || b - a > 1) far++ }
        END { exit far > 0 || NR * 1000 > bytes }' || complain "$1: another picture in the fast class"
}

# Where the distribution's own libraries of the target are installed (as for packages), its loader finds its libc by itself.
# With the cross-compiler's loader it would take that libc, too, and the two do not fit: a program that starts a thread hangs.
libraries_of() { # compiler-prefix
    case $1 in
    aarch64-*) loader=/lib/ld-linux-aarch64.so.1 ;;
    arm-*) loader=/lib/ld-linux-armhf.so.3 ;;
    *) loader=/lib/ld-linux-riscv64-lp64d.so.1 ;;
    esac
    [ -e "$loader" ] || echo " -L /usr/$1"
}

# The kernels of a target have the fused instruction, not the library's function, and on 32-bit Arm none of
# NEON's float instructions, which flush denormals. Otherwise nothing is run: fmaf of the library takes hours.
check_instructions() { # compiler-prefix objects
    before=$failed
    case $1 in
    aarch64-*) "$1-objdump" -dr "$2"/kernels/c/*.o "$2"/kernels/arm/*.o >"$scratch/code" ;;
    *) "$1-objdump" -dr "$2"/kernels/c/*.o >"$scratch/code" ;;
    esac
    case $1 in
    aarch64-*) fused='fmla[[:space:]]+v[0-9]+\.4s' ;;
    riscv64-*) fused='fmadd\.s[[:space:]]' ;;
    *) fused='vfma\.f32[[:space:]]+s' ;;
    esac
    grep -qE "[[:space:]]$fused" "$scratch/code" || complain "$1: no fused multiply-add in the kernels"
    grep -qwE 'fmaf?' "$scratch/code" && complain "$1: the kernels call fmaf"
    case $1 in
    arm-*)
        grep -qE '[[:space:]]v(add|sub|mul|mla|mls|fma|fms)\.f32[[:space:]]+[qd]' "$scratch/code" &&
            complain "$1: the kernels have float instructions of NEON"
        ;;
    esac
    [ "$failed" -eq "$before" ]
}

# same WHAT EMULATOR-AND-PROGRAM... : gives the bytes of $scratch/want.pnm
same() {
    title=$1
    shift
    rm -f "$scratch/got.pnm"
    "$@" --quiet --exact -o "$scratch/got.pnm" || complain "$title fails"
    cmp -s "$scratch/want.pnm" "$scratch/got.pnm" || complain "$title differs from the native build"
    compared=$((compared + 1))
}

# says CODE TEXT COMMAND...: ends with that exit code and says the text.
says() {
    wanted=$1 text=$2
    shift 2
    "$@" >"$scratch/said" 2>&1
    code=$?
    [ "$code" -eq "$wanted" ] || complain "exit code $code, not $wanted: $*"
    grep -qF "$text" "$scratch/said" || complain "no '$text' in: $(cat "$scratch/said")"
}

. tests/exact.inc # photo: the digest of the main job's exact picture of tests/data/small.ppm
check_photo() { # title program...
    title=$1
    shift
    # shellcheck disable=SC2068 # words on purpose
    $@ --quiet --exact --force tests/data/small.ppm -o "$scratch/photo.ppm" || complain "$title: tests/data/small.ppm fails"
    [ "$photo" = none ] || [ "$(sha256sum <"$scratch/photo.ppm")" = "$photo  -" ] || complain "$title: another exact picture of tests/data/small.ppm"
    compared=$((compared + 1))
}

# Every level of AArch64, as the CPU has it and as ANEW_CPU asks for it; the fast class is that of plain C, too.
check_levels() { # program emulator-words
    emulator=${2%% *}
    rest=${2#"$emulator"}
    "$BUILD/anew" --quiet --force tests/data/small.ppm -o "$scratch/want.ppm"
    # Which takes instructions in order, and has a direct convolution of its own.
    # shellcheck disable=SC2086 # words on purpose
    $emulator -cpu cortex-a53$rest "$(dirname "$1")/check_kernels" 20261120 once >"$scratch/log" 2>&1 ||
        complain "cortex-a53: check_kernels: $(tail -n 3 "$scratch/log")"
    for level in cortex-a53:neon neoverse-n1:neon-dotprod max:neon-i8mm-bf16; do
        words="$emulator -cpu ${level%:*}$rest"
        # shellcheck disable=SC2086 # words on purpose
        says 0 "CPU level ${level#*:}," $words "$1" --verbose --force tests/data/small.ppm -o "$scratch/fast.ppm"
        nearly_same "${level%:*}"
        check_photo "${level%:*}" "$words $1"
        check_photo "ANEW_CPU=${level#*:}" "env ANEW_CPU=${level#*:} $2 $1"
    done
    check_photo 'ANEW_CPU=c' "env ANEW_CPU=c $2 $1"
    # Sums of integers have no order: the same picture from dot products, from matrix products and from AVX-512's VNNI.
    "$BUILD/anew-quantize" -q --force photo-x4 "$scratch/waves.ppm" -o "$scratch/bytes.anew" || complain 'anew-quantize'
    for level in neon-dotprod neon-i8mm-bf16; do
        # shellcheck disable=SC2086
        says 0 'conv_int8_' env ANEW_CPU=$level $2 "$1" --verbose --force -m "$scratch/bytes.anew" --precision int8 \
            "$scratch/40x30.ppm" -o "$scratch/$level.ppm"
    done
    cmp -s "$scratch/neon-dotprod.ppm" "$scratch/neon-i8mm-bf16.ppm" || complain 'dot and matrix products differ in 8 bits'
    if "$BUILD/anew" --verbose --force -m "$scratch/bytes.anew" --precision int8 "$scratch/40x30.ppm" -o "$scratch/want.ppm" 2>&1 |
        grep -qE 'conv_int8_(row_)?(avx512vnni|amx)'; then
        cmp -s "$scratch/want.ppm" "$scratch/neon-dotprod.ppm" || complain 'another picture in 8 bits than on x86'
    fi
    # shellcheck disable=SC2086
    says 0 'conv_bf16_neonbf16' $2 "$1" --verbose --force --precision bf16 "$scratch/1x1.ppm" -o "$scratch/bf16.ppm"
    rm -f "$scratch/neon-dotprod.ppm" "$scratch/neon-i8mm-bf16.ppm"
}

# 32-bit Arm has NEON for the fast class alone; offsets in files have 64 bits.
check_32_bits() { # program emulator-words
    "$BUILD/anew" --quiet --force tests/data/small.ppm -o "$scratch/want.ppm"
    # shellcheck disable=SC2086 # words on purpose
    {
        says 0 'conv_winograd_neon' $2 "$1" --verbose --force tests/data/small.ppm -o "$scratch/fast.ppm"
        nearly_same '32-bit NEON'
        says 0 'CPU level c,' env ANEW_CPU=c $2 "$1" --verbose --force tests/data/small.ppm -o "$scratch/fast.ppm"
    }
    cp tests/data/small.ppm "$scratch/large.ppm"
    truncate -s 5G "$scratch/large.ppm"
    "$BUILD/anew" --quiet --exact -f tests/data/small.ppm -o "$scratch/want.pnm"
    # shellcheck disable=SC2086
    same '32-bit Arm: a picture in a file of 5 GB' $2 "$1" -f "$scratch/large.ppm"
    rm -f "$scratch/large.ppm"
}

check_target() { # compiler-prefix emulator
    for tool in "$1-gcc" "$2" python3; do
        command -v "$tool" >/dev/null 2>&1 || {
            skip "$1: $tool is absent"
            return
        }
    done
    target=build/release-$1
    serial=build/release-serial-$1
    run="$2$(libraries_of "$1")"
    if ! { make -s -j2 CROSS="$1" PNG=0 JPEG=0 all "$target/check_kernels" "$target/digest_operations" &&
        make -s -j2 CROSS="$1" PNG=0 JPEG=0 SERIAL=1 B="$serial" "$serial/anew"; } >"$scratch/log" 2>&1; then
        tail -n 20 "$scratch/log"
        complain "$1 does not build"
        return
    fi
    check_instructions "$1" "$(cut -d' ' -f1 "$target/configuration")" || return
    $run "$target/check_kernels" 20261120 once >"$scratch/log" 2>&1 || complain "$1: check_kernels: $(tail -n 3 "$scratch/log")"
    $run "$target/digest_operations" >"$scratch/target.digest"
    cmp -s "$scratch/digest" "$scratch/target.digest" ||
        complain "$1: operations: $(diff "$scratch/digest" "$scratch/target.digest" | head -n 4)"
    for golden in srvgg_tiny_x2 rrdb_tiny_x1 rrdb_tiny_x4 esrgan_plus_x4; do
        $run "$target/anew-convert" -q "tests/data/goldens/$golden/weights.pth" -o "$scratch/target.anew" --force --name "$golden" ||
            complain "$1: convert $golden"
        cmp -s "$scratch/$golden.anew" "$scratch/target.anew" || complain "$1: another model file for $golden"
    done
    for picture in "$scratch"/*x*.ppm; do
        for model in photo-x4 "$scratch"/*_x*.anew; do
            "$BUILD/anew" --quiet --exact -f -m "$model" "$picture" -s 3 -o "$scratch/want.pnm" || complain "native $picture"
            what="$1: $(basename "$picture") with $(basename "$model")"
            # shellcheck disable=SC2086 # words on purpose
            {
                same "$what, 1 thread" $run "$target/anew" -m "$model" "$picture" -s 3 --threads 1
                same "$what, 2 threads, bands" $run "$target/anew" -m "$model" "$picture" -s 3 --threads 2 --band 3
            }
        done
    done
    picture=$scratch/37x23.ppm
    "$BUILD/anew" --quiet --exact -f "$picture" -o "$scratch/want.pnm"
    # shellcheck disable=SC2086
    {
        same "$1: strips" $run "$target/anew" "$picture" --strip-width 16
        same "$1: without threads" $run "$serial/anew" "$picture"
        says 1 'this build has no JPEG (libjpeg was left out)' $run "$target/anew" examples/photo.jpg -o "$scratch/no.pnm"
        says 1 'this build has no PNG (libpng was left out)' $run "$target/anew" "$picture" -o "$scratch/no.png"
        says 2 'ANEW_CPU=avx2: must be c' env ANEW_CPU=avx2 $run "$target/anew" "$picture" -o "$scratch/no.pnm"
        says 0 '37x23 -> ' $run "$target/anew" "$picture" -s 1 --memory 8G # more than 32 bits can count
    }
    case $1 in
    aarch64-*) check_levels "$target/anew" "$run" ;;
    *)
        check_photo "$1" "$run $target/anew"
        check_32_bits "$target/anew" "$run"
        ;;
    esac
    [ -s "$scratch/37x23_x1.pnm" ] || complain "$1: the default format is not PNM"
    rm -f "$scratch/37x23_x1.pnm"
}

# A target of plain C alone, which 32-bit Arm checks in full: it builds, and gives the same bytes.
check_briefly() { # compiler-prefix emulator
    for tool in "$1-gcc" "$2"; do
        command -v "$tool" >/dev/null 2>&1 || {
            skip "$1: $tool is absent"
            return
        }
    done
    target=build/release-$1
    run="$2$(libraries_of "$1")"
    if ! make -s -j2 CROSS="$1" PNG=0 JPEG=0 all "$target/digest_operations" >"$scratch/log" 2>&1; then
        tail -n 20 "$scratch/log"
        complain "$1 does not build"
        return
    fi
    check_instructions "$1" "$(cut -d' ' -f1 "$target/configuration")" || return
    $run "$target/digest_operations" >"$scratch/target.digest"
    cmp -s "$scratch/digest" "$scratch/target.digest" || complain "$1: operations differ"
    check_photo "$1" "$run $target/anew"
    "$BUILD/anew" --quiet --exact -f -m "$scratch/rrdb_tiny_x4.anew" "$scratch/37x23.ppm" -o "$scratch/want.pnm"
    # shellcheck disable=SC2086 # words on purpose
    same "$1: rrdb_tiny_x4" $run "$target/anew" -m "$scratch/rrdb_tiny_x4.anew" "$scratch/37x23.ppm"
}

make -s -j2 B="$BUILD" all "$BUILD/digest_operations" || exit 1
"$BUILD/digest_operations" >"$scratch/digest" || exit 1

# Odd sizes, one pixel, and sides that are no multiple of any unshuffle; of 16 bits but for one, because 8 bits
# round most differences of a float's last bit away.
python3 - "$scratch" <<'PY'
import random, sys
for width, height in ((40, 30), (37, 23), (1, 1), (5, 3), (3, 17)):
    dice = random.Random(width)
    with open(f"{sys.argv[1]}/{width}x{height}.ppm", "wb") as file:
        depth = 1 if width == 40 else 2
        file.write(b"P6\n%d %d\n%d\n" % (width, height, 256**depth - 1))
        file.write(bytes(dice.randrange(256) for _ in range(3 * width * height * depth)))
with open(f"{sys.argv[1]}/waves.ppm", "wb") as file:
    file.write(b"P6\n64 64\n255\n")
    file.write(bytes((x * y // 8 + 40 * c + x * 7 % 13) % 256 for y in range(64) for x in range(64) for c in range(3)))
PY
for golden in srvgg_tiny_x2 rrdb_tiny_x1 rrdb_tiny_x4 esrgan_plus_x4; do
    "$BUILD/anew-convert" -q "tests/data/goldens/$golden/weights.pth" -o "$scratch/$golden.anew" --name "$golden" ||
        complain "native: convert $golden"
done

[ "$photo" = none ] || check_photo native "$BUILD/anew"
check_target aarch64-linux-gnu qemu-aarch64-static
check_target arm-linux-gnueabihf qemu-arm-static
check_briefly riscv64-linux-gnu qemu-riscv64-static
echo "cross: $compared pictures compared, $failed failed, $skipped targets skipped"
[ "$failed" -eq 0 ]
