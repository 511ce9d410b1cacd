#!/bin/sh
# Bad input: one clear line that names the file and the cause, an exit code that is not zero, no output.
. tests/cli/common.inc
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
photo_here

refuse 1 'none.jpg: cannot open: No such file' "$anew" none.jpg -o x.png
: >empty.png
refuse 1 'empty.png: is empty' "$anew" empty.png -o x.png
echo "this is text" >text.png
refuse 1 'text.png: not a PNG' "$anew" text.png -o x.png
# A video is no picture, and no HEIF either.
printf '\000\000\000\040ftypisom\000\000\002\000isomiso2' >v.mp4
printf '\032\105\337\243matroska' >v.mkv
printf 'RIFF\000\000\000\000AVI LIST' >v.avi
printf 'YUV4MPEG2 W24 H16 F25:1\nFRAME\n' >v.y4m
for video in v.mp4 v.mkv v.avi v.y4m; do
    refuse 1 "$video: is a video, not a picture; anew video IN OUT" "$anew" $video -o x.png
done
printf '\000\000\000\040ftypheic\000\000\000\000mif1heic' >p.heic
refuse 1 'p.heic: HEIF is not supported' "$anew" p.heic -o x.png
# Endings are names of formats, too.
if has JPEG; then
    expect 0 "$anew" small.ppm --format jpg -o by_ending
    expect 0 "$anew" small.ppm --format jpeg -o by_name
    cmp -s by_ending by_name || complain "--format jpg is not jpeg"
fi
if has TIFF; then
    expect 0 "$anew" small.ppm --format tif -o by_ending.tif
fi
refuse 2 'format jpgs: must be one of png|jpeg' "$anew" small.ppm --format jpgs
head -c 3000 "$root/examples/photo.jpg" >cut.jpg
expect 0 "$anew" small.ppm -o whole.$extension
# What was left out of the build is said, for reading and for writing.
if has JPEG; then
    refuse 1 'cut.jpg: damaged JPEG' "$anew" cut.jpg -o x.png
else
    refuse 1 'cut.jpg: this build has no JPEG (libjpeg was left out)' "$anew" cut.jpg -o x.ppm
    refuse 1 'x.jpg: this build has no JPEG (libjpeg was left out)' "$anew" small.ppm -o x.jpg
fi
if has PNG; then
    head -c 2000 whole.png >cut.png
    refuse 1 'cut.png: damaged PNG' "$anew" cut.png -o x.png
else
    printf '\211PNG\r\n\032\n' >cut.png
    refuse 1 'cut.png: this build has no PNG (libpng was left out)' "$anew" cut.png -o x.ppm
    refuse 1 'x.png: this build has no PNG (libpng was left out)' "$anew" small.ppm -o x.png
    refuse 1 'this build has no PNG' "$anew" small.ppm --format=png -o -
fi
mkdir nothing && expect 0 "$anew" nothing # no pictures, nothing to do
refuse 1 'more than the limit of 100' "$anew" --max-pixels 100 $photo -o x.png
absent x.png

