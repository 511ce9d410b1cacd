#!/bin/sh
# Sizes as people state them: a box, megapixels, paper; the resolution in the result; what cannot be is refused before
# work starts.
#
# Seen to fail by: the box's smaller ratio taken for the larger, megapixels without the square root, a centimetre of
# 2.5 to the inch, --dpi not handed to the writer, EXIF's or XMP's resolution left as it was, room_at that tells nothing.
. tests/cli/common.inc
cp tests/data/small.ppm "$scratch" # 20 x 16
cd "$scratch" || exit 1

# gives SIZE OPTIONS...
gives() {
    pixels=$1
    shift
    expect 0 "$anew" --quiet --force small.ppm -o x.ppm "$@"
    [ "$(size x.ppm)" = "$pixels" ] || complain "$* gives $(size x.ppm), not $pixels"
}
gives "100 80" --fit 100x100
gives "75 60" --fit 400x60
gives "100 80" --fit 100x80
gives "10 8" --fit 10x1000
gives "3 2" --fit 3x3
gives "1 1" --fit 1x1
gives "112 89" --megapixels 0.01
gives "600 480" --print 2x2in
gives "200 160" --print 2x2in@100
gives "200 160" --print 2in@100
gives "300 240" --print 2in --dpi 150
gives "118 94" --print 1cm@300
gives "118 94" --print 10x20mm@300
gives "50 40" --print .5in@100
gives "50 40" --scale 2.5

# Each picture gets its own size, and its name says what was asked for.
"$anew" --quiet small.ppm --width 8 --height 24 -o tall.ppm
mkdir fitted
expect 0 "$anew" --quiet --fit 48x48 --format pnm small.ppm tall.ppm -o fitted
[ "$(size fitted/small_fit48x48.pnm)" = "48 38" ] || complain "small: $(ls fitted)"
[ "$(size fitted/tall_fit48x48.pnm)" = "16 48" ] || complain "tall: $(ls fitted)"
expect 0 "$anew" --quiet --print 3x2cm@100 --format pnm small.ppm
[ "$(size small_3x2cm.pnm)" = "99 79" ] || complain "print: $(ls)"
expect 0 "$anew" --quiet --megapixels 0.002 --format pnm small.ppm
[ "$(size small_0.002mp.pnm)" = "50 40" ] || complain "megapixels: $(ls)"
expect 0 "$anew" -n --fit 40x40 small.ppm
grep -q ': 40x32, about' out || complain "--dry-run: $(cat out)"

rm x.ppm

# Contradictions and nonsense: a line each.
refuse 2 'scale and --fit exclude each other' "$anew" --fit 40x40 -s 2 small.ppm -o x.png
refuse 2 'width and --fit exclude each other' "$anew" --fit 40x40 --width 4 small.ppm -o x.png
refuse 2 'fit and --megapixels exclude each other' "$anew" --megapixels 1 --fit 40x40 small.ppm -o x.png
refuse 2 'megapixels and --print exclude each other' "$anew" --print 2in --megapixels 1 small.ppm -o x.png
refuse 2 'scale and --width exclude each other' "$anew" --width 40 -s 2 small.ppm -o x.png
refuse 2 'dpi 200 and the 300 of --print exclude each other' "$anew" --print 2in@300 --dpi 200 small.ppm -o x.png
refuse 2 'two whole numbers' "$anew" --fit 40 small.ppm -o x.png
refuse 2 'two whole numbers' "$anew" --fit 40x small.ppm -o x.png
for paper in 12x8 12 12x8ft in x8in 12xin -2in 0in 12x8in@ 12x8in@0 12x8in@70000 12x8in@300dpi 0x8in nanin 1e9in ''; do
    refuse 2 'must be a size on paper' "$anew" --print "$paper" small.ppm -o x.png
done
refuse 2 'must be a number' "$anew" --megapixels 0 small.ppm -o x.png
refuse 2 'must be a number' "$anew" --dpi 0 small.ppm -o x.png
refuse 1 'more than 1000000 a side' "$anew" --print 10000in@300 small.ppm -o x.ppm

# What a format cannot hold, and what the disk has no room for, before work starts.
has WEBP && refuse 1 'WebP ends at 16383' timeout 20 "$anew" --fit 20000x20000 small.ppm -o x.webp
has JPEG && refuse 1 'JPEG ends at 65535' timeout 20 "$anew" --fit 70000x70000 small.ppm -o x.jpg
room=$(df -Pk . | awk 'NR == 2 { printf "%d", $4 / 1000000 }')
if [ "$room" -lt 2300 ]; then
    refuse 1 'x.ppm: 1000000x800000 pixels take 2400000.0 MB, and its disk has' \
        timeout 20 "$anew" --width 1000000 small.ppm -o x.ppm
    refuse 1 'its disk has' timeout 20 "$anew" --dry-run --width 1000000 small.ppm -o not/there/x.ppm
else
    echo "SKIP a full disk: this one has more than 2300 GB"
fi
absent x.png

# The resolution in the result.
command -v python3 >/dev/null 2>&1 || {
    echo "SKIP resolution: python3 is absent"
    finish
    exit
}
for format in png jpg webp; do
    case $format in
    png) has PNG || continue ;;
    jpg) has JPEG || continue ;;
    webp) has WEBP || continue ;;
    esac
    expect 0 "$anew" --quiet --dpi 240 small.ppm -o dpi.$format
    python3 -B "$root/tests/cli/targets.py" density dpi.$format 240 || complain "--dpi 240, $format"
    expect 0 "$anew" --quiet --force --print 1in@150 --strip small.ppm -o dpi.$format
    python3 -B "$root/tests/cli/targets.py" density dpi.$format 150 || complain "--print 1in@150, $format"
    has JPEG || continue
    # EXIF and XMP of a picture that say something else.
    python3 -B "$root/tests/cli/targets.py" exif "$root/tests/fuzz/seeds/jpeg/rgb_progressive.jpg" said.jpg || continue
    expect 0 "$anew" --quiet --force --dpi 240 said.jpg -o dpi.$format
    python3 -B "$root/tests/cli/targets.py" density dpi.$format 240 || complain "--dpi 240 in place of EXIF's, $format"
    expect 0 "$anew" --quiet --force said.jpg -o dpi.$format
    python3 -B "$root/tests/cli/targets.py" density dpi.$format 72 || complain "EXIF's own resolution, $format"
done
finish
