#!/bin/sh
# sysroot.sh - a build for 32-bit Arm with the board's own libpng and libjpeg-turbo: a folder is made of the distribution's
# packages for armhf (make CROSS=... SYSROOT=FOLDER, as Yocto and Buildroot have it), and the program, run by qemu, makes
# of a JPEG a PNG with the very pixels that this machine makes. The packages are unpacked and not installed, so they need not fit
# those of other architectures. They are fetched by apt-get as root; where they cannot be had, and for RISC-V, which Debian 12 has no
# packages for, there is a line SKIP.
#
#   BUILD     folder of this machine's anew (default build/release)
set -u
BUILD=${BUILD:-build/release}
export ANEW_AUTO=off
cross=arm-linux-gnueabihf
folder=build/sysroot-$cross
root=$(pwd)/$folder
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

skip() {
    echo "SKIP $cross with its own libraries: $1"
    exit 0
}
for tool in $cross-gcc qemu-arm-static apt-get dpkg; do
    command -v "$tool" >/dev/null 2>&1 || skip "$tool is absent"
done

# An index of a further architecture that cannot be had must not stay in the way of what comes after.
packages="libpng-dev libpng16-16 libjpeg62-turbo-dev libjpeg62-turbo zlib1g-dev zlib1g libc6-dev libc6 linux-libc-dev libgomp1 libgcc-s1"
if [ ! -e "$folder/done" ]; then
    [ "$(id -u)" -eq 0 ] || skip "to fetch packages one must be root"
    rm -rf "$folder"
    mkdir -p "$folder"
    added=no
    dpkg --print-foreign-architectures | grep -qx armhf || { dpkg --add-architecture armhf && added=yes; }
    apt-get update >"$scratch/log" 2>&1
    for package in $packages; do
        (cd "$scratch" && apt-get download "$package:armhf") >>"$scratch/log" 2>&1
    done
    [ "$added" = no ] || dpkg --remove-architecture armhf
    for package in "$scratch"/*.deb; do
        [ -e "$package" ] && dpkg -x "$package" "$folder"
    done
    for header in png.h jpeglib.h stdio.h; do
        [ -e "$folder/usr/include/$header" ] || skip "the distribution's packages for armhf cannot be had ($(tail -n 1 "$scratch/log"))"
    done
    # Links to absolute places would lead out of the folder.
    find "$folder" -type l -lname '/*' | while read -r link; do
        ln -sf "$root$(readlink "$link")" "$link"
    done
    touch "$folder/done"
fi

target=build/release-$cross
make -s -j2 CROSS=$cross SYSROOT="$root" "$target/anew" >"$scratch/log" 2>&1 || {
    tail -n 5 "$scratch/log"
    exit 1
}
for library in libpng16 libjpeg; do
    $cross-readelf -d "$target/anew" | grep -q "NEEDED.*$library" || {
        echo "FAILED: the program does not use $library"
        exit 1
    }
done
"$BUILD/anew" --quiet --exact --no-provenance -m tiny-x2 examples/photo.jpg -o "$scratch/here.png" || exit 1
qemu-arm-static -L "$root" "$target/anew" --quiet --exact --no-provenance -m tiny-x2 examples/photo.jpg -o "$scratch/arm.png" || exit 1
for picture in here arm; do
    "$BUILD/anew" --quiet "$scratch/$picture.png" -s 1 --strength 0 -o "$scratch/$picture.ppm" || exit 1
done
cmp "$scratch/here.ppm" "$scratch/arm.ppm" || exit 1
echo "$cross with its own libraries: the pixels of $(sha256sum <"$scratch/arm.ppm" | cut -c1-12) from a JPEG, as here"