for model in "$root"/tests/data/reject/*.anew; do
    refuse 1 "$(basename "$model")" "$anew" -m "$model" small.ppm -o x.png
done
head -c 100000 "$root/weights/photo-x4.anew" >cut.anew
refuse 1 'cut.anew: damaged model file' "$anew" -m cut.anew small.ppm -o x.png
refuse 1 "no model 'photo-x9'" "$anew" -m photo-x9 small.ppm -o x.png
refuse 1 'valid.anew' "$anew" -m "$data/valid.anew" small.ppm -o x.png
absent x.png

refuse 1 "/no/such/folder/x.$extension: cannot write" "$anew" small.ppm -o /no/such/folder/x.$extension
if [ "$(id -u)" -ne 0 ]; then
    mkdir locked && chmod 555 locked
    refuse 1 "locked/x.$extension: cannot write" "$anew" small.ppm -o locked/x.$extension
fi
if [ -c /dev/full ]; then
    expect 1 sh -c "'$anew' small.ppm --quiet --format=pnm -o - >/dev/full"
    grep -q 'No space left' err || complain "a full device: $(cat err)"
fi

cp whole.$extension keep.$extension
refuse 1 'exists; --force' "$anew" small.ppm -o keep.$extension
cmp -s whole.$extension keep.$extension || complain "an existing file was touched"
refuse 1 'is the picture itself' "$anew" --force whole.$extension -o whole.$extension
cmp -s whole.$extension keep.$extension || complain "the input was overwritten"
ln -s whole.$extension link.$extension
refuse 1 'is the picture itself' "$anew" --force whole.$extension -o link.$extension
expect 0 "$anew" --force small.ppm -o keep.$extension

refuse 2 'unknown option --sclae' "$anew" --sclae 2 small.ppm
refuse 2 'unknown option -x' "$anew" -x small.ppm
refuse 2 'must be a number from 0.01 to 64' "$anew" -s 0 small.ppm
refuse 2 'must be a number from 0.01 to 64' "$anew" -s two small.ppm
refuse 2 'must be a number' "$anew" -s nan small.ppm
refuse 2 'must be a whole number from 1 to 1000000' "$anew" --width 1.5 small.ppm
refuse 2 'must be a whole number from 1 to 100' "$anew" -q 101 small.ppm
refuse 2 'must be one of png|jpeg|pnm' "$anew" --format=pdf small.ppm
refuse 2 'must be one of full|nofuse|ref' "$anew" --plan=best small.ppm
refuse 2 'needs a value' "$anew" small.ppm -o
refuse 2 'force maybe: must be yes or no' "$anew" --force=maybe small.ppm
refuse 2 'strip 2: must be yes or no' "$anew" --strip=2 small.ppm
refuse 2 'no picture is named' "$anew"
refuse 2 'ANEW_CPU=z80: must be' env ANEW_CPU=z80 "$anew" small.ppm -o x.png
refuse 1 'tells no format' "$anew" small.ppm -o x.xyz
refuse 2 'must be a folder for several' "$anew" small.ppm $photo -o x.png
printf 'P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabc\377def\377' >alpha.pam
if has JPEG; then
    refuse 1 'JPEG has no transparency' "$anew" alpha.pam -o x.jpg
    refuse 1 'JPEG ends at 65535' "$anew" small.ppm --width 70000 --height 10 -o x.jpg
fi
absent x.png
absent x.jpg

# One bad picture does not stop the others.
mkdir many
expect 1 "$anew" cut.jpg small.ppm none.png -o many
[ -s many/small_x4.$extension ] || complain "the good picture was not done"
grep -q '3 pictures: 1 done, 2 failed, 0 left out' err || complain "no summary: $(cat err)"
[ "$(find many -type f | wc -l)" -eq 1 ] || complain "left behind: $(ls many)"

# Interrupted in the middle of writing: no output, no temporary, exit code 130.
expect 0 "$anew" small.ppm -s 64 --quiet -o big.ppm
mkdir stop
"$anew" big.ppm --exact --threads 1 -o stop/x.$extension >/dev/null 2>&1 &
job=$!
sleep 1
kill -INT $job
wait $job
code=$?
[ "$code" -eq 130 ] || complain "interrupted: exit code $code"
[ -z "$(ls stop)" ] || complain "interrupted: left $(ls stop)"
# Pictures are read by rows while the network runs: what is found missing half-way leaves nothing, too.
python3 - <<'PY'
import struct, zlib
rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(3 * 90)) for y in range(200))
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 90, 200, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows, 0))
open("half.png", "wb").write(png[: len(png) * 6 // 10])
PY
if has PNG; then
    refuse 1 'half.png: damaged PNG' "$anew" half.png -o half_out.png
    absent half_out.png
    [ "$(find . -name 'half_out*' | wc -l)" -eq 0 ] || complain "something of half_out.png stays"
    refuse 1 'half.png: damaged PNG' "$anew" --strip-width 32 half.png -o half_out.png
fi

finish
