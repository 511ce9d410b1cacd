#!/bin/sh
# package.sh - `make dist` and `make deb` as a stranger would have them: two builds, in folders of different names and under
# another umask, time zone and language, give the same bytes; lintian has nothing to say; what is installed does the main
# job, and nothing of it is left when it is removed. For arm64, too, by the cross-compiler, run by qemu.
#
# Takes minutes: not part of `make check`. Says SKIP where debhelper, lintian or a target's libraries are absent:
#
#     apt-get install debhelper lintian qemu-user-static gcc-aarch64-linux-gnu
#     dpkg --add-architecture arm64 && apt-get update && apt-get install libpng-dev:arm64 ...   (debian/control lists them)
#
# Seen to fail by: gzip without -n, tar without --mode, without --mtime, with another --owner; a changelog of another version;
# a date in anew.pc; a page of the manual that is not installed; programs linked with -z lazy and -z execstack.
set -u
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
complain() {
    echo "FAILED: $1"
    failed=$((failed + 1))
}
for program in dpkg-buildpackage dh lintian readelf; do
    command -v $program >/dev/null 2>&1 || {
        echo "SKIP packages: $program is absent (apt-get install dpkg-dev debhelper lintian binutils)"
        exit 0
    }
done
version=$(sed -n 's/^#define ANEW_VERSION "\(.*\)"/\1/p' include/anew.h)
grep -q "^anew ($version) " debian/changelog || complain "the newest entry of debian/changelog is not of version $version"

# ---- the sources ----
make -s dist || exit 1
tarball=$PWD/build/dist/anew-$version.tar.gz
first=$scratch/one another=$scratch/another-folder
for folder in "$first" "$another"; do
    mkdir "$folder" && tar -C "$folder" --strip-components=1 -xzf "$tarball" || exit 1
done
(
    cd "$another" && find . -exec touch {} + && chmod -R go= . && umask 077 &&
        TZ=Asia/Kolkata LC_ALL=C.UTF-8 make -s dist
) || complain "make dist in an unpacked tarball"
cmp "$tarball" "$another/build/dist/anew-$version.tar.gz" || complain "make dist gives other bytes from its own tarball"
tar tzf "$tarball" | grep -vq "^anew-$version/" && complain "not all in one folder"
tar tvzf "$tarball" | awk '{ print $2 }' | sort -u | grep -vx 0/0 && complain "an owner in the tarball"

# ---- the packages ----
# hardened FILE: position-independent, no executable stack, all relocations at once, the stack and libc's functions guarded.
hardened() {
    readelf -hldW "$1" >"$scratch/elf"
    grep -q 'Type: *DYN' "$scratch/elf" || complain "$1: not position-independent"
    grep -E 'GNU_STACK' "$scratch/elf" | grep -q ' RW ' || complain "$1: the stack is executable"
    grep -q GNU_RELRO "$scratch/elf" || complain "$1: no RELRO"
    grep -qE 'BIND_NOW|FLAGS_1.*NOW' "$scratch/elf" || complain "$1: no BIND_NOW"
    grep -q TEXTREL "$scratch/elf" && complain "$1: text relocations"
    grep -qE 'RPATH|RUNPATH' "$scratch/elf" && complain "$1: a path for libraries"
    readelf -W --dyn-syms "$1" >"$scratch/elf"
    grep -q __stack_chk_fail "$scratch/elf" || complain "$1: no guard of the stack"
    grep -qE '__[a-z]+_chk' "$scratch/elf" || complain "$1: libc's functions are not fortified"
}

# build TRIPLET ARCHITECTURE: two builds, their checks; the second one's packages stay in $scratch/ARCHITECTURE
build() {
    before=$failed
    for folder in "$first" "$another"; do
        (
            cd "$folder" && rm -rf build/deb && { [ "$folder" != "$another" ] || umask 002; } &&
                TZ=Pacific/Apia make -s deb CROSS="$1"
        ) >"$scratch/log" 2>&1 || {
            tail -n 30 "$scratch/log"
            complain "make deb for $2"
            return 1
        }
    done
    set -- "$2" "$first"/build/deb/*.deb
    [ "$#" -eq 6 ] || complain "$1: other packages: $*"
    for package in "$first"/build/deb/*.deb; do
        cmp "$package" "$another/build/deb/${package##*/}" || complain "$package: two builds, other bytes"
    done
    lintian --allow-root --fail-on error,warning "$first"/build/deb/anew_"$version"_"$1".changes || complain "$1: lintian"
    mkdir "$scratch/$1" && cp "$first"/build/deb/*.deb "$scratch/$1"
    mkdir "$scratch/$1/root"
    for package in anew libanew0 libanew-dev; do
        dpkg-deb -x "$scratch/$1/${package}_${version}_$1.deb" "$scratch/$1/root"
    done
    for binary in "$scratch/$1/root"/usr/bin/* "$scratch/$1/root"/usr/lib/*/libanew.so.0; do
        hardened "$binary"
    done
    for file in usr/share/man/man1/anew.1.gz usr/share/man/man1/anew-convert.1.gz usr/share/man/man1/anew-quantize.1.gz \
        usr/share/bash-completion/completions/anew usr/share/zsh/vendor-completions/_anew \
        usr/share/fish/vendor_completions.d/anew.fish usr/share/doc/anew/copyright usr/share/doc/anew/changelog.gz; do
        [ -s "$scratch/$1/root/$file" ] || complain "$1: no $file in the packages"
    done
    grep -rlE "$first|$another" "$scratch/$1/root" && complain "$1: a path of the machine that built"
    [ "$failed" -ne "$before" ] || echo "$1: packages twice the same, of $(du -k "$scratch/$1"/anew_*.deb | cut -f1) KB (anew)"
}

