#!/bin/sh
# cross.sh - builds for Arm boards and runs the programs under qemu: the exact class must give the bytes of
# the native build, and the converter the same model files. Says SKIP where compiler or emulator is absent.
set -u
BUILD=${BUILD:-build/release}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0 done=0
complain() {
    echo "FAILED: $1"
    failed=$((failed + 1))
}

# Odd sizes, one pixel, and one with a side that is no multiple of the unshuffle.
python3 - "$scratch" <<'PY'
import random, sys
for width, height in ((40, 30), (37, 23), (1, 1), (5, 3), (3, 17)):
    dice = random.Random(width)
    with open(f"{sys.argv[1]}/{width}x{height}.ppm", "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (width, height) + bytes(dice.randrange(256) for _ in range(3 * width * height)))
PY

check_target() { # compiler-prefix emulator
    if ! command -v "$1-gcc" >/dev/null 2>&1 || ! command -v "$2" >/dev/null 2>&1; then
        echo "SKIP $1: $1-gcc or $2 is absent"
        return
    fi
    if ! make -s -j2 CROSS="$1" PNG=0 JPEG=0 all >"$scratch/log" 2>&1; then
        tail -n 20 "$scratch/log"
        complain "$1 does not build"
        return
    fi
    run="$2 -L /usr/$1"
    target=build/release-$1
    for golden in srvgg_tiny_x2 rrdb_tiny_x1 rrdb_tiny_x4 esrgan_plus_x4; do
        weights=tests/data/goldens/$golden/weights.pth
        "$BUILD/anew-convert" -q --force "$weights" -o "$scratch/native.anew" || complain "$golden"
        $run "$target/anew-convert" -q --force "$weights" -o "$scratch/$golden.anew" || complain "$1: convert $golden"
        cmp -s "$scratch/native.anew" "$scratch/$golden.anew" || complain "$1: another model file for $golden"
    done
    for picture in "$scratch"/*x*.ppm; do
        for model in photo-x4 "$scratch/srvgg_tiny_x2.anew" "$scratch/rrdb_tiny_x1.anew" "$scratch/rrdb_tiny_x4.anew" \
            "$scratch/esrgan_plus_x4.anew"; do
            "$BUILD/anew" --quiet --exact -f -m "$model" "$picture" -s 3 -o "$scratch/want.pnm" || complain "native $picture"
            for way in "--threads 1" "--threads 2 --band 3" "--strip 16"; do
                # shellcheck disable=SC2086 # words on purpose
                $run "$target/anew" --quiet --exact -f $way -m "$model" "$picture" -s 3 -o "$scratch/got.pnm" ||
                    complain "$1: $picture with $model"
                cmp -s "$scratch/want.pnm" "$scratch/got.pnm" || complain "$1: $picture with $model, $way, differs"
                done=$((done + 1))
            done
        done
    done
    $run "$target/anew" --quiet examples/photo.jpg -o "$scratch/no.pnm" 2>"$scratch/err" && complain "$1 reads JPEG"
    grep -q 'built without JPEG' "$scratch/err" || complain "$1: $(cat "$scratch/err")"
}

check_target aarch64-linux-gnu qemu-aarch64-static
check_target arm-linux-gnueabihf qemu-arm-static
echo "cross: $done pictures compared, $failed failed"
[ "$failed" -eq 0 ]
