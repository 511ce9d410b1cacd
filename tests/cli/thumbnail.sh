#!/bin/sh
# The small picture in a result's EXIF shows the result: inputs whose thumbnail shows something else, by a network that
# changes nothing, to every format; what is written is read by a program that shares nothing with anew (thumbnail.py).
#
# Seen to fail by: the source's thumbnail left where it was; none made; sums of the rows of the first portion only; rows
# averaged without the parts that two pixels share; thumbnails of 320 pixels, or larger than the result; transparency
# over black; the JPEG written before the last row; a PNG's checksum not written again; room that grows from file to
# file; room that makes a JPEG's EXIF too large for its marker; a thumbnail into a pipe; replay without an eye for it.
. tests/cli/common.inc
command -v python3 >/dev/null 2>&1 || {
    echo "SKIP python3 is absent"
    exit 0
}
formats=
for format in PNG JPEG WEBP AVIF JXL TIFF; do
    has $format && formats="$formats $format"
done
has PNG || {
    echo "SKIP thumbnails: libpng was left out of this build"
    exit 0
}
python3 tests/cli/metadata.py identity_x1 "$scratch/same.safetensors" || exit 1
python3 tests/cli/metadata.py identity "$data/goldens/srvgg_tiny_x4/weights.safetensors" "$scratch/large.safetensors" || exit 1
script=$PWD/tests/cli/thumbnail.py
cd "$scratch" || exit 1
for name in same large; do
    expect 0 "$convert" -q $name.safetensors -o $name.anew
done
# shellcheck disable=SC2086 # several words
python3 "$script" "$anew" $formats || complain "thumbnails are not as they must be"
finish