if dpkg-checkbuilddeps -P nocheck 2>"$scratch/missing"; then
    build '' amd64
    # Installed into a root of its own, used, removed. Its packages' own dependencies are those of the machine.
    root=$scratch/system
    mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/triggers" "$root/var/log"
    : >"$root/var/lib/dpkg/status"
    : >"$root/var/lib/dpkg/available"
    in_root() {
        dpkg --root="$root" --log="$root/var/log/dpkg.log" --force-not-root --force-depends --force-script-chrootless "$@" >"$scratch/log" 2>&1 || {
            cat "$scratch/log"
            complain "dpkg $*"
        }
    }
    dpkg-deb -f "$scratch/amd64/anew_${version}_amd64.deb" Architecture | grep -qx "$(dpkg --print-architecture)" ||
        complain 'packages of another architecture than this machine'
    in_root --install "$scratch/amd64/anew_${version}_amd64.deb" "$scratch/amd64/libanew0_${version}_amd64.deb" \
        "$scratch/amd64/libanew-dev_${version}_amd64.deb"
    HOME=/nonexistent "$root/usr/bin/anew" --quiet examples/photo.jpg -o "$scratch/photo.png" || complain 'the main job'
    [ "$(head -c 24 "$scratch/photo.png" | od -An -tu1 -j16 | tr -s ' ')" = ' 0 0 3 136 0 0 2 88' ] || complain 'photo.png is not of 904x600 pixels'
    "$root/usr/bin/anew" --quiet --exact tests/data/small.ppm -o "$scratch/small.ppm" || complain 'the main job, exact'
    "$root/usr/bin/anew-convert" -q tests/data/goldens/srvgg_tiny_x2/weights.pth -o "$scratch/tiny.anew" || complain anew-convert
    library=$(echo "$root"/usr/lib/*/)
    sed -n '/^ \*     #include <anew.h>/,/^ \*     }/s/^ \*     //p' "$root/usr/include/anew.h" |
        sed 's/photo\.jpg/small.ppm/; s/photo_x4\.png/photo_x4.ppm/' >"$scratch/program.c"
    mkdir "$scratch/run" && cp tests/data/small.ppm "$scratch/run"
    # shellcheck disable=SC2046 # words
    cc "$scratch/program.c" $(PKG_CONFIG_PATH=$library/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root pkg-config --cflags --libs anew) \
        -o "$scratch/program" || complain 'a program does not build with libanew-dev'
    (cd "$scratch/run" && LD_LIBRARY_PATH=$library ../program) || complain 'a program with libanew-dev'
    [ -s "$scratch/run/photo_x4.ppm" ] || complain 'a program with libanew-dev gives no picture'
    in_root --purge anew libanew-dev libanew0
    find "$root" -mindepth 1 -path "$root/var" -prune -o -print | grep . && complain 'left behind'
    grep -q '^Package' "$root/var/lib/dpkg/status" && complain 'dpkg still knows a package'
else
    echo "SKIP packages for amd64: $(head -n 1 "$scratch/missing")"
fi

emulator=$(command -v qemu-aarch64-static || command -v qemu-aarch64)
if ! command -v aarch64-linux-gnu-gcc >/dev/null 2>&1 || [ -z "$emulator" ]; then
    echo 'SKIP packages for arm64: aarch64-linux-gnu-gcc or qemu-aarch64 is absent'
elif ! dpkg-checkbuilddeps -P nocheck,cross -a arm64 2>"$scratch/missing"; then
    echo "SKIP packages for arm64: $(head -n 1 "$scratch/missing")"
else
    build aarch64-linux-gnu arm64
    run() { HOME=/nonexistent "$emulator" "$scratch/arm64/root/usr/bin/anew" "$@"; }
    run --quiet examples/photo.jpg -o "$scratch/photo-arm64.png" || complain 'the main job of arm64'
    if [ -s "$scratch/small.ppm" ]; then
        run --quiet --exact tests/data/small.ppm -o "$scratch/arm64.ppm" || complain 'the main job of arm64, exact'
        cmp "$scratch/small.ppm" "$scratch/arm64.ppm" || complain 'arm64: another exact picture'
    fi
    run --quiet tests/data/small.ppm -o "$scratch/small.avif" || complain 'arm64 writes no AVIF'
fi
echo "package: $failed failed"
[ "$failed" -eq 0 ]
