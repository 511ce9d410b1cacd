#!/bin/sh
# The whole way of a picture with a network that changes nothing but the size: pixels and what stands beside them,
# from every format to every other, read and written by a program that shares nothing with anew.
#
# Seen to fail by: metadata not handed to the writer in command_enhance.c; --strip without effect; a chunk behind
# the pixels not found; raw profiles that are not looked for, that are not inflated, whose capitals are no digits, or
# that count before eXIf; texts and comments dropped, by an anew that knew none; without bounds; texts with --strip.
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
# ---- texts ----
$python texts words.png some || complain "no PNG"
for option in "" --no-provenance; do
    expect 0 "$anew" -m identity.anew $option words.png -o worded.png --force
    $python told worded.png some || complain "PNG $option: other texts"
done
expect 0 "$anew" -m identity.anew --strip words.png -o worded.png --force
$python told worded.png none || complain "--strip leaves texts"
# A sanitizer takes all of the address range for itself.
limit="ulimit -v 1500000"
[ "${MODE:-release}" = release ] || limit=true
for kind in many bounded; do
    $python texts $kind.png $kind || complain "no PNG"
    expect 0 sh -c "$limit; exec '$anew' -m identity.anew -t 1 $kind.png -o worded.png --force"
    $python told worded.png $kind || complain "$kind texts: the bounds do not hold"
done
if has JPEG; then
    expect 0 "$anew" -m identity.anew words.png -o worded.jpg
    $python told worded.jpg comments || complain "PNG to JPEG: other comments"
    expect 0 "$anew" -m identity.anew worded.jpg -o worded.png --force
    $python told worded.png comments || complain "JPEG to PNG: other comments"
    expect 0 "$anew" -m identity.anew --no-provenance worded.png -o bare.jpg
    $python told bare.jpg comments || complain "JPEG --no-provenance: other comments"
    expect 0 "$anew" -m identity.anew --strip worded.jpg -o bare.jpg --force
    $python told bare.jpg none || complain "JPEG --strip leaves comments"
    # Latin-1, a zero at the end, an empty one; and the line that replay reads behind a comment.
    $python comment bare.jpg latin.jpg 'gr\xfcn\x00' '' || complain "no comment"
    expect 0 "$anew" -m identity.anew -s 1 latin.jpg -o again.jpg
    $python told again.jpg latin || complain "JPEG to JPEG: another comment"
    $python comment again.jpg behind.jpg first || complain "no comment"
    expect 1 "$anew" replay -m identity.anew behind.jpg latin.jpg -o replayed.jpg
    cmp -s again.jpg replayed.jpg || complain "replay does not find how it was made behind a comment"
fi
[ "$failures" -eq 0 ]
