#!/bin/sh
# `anew look`: answers for people and for programs, what it says of the sample picture, what it refuses.
. tests/cli/common.inc
cp tests/data/small.ppm "$scratch"
cd "$scratch" || exit 1
photo_here
has_json() {
    (cd "$root" && python3 tests/cli/json_lines.py look) <out || complain "--json: $(cat out)"
}

# A JPEG says its quality twice: in its tables and in its pixels, which a file of another kind keeps.
expect 0 "$anew" look "$photo" --json
has_json
grep -q '"gray":false,"sepia":false,"drawing":false' out || complain "a cat in its colours: $(cat out)"
if has JPEG; then
    grep -q '"file_jpeg":{"quality":60,"exact":true,"chroma":\[2,2\]},"jpeg_quality":60,"jpeg_grid":\[0,0\]' out ||
        complain "the sample picture: $(cat out)"
    expect 0 "$anew" look "$photo"
    grep -q "^$photo: .*JPEG of quality 60.*: restored with strength 0\.[0-9]*" out || complain "said: $(cat out)"
    if command -v djpeg >/dev/null 2>&1; then
        djpeg -dct int -pnm "$photo" >pixels.ppm
        expect 0 "$anew" look pixels.ppm --json
        has_json
        grep -q '"file_jpeg":null,"jpeg_quality":60,"jpeg_grid":\[0,0\]' out || complain "its pixels: $(cat out)"
    fi
fi

# The answer is the same whatever the CPU.
expect 0 "$anew" look small.ppm "$photo" --json
has_json
[ "$(wc -l <out)" -eq 2 ] || complain "not two answers: $(cat out)"
cp out plain
ANEW_CPU=c expect 0 "$anew" look small.ppm "$photo" --json
cmp -s out plain || complain "another CPU sees something else"
grep -q '"enlarged":1.000' out || complain "enlarged: $(cat out)"

# One bad picture does not stop the others.
printf 'P5\n9 9\n255\n1234' >cut.ppm
expect 1 "$anew" look small.ppm none.ppm cut.ppm small.ppm --json
[ "$(wc -l <out)" -eq 2 ] || complain "not two answers: $(cat out)"
{ grep -q none.ppm err && grep -q cut.ppm err; } || complain "said: $(cat err)"
refuse 2 'usage: anew look' "$anew" look
refuse 1 'more than the limit of 100' "$anew" look small.ppm --max-pixels=100
refuse 2 'is no option of' "$anew" look small.ppm --scale=2
finish
