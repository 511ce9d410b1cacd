#!/bin/sh
# The whole way of a picture with a network that changes nothing but the size: pixels and what stands beside them,
# from every format to every other, read and written by a program that shares nothing with anew.
#
# Seen to fail by: metadata not handed to the writer in command_enhance.c; --strip without effect; a chunk behind
# the pixels not found; raw profiles that are not looked for, that are not inflated, whose capitals are no digits, or
# that count before eXIf.
. tests/cli/common.inc
command -v python3 >/dev/null 2>&1 || {
    echo "SKIP python3 is absent"
    exit 0
}
python="python3 $PWD/tests/cli/metadata.py"
cd "$scratch" || exit 1
$python identity "$data/goldens/srvgg_tiny_x4/weights.safetensors" identity.safetensors || exit 1
expect 0 "$convert" -q identity.safetensors -o identity.anew
for kind in gray rgb gray-alpha rgb-alpha gray16 rgb16 gray-alpha16 rgb-alpha16; do
    $python pattern $kind pattern.pam || complain "no pattern"
    for format in png webp pnm; do
        case $format-$kind in
        png-*) has PNG || continue ;;
        webp-*16) continue ;;
        webp-*) has WEBP || continue ;;
        esac
        expect 0 "$anew" -m identity.anew --lossless pattern.pam -o "step.$format" --force
        expect 0 "$anew" -m identity.anew "step.$format" -o last.pam --force
        $python enlarged pattern.pam last.pam 16 || complain "$kind by $format: other pixels"
        rm -f "step.$format" last.pam
    done
done
has PNG || {
    echo "SKIP metadata: libpng was left out of this build"
    [ "$failures" -eq 0 ]
    exit
}
for place in before behind raw-packed raw-plain both; do
    $python png source.png $place || complain "no PNG"
    expect 0 "$anew" -m identity.anew source.png -o result.png --force
    $python check result.png all || complain "PNG: metadata are not as they must be"
    for format in JPEG WEBP; do
        has $format || continue
        case $format in
        JPEG) name=result.jpg ;;
        *) name=result.webp ;;
        esac
        expect 0 "$anew" -m identity.anew source.png -o $name --force
        $python check $name all || complain "$name: metadata are not as they must be"
        expect 0 "$anew" -m identity.anew -s 1 $name -o back.png --force
        $python check back.png "again-$name" || complain "$name to PNG: metadata are not as they must be"
        expect 0 "$anew" -m identity.anew --strip source.png -o $name --force
        $python check $name stripped || complain "$name: --strip"
    done
    expect 0 "$anew" -m identity.anew --strip source.png -o result.png --force
    $python check result.png stripped || complain "PNG: --strip"
done
expect 0 "$anew" info source.png
grep -q 'EXIF:  *[0-9]* bytes' out || complain "info: $(cat out)"
# Of texts only the first few are looked at: each may inflate to megabytes.
$python png source.png late || complain "no PNG"
expect 0 "$anew" info source.png
grep -q EXIF out && complain "the ninth raw profile was read"
[ "$failures" -eq 0 ]
