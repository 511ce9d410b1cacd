#!/bin/sh
# fetch.sh NAME [FOLDER] - downloads an official Real-ESRGAN checkpoint, verifies its SHA-256 and converts
# it to FOLDER/NAME.anew (default: the current folder). Without a name: the list.
#
# The weights are not part of this project; sources and licences stand in weights/MODELS.md.
set -eu
releases=https://github.com/xinntao/Real-ESRGAN/releases/download
licence=BSD-3-Clause

table() { # name, place under the releases, SHA-256
    cat <<'ROWS'
RealESRGAN_x4plus v0.1.0/RealESRGAN_x4plus.pth 4fa0d38905f75ac06eb49a7951b426670021be3018265fd191d2125df9d682f1
RealESRGAN_x2plus v0.2.1/RealESRGAN_x2plus.pth 49fafd45f8fd7aa8d31ab2a22d14d91b536c34494a5cfe31eb5d89c2fa266abb
RealESRGAN_x4plus_anime_6B v0.2.2.4/RealESRGAN_x4plus_anime_6B.pth f872d837d3c90ed2e05227bed711af5671a6fd1c9f7d7e91c911a61f155e99da
realesr-general-x4v3 v0.2.5.0/realesr-general-x4v3.pth 8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292
realesr-general-wdn-x4v3 v0.2.5.0/realesr-general-wdn-x4v3.pth 1641f8c4464b9f097c9fdda5589273713f67cf59f3d909e0bd688f0cee269dca
realesr-animevideov3 v0.2.5.0/realesr-animevideov3.pth b8a8376811077954d82ca3fcf476f1ac3da3e8a68a4f4d71363008000a18b75d
ROWS
}

name=${1:-}
folder=${2:-.}
row=$(table | awk -v name="$name" '$1 == name')
if [ -z "$row" ]; then
    [ -z "$name" ] || echo "fetch.sh: no model '$name' in the list:" >&2
    table | awk '{print $1}'
    [ -z "$name" ] && exit 0
    exit 2
fi
url=$releases/$(echo "$row" | awk '{print $2}')
wanted=$(echo "$row" | awk '{print $3}')

# The converter: built here, or installed.
convert=$(dirname "$0")/../build/release/anew-convert
[ -x "$convert" ] || convert=$(command -v anew-convert) || {
    echo "fetch.sh: anew-convert is neither built nor installed; run make first" >&2
    exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
file=$scratch/$name.pth
if command -v curl >/dev/null 2>&1; then
    curl -fL --retry 3 -o "$file" "$url" || { echo "fetch.sh: cannot download $url" >&2; exit 1; }
elif command -v wget >/dev/null 2>&1; then
    wget -O "$file" "$url" || { echo "fetch.sh: cannot download $url" >&2; exit 1; }
else
    echo "fetch.sh: neither curl nor wget is installed" >&2
    exit 1
fi
got=$(sha256sum "$file" | awk '{print $1}')
if [ "$got" != "$wanted" ]; then
    echo "fetch.sh: $url has the SHA-256 $got, not $wanted; nothing is kept" >&2
    exit 1
fi
# anew-convert knows these files by their hash, too, and notes a --denoise partner by itself.
"$convert" "$file" -o "$folder/$name.anew" --name "$name" --licence "$licence" --source "$url"
